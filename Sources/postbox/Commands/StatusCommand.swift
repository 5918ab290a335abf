internal import ArgumentParser
internal import PostboxCore

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows what the running service is doing.",
        discussion: """
            Destinations, files in work and when they will be through, what waits in the inbox and why, how rules stand of which \
            files are expected today, what is held, and the files that were finished last.

            With --watch it is shown anew every second, until Ctrl-C or the service's end.

            Exit codes: 0 it runs · 69 no service is running · 77 you may not ask it
            """)

    @OptionGroup var place: SpoolOptions

    @Flag(help: "Print it as JSON, as the control socket answers it.")
    var json = false

    @Flag(help: "Show it anew every second; with --json, a line each time.")
    var watch = false

    func run() async throws {
        let speaker = DeskSpeaker(place)
        while true {
            let (text, value) = speaker.read(DeskCall.statusTarget)
            if json {
                Terminal.printExactly(text.split(separator: "\n").joined())
            } else if watch, Terminal.outputIsTerminal {
                Terminal.redraw(StatusText.lines(value))
            } else {
                for line in StatusText.lines(value) { Terminal.print(line) }
            }
            guard watch else { return }
            try await Task.sleep(for: .seconds(1))
        }
    }
}

struct HeldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "held",
        abstract: "Shows what waits to be released or refused.",
        discussion: """
            Each held drop, why it is held, until when, and its rows that need a look: the value that holds now beside the one that \
            would be sent.

            Exit codes: 0 shown · 69 no service is running · 77 you may not ask it
            """)

    @OptionGroup var place: SpoolOptions

    @Flag(help: "Print it as JSON, as the control socket answers it.")
    var json = false

    func run() async throws {
        let (text, value) = DeskSpeaker(place).read(DeskCall.heldTarget)
        guard !json else { return Terminal.printExactly(text.split(separator: "\n").joined()) }
        for line in StatusText.heldLines(value) { Terminal.print(line) }
    }
}

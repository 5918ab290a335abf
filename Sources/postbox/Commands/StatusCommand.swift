internal import ArgumentParser
internal import PostboxCore

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows what the running service is doing.",
        discussion: """
            Destinations, files in work, what waits in the inbox and why, what is held, and the files that were finished last.

            Exit codes: 0 it runs · 69 no service is running · 77 you may not ask it
            """)

    @OptionGroup var place: SpoolOptions

    @Flag(help: "Print it as JSON, as the control socket answers it.")
    var json = false

    func run() async throws {
        let (text, value) = DeskSpeaker(place).read(DeskCall.statusTarget)
        guard !json else { return Terminal.printExactly(text.split(separator: "\n").joined()) }
        for line in StatusText.lines(value) { Terminal.print(line) }
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

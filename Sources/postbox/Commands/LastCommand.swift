internal import ArgumentParser
internal import PostboxCore
internal import PostboxIO

struct LastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "last",
        abstract: "Shows what the servers accepted last of a RIC.",
        discussion: """
            Prints each field with its value as it was sent, when it was accepted, how many files in a row brought it, and the drop \
            and file that it came with; rows of files in work that are accepted already among them. Works with and without a \
            running service.

            Ends with 2 when nothing is known of the RIC, with 64 when there is no such destination.
            """)

    @Argument(help: ArgumentHelp("The RIC, as it was sent.", valueName: "RIC"))
    var ric: String

    @Option(help: "Only this service.")
    var service: String?

    @Option(help: "Only this destination.")
    var destination: String?

    @Flag(help: "JSON, one object a line for each destination and service.")
    var json = false

    @OptionGroup var place: SpoolOptions

    func run() async throws {
        let place = place.find()
        let found: LastLookup
        do {
            found = try LastLookup(ric, service: service, destination: destination, in: place.directories)
        } catch {
            CommandIssuer.end(Words.of(error), PostboxCore.ExitCode.spool)
        }
        guard !found.isEmpty else {
            if let problem = place.problem(ofDestination: destination) {
                CommandIssuer.end(problem, PostboxCore.ExitCode.usage)
            }
            CommandIssuer.end("nothing is known of \(VisibleText.quoted(ric))", PostboxCore.ExitCode.partial)
        }
        if json {
            for line in found.json { Terminal.printExactly(line) }
        } else {
            for line in found.lines { Terminal.print(line) }
        }
        Terminal.exit(PostboxCore.ExitCode.ok)
    }
}

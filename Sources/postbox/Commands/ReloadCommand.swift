internal import ArgumentParser
internal import PostboxCore

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Has the running service load its configuration anew.",
        discussion: """
            The service reads the file that it was started with and checks it whole. If anything is wrong with it, every problem is \
            shown, and the configuration that is in force stays so in every part. Else new files go by the new one; files in work are \
            finished by the rules that they were claimed under. A destination that changed has what is in flight answered and logs in \
            anew; the others are not disturbed.

            Where the configuration in force says `reload: {four_eyes: true}` the first person proposes the file, and is shown what \
            it changes; it is in force when another person has it loaded, too.

            Exit codes: 0 it is in force · 69 no service is running · 75 a second person is needed · 77 you may not · 78 the \
            configuration is wrong
            """)

    @OptionGroup var place: SpoolOptions

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String?

    @Flag(help: "Print the answer as JSON, as the control socket gives it.")
    var json = false

    func validate() throws { _ = try why.map(Reasons.checked) }

    func run() async throws { DeskSpeaker(place).reload(why: why, asJSON: json) }
}

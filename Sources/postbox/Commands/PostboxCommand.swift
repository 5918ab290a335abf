internal import ArgumentParser
internal import PostboxCore

/// The program's commands.
@main
struct PostboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "postbox",
        abstract: "Contributes price files to LSEG: drop a file, know what became of every row.",
        discussion: """
            Upstream systems drop CSV, JSON or XML price files into the inbox of a spool. Postbox posts every row to a real-time \
            system (ADS/RTDS) or to the Contributions Channel, waits for every answer, and moves the file to done/ or failed/ \
            with a result file beside it.

            Start here:  postbox demo
            Then:        postbox init FILE --into postbox.yaml  a configuration for a file of yours
                         postbox check FILE…                    what would be sent, without any network
                         postbox config check postbox.yaml      is the configuration right?
                         postbox run --config postbox.yaml      the service

            Exit codes: 0 all done · 2 some rows bad · 3 a file failed or refused · 4 a row unknown · 64 usage ·
            69 no destination · 70 our fault · 74 spool or disk · 75 interrupted, resumable · 77 not allowed · 78 configuration
            """,
        version: "postbox \(Version.text)",
        subcommands: [
            RunCommand.self, CheckCommand.self, InitCommand.self, DemoCommand.self, SimulateCommand.self,
            ConfigCommand.self, DictionaryCommand.self, LastCommand.self,
            ProbeCommand.self, CancelCommand.self, HoldCommand.self, ResumeCommand.self,
            StatusCommand.self, HeldCommand.self, ReleaseCommand.self, RefuseCommand.self, RetryCommand.self,
            ResendCommand.self, RepublishCommand.self, WithdrawCommand.self, ReloadCommand.self, TokenCommand.self,
            FilesCommand.self, ShowCommand.self, AuditCommand.self, KeepCommand.self, AckCommand.self, MuteCommand.self,
            UnmuteCommand.self, ExpectCommand.self, DayCommand.self,
            NoActionCommand.self,
        ])

    /// Parses and runs; every failure has its exit code, and bad usage is 64 whatever the parser calls it.
    static func main() async {
        Terminal.prepare()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let code = exitCode(for: error)
            if code == ArgumentParser.ExitCode.validationFailure {
                PostboxCommand.end(error, PostboxCore.ExitCode.usage)
            }
            exit(withError: error)
        }
    }

    private static func end(_ error: any Error, _ code: Int32) -> Never {
        Terminal.error(text: fullMessage(for: error))
        Terminal.exit(code)
    }
}

internal import ArgumentParser
internal import Glibc
internal import PostboxCore
internal import PostboxIO

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Reads, maps and validates files without any network.",
        discussion: """
            Prints what would be posted, and every problem with file, line, column and a hint. With --json one post a line, \
            exactly as it would go on the wire, PostID aside; problems then go to standard error, all of them. Else the first 20 \
            problems of each reason are printed, and how many more there are; --all prints all.

            Ends with 0 when every row is fine, 2 when rows have problems, 3 when a file cannot be read, 75 when rows or all of \
            a file would be held until somebody releases them.
            """)

    @Option(name: .shortAndLong, help: "The configuration; without it, the plain mapping.")
    var config: String?

    @Flag(help: "Print each post as JSON, one a line.")
    var json = false

    @Flag(help: "Print every problem, not the first 20 of each reason.")
    var all = false

    @Argument(help: "Price files.", completion: .file())
    var files: [String]

    func run() async throws {
        let loaded = config.map { Configuration.loadOrExit($0, withDictionaries: true) }
        let settings = loaded?.settings ?? Self.plain
        let tables = Configuration.tablesOrExit(settings)
        let check = FileCheck(
            settings: settings, tables: tables, dictionaries: loaded?.dictionaries ?? [:], isJSON: json,
            most: all || json ? nil : 20)
        var code = PostboxCore.ExitCode.ok
        for file in files { code = PostboxCore.ExitCode.worse(code, try await check.check(file)) }
        Terminal.exit(code)
    }

    /// Without a configuration: posts to a server's own default service.
    private static let plain = Settings(
        directories: .init(spool: "/nonexistent"),
        destinations: [
            Destination(
                name: "default", urls: [.init(isTLS: false, host: "localhost", port: 15000, path: "/WebSocket")],
                service: "", postUserInfo: .none)
        ])
}

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

            --compare OLD.yaml shows what this configuration changes against another one: each row that would be posted with other \
            values, rejected, held or sent elsewhere, the first 20 of each file and destination. --since 7d takes the files that \
            were finished since then, with the day of their claim. It ends with 0 when nothing differs, 1 when something does. OLD \
            may be a copy in state/configurations (postbox show names it).

            \(TimeArgument.help)

            Ends with 0 when every row is fine, 2 when rows have problems, 3 when a file cannot be read, 75 when rows or all of \
            a file would be held until somebody releases them.
            """)

    @Option(name: .shortAndLong, help: "The configuration; without it, the plain mapping.")
    var config: String?

    @Flag(help: "Print each post as JSON, one a line.")
    var json = false

    @Flag(help: "Print every problem, not the first 20 of each reason.")
    var all = false

    @Option(
        help: ArgumentHelp("Show what differs from this configuration.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var compare: String?

    @Option(
        help: ArgumentHelp(
            "With --compare: files that were finished since then, such as 7d or 2026-12-24.", valueName: "time"),
        transform: TimeArgument.init)
    var since: TimeArgument?

    @Argument(help: "Price files.", completion: .file())
    var files: [String] = []

    func validate() throws {
        if since != nil, compare == nil || config == nil {
            throw ValidationError("--since goes with --compare and --config.")
        }
        if files.isEmpty, since == nil { throw ValidationError("Which file? Name a price file, or more.") }
    }

    func run() async throws {
        let check = self.check(config.map { Configuration.loadOrExit($0, withDictionaries: true) })
        if let compare { try await self.compare(check, with: compare) }
        var code = PostboxCore.ExitCode.ok
        for file in files { code = PostboxCore.ExitCode.worse(code, try await check.check(file)) }
        Terminal.exit(code)
    }

    private func check(_ loaded: LoadedSettings?) -> FileCheck {
        let settings = loaded?.settings ?? Self.plain
        return FileCheck(
            settings: settings, tables: Configuration.tablesOrExit(settings), dictionaries: loaded?.dictionaries ?? [:],
            isJSON: json, most: all || json ? nil : 20)
    }

    /// Tells what differs, and ends.
    private func compare(_ new: FileCheck, with path: String) async throws -> Never {
        // In a copy relative paths are still those of the configuration that it was.
        let isCopy = path.split(separator: "/").last?.wholeMatch(of: /[0-9a-f]{64}/) != nil
        let folder = isCopy ? config.map { Configuration.folder(of: $0) } : nil
        let old = check(Configuration.loadOrExit(path, withDictionaries: true, folder: folder))
        let comparison = CheckComparison(old: old, new: new, isJSON: json, most: all ? nil : 20)
        var compared = files.map { path in
            ComparedFile(path: path, name: path.split(separator: "/").last.map(String.init) ?? path, claimedAt: nil)
        }
        if let since { compared += finished(try since.at(.since), new.settings.directories) }
        var isSame = true
        for file in compared where try await !comparison.run(file) { isSame = false }
        Terminal.exit(isSame ? PostboxCore.ExitCode.ok : PostboxCore.ExitCode.differs)
    }

    /// Files that were finished since then and are still there. Corrections go by their drops' rules, whatever a configuration says.
    private func finished(_ since: Int64, _ directories: Settings.Directories) -> [ComparedFile] {
        let choice = LedgerReading.Choice(from: since)
        let drops = CommandIssuer.orEnd {
            try LedgerReading(in: directories)?.list(choice) ?? []
        }
        return drops.reversed().compactMap { drop in
            let path = drop.folder + "/" + drop.target
            guard drop.isFinished, RejectsName(drop.name) == nil, CommandIssuer.orEnd({ try Disk.exists(path) }) else {
                return nil
            }
            return ComparedFile(path: path, name: drop.name, claimedAt: drop.claimedAt)
        }
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

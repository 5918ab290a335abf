internal import ArgumentParser
internal import Foundation
internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Simulator

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Shows the whole way with sample files and a simulated server inside.",
        discussion: """
            Starts the simulator in this process, drops the files of samples/ into a fresh spool, contributes them and shows \
            what became of every file and of every bad row. Needs no network and no configuration.
            """)

    @Option(help: "The folder with the sample files.", completion: .directory)
    var samples: String?

    @Option(help: "Where to make the spool; it must not exist yet.", completion: .directory)
    var spool: String?

    func run() async throws {
        let source = try findSamples()
        let spool = try makeSpool()
        let scenarioPath = source + "/scenario.yaml"
        let scenario =
            FileManager.default.fileExists(atPath: scenarioPath)
            ? try Scenario.load(yaml: try String(contentsOfFile: scenarioPath, encoding: .utf8), file: scenarioPath)
            : Scenario()
        let server = try await SimulatorServer.start(scenario: scenario)
        let loaded = try desk(source, spool, port: server.port)
        let settings = loaded.settings
        let files = try drop(source, into: settings.directories.inbox)
        Terminal.print("Simulator:  ws://127.0.0.1:\(server.port)/WebSocket")
        Terminal.print("Spool:      \(spool)")
        Terminal.print("Dropped:    \(files.joined(separator: ", "))")
        Terminal.print("")
        let code = await Service.run(loaded, RunOptions(once: true), LineLog.logger(level: .error))
        try await server.stop()
        try DemoReport(directories: settings.directories).print()
        // Bad rows are part of the show; only a fault of the demo itself is one.
        guard code >= PostboxCore.ExitCode.usage else { return }
        Terminal.exit(code)
    }

    /// `--samples`, else the nearest `samples/` above the working directory or above the program, else those that were installed
    /// with the program.
    private func findSamples() throws -> String {
        if let samples { return absolutePath(samples, from: FileManager.default.currentDirectoryPath) }
        let program = (Bundle.main.executableURL ?? URL(fileURLWithPath: "/")).deletingLastPathComponent()
        for start in [FileManager.default.currentDirectoryPath, program.path] {
            var folder = URL(fileURLWithPath: start)
            while folder.path != "/" {
                let candidate = folder.appendingPathComponent("samples")
                if FileManager.default.fileExists(atPath: candidate.appendingPathComponent("scenario.yaml").path) {
                    return candidate.path
                }
                folder.deleteLastPathComponent()
            }
        }
        // /usr/bin and /usr/share, wherever that is.
        let installed = program.deletingLastPathComponent().appendingPathComponent("share/postbox/samples").path
        if FileManager.default.fileExists(atPath: installed + "/scenario.yaml") { return installed }
        throw ValidationError("samples/ is not found; name it with --samples")
    }

    /// The configuration that lies beside the samples, else the plain mapping; with a spool of its own and the simulator for a server.
    private func desk(_ source: String, _ spool: String, port: Int) throws -> LoadedSettings {
        let urls = [Destination.URL(isTLS: false, host: "127.0.0.1", port: port, path: "/WebSocket")]
        let path = source + "/postbox.yaml"
        var loaded: LoadedSettings
        if FileManager.default.fileExists(atPath: path) {
            loaded = try SettingsLoader.load(path: path, withDictionaries: true)
        } else {
            let server = Destination(
                name: "demo", urls: urls, user: "demo", service: "NIPROV", services: ["DDS_TRCE"])
            loaded = LoadedSettings(
                settings: Settings(directories: .init(spool: spool), destinations: [server]), sourceBytes: [])
        }
        loaded.settings.directories = .init(spool: spool)
        loaded.settings.settle = .milliseconds(100)
        loaded.settings.duplicates = .process
        for index in loaded.settings.destinations.indices {
            loaded.settings.destinations[index].urls = urls
            loaded.settings.destinations[index].ackTimeout = .seconds(2)
        }
        return loaded
    }

    private func makeSpool() throws -> String {
        if let spool {
            let path = absolutePath(spool, from: FileManager.default.currentDirectoryPath)
            guard !FileManager.default.fileExists(atPath: path) else {
                throw ValidationError("--spool \(path) exists already; name a new folder")
            }
            return path
        }
        let path = FileManager.default.temporaryDirectory.path + "/postbox-demo-" + String(Int(Clock.wall() / 1000))
        return path.replacing("//", with: "/")
    }

    private func drop(_ source: String, into inbox: String) throws -> [String] {
        try FileManager.default.createDirectory(atPath: inbox, withIntermediateDirectories: true)
        let names = try FileManager.default.contentsOfDirectory(atPath: source)
            .filter { PriceFileFormat(fileName: $0) != nil }.sorted()
        for name in names { try FileManager.default.copyItem(atPath: source + "/" + name, toPath: inbox + "/" + name) }
        return names
    }
}

/// What became of the files, as a table for people.
private struct DemoReport {
    let directories: Settings.Directories

    func print() throws {
        var bad: [String] = []
        Terminal.print(
            "FILE".padded(24) + "VERDICT".padded(10) + "ROWS".leftPadded(6)
                + ["ACKED", "SUPERS.", "NACKED", "REJECTED", "UNKNOWN", "UNSENT"].map { $0.leftPadded(10) }.joined())
        for folder in [directories.done, directories.failed] {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            where name.hasSuffix(".summary.json") {
                let file = String(name.dropLast(".summary.json".count))
                let bytes = try Disk.contents(folder + "/" + name)
                guard let summary = bytes.withUnsafeBytes({ JSONValue.parse($0) }) else { continue }
                let counts = PostOutcome.allCases.map { summary["outcomes"]?[$0.word]?.integer ?? 0 }
                Terminal.print(
                    file.padded(24) + (summary["verdict"]?.text ?? "").padded(10)
                        + String(summary["rows"]?.integer ?? 0).leftPadded(6)
                        + counts.map { String($0).leftPadded(10) }.joined())
                if let text = summary["text"]?.text, !text.isEmpty { bad.append("  \(file): \(text)") }
                let reasons = FileSummary.byCount(FileSummary.reasons(in: bytes))
                if !reasons.isEmpty {
                    bad.append("  \(file): " + reasons.map { "\($0.count) \($0.word)" }.joined(separator: ", "))
                }
                bad += try badRows(folder + "/" + FileNames.result(file), file)
            }
        }
        if !bad.isEmpty {
            Terminal.print("")
            Terminal.print("What was wrong:")
            for line in bad { Terminal.print(line) }
        }
        Terminal.print("")
        Terminal.print("Every row's answer stands in the result files:")
        for folder in [directories.done, directories.failed] {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            where name.hasSuffix(".result.csv") || RejectsName(name) != nil && !name.hasSuffix(".summary.json") {
                Terminal.print("  \(folder)/\(name)")
            }
        }
        Terminal.print("")
        Terminal.print(
            "To try it yourself: correct the rejects file and drop it again, or see  postbox run --help")
    }

    private func badRows(_ path: String, _ file: String) throws -> [String] {
        let source = try SourceFile(path: path)
        var reader = CSVReader(delimiter: UInt8(ascii: ","), finalNewline: .required)
        var batch = RowBatch()
        var out: [String] = []
        try source.eachChunk { _, chunk, isLast in
            try reader.read(chunk, isLast: isLast, into: &batch)
            for row in batch.rows {
                func cell(_ name: String) -> String {
                    guard let at = reader.columns.firstIndex(where: { $0.name == name }), at < row.cellCount else {
                        return ""
                    }
                    let cell = batch.cells[row.firstCell + at]
                    return String(decoding: batch.text[Int(cell.start)..<Int(cell.start + cell.length)], as: UTF8.self)
                }
                guard let outcome = PostOutcome(word: cell("outcome")), !outcome.isGood else { continue }
                let why = [cell("nak_code"), cell("reason"), cell("text")].filter { !$0.isEmpty }.joined(separator: " ")
                let line = cell("line").isEmpty ? "row \(cell("row"))" : "line \(cell("line"))"
                out.append("  \(file) \(line.padded(8)) \(cell("ric").padded(14)) \(outcome.word.padded(9)) \(why)")
            }
        }
        return out
    }
}

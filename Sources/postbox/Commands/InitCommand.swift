internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import PostboxCore
internal import PostboxIO

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Looks at a price file and writes the configuration that reads it.",
        discussion: """
            The configuration has remarks, and questions where a value can be read in two ways: those lines are left to be filled \
            in, nothing is guessed. Without --into it is printed. Then the first posts are shown, as `postbox check` shows them.

            Without FILE it writes the smallest configuration that is useful. It never overwrites a file.
            """)

    @Argument(help: "A price file.", completion: .file())
    var file: String?

    @Option(help: "Where the configuration is written.", completion: .file(extensions: ["yaml", "yml"]))
    var into: String?

    @Option(help: "The server's URL: ws://HOST:PORT/WebSocket.")
    var destination: String?

    func validate() throws {
        guard let destination else { return }
        do throws(SettingsMistake) {
            _ = try SettingsText.webSocketURL(destination)
        } catch {
            throw ValidationError("--destination is not \(error.expected)")
        }
    }

    func run() async throws {
        if let into, try Disk.exists(into) {
            Terminal.error(
                "\(into) exists already, and init overwrites nothing: name another file, or move that one away")
            Terminal.exit(PostboxCore.ExitCode.usage)
        }
        guard let file else { return try write(RuleDraft.smallest(destination: destination)) }
        let draft = try Self.draft(for: file, destination: destination)
        let text = draft.text
        let loaded: LoadedSettings
        do throws(SettingsProblems) {
            loaded = try SettingsLoader.read(
                Array(text.utf8), file: into ?? "the configuration", folder: FileManager.default.currentDirectoryPath,
                environment: [:])
        } catch {
            // What no configuration may say is not left behind as one.
            for problem in error.problems { Terminal.error(problem.text) }
            Terminal.error("\(file): no configuration can be drafted for this file; nothing is written")
            Terminal.exit(PostboxCore.ExitCode.failed)
        }
        try write(text)
        if draft.isOpen {
            let line = "\(file): no row is posted until you answer the questions of the configuration (`# ?`)"
            if into == nil { Terminal.error(line) } else { Terminal.print(line) }
        }
        // What is read is no matter of success: the questions may have to be answered first.
        _ = try await FileCheck(
            settings: loaded.settings, tables: [:], dictionaries: [:], isJSON: false, most: 5, postsMax: 5,
            usesStandardError: into == nil
        ).check(file)
    }

    private func write(_ text: String) throws {
        guard let into else { return Terminal.printExactly(String(text.dropLast())) }
        // O_EXCL: nor a file that came a moment ago.
        let descriptor = try Disk.open(into, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        try Disk.write(descriptor, Array(text.utf8), path: into)
        try Disk.fsync(descriptor, path: into)
        try Disk.close(descriptor, path: into)
        Terminal.print("\(into) is written")
    }

    private static let lookBytes = 1 << 20

    /// Ends the program when the file cannot be looked at.
    private static func draft(for path: String, destination: String?) throws -> RuleDraft {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let format = PriceFileFormat(fileName: name)
        do {
            let source = try SourceFile(
                path: path, chunkBytes: lookBytes,
                wrapping: Wrapping(fileName: name, format: format ?? .csv, rule: MappingRule(destinations: [])))
            guard source.status.isRegular else {
                throw FileProblem(reason: "not_a_file", what: "it is no regular file")
            }
            let (bytes, isWhole) = try beginning(of: source)
            let rule = MappingRule(destinations: [], encoding: .utf8)
            let problem = bytes.withUnsafeBytes { FileLook(rule, format: format ?? .csv).problem(of: $0) }
            if let problem { throw problem }
            let look = EncodingSketch(bytes, isWhole: isWhole, format: format)
            let sketch = FileSketch(of: look.text, isWhole: isWhole, format: format)
            return RuleDraft(of: sketch, name: name, head: look.lines, destination: destination)
        } catch let problem as FileProblem {
            Terminal.error("\(path): \(problem.reason): \(problem.text)")
        } catch {
            Terminal.error("\(path): \(Words.of(error))")
        }
        Terminal.exit(PostboxCore.ExitCode.failed)
    }

    /// Its first bytes, unpacked, and whether these are all. Throws what stands against reading it.
    private static func beginning(of source: SourceFile) throws -> (bytes: [UInt8], isWhole: Bool) {
        let reader = ChunkReader(source)
        var bytes: [UInt8] = []
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: source.bufferBytes, alignment: 64)
        defer { room.deallocate() }
        while bytes.count < lookBytes, let chunk = try reader.next(room) {
            bytes.append(contentsOf: chunk.bytes)
            if chunk.isLast { return (bytes, true) }
        }
        return (bytes, false)
    }
}

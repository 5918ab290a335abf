package import Foundation

/// A built program as a child process, its output in files. It is killed when nobody holds it any more.
package final class ChildProcess {
    private let process = Process()
    private let outputFile: URL
    private let errorFile: URL

    /// Starts it.
    ///
    /// - Parameters:
    ///   - program: which of the package's programs.
    ///   - folder: where its output is written.
    ///   - name: what the files of its output are called.
    ///   - workingFolder: nil for `folder`.
    package init(
        program: String = "postbox", _ arguments: [String], in folder: URL, name: String,
        environment: [String: String] = [:], workingFolder: URL? = nil
    ) throws {
        outputFile = folder.appendingPathComponent(name + ".stdout")
        errorFile = folder.appendingPathComponent(name + ".stderr")
        try Data().write(to: outputFile)
        try Data().write(to: errorFile)
        process.executableURL = try BuiltProgram.named(program)
        process.arguments = arguments
        process.currentDirectoryURL = workingFolder ?? folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        let output = try FileHandle(forWritingTo: outputFile)
        let error = try FileHandle(forWritingTo: errorFile)
        process.standardOutput = output
        process.standardError = error
        try Spawning.start(process)
        // The child has its own; ours would stay open for as long as Foundation remembers the child.
        try output.close()
        try error.close()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    package var isRunning: Bool { process.isRunning }

    package var processIdentifier: Int32 { process.processIdentifier }

    /// What it has printed so far.
    package var output: String { (try? String(contentsOf: outputFile, encoding: .utf8)) ?? "" }

    /// What it has printed on standard error so far.
    package var errorOutput: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

    package func send(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// Waits for its end: the exit code, or 128 and the number of the signal that ended it.
    package func exitCode(within limit: Duration = .seconds(300)) async throws -> Int32 {
        do {
            try await eventually("the program ends", within: limit) { !process.isRunning }
        } catch let error as TimedOut {
            throw TimedOut(description: "\(error)\n\(output)\n\(errorOutput)")
        }
        return process.terminationReason == .uncaughtSignal
            ? 128 + process.terminationStatus : process.terminationStatus
    }
}

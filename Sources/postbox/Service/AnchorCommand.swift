internal import Foundation
internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// The site's own command that keeps the record's hashes elsewhere.
struct AnchorCommand: Sendable {
    let command: String

    /// It did not take the hash.
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    /// How long it may run, in seconds.
    private static let patience = 60.0

    /// Runs it for a day, with its last line and the signature of that as JSON on standard input. Throws when it ends with another status
    /// than 0, or not in time.
    func run(_ day: RecordDay, _ signature: RecordEntry?) async throws {
        let input = Self.json(day, signature)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        // The service's secrets are none of its business.
        process.environment = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "LANG", "TZ"].contains($0.key)
        }
        let pipe = Pipe()
        process.standardInput = pipe
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                return continuation.resume(throwing: error)
            }
            // It may end without reading; its status tells whether it has the hash.
            try? pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try? pipe.fileHandleForWriting.close()
            let identifier = process.processIdentifier
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { [weak process] in
                guard let process, process.isRunning else { return }
                kill(identifier, SIGKILL)
            }
        }
        guard status == 0 else { throw Failed(description: "anchor_command ended with \(status)") }
    }

    /// What it gets: one line.
    static func json(_ day: RecordDay, _ signature: RecordEntry?) -> String {
        var members = ["\"day\":\"\(day.day)\"", "\"line\":\(day.number)", "\"sha256\":\"\(day.sha256)\""]
        if case .signed(_, _, _, let key, let text)? = signature {
            members += ["\"key\":\"\(key)\"", "\"signature\":\"\(text)\""]
        }
        return "{" + members.joined(separator: ",") + "}\n"
    }
}

internal import Glibc
internal import PostboxCore
internal import Synchronization

/// Writes every message with time and direction to a file; tokens and passwords are masked.
package final class Trace: Sendable {
    package enum Direction: String, Sendable {
        case sent = ">>"
        case received = "<<"
    }

    private let descriptor: Int32
    package let path: String
    private let fault = Mutex<DiskError?>(nil)

    /// Appends to the file. Throws `DiskError`.
    package init(path: String) throws(DiskError) {
        self.path = path
        descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    }

    deinit {
        // What a trace could not write is told by `firstFault`; closing it adds nothing.
        _ = Glibc.close(descriptor)
    }

    /// Goes on in the file of that name as it is now, which is created when it is missing: the present one may have been renamed.
    /// Throws `DiskError`; then it goes on in the present one.
    package func reopen() throws(DiskError) {
        try Descriptors.reopen(descriptor, at: path, inherited: false)
    }

    /// The first write that failed; the trace is not whole then.
    package var firstFault: DiskError? { fault.withLock { $0 } }

    package func write(_ direction: Direction, _ destination: String, _ text: String) {
        let line =
            "\(TimeText.text(Clock.wall())) \(destination) \(direction.rawValue) \(Self.masked(text))\n"
        do throws(DiskError) {
            try Disk.write(descriptor, Array(line.utf8), path: path)
        } catch {
            fault.withLock { if $0 == nil { $0 = error } }
        }
    }

    /// The text with the values of secret members replaced.
    package static func masked(_ text: String) -> String {
        var out = text
        for name in ["AuthenticationToken", "Password", "AuthenticationExtended", "ApplicationAuthorizationToken"] {
            let mark = "\"\(name)\":\""
            var from = out.startIndex
            while let start = out.range(of: mark, in: from..<out.endIndex) {
                let value = start.upperBound
                var end = value
                while end < out.endIndex, out[end] != "\"" {
                    if out[end] == "\\" { out.formIndex(after: &end) }
                    if end < out.endIndex { out.formIndex(after: &end) }
                }
                out.replaceSubrange(value..<end, with: "***")
                from = out.index(value, offsetBy: 3)
            }
        }
        return out
    }
}

extension String {
    /// The first place of a text within a range.
    fileprivate func range(of text: String, in range: Range<String.Index>) -> Range<String.Index>? {
        self[range].firstRange(of: text)
    }
}

internal import Glibc
internal import PostboxCore
internal import Synchronization

/// Writes every message with time and direction to a file; tokens and passwords are masked.
package final class Trace: Sendable {
    package enum Direction: String, Sendable {
        case sent = ">>"
        case received = "<<"
    }

    /// A trace that is not whole must say so.
    package enum Change: Sendable, Equatable {
        /// Messages cannot be written from now on; why.
        case failing(DiskError)
        /// They can again. So many are missing; the trace says so where they would stand.
        case whole(missing: Int)
    }

    private struct State {
        /// Messages that could not be written since the last one that could.
        var missing = 0
        var tell: @Sendable (Change) -> Void = { _ in }
    }

    private let descriptor: Int32
    package let path: String
    private let state = Mutex(State())

    /// Appends to the file. Throws `DiskError`.
    package init(path: String) throws(DiskError) {
        self.path = path
        descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    }

    deinit {
        // What a trace could not write was told; closing it adds nothing.
        _ = Glibc.close(descriptor)
    }

    /// Goes on in the file of that name as it is now, which is created when it is missing: the present one may have been renamed.
    /// Throws `DiskError`; then it goes on in the present one.
    package func reopen() throws(DiskError) {
        try Descriptors.reopen(descriptor, at: path, inherited: false)
    }

    /// `change` is called when messages can no longer be written, and when they can again.
    package func watch(_ change: @escaping @Sendable (Change) -> Void) {
        state.withLock { $0.tell = change }
    }

    /// Messages that could not be written since the last one that could.
    package var missing: Int { state.withLock { $0.missing } }

    package func write(_ direction: Direction, _ destination: String, _ text: String) {
        let time = TimeText.text(Clock.wall())
        var line = "\(time) \(destination) \(direction.rawValue) \(Self.masked(text))\n"
        let change = state.withLock { state -> (Change, @Sendable (Change) -> Void)? in
            // The last line may have been cut off in its midst.
            if state.missing > 0 {
                line = "\n\(time) \(Plural.text(state.missing, "message is", "messages are")) missing here\n" + line
            }
            do throws(DiskError) {
                try Disk.write(descriptor, Array(line.utf8), path: path)
            } catch {
                state.missing += 1
                return state.missing == 1 ? (.failing(error), state.tell) : nil
            }
            defer { state.missing = 0 }
            return state.missing > 0 ? (.whole(missing: state.missing), state.tell) : nil
        }
        if let (change, tell) = change { tell(change) }
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

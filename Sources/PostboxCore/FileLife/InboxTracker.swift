/// Which files of the inbox are complete: a machine over what the kernel reports and what listings show.
///
/// - Renamed into place: complete at once.
/// - Closed by its writer: complete after `settle` without another write (producers reopen files).
/// - Seen being written to: not before its close was seen.
/// - Found by a listing: when size and times have stood still for `settle`. A change time that lies back further than that
///   has stood still already: no program can set it back.
package struct InboxTracker: Sendable {
    /// A file's look as a listing shows it.
    package struct Look: Sendable, Equatable {
        /// Bytes.
        package var size: Int
        /// Nanoseconds since 1970.
        package var modifiedAt: Int64
        /// Nanoseconds since 1970; order of arrival.
        package var changedAt: Int64

        package init(size: Int, modifiedAt: Int64, changedAt: Int64) {
            self.size = size
            self.modifiedAt = modifiedAt
            self.changedAt = changedAt
        }
    }

    private enum State: Sendable, Equatable {
        /// Goes to: found (another look), writing, quiet, complete.
        case found(since: Int64)
        /// Goes to: quiet (closed), complete (renamed).
        case writing
        /// Closed at that time. Goes to: writing, quiet, complete.
        case quiet(since: Int64)
        case complete
    }

    private struct File: Sendable {
        var state: State
        var look: Look?
        /// It appeared and was not opened since: a link, or a writer that is about to.
        var isNew = false
    }

    /// Nanoseconds.
    private let settle: Int64
    private var files: [String: File] = [:]

    /// `settle` in nanoseconds.
    package init(settle: Int64) {
        self.settle = settle
    }

    package var count: Int { files.count }

    package mutating func created(_ name: String, at now: Int64) {
        files[name] = File(state: .found(since: now), isNew: true)
    }

    /// Opened. Right after it appeared that is its writer; later it may be a reader.
    package mutating func opened(_ name: String, at now: Int64) {
        guard var file = files[name] else { return }
        if file.isNew { file.state = .writing }
        file.isNew = false
        files[name] = file
    }

    package mutating func modified(_ name: String, at now: Int64) {
        files[name] = File(state: .writing, look: files[name]?.look)
    }

    package mutating func closed(_ name: String, at now: Int64) {
        files[name] = File(state: .quiet(since: now), look: files[name]?.look)
    }

    package mutating func movedIn(_ name: String, at now: Int64) {
        files[name] = File(state: .complete)
    }

    package mutating func gone(_ name: String) {
        files[name] = nil
    }

    /// Reports were lost: what was known about writers is no longer certain.
    package mutating func lostTrack(at now: Int64) {
        for (name, file) in files where file.state != .complete {
            files[name] = File(state: .found(since: now), look: nil)
        }
    }

    /// A listing's view of one file. `wall` is the time of day in nanoseconds since 1970.
    package mutating func listed(_ name: String, _ look: Look, at now: Int64, wall: Int64) {
        guard var file = files[name] else {
            let age = wall - look.changedAt
            files[name] = File(state: age >= settle ? .complete : .found(since: now), look: look)
            return
        }
        if file.look != look {
            switch file.state {
            case .found:
                let age = wall - look.changedAt
                file.state = file.look == nil && age >= settle && !file.isNew ? .complete : .found(since: now)
            case .quiet where file.look != nil:
                file.state = .quiet(since: now)
            case .quiet, .writing, .complete:
                break
            }
            file.look = look
            files[name] = file
        }
    }

    /// Forgets every file that a listing did not show.
    package mutating func keep(only names: Set<String>) {
        files = files.filter { names.contains($0.key) }
    }

    /// Files that are complete now, in order of arrival: change time, then name. A file whose look is not known yet comes
    /// when a listing has shown it.
    package mutating func ready(at now: Int64) -> [String] {
        for (name, file) in files {
            switch file.state {
            case .found(let since) where now - since >= settle && file.look != nil,
                .quiet(let since) where now - since >= settle:
                files[name]?.state = .complete
            default: break
            }
        }
        return files.filter { $0.value.state == .complete }
            .sorted { left, right in
                let a = left.value.look?.changedAt ?? 0
                let b = right.value.look?.changedAt ?? 0
                return a != b ? a < b : left.key < right.key
            }
            .map(\.key)
    }

    /// Names whose look has to be fetched before they can be ordered.
    package var unseen: [String] {
        files.filter { $0.value.look == nil }.map(\.key)
    }

    /// When a file may become complete without another report, in nanoseconds.
    package var nextDeadline: Int64? {
        var next: Int64?
        for file in files.values {
            switch file.state {
            case .found(let since), .quiet(let since): next = min(next ?? .max, since + settle)
            case .writing, .complete: break
            }
        }
        return next
    }

    /// Files that are not complete yet.
    package var pending: Int { files.values.reduce(0) { $0 + ($1.state == .complete ? 0 : 1) } }
}

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

    private struct File: Sendable, Equatable {
        var state: State
        var look: Look?
        /// It appeared and was not opened since: a link, or a writer that is about to.
        var isNew = false
    }

    /// Nanoseconds.
    private let settle: Int64
    private var files: [String: File] = [:]
    /// Names that are not complete, and names without a look: all that has to be gone through when time passes.
    private var pendingNames: Set<String> = []
    private var unseenNames: Set<String> = []
    /// Complete names in order of arrival, the first last; made anew when `isSorted` is false. Names that are gone may still
    /// stand in it.
    private var order: [String] = []
    private var isSorted = true

    /// `settle` in nanoseconds.
    package init(settle: Int64) {
        self.settle = settle
    }

    package var count: Int { files.count }

    package mutating func created(_ name: String, at now: Int64) {
        set(name, File(state: .found(since: now), isNew: true))
    }

    /// Opened. Right after it appeared that is its writer; later it may be a reader.
    package mutating func opened(_ name: String, at now: Int64) {
        guard var file = files[name] else { return }
        if file.isNew { file.state = .writing }
        file.isNew = false
        set(name, file)
    }

    package mutating func modified(_ name: String, at now: Int64) {
        set(name, File(state: .writing, look: files[name]?.look))
    }

    package mutating func closed(_ name: String, at now: Int64) {
        set(name, File(state: .quiet(since: now), look: files[name]?.look))
    }

    package mutating func movedIn(_ name: String, at now: Int64) {
        set(name, File(state: .complete))
    }

    package mutating func gone(_ name: String) {
        files[name] = nil
        pendingNames.remove(name)
        unseenNames.remove(name)
    }

    private mutating func set(_ name: String, _ file: File) {
        if file.state == .complete {
            pendingNames.remove(name)
            if files[name] != file { isSorted = false }
        } else {
            pendingNames.insert(name)
        }
        if file.look == nil { unseenNames.insert(name) } else { unseenNames.remove(name) }
        files[name] = file
    }

    /// Reports were lost: what was known about writers is no longer certain.
    package mutating func lostTrack(at now: Int64) {
        for (name, file) in files where file.state != .complete {
            set(name, File(state: .found(since: now), look: nil))
        }
    }

    /// A listing's view of one file. `wall` is the time of day in nanoseconds since 1970.
    package mutating func listed(_ name: String, _ look: Look, at now: Int64, wall: Int64) {
        guard var file = files[name] else {
            let age = wall - look.changedAt
            set(name, File(state: age >= settle ? .complete : .found(since: now), look: look))
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
            set(name, file)
        }
    }

    /// Forgets every file that a listing did not show.
    package mutating func keep(only names: Set<String>) {
        for name in files.keys where !names.contains(name) { gone(name) }
    }

    /// Files that are complete now, in order of arrival: change time, then name; at most `most` of them. A file whose look is
    /// not known yet comes when a listing has shown it.
    package mutating func ready(at now: Int64, most: Int = .max) -> [String] {
        for name in pendingNames {
            guard let file = files[name] else { continue }
            switch file.state {
            case .found(let since) where now - since >= settle && file.look != nil,
                .quiet(let since) where now - since >= settle:
                var complete = file
                complete.state = .complete
                set(name, complete)
            default: break
            }
        }
        if !isSorted { sort() }
        var out: [String] = []
        var at = order.count - 1
        while at >= 0, out.count < most {
            let name = order[at]
            if files[name]?.state == .complete {
                out.append(name)
            } else if at == order.count - 1 {
                order.removeLast()
            }
            at -= 1
        }
        return out
    }

    private mutating func sort() {
        order = files.filter { $0.value.state == .complete }
            .map { (name: $0.key, changedAt: $0.value.look?.changedAt ?? 0) }
            .sorted { $0.changedAt != $1.changedAt ? $0.changedAt > $1.changedAt : $0.name > $1.name }
            .map(\.name)
        isSorted = true
    }

    /// Names whose look has to be fetched before they can be ordered.
    package var unseen: Set<String> { unseenNames }

    /// When a file may become complete without another report, in nanoseconds.
    package var nextDeadline: Int64? {
        var next: Int64?
        for name in pendingNames {
            switch files[name]?.state {
            case .found(let since), .quiet(let since): next = min(next ?? .max, since + settle)
            case .writing, .complete, nil: break
            }
        }
        return next
    }

    /// Files that are not complete yet.
    package var pending: Int { pendingNames.count }
}

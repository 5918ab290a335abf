/// Which files of the inbox are complete: a machine over what the kernel reports and what listings show.
///
/// - Renamed into place: complete at once.
/// - Closed by its writer: complete after `settle` without another write (producers reopen files).
/// - Seen being written to: not before its close was seen.
/// - Found by a listing: when size and times have stood still for `settle`. A change time that lies back further than that
///   has stood still already: no program can set it back.
/// - With its marker beside it: at once, unless it is seen being written to; without the one that its rule asks for, never.
/// - With a checksum beside it: when that is complete as well; without the one that its rule asks for, never.
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
        /// nil: not asked for yet.
        var role: InboxNames.Role?
    }

    /// Nanoseconds.
    private let settle: Int64
    private let names: InboxNames
    private var files: [String: File] = [:]
    /// Names that are not complete, and names without a look: all that has to be gone through when time passes.
    private var pendingNames: Set<String> = []
    private var unseenNames: Set<String> = []
    /// Markers and checksums.
    private var companions: Set<String> = []
    /// Names that can be taken in the order of taking, the first last; made anew when `isSorted` is false. Names that are
    /// gone may still stand in it.
    private var order: [String] = []
    private var isSorted = true

    /// `settle` in nanoseconds; `names`: which of them go together.
    package init(settle: Int64, names: InboxNames = InboxNames(rules: [])) {
        self.settle = settle
        self.names = names
    }

    package var count: Int { files.count }

    /// Whether there is a price file that can be taken now or when time has passed. One that lacks its marker or its checksum
    /// is none, and neither is a marker or a checksum.
    package var hasWork: Bool { files.contains { isPriceFile($1) && lacking($0, $1).isEmpty } }

    /// Price files that wait for companions, and the companions' names; both in order.
    package var waiting: [(name: String, lacking: [String])] {
        files.filter { isPriceFile($1) }.map { (name: $0, lacking: lacking($0, $1)) }
            .filter { !$0.lacking.isEmpty }.sorted { $0.name < $1.name }
    }

    /// Complete companions without their price files, in order.
    package var alone: [String] {
        companions.filter { name in
            guard let file = files[name], file.state == .complete, case .companion(let owner) = file.role else {
                return false
            }
            return files[owner].map { !isPriceFile($0) } ?? true
        }.sorted()
    }

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
        companions.remove(name)
    }

    /// Taken out of the inbox, and its companions with it.
    package mutating func taken(_ name: String) {
        gone(name)
        guard !companions.isEmpty else { return }
        for companion in names.companions(of: name).possible where companions.contains(companion) { gone(companion) }
    }

    private mutating func set(_ name: String, _ new: File) {
        var file = new
        file.role = files[name]?.role ?? names.role(of: name)
        if case .companion = file.role {
            companions.insert(name)
            // Its price file may have waited for it.
            if files[name] != file { isSorted = false }
        }
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

    /// Price files that can be taken now, in order of arrival: change time, then name; at most `most` of them. Where a rule
    /// orders its files by name, they share the places that they have by arrival in the order of their names. A file whose
    /// look is not known yet comes when a listing has shown it.
    package mutating func ready(at now: Int64, most: Int = .max) -> [String] {
        for name in pendingNames {
            guard let file = files[name] else { continue }
            switch file.state {
            case .found(let since) where file.look != nil && (now - since >= settle || isVouched(name, file)),
                .quiet(let since) where now - since >= settle || isVouched(name, file):
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
            if let file = files[name], isTakeable(name, file) {
                out.append(name)
            } else if at == order.count - 1 {
                order.removeLast()
            }
            at -= 1
        }
        return out
    }

    private mutating func sort() {
        let entries = files.filter { isTakeable($0, $1) }
            .map { (name: $0.key, changedAt: $0.value.look?.changedAt ?? 0, rule: orderedRule($0.value)) }
            .sorted { $0.changedAt != $1.changedAt ? $0.changedAt > $1.changedAt : $0.name > $1.name }
        order = entries.map(\.name)
        var places: [Int: [Int]] = [:]
        for (place, entry) in entries.enumerated() {
            if let rule = entry.rule { places[rule, default: []].append(place) }
        }
        for shared in places.values {
            let sorted = shared.map { entries[$0].name }.sorted(by: >)
            for (place, name) in zip(shared, sorted) { order[place] = name }
        }
        isSorted = true
    }

    // MARK: - Files that go together

    private func isPriceFile(_ file: File) -> Bool { if case .price = file.role { true } else { false } }

    private func orderedRule(_ file: File) -> Int? {
        if case .price(let price) = file.role { price.orderedRule } else { nil }
    }

    private func isTakeable(_ name: String, _ file: File) -> Bool {
        guard file.state == .complete, isPriceFile(file), lacking(name, file).isEmpty else { return false }
        guard !companions.isEmpty else { return true }
        let checksum = name + InboxNames.checksumSuffix
        return !isCompanion(checksum) || files[checksum]?.state == .complete
    }

    /// Names that a price file needs beside it and that are not there, or not known to be regular files yet.
    private func lacking(_ name: String, _ file: File) -> [String] {
        guard case .price(let price) = file.role, price.needsMarker || price.needsChecksum else { return [] }
        return names.companions(of: name).needed.filter { !isCompanion($0) || files[$0]?.look == nil }
    }

    private func isCompanion(_ name: String) -> Bool { companions.contains(name) }

    /// Whether a marker says that the file is complete: its own, or that of the file which it accompanies.
    private func isVouched(_ name: String, _ file: File) -> Bool {
        guard !file.isNew, !companions.isEmpty else { return false }
        var owner = name
        if case .companion(let other) = file.role { owner = other }
        guard case .price(let price) = files[owner]?.role, let suffix = price.markerSuffix else { return false }
        return isCompanion(owner + suffix) && files[owner + suffix]?.look != nil
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

/// Which files of the inbox are complete: a machine over what the kernel reports and what listings show.
///
/// - Renamed into place: complete at once.
/// - Closed by its writer: complete after `quiet` without another write (producers reopen files).
/// - Seen being written to: not before its close was seen.
/// - Found by a listing: when size and times have stood still for `quiet`. A change time that lies back further than that
///   has stood still already: no program can set it back. Not so where the inbox is polled: that time is another machine's.
/// - With its marker beside it: at once, unless it is seen being written to; without the one that its rule asks for, never.
/// - With a checksum beside it: when that is complete as well; without the one that its rule asks for, never.
/// - A file that no rule is for and whose ending is no price file's, however it came: when it has stood still for longer.
///   Its producer may be about to rename it.
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

    /// What a price file waits for.
    package enum Wait: Sendable, Equatable {
        /// Its writer has not closed it.
        case writer
        /// It does not stand still.
        case change
        /// These are not there, or not complete.
        case companions([String])
        /// It may be about to get its real name.
        case name
    }

    /// A price file that is not complete, or lacks something.
    package struct Waiting: Sendable, Equatable {
        package var name: String
        /// When it was first seen, nanoseconds.
        package var since: Int64
        package var wait: Wait

        package init(name: String, since: Int64, wait: Wait) {
            self.name = name
            self.since = since
            self.wait = wait
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
        /// When it was first seen; nil: just now.
        var seenAt: Int64?
    }

    /// How long a file has to stand still, in nanoseconds: the configuration's `settle`.
    private var quiet: Int64
    /// The same for files that no rule is for and whose ending is no price file's.
    private var unmatchedQuiet: Int64
    private var names: InboxNames
    private var files: [String: File] = [:]
    /// Names that are not complete, and names without a look: all that has to be gone through when time passes.
    private var pendingNames: Set<String> = []
    private var unseenNames: Set<String> = []
    /// Markers and checksums.
    private var companions: Set<String> = []
    private var unchanged = QuietQueue()
    private var unmatchedUnchanged = QuietQueue()
    /// Names that a marker may have vouched for since they were last looked at.
    private var maybeVouched: Set<String> = []
    private var order = ArrivalOrder()
    /// Names that may be taken and are not in `order` yet.
    private var late: Set<String> = []
    private var parked: Set<String> = []
    /// Names that cannot be taken as they are.
    private var left: Set<String> = []
    /// The least that the time of day was ever ahead of `now`. A file's age by any other would be too high when the clock was
    /// set forward after the file was written.
    private var leastWall: Int64?
    private var visited = 0

    /// Whether changes may come without a report: then only listings tell that a file has stood still.
    package var isPolled = false {
        didSet {
            guard isPolled != oldValue else { return }
            for name in pendingNames { if let file = files[name] { startQuiet(name, file) } }
        }
    }

    /// `quiet`: how long a file has to stand still, in nanoseconds; `unmatched`: the same for files that may be about to get another name. `names`: which of them go
    /// together.
    package init(quiet: Int64, unmatched: Int64 = 0, names: InboxNames = InboxNames(rules: [])) {
        self.quiet = quiet
        unmatchedQuiet = max(quiet, unmatched)
        self.names = names
    }

    /// Other rules hold from now on. What is known of the files' writers stands; what each name stands for is asked anew, and a file
    /// that has to stand still for longer by these rules begins anew to do so.
    package mutating func use(quiet new: Int64, unmatched: Int64, names: InboxNames, at now: Int64) {
        let before = files.mapValues { quietTime($0.role) }
        quiet = new
        unmatchedQuiet = max(new, unmatched)
        self.names = names
        companions = []
        unchanged = QuietQueue()
        unmatchedUnchanged = QuietQueue()
        order = ArrivalOrder()
        parked = []
        for (name, file) in files {
            guard !names.isIgnored(name) else {
                gone(name)
                continue
            }
            var file = file
            file.role = names.role(of: name)
            if case .companion = file.role { companions.insert(name) }
            if file.state == .complete, quietTime(file.role) > before[name] ?? 0 { file.state = .found(since: now) }
            if file.state != .complete {
                pendingNames.insert(name)
                startQuiet(name, file)
            }
            files[name] = file
        }
        late = Set(files.keys)
        maybeVouched = late
    }

    package var count: Int { files.count }

    /// When the oldest of all files arrived, in nanoseconds since 1970; nil: there is none. Goes through all of them.
    package var oldestArrival: Int64? { files.values.lazy.compactMap { $0.look?.changedAt }.min() }

    /// Whether there is a price file that can be taken now or when it has stood still. One that lacks its marker or its checksum is
    /// none, and neither is one that cannot be taken as it is, or may be about to get another name.
    package var hasWork: Bool {
        files.contains { name, file in
            isPriceFile(file) && !left.contains(name) && lacking(name, file).isEmpty
                && (file.state == .complete || !isUnmatched(file))
        }
    }

    /// All price files, in no order.
    package var priceFiles: [String] { files.filter { isPriceFile($1) }.map(\.key) }

    /// Whether its writer is done with it.
    package func isComplete(_ name: String) -> Bool { files[name]?.state == .complete }

    /// Price files that are not complete, or lack something, in order. One that was closed and only has to stand still is none.
    package var waiting: [Waiting] {
        files.compactMap { name, file in
            wait(name, file).map { Waiting(name: name, since: file.seenAt ?? 0, wait: $0) }
        }.sorted { $0.name < $1.name }
    }

    private func wait(_ name: String, _ file: File) -> Wait? {
        guard isPriceFile(file), !left.contains(name) else { return nil }
        if file.state == .writing { return .writer }
        let lacking = lacking(name, file)
        guard lacking.isEmpty else { return .companions(lacking) }
        switch file.state {
        case .found: return isUnmatched(file) ? .name : .change
        case .quiet: return isUnmatched(file) ? .name : nil
        case .writing, .complete:
            let checksum = name + InboxNames.checksumSuffix
            return isCompanion(checksum) && files[checksum]?.state != .complete ? .companions([checksum]) : nil
        }
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
        set(name, File(state: .found(since: now), isNew: true), at: now)
    }

    /// Opened. Right after it appeared that is its writer; later it may be a reader.
    package mutating func opened(_ name: String, at now: Int64) {
        guard var file = files[name] else { return }
        if file.isNew { file.state = .writing }
        file.isNew = false
        set(name, file, at: now)
    }

    package mutating func modified(_ name: String, at now: Int64) {
        set(name, File(state: .writing, look: files[name]?.look), at: now)
    }

    package mutating func closed(_ name: String, at now: Int64) {
        set(name, File(state: .quiet(since: now), look: files[name]?.look), at: now)
    }

    package mutating func movedIn(_ name: String, at now: Int64) {
        let role = files[name]?.role ?? names.role(of: name)
        set(name, File(state: quietTime(role) > quiet ? .quiet(since: now) : .complete, role: role), at: now)
    }

    package mutating func gone(_ name: String) {
        // Its price file may have waited for it to be complete.
        if companions.remove(name) != nil, case .companion(let owner) = files[name]?.role { late.insert(owner) }
        files[name] = nil
        pendingNames.remove(name)
        unseenNames.remove(name)
        parked.remove(name)
        left.remove(name)
    }

    /// The directory is another one, or may be: nothing that was known holds.
    package mutating func startAnew() {
        let polled = isPolled
        let least = leastWall
        self = InboxTracker(quiet: quiet, unmatched: unmatchedQuiet, names: names)
        isPolled = polled
        leastWall = least
    }

    /// `ready` leaves the file out until `unpark`, or until there is news of it.
    package mutating func park(_ name: String) {
        if files[name] != nil { parked.insert(name) }
    }

    /// All files that were parked can be taken again.
    package mutating func unpark() {
        late.formUnion(parked)
        parked = []
    }

    /// The file cannot be taken as it is: it counts for nothing until `tryAgain`, or until it changes.
    package mutating func leave(_ name: String) {
        if files[name] != nil { left.insert(name) }
    }

    /// A file that was left may be taken again.
    package mutating func tryAgain(_ name: String) {
        if left.remove(name) != nil { late.insert(name) }
    }

    package func knows(_ name: String) -> Bool { files[name] != nil }

    /// Files that were left, in no order.
    package var leftNames: Set<String> { left }

    /// Taken out of the inbox, and its companions with it.
    package mutating func taken(_ name: String) {
        gone(name)
        guard !companions.isEmpty else { return }
        for companion in names.companions(of: name).possible where companions.contains(companion) { gone(companion) }
    }

    private mutating func set(_ name: String, _ new: File, at now: Int64) {
        var file = new
        file.role = files[name]?.role ?? new.role ?? names.role(of: name)
        file.seenAt = files[name]?.seenAt ?? now
        if case .companion = file.role {
            companions.insert(name)
        }
        visited += 1
        if file.look == nil { unseenNames.insert(name) } else { unseenNames.remove(name) }
        guard files[name] != file else { return }
        left.remove(name)
        if file.state == .complete {
            pendingNames.remove(name)
            late.insert(name)
            parked.remove(name)
        } else {
            pendingNames.insert(name)
            startQuiet(name, file)
        }
        files[name] = file
        guard !companions.isEmpty else { return }
        // Whoever may have waited for it, or may be vouched for now.
        var owner = name
        if case .companion(let other) = file.role { owner = other }
        maybeVouched.formUnion([name, owner, owner + InboxNames.checksumSuffix])
        if owner != name { late.insert(owner) }
    }

    /// Without a look that cannot begin: the first look starts it.
    private mutating func startQuiet(_ name: String, _ file: File) {
        switch file.state {
        case .found(let since) where file.look != nil && !isPolled: startQuiet(name, file, since)
        case .quiet(let since): startQuiet(name, file, since)
        case .found, .writing, .complete: break
        }
    }

    private mutating func startQuiet(_ name: String, _ file: File, _ since: Int64) {
        if isUnmatched(file) {
            unmatchedUnchanged.add(name, since: since)
        } else {
            unchanged.add(name, since: since)
        }
    }

    /// How long a file has to stand still.
    private func quietTime(_ role: InboxNames.Role?) -> Int64 {
        if case .price(let price) = role, price.isUnmatched { unmatchedQuiet } else { quiet }
    }

    /// Reports were lost: what was known about writers is no longer certain.
    package mutating func lostTrack(at now: Int64) {
        for (name, file) in files where file.state != .complete {
            set(name, File(state: .found(since: now), look: nil), at: now)
        }
    }

    /// A listing's view of one file. `wall` is the time of day in nanoseconds since 1970.
    package mutating func listed(_ name: String, _ look: Look, at now: Int64, wall: Int64) {
        let least = min(leastWall ?? .max, wall &- now)
        leastWall = least
        visited += 1
        let role = files[name]?.role ?? names.role(of: name)
        let time = quietTime(role)
        let hasStood = time == 0 || !isPolled && now &+ least &- look.changedAt >= time
        guard var file = files[name] else {
            set(name, File(state: hasStood ? .complete : .found(since: now), look: look, role: role), at: now)
            return
        }
        if file.look == look {
            if case .found(let since) = file.state, now - since >= time {
                file.state = .complete
                set(name, file, at: now)
            }
            return
        }
        switch file.state {
        case .found:
            file.state = file.look == nil && hasStood && !file.isNew ? .complete : .found(since: now)
        case .quiet where file.look != nil:
            file.state = .quiet(since: now)
        case .complete:
            // Written to after all, and nothing was reported. Its change time alone changes with its links and rights.
            let isOther = file.look.map { $0.size != look.size || $0.modifiedAt != look.modifiedAt } ?? false
            if isOther, time > 0 { file.state = .found(since: now) }
        case .quiet, .writing:
            break
        }
        file.look = look
        set(name, file, at: now)
    }

    /// Forgets every file that a listing did not show.
    package mutating func keep(only names: Set<String>) {
        for name in files.keys where !names.contains(name) { gone(name) }
    }

    /// Price files that can be taken now, by priority, then in order of arrival: change time, then name; at most `most` of them. Where a rule
    /// orders its files by name, they share the places that they have by arrival in the order of their names. A file whose
    /// look is not known yet comes when a listing has shown it.
    package mutating func ready(at now: Int64, most: Int = .max) -> [String] {
        complete(at: now)
        // Out of `self` while it asks for the files.
        var order = order
        self.order = ArrivalOrder()
        if !late.isEmpty {
            order.add(
                late.compactMap { name in
                    guard let file = files[name], isFree(name), isTakeable(name, file) else { return nil }
                    return ArrivalOrder.Entry(
                        name: name, changedAt: file.look?.changedAt ?? 0, rule: orderedRule(file),
                        priority: priority(file))
                })
            late = []
        }
        let names = order.first(most) { entry in
            guard let file = files[entry.name], file.look?.changedAt ?? 0 == entry.changedAt else { return false }
            return isFree(entry.name) && isTakeable(entry.name, file)
        }
        self.order = order
        return names
    }

    /// Neither parked nor left.
    private func isFree(_ name: String) -> Bool { !parked.contains(name) && !left.contains(name) }

    private mutating func complete(at now: Int64) {
        complete(\.unchanged, quiet, at: now)
        complete(\.unmatchedUnchanged, unmatchedQuiet, at: now)
        for name in maybeVouched {
            visited += 1
            guard var file = files[name], isVouched(name, file) else { continue }
            switch file.state {
            case .found where file.look != nil, .quiet:
                file.state = .complete
                set(name, file, at: now)
            case .found, .writing, .complete: break
            }
        }
        maybeVouched = []
    }

    /// Completes what has stood still for `time`.
    private mutating func complete(_ queue: WritableKeyPath<InboxTracker, QuietQueue>, _ time: Int64, at now: Int64) {
        while let (since, name) = self[keyPath: queue].front {
            visited += 1
            if var file = files[name], file.state == .found(since: since) || file.state == .quiet(since: since) {
                guard now - since >= time else { break }
                if !isPolled || file.state == .quiet(since: since) {
                    file.state = .complete
                    set(name, file, at: now)
                }
            }
            self[keyPath: queue].removeFront()
        }
    }

    /// All price files that were found complete, in no order, and those that are parked as well.
    package var complete: [String] { files.filter { !left.contains($0) && isTakeable($0, $1) }.map(\.key) }

    /// How many files and places were gone through so far: what it costs.
    package var visits: Int { visited + order.visits }

    // MARK: - Files that go together

    private func isPriceFile(_ file: File) -> Bool { if case .price = file.role { true } else { false } }

    private func isUnmatched(_ file: File) -> Bool {
        quietTime(file.role) > quiet
    }

    private func orderedRule(_ file: File) -> Int? {
        if case .price(let price) = file.role { price.orderedRule } else { nil }
    }

    private func priority(_ file: File) -> Int {
        if case .price(let price) = file.role { price.priority } else { 0 }
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
        [(unchanged, quiet), (unmatchedUnchanged, unmatchedQuiet)].compactMap { queue, time in
            queue.first { since, name in
                switch files[name]?.state {
                case .found(since), .quiet(since): true
                default: false
                }
            }.map { $0 + time }
        }.min()
    }

    /// Files that are not complete yet; those that may be about to get another name are none.
    package var pending: Int { pendingNames.count { name in files[name].map { !isUnmatched($0) } ?? false } }
}

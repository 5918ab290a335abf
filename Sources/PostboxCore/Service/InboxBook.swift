/// The inbox as it is known: its watch, its files, those that stay in it, and what is told of them.
package struct InboxBook: Sendable {
    private let path: String
    /// Nanoseconds between two listings.
    private var rescan: Int64
    /// What names mean by the configuration in force.
    private(set) var names: InboxNames
    /// Destinations that a file may have rejects of its own for.
    private var rejectsDestinations: [String]
    /// After which time files that wait are told to the desk.
    private var alertAfter: Duration

    /// Which files are complete.
    var tracker: InboxTracker
    private var left = LeftFiles()
    private var reminder: WaitingReminder
    private var waits: WaitWatch
    private var saidAlone: Set<String> = []
    private var said = SaidOnce()
    /// The watch whose reports count; nil: there is none.
    private var watch: Int?
    /// Nanoseconds; the directory is the truth.
    package private(set) var nextListing: Int64 = 0
    /// The directory has been listed as a whole.
    package private(set) var hasListed = false

    package init(_ settings: Settings) {
        path = settings.directories.inbox
        rescan = settings.rescan.nanoseconds
        names = InboxNames(rules: settings.rules, ignored: settings.ignored)
        rejectsDestinations = Self.rejectsDestinations(settings)
        alertAfter = settings.downAlert
        let quiet = settings.settle.nanoseconds
        tracker = InboxTracker(quiet: quiet, unmatched: settings.unmatchedAfter.nanoseconds, names: names)
        reminder = WaitingReminder(quiet: quiet)
        waits = WaitWatch(limit: settings.downAlert.nanoseconds)
    }

    private static func rejectsDestinations(_ settings: Settings) -> [String] {
        Set(settings.rules.filter { $0.destinations.count > 1 }.flatMap(\.destinations)).sorted()
    }

    /// Another configuration came into force: what lies in the inbox is looked at by its rules. The watch stands.
    package mutating func use(_ settings: Settings, at now: Int64) {
        rescan = settings.rescan.nanoseconds
        names = InboxNames(rules: settings.rules, ignored: settings.ignored)
        rejectsDestinations = Self.rejectsDestinations(settings)
        alertAfter = settings.downAlert
        let quiet = settings.settle.nanoseconds
        tracker.use(quiet: quiet, unmatched: settings.unmatchedAfter.nanoseconds, names: names, at: now)
        reminder.quiet = quiet
        waits.limit = settings.downAlert.nanoseconds
        nextListing = 0
    }

    /// The watch is over: the next listing begins another one.
    package var isWatchLost: Bool { watch == nil }

    /// Whether some file stays in the inbox that should not: it cannot be moved, or its name cannot be used.
    package var leavesFiles: Bool { !tracker.leftNames.isEmpty || left.hasUnusable }

    /// The priority of a price file's rule: higher goes first.
    package func priority(of name: String) -> Int { names.priceFile(name).priority }

    // MARK: - Reports and listings

    /// Reports of the kernel; those of another watch than the one that stands are of another directory, or out of date.
    package mutating func take(_ events: [InboxEvent], watch number: Int, at now: Int64) -> [Told] {
        var told: [Told] = []
        for event in events where number == watch {
            if let line = take(event, now) { told.append(line) }
        }
        return told
    }

    private mutating func take(_ event: InboxEvent, _ now: Int64) -> Told? {
        switch event {
        case .created(let name) where isTaken(name): tracker.created(name, at: now)
        case .opened(let name) where isTaken(name): tracker.opened(name, at: now)
        case .modified(let name) where isTaken(name): tracker.modified(name, at: now)
        case .closed(let name) where isTaken(name): tracker.closed(name, at: now)
        case .movedIn(let name) where isTaken(name): tracker.movedIn(name, at: now)
        case .gone(let name): tracker.gone(name)
        case .rescan:
            tracker.lostTrack(at: now)
            nextListing = 0
            return .line(
                LogLine(
                    .warning, event: .inotifyOverflow, "inbox reports were lost; the inbox is listed instead"))
        case .directoryGone:
            watch = nil
            tracker.startAnew()
            nextListing = 0
        default: break
        }
        return nil
    }

    private func isTaken(_ name: String) -> Bool { !names.isIgnored(name) }

    /// The directory is the truth: what reports told or failed to tell is put right by it. `now`: when the listing was over.
    package mutating func listed(
        _ listing: InboxListing, at now: Int64, _ outlook: WaitingOutlook
    ) -> [Told] {
        var told: [Told] = []
        if listing.isOther {
            tracker.startAnew()
            told.append(
                .line(
                    LogLine(
                        .info, event: .watching,
                        "another directory has taken the inbox's place; it is watched from now on",
                        facts: ["inbox": path])))
        }
        watch = listing.watch
        if let new = listing.newWatch { told += began(new) }
        if let entries = listing.entries {
            left.beginListing()
            told += listing.unreadable.compactMap { unreadable($0) }
            var seen: Set<String> = []
            for entry in entries where take(entry, at: listing.began, &told) { seen.insert(entry.name) }
            if listing.fault == nil { tracker.keep(only: seen) }
        }
        let began = listing.began.monotonic
        if let fault = listing.fault {
            nextListing = began + 1_000_000_000
            if said.isNew("inbox") { told.append(.alert(Alert(event: .inboxFault, message: fault))) }
            return told
        }
        hasListed = true
        // A listing that takes long does not take all the time.
        nextListing = max(
            began + (tracker.isPolled ? min(rescan, 1_000_000_000) : rescan), now + 4 * (now - began))
        for name in left.due(at: now, isThere: { tracker.knows($0) }) { tracker.tryAgain(name) }
        told += tellWaiting(at: now)
        if let long = tellLongWaits(at: now, outlook) { told.append(long) }
        if said.isOver("inbox") {
            told.append(.line(LogLine(.info, event: .watching, "the inbox can be read again")))
        }
        return told
    }

    private mutating func began(_ new: InboxListing.NewWatch) -> [Told] {
        var told: [Told] = []
        if !new.needsPolling {
            _ = said.isOver("polling")
        } else if said.isNew("polling") {
            told.append(
                .line(
                    LogLine(
                        .notice, event: .polling,
                        "the inbox is on a file system that does not report what others change; it is listed every second",
                        facts: ["inbox": path])))
        }
        tracker.isPolled = new.needsPolling || new.fault != nil
        if let fault = new.fault {
            if !new.needsPolling, said.isNew("watch") {
                told.append(
                    .alert(
                        Alert(
                            event: .watchFault, isError: false,
                            message: "the inbox cannot be watched, it is listed every second instead: \(fault)")))
            }
        } else if said.isOver("watch") {
            told.append(.line(LogLine(.info, event: .watching, "the inbox is watched again")))
        }
        return told
    }

    /// A name that is no UTF-8, escaped.
    private mutating func unreadable(_ name: String) -> Told? {
        guard left.isUnreadable(name), said.isNew("unreadable " + name) else { return nil }
        return .alert(
            Alert(
                event: .nameUnreadable,
                message: "a file is left in the inbox: its name is no UTF-8; give it another one",
                facts: ["file": name]))
    }

    /// Names whose look has to be fetched before they can be ordered.
    package var unseen: Set<String> { tracker.unseen }

    /// The looks that were missing.
    package mutating func looked(_ looks: InboxLooks) -> [Told] {
        var told: [Told] = []
        for entry in looks.entries where !take(entry, at: looks.began, &told) { tracker.gone(entry.name) }
        for name in looks.gone { tracker.gone(name) }
        return told + looks.faults.map { .line(LogLine(.warning, event: .inboxFault, $0)) }
    }

    /// False: it is no file that can be taken.
    private mutating func take(_ entry: InboxEntry, at began: TwoClocks, _ told: inout [Told]) -> Bool {
        let name = entry.name
        let what: String
        switch entry.look {
        case .file(let look):
            guard !FileNames.isTooLong(name, destinations: rejectsDestinations) else {
                left.isTooLong(name)
                if said.isNewOfMany("long " + name) {
                    told.append(
                        .alert(
                            Alert(
                                event: .nameTooLong,
                                message:
                                    "a file is left in the inbox: its name leaves no room for that of its result file; shorten it",
                                facts: ["file": name])))
                }
                return false
            }
            tracker.listed(name, look, at: began.monotonic, wall: began.wall)
            return true
        case .symbolicLink: what = "a symbolic link"
        case .directory: what = "a directory"
        case .other: what = "no regular file (a FIFO, a socket or a device)"
        }
        if said.isNewOfMany("odd " + name) {
            told.append(
                .line(
                    LogLine(.warning, event: .ignored, "\(name) is \(what); it is left alone", facts: ["file": name])))
        }
        return false
    }

    // MARK: - Files that go, and files that stay

    /// The file, and its companions with it, is out of the inbox.
    package mutating func taken(_ name: String) {
        tracker.taken(name)
        waits.taken(name)
        left.taken(name)
    }

    /// A file stays where it is: it holds up no other.
    package mutating func cannotMove(_ file: ImmovableFile, at now: Int64) -> Told? {
        tracker.leave(file.name)
        return left.cannotMove(file, at: now)
    }

    // MARK: - What is told of those that wait

    /// When it is time to tell of some again, or a file may be complete without another report, or to list.
    package var nextDeadline: Int64 {
        [tracker.nextDeadline, reminder.nextDeadline].compactMap { $0 }.reduce(nextListing, min)
    }

    /// Tells what waits when it is time to tell of it again.
    package mutating func remind(at now: Int64) -> [Told] {
        guard let due = reminder.nextDeadline, now >= due else { return [] }
        return tellWaiting(at: now)
    }

    /// Files that wait for something: each after a while, and again from time to time. Companions without their files: each once.
    private mutating func tellWaiting(at now: Int64) -> [Told] {
        let due = reminder.due(tracker.waiting, at: now)
        var told = due.prefix(LeftFiles.namedMax).map { file in
            Told.line(
                LogLine(
                    .info, event: .waiting, "\(file.name) waits in the inbox\(Self.text(file.wait))",
                    facts: ["file": file.name, "why": Self.word(file.wait)]))
        }
        if due.count > LeftFiles.namedMax {
            told.append(
                .line(
                    LogLine(
                        .info, event: .waiting,
                        "\(Plural.text(due.count - LeftFiles.namedMax, "more file waits", "more files wait")) in the inbox"
                    )))
        }
        let alone = tracker.alone
        saidAlone.formIntersection(alone)
        for name in alone where saidAlone.insert(name).inserted {
            told.append(
                .line(
                    LogLine(
                        .warning, event: .companionAlone,
                        "\(name) is left alone in the inbox: the file that it goes with is not there",
                        facts: ["file": name])))
        }
        return told
    }

    /// Files that have waited for long, with what they wait for; and that none does any more.
    private mutating func tellLongWaits(at now: Int64, _ outlook: WaitingOutlook) -> Told? {
        switch waits.look(tracker.priceFiles, at: now) {
        case .waiting(let files, let all):
            let shown = files.prefix(3).joined(separator: ", ") + (files.count > 3 ? " and others" : "")
            let span = SettingsText.words(alertAfter)
            return .alert(
                Alert(
                    event: .waitingLong, isError: false,
                    message:
                        "\(Plural.text(all, "file has", "files have")) waited in the inbox for \(span) or longer: \(shown)",
                    facts: ["files": "\(all)", "file": files.first ?? ""], reasons: reasons(of: files, outlook)))
        case .over:
            return .alert(
                Alert(event: .waitingOver, isError: false, message: "no file waits in the inbox for long any more"))
        case nil: return nil
        }
    }

    /// How many of these files wait for what.
    private func reasons(of files: [String], _ outlook: WaitingOutlook) -> [String: Int] {
        words(for: files, outlook).values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// A word for what each of these files waits for.
    private func words(for files: [String], _ outlook: WaitingOutlook) -> [String: String] {
        var lacking: [String: [String]] = [:]
        for file in tracker.waiting {
            if case .companions(let names) = file.wait { lacking[file.name] = names }
        }
        var words: [String: String] = [:]
        for name in files {
            words[name] =
                if let missing = lacking[name] {
                    missing.contains { $0.hasSuffix(InboxNames.checksumSuffix) } ? "checksum" : "marker"
                } else if outlook.isRoomLow {
                    outlook.word(for: name)
                } else if !tracker.isComplete(name) {
                    "writer"
                } else {
                    outlook.word(for: name)
                }
        }
        return words
    }

    /// Price files that lie in the inbox, by name, and what each waits for; those behind the first `most` are counted only.
    func waiting(most: Int, _ outlook: WaitingOutlook) -> (files: [StatusBoard.Waiting], all: Int) {
        let names = tracker.priceFiles
        let shown = names.count > most ? Array(names.sorted().prefix(most)) : names.sorted()
        let reasons = words(for: shown, outlook)
        let files = shown.map { name in
            let why = reasons[name] ?? "turn"
            return StatusBoard.Waiting(
                name: name, why: why, held: why == "held" ? outlook.hold(of: name)?.subject : nil)
        }
        return (files, names.count)
    }

    /// For `--once`: what is left because it may be about to get another name.
    package func tellUnnamed() -> [Told] {
        tracker.waiting.filter { $0.wait == .name }.prefix(LeftFiles.namedMax).map { file in
            .line(
                LogLine(
                    .notice, event: .waiting, "\(file.name) is left in the inbox\(Self.text(file.wait))",
                    facts: ["file": file.name, "why": Self.word(file.wait)]))
        }
    }

    private static func text(_ wait: InboxTracker.Wait) -> String {
        switch wait {
        case .writer: ": its writer has not closed it"
        case .change: ": it does not stand still for as long as settle says"
        case .companions(let names): " for \(names.joined(separator: " and "))"
        case .name:
            ": no rule is for it and its ending is no price file's, so that it may be about to get its real name; it is refused when it lay unchanged for as long as unmatched_after says"
        }
    }

    private static func word(_ wait: InboxTracker.Wait) -> String {
        switch wait {
        case .writer: "open for writing"
        case .change: "still changing"
        case .companions: "not there yet"
        case .name: "no rule"
        }
    }
}

/// What complete files may wait for, for those who ask why they still lie in the inbox.
package struct WaitingOutlook {
    let standing: Standing
    let lanes: LaneBook
    /// By name, as far as they were asked for.
    let destinations: [String: [String]]
    /// By name: the rule's `match`.
    var rules: [String: String] = [:]
    /// Of those that need some.
    let tables: [String: [String]]
    let missingTables: Set<String>
    let isRoomLow: Bool

    /// The hold that keeps a complete file in the inbox; nil: none does.
    func hold(of name: String) -> DeskCommand? {
        if standing.isInboxHeld { return .holdInbox }
        guard let destinations = destinations[name] else { return nil }
        if let rule = rules[name], standing.holds(rule: rule) { return .holdRule(rule) }
        return destinations.first { standing.destinations.contains($0) }.map { .holdDestination($0) }
    }

    /// A word for what a complete file waits for.
    func word(for name: String) -> String {
        if isRoomLow { return "room" }
        if hold(of: name) != nil { return "held" }
        guard let destinations = destinations[name] else { return "turn" }
        guard lanes.areReady(destinations) else { return "destination" }
        return missingTables.isDisjoint(with: tables[name] ?? []) ? "turn" : "table"
    }
}

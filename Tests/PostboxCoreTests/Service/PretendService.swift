import PostboxCore
import Testing

/// A service whose inbox, lanes, ledger and clock are pretended: it carries out what the machine wants.
struct PretendService {
    static let second: Int64 = 1_000_000_000
    /// Nanoseconds since 1970 at time 0.
    static let wall: Int64 = 1_795_000_000 * second

    var machine: ServiceMachine
    private(set) var settings: Settings
    /// Nanoseconds.
    var now: Int64 = 0
    /// What lies in the inbox, by name.
    var inbox: [String: InboxLook] = [:]
    var unreadable: [String] = []
    var listingFault: String?
    /// What the desk's commands mean.
    var standing = Standing()
    var lanes = OnceEnd.LaneFacts()
    var facts = ServiceMachine.Facts()
    /// Why nothing can be claimed.
    var claimFault: String?
    /// Files that cannot be moved, with errno.
    var immovable: [String: Int32] = [:]
    /// Why the ledger cannot be read.
    var ledgerFault: String?
    /// Where rejects go.
    var rejects: [String: [String]] = [:]
    /// The tables that rejects need.
    var rejectsTables: [String: [String]] = [:]
    /// How the files of tables lie there; those that are not in it are not there.
    var tables: [String: TableBook.Stamp] = [:]
    /// What comes of reading them, with their stamps; others are good.
    var brokenTables: [String: String] = [:]
    private(set) var tablesRead: [String] = []
    /// Destinations whose logins ended.
    private(set) var left: [String] = []
    /// Bytes that are free where the spool lies, of a million.
    var free = 1_000_000
    /// What the ledger holds and nobody works on.
    var forgotten: [DropBook.Drop] = []
    /// The next drop's number.
    var number = 1

    /// Names that were claimed, in order, and the numbers of drops whose contributions began.
    private(set) var claimed: [String] = []
    private(set) var begun: [Int] = []
    private(set) var told: [Told] = []
    /// All actions of the last round.
    private(set) var actions: [ServiceMachine.Action] = []
    /// When the last round wants to come back.
    private(set) var waitsUntil: Int64 = 0
    /// The exit code, once it is over.
    private(set) var code: Int32?

    /// `destinations` and `rules` make the configuration; of the destinations nothing is known yet.
    init(
        once: Bool = false, patience: Int64 = 30, destinations: [String] = ["a"], rules: [MappingRule] = [],
        recovered: [DropBook.Drop] = [], tables: [String] = [], goodTables: Set<String> = [], minFree: MinFree? = nil
    ) {
        var settings = Settings(
            directories: .init(spool: "/s"), settle: .seconds(5), rescan: .seconds(10), drainTimeout: .seconds(20),
            downAlert: .seconds(300), unmatchedAfter: .seconds(60),
            destinations: destinations.map {
                Destination(name: $0, urls: [.init(isTLS: false, host: "h", port: 1, path: "/")], service: "S")
            }, rules: rules, tables: tables.map { TableRule(name: $0, path: "/t/\($0).csv", key: "K") })
        settings.minFree = minFree
        self.settings = settings
        machine = ServiceMachine(
            settings, options: .init(isOnce: once, patience: patience * Self.second), recovered: recovered,
            goodTables: goodTables, at: 0)
        standing.isKnown = true
        number = (recovered.map(\.number).max() ?? 0) + 1
    }

    /// A file that has lain in the inbox unchanged for that long, in seconds.
    mutating func drop(_ name: String, age: Int64 = 100, bytes: Int = 10) {
        let at = Self.wall + now - age * Self.second
        inbox[name] = .file(InboxTracker.Look(size: bytes, modifiedAt: at, changedAt: at))
    }

    /// A table's file that has lain there unchanged for that long, in seconds.
    mutating func place(table: String, age: Int64 = 100) {
        let at = Self.wall + now - age * Self.second
        tables[table] = TableBook.Stamp(inode: 1, size: 10, modifiedAt: at, changedAt: at)
    }

    /// One round: does what the machine wants until it waits, or is over. Comes back at once when it wants that.
    mutating func round() {
        actions = []
        var isHurried = false
        for _ in 0..<10_000 {
            let action = machine.next(at: now, facts)
            actions.append(action)
            switch action {
            case .wait(let until):
                waitsUntil = until
                if !isHurried { return }
                isHurried = false
            case .end:
                let end = machine.finish()
                told += end.told
                code = end.code
                return
            case .comeBack: isHurried = true
            default: carryOut(action)
            }
        }
        Issue.record("the round has no end")
    }

    /// Rounds until that time, in seconds: as often as the machine wants, and at the end.
    mutating func run(until seconds: Int64) {
        let end = seconds * Self.second
        round()
        while code == nil, now < end {
            now = min(max(waitsUntil, now + 1_000_000), end)
            round()
        }
    }

    /// A destination's state changed.
    mutating func lane(_ name: String, _ state: LaneState) {
        machine.laneChanged(name, to: state, at: now)
        round()
    }

    /// A drop's contribution ended.
    mutating func end(_ drop: Int, _ end: ServiceMachine.DropEnd) {
        if case .closed = end {
            standing.cancelled.remove(drop)
            standing.drops.remove(drop)
        }
        machine.ended(drop, end, standing, at: now)
        round()
    }

    /// The desk's commands changed.
    mutating func command(_ change: (inout Standing) -> Void) {
        change(&standing)
        machine.commandsRead(standing)
        round()
    }

    /// Another configuration comes into force.
    mutating func use(_ new: Settings) {
        let served = settings.destinations.map(\.name) + machine.leaving
        let wanted = Set(new.destinations.map(\.name))
        let plan = ReloadPlan(from: settings, served: settings.destinations, to: new)
        settings = new
        machine.use(
            new, leaving: Set(served).subtracting(wanted), keptTables: plan.keptTables, goodTables: [], at: now)
        round()
    }

    mutating func stop() {
        machine.stopTold(at: now)
        round()
    }

    /// How often a word was told.
    func count(_ event: Event) -> Int { told.count { $0.event == event } }

    func count(_ event: String) -> Int { told.count { $0.event.word == event } }

    private var clocks: TwoClocks { TwoClocks(monotonic: now, wall: Self.wall + now) }

    private mutating func carryOut(_ action: ServiceMachine.Action) {
        switch action {
        case .list:
            let names = InboxNames(rules: settings.rules, ignored: settings.ignored)
            let entries = inbox.filter { !names.isIgnored($0.key) }.map { InboxEntry($0.key, $0.value) }
            var listing = InboxListing(began: clocks, watch: 1, entries: entries)
            listing.unreadable = unreadable
            if let listingFault {
                listing.entries = nil
                listing.fault = listingFault
            }
            machine.listed(listing, at: now)
        case .look(let names):
            var looks = InboxLooks(began: clocks)
            for name in names {
                if let look = inbox[name] {
                    looks.entries.append(InboxEntry(name, look))
                } else {
                    looks.gone.append(name)
                }
            }
            machine.looked(looks)
        case .lookAtTables:
            var looks: [String: TableBook.Look] = [:]
            for table in settings.tables {
                let stamp = tables[table.name]
                looks[table.name] = stamp.map { TableBook.Look.file($0) } ?? .nothing("it is not there")
            }
            machine.tablesLooked(looks, at: clocks)
        case .lookAtRoom: machine.roomSeen(free: free, of: 1_000_000, at: now)
        case .readTables(let names):
            tablesRead += names
            var readings: [String: TableBook.Reading] = [:]
            for name in names {
                guard let stamp = tables[name] else { continue }
                readings[name] = brokenTables[name].map { .broken(stamp, $0) } ?? .read(stamp, rows: 1, sha256: "abc")
            }
            machine.tablesRead(readings, at: now)
        case .readCommands: machine.commandsRead(standing)
        case .lookAgain:
            machine.lookedAgain(ledgerFault == nil ? forgotten : [], fault: ledgerFault, at: now)
            if ledgerFault == nil { forgotten = [] }
        case .findDestinations(let names):
            if let ledgerFault {
                machine.destinationsFailed(ledgerFault, at: now)
            } else {
                machine.destinationsFound(
                    Dictionary(uniqueKeysWithValues: names.map { ($0, rejects[$0] ?? []) }), tables: rejectsTables)
            }
        case .claim(let names): claim(names)
        case .claimedCancelled(let name, let drop):
            standing.cancelledFiles.remove(name)
            standing.cancelled.insert(drop)
            machine.commandsRead(standing)
        case .begin(let drops): begun += drops
        case .askLanes: machine.lanesAnswered(lanes)
        case .stopLanes: machine.lanesStopped()
        case .tell(let one): told.append(one)
        case .timeOut, .holdsOverdue: break
        case .leave(let name): left.append(name)
        case .started, .wantSpares, .setOldestWaiting, .pass, .letGo, .forgetPassed, .comeBack, .wait, .end: break
        }
    }

    private mutating func claim(_ names: [String]) {
        if let claimFault { return machine.claimFailed(claimFault, at: now) }
        var outcome = ServiceMachine.Claimed()
        for name in names where inbox[name] != nil {
            if let code = immovable[name] {
                outcome.immovable.append(ImmovableFile(name, code: code, words: "no", changedAt: 1))
                continue
            }
            let rule = settings.rule(for: name)
            let destinations = rejects[name] ?? rule?.destinations ?? []
            outcome.drops.append(
                DropBook.Drop(
                    number, name: name, destinations: destinations, priority: rule?.priority ?? 0,
                    endsAtOnce: destinations.isEmpty))
            number += 1
            claimed.append(name)
            inbox[name] = nil
        }
        machine.claimed(outcome, at: now)
    }
}

import PostboxCore
import Testing

@Suite("When tables are read, and what stands when one is broken")
struct TableBookTests {
    private static let second: Int64 = 1_000_000_000
    private static let wall: Int64 = 1_795_000_000 * second

    /// What happens to the one table, at that time in seconds.
    private enum Step: Sendable {
        /// Its file is looked at; it was last changed at that time.
        case look(changed: Int64)
        case lookAtNothing
        case broken(String)
        case good
        case same
        case changed
        case failed
    }

    private struct Life: Sendable {
        var name: String
        var wasGood = false
        var steps: [(at: Int64, step: Step)]
        /// Times at which it is to be read.
        var reads: [Int64]
        /// Events, with the time.
        var told: [String] = []
        var isMissing = false
    }

    private static let lives: [Life] = [
        Life(
            name: "quiet for long before it was seen", steps: [(0, .look(changed: -100)), (0, .good)], reads: [0],
            told: ["0 table_read"]),
        Life(
            name: "quiet for settle from its last change",
            steps: [(0, .look(changed: -1)), (3, .look(changed: -1)), (4, .look(changed: -1)), (4, .good)], reads: [4],
            told: ["4 table_read"]),
        Life(
            name: "still changing", steps: [(0, .look(changed: -1)), (3, .look(changed: 2)), (6, .look(changed: 5))],
            reads: [],
            isMissing: true),
        Life(
            name: "read once as long as it is the same", wasGood: true,
            steps: [(0, .look(changed: -9)), (0, .same), (10, .look(changed: -9)), (20, .look(changed: -9))], reads: [0]
        ),
        Life(
            name: "replaced", steps: [(0, .look(changed: -9)), (0, .good), (20, .look(changed: 14)), (20, .good)],
            reads: [0, 20],
            told: ["0 table_read", "20 table_read"]),
        Life(
            name: "broken, told once, until it changes",
            steps: [
                (0, .look(changed: -9)), (0, .broken("line 2: x")), (10, .look(changed: -9)), (30, .look(changed: 20)),
                (30, .broken("line 2: x")), (50, .look(changed: 40)), (50, .broken("line 3: y")),
            ], reads: [0, 30, 50], told: ["0 table_fault wait", "50 table_fault wait"], isMissing: true),
        Life(
            name: "broken while a good one stands, and mended by the same bytes", wasGood: true,
            steps: [(0, .look(changed: -9)), (0, .broken("x")), (30, .look(changed: 20)), (30, .same)], reads: [0, 30],
            told: ["0 table_fault stays", "30 table_read"]),
        Life(
            name: "gone for settle", wasGood: true,
            steps: [
                (0, .look(changed: -9)), (0, .same), (10, .lookAtNothing), (12, .lookAtNothing), (15, .lookAtNothing),
                (25, .lookAtNothing),
            ],
            reads: [0], told: ["15 table_fault stays"]),
        Life(
            name: "gone for a moment", wasGood: true,
            steps: [(0, .look(changed: -9)), (0, .same), (10, .lookAtNothing), (12, .look(changed: 1)), (12, .same)],
            reads: [0, 12]),
        Life(
            name: "never there", steps: [(0, .lookAtNothing), (5, .lookAtNothing)], reads: [],
            told: ["5 table_fault wait"],
            isMissing: true),
        Life(
            name: "written to while it was read",
            steps: [(0, .look(changed: -9)), (0, .changed), (1, .look(changed: 0)), (5, .look(changed: 0))],
            reads: [0, 5], isMissing: true),
        Life(
            name: "a disk at fault, tried again",
            steps: [
                (0, .look(changed: -9)), (0, .failed), (1, .look(changed: -9)), (5, .look(changed: -9)), (5, .good),
            ], reads: [0, 5],
            told: ["0 table_fault wait", "5 table_read"]),
        Life(
            name: "a file from the future",
            steps: [(0, .look(changed: 1000)), (4, .look(changed: 1000)), (5, .look(changed: 1000))],
            reads: [5], isMissing: true),
    ]

    @Test("Each life of a table", arguments: lives)
    private func life(_ life: Life) {
        let settings = Settings(
            directories: .init(spool: "/s"), settle: .seconds(5), destinations: [],
            tables: [TableRule(name: "t", path: "/t.csv", key: "K")])
        var book = TableBook(settings, good: life.wasGood ? ["t"] : [], at: 0)
        var reads: [Int64] = []
        var told: [String] = []
        var stamp = TableBook.Stamp(inode: 1, size: 1, modifiedAt: 0, changedAt: 0)
        for (at, step) in life.steps {
            let now = at * Self.second
            func tell(_ one: Told?) {
                guard let one else { return }
                let rest =
                    one.message.contains("stays in force")
                    ? " stays" : one.message.contains("wait until") ? " wait" : ""
                told.append("\(at) \(one.event.word)\(rest)")
            }
            var looks: [String: TableBook.Look]?
            switch step {
            case .look(let changed):
                stamp.changedAt = Self.wall + changed * Self.second
                looks = ["t": .file(stamp)]
            case .lookAtNothing: looks = ["t": .nothing("it is not there")]
            case .broken(let why): tell(book.read("t", .broken(stamp, why), at: now))
            case .good: tell(book.read("t", .read(stamp, rows: 1, sha256: "a"), at: now))
            case .same: tell(book.read("t", .same(stamp), at: now))
            case .changed: tell(book.read("t", .changed, at: now))
            case .failed: tell(book.read("t", .failed("EIO"), at: now))
            }
            guard let looks else { continue }
            let (due, lines) = book.looked(looks, at: TwoClocks(monotonic: now, wall: Self.wall + now))
            if due == ["t"] { reads.append(at) }
            lines.forEach(tell)
        }
        #expect(reads == life.reads, "\(life.name)")
        #expect(told == life.told, "\(life.name)")
        #expect(book.missing == (life.isMissing ? ["t"] : []), "\(life.name)")
    }

    @Test("It comes back when a file will have been quiet for long enough, and not for one that is told to be missing")
    func deadline() {
        let settings = Settings(
            directories: .init(spool: "/s"), settle: .seconds(5), destinations: [],
            tables: [TableRule(name: "t", path: "/t.csv", key: "K")])
        var book = TableBook(settings, at: 0)
        #expect(book.nextDeadline == nil && !book.isFresh)
        let stamp = TableBook.Stamp(inode: 1, size: 1, modifiedAt: 0, changedAt: Self.wall - 2 * Self.second)
        _ = book.looked(["t": .file(stamp)], at: TwoClocks(monotonic: 0, wall: Self.wall))
        #expect(book.nextDeadline == 3 * Self.second && book.isFresh)
        _ = book.looked(["t": .nothing("gone")], at: TwoClocks(monotonic: Self.second, wall: Self.wall + Self.second))
        #expect(book.nextDeadline == 6 * Self.second)
        _ = book.looked(
            ["t": .nothing("gone")], at: TwoClocks(monotonic: 6 * Self.second, wall: Self.wall + 6 * Self.second))
        #expect(book.nextDeadline == nil)
    }
}

@Suite("Files that need tables")
struct TableClaimTests {
    private static let rules = [
        rule("r*", ["rics"]), rule("x*", ["rics", "other"]), MappingRule(match: "a*", destinations: ["a"]),
    ]

    private static func rule(_ match: String, _ tables: [String]) -> MappingRule {
        MappingRule(
            match: match, destinations: ["a"],
            fields: tables.map { table in
                var value = ValueRule()
                value.lookup = Lookup(table: table, by: "ISIN", take: "V")
                return FieldRule(name: table.uppercased(), source: .derived(.none, value))
            })
    }

    private func service(
        once: Bool = false, _ files: [String], good: Set<String> = [], standing: Standing? = nil
    ) -> PretendService {
        var service = PretendService(
            once: once, destinations: ["a"], rules: Self.rules, tables: ["rics", "other"], goodTables: good)
        for file in files { service.drop(file) }
        return service
    }

    @Test("Tables are looked at before each claim and read when they are quiet; files that need none do not wait")
    func claims() {
        var service = service(["r.csv", "x.csv", "a.csv"])
        service.place(table: "rics")
        service.round()
        service.lane("a", .ready)
        #expect(service.claimed.sorted() == ["a.csv", "r.csv"])
        #expect(service.tablesRead == ["rics"])
        let look = service.actions.lastIndex(of: .lookAtTables) ?? .max
        let claim = service.actions.lastIndex { if case .claim = $0 { true } else { false } } ?? -1
        #expect(look < claim)
        // The other one comes, and is found by the next listing.
        service.place(table: "other", age: 0)
        service.run(until: 30)
        #expect(service.claimed.sorted() == ["a.csv", "r.csv", "x.csv"])
        #expect(service.tablesRead == ["rics", "other"])
        #expect(service.told.contains { $0.message == "x.csv waits in the inbox for its table" })
    }

    @Test("A broken table keeps the files back that need it when there never was a good one, else none")
    func broken() {
        for isGood in [false, true] {
            var service = service(["r.csv"], good: isGood ? ["rics"] : [])
            service.place(table: "rics")
            service.place(table: "other")
            service.brokenTables = ["rics": "line 4: twice"]
            service.round()
            service.lane("a", .ready)
            service.run(until: 60)
            #expect(service.claimed == (isGood ? ["r.csv"] : []))
            #expect(service.count(.tableFault) == 1)
            service.brokenTables = [:]
            service.place(table: "rics", age: 0)
            service.run(until: 90)
            #expect(service.claimed == ["r.csv"])
        }
    }

    @Test("Nothing of it is asked where the configuration has no tables")
    func noTables() {
        var service = PretendService(destinations: ["a"], rules: [MappingRule(match: "a*", destinations: ["a"])])
        service.drop("a.csv")
        service.round()
        service.lane("a", .ready)
        #expect(service.claimed == ["a.csv"])
        #expect(!service.actions.contains(.lookAtTables))
    }

    @Test("With --once what waits for a table is given up after a while, when all else is done")
    func once() {
        var service = service(once: true, ["r.csv", "a.csv"])
        service.place(table: "other")
        service.round()
        service.lane("a", .ready)
        #expect(service.claimed == ["a.csv"])
        service.run(until: 40)
        #expect(service.code == nil)
        service.end(1, .closed(.done, unknown: 0))
        #expect(service.code == 69)
        #expect(service.told.contains { $0.event == .gaveUp && $0.message.contains("table rics") })
    }

    @Test("Rejects wait for the tables of the rule that they go by")
    func rejects() {
        let name = "r.csv.rejects-7.csv"
        #expect(RejectsName(name) != nil)
        var service = service([name])
        service.rejects = [name: ["a"]]
        service.rejectsTables = [name: ["rics"]]
        service.round()
        service.lane("a", .ready)
        #expect(service.claimed == [])
        service.place(table: "rics")
        service.run(until: 20)
        #expect(service.claimed == [name])
    }
}

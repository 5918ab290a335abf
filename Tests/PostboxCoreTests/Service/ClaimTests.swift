import PostboxCore
import Testing

@Suite("What is claimed when, and what goes on")
struct ClaimTests {
    private static let rules = [
        MappingRule(match: "a*", destinations: ["a"]), MappingRule(match: "b*", destinations: ["b"]),
        MappingRule(match: "u*", destinations: ["a"], priority: 5),
        MappingRule(match: "two*", destinations: ["a", "b"]),
    ]

    private func service(_ files: [String], recovered: [DropBook.Drop] = []) -> PretendService {
        var service = PretendService(destinations: ["a", "b"], rules: Self.rules, recovered: recovered)
        for file in files { service.drop(file) }
        return service
    }

    private struct Condition: Sendable {
        var ready: [String]
        var held: [String] = []
        var isInboxHeld = false
        /// Rules that are held.
        var rules: [String] = []
        var claimed: [String]
    }

    private static let conditions: [Condition] = [
        Condition(ready: ["a"], claimed: ["a.csv", "no_rule.csv"]),
        Condition(ready: ["b"], claimed: ["b.csv", "no_rule.csv"]),
        Condition(ready: ["a", "b"], claimed: ["a.csv", "b.csv", "no_rule.csv", "two.csv"]),
        Condition(ready: [], claimed: ["no_rule.csv"]),
        Condition(ready: ["a", "b"], held: ["a"], claimed: ["b.csv", "no_rule.csv"]),
        Condition(ready: ["a", "b"], held: ["a", "b"], claimed: ["no_rule.csv"]),
        Condition(ready: ["a", "b"], isInboxHeld: true, claimed: []),
        Condition(ready: ["a", "b"], rules: ["a*"], claimed: ["b.csv", "no_rule.csv", "two.csv"]),
    ]

    @Test(
        "A file is claimed when every destination of it is logged in and none is held, and the inbox is not",
        arguments: conditions)
    private func goes(condition: Condition) {
        var service = service(["a.csv", "b.csv", "two.csv", "no_rule.csv"])
        service.standing.destinations = Set(condition.held)
        service.standing.isInboxHeld = condition.isInboxHeld
        service.standing.rules = Set(condition.rules)
        service.round()
        for name in condition.ready { service.lane(name, .ready) }
        #expect(service.claimed.sorted() == condition.claimed)
        #expect(service.begun.count == condition.claimed.count)
    }

    @Test("A hold that is to be over is told once, and at the time that was said for it")
    func overdue() {
        var service = service(["a.csv"])
        let wall = PretendService.wall / 1000
        service.facts.wall = wall
        service.standing.rules = ["a*"]
        let hold = DeskHold(.holdRule("a*"), CommandNote(why: "x", until: wall + 60_000_000), since: wall)
        service.standing.holds = [hold]
        service.round()
        service.lane("a", .ready)
        #expect(!service.actions.contains(.holdsOverdue([hold])) && service.claimed.isEmpty)
        #expect(service.waitsUntil <= service.now + 60 * PretendService.second)
        service.facts.wall = wall + 60_000_000
        service.round()
        #expect(service.actions.contains(.holdsOverdue([hold])))
        service.round()
        #expect(!service.actions.contains(.holdsOverdue([hold])) && service.claimed.isEmpty)
        service.command { ($0.rules, $0.holds) = ([], []) }
        #expect(service.claimed == ["a.csv"])
    }

    @Test(
        "What waits for a hold says for which; a destination is down since it was last logged in, whatever its trouble was"
    )
    func shown() {
        var service = service(["a.csv", "b.csv"])
        service.standing.rules = ["a*"]
        service.standing.destinations = ["b"]
        service.round()
        service.now = 5 * PretendService.second
        service.lane("a", .refused("not entitled"))
        service.now = 9 * PretendService.second
        service.lane("a", .connecting("no route"))
        let board = service.machine.board(
            of: .init(version: "1", spool: "/s", configSHA256: "ab", startedAt: 0),
            at: Moment(monotonic: service.now, wall: 100_000_000), service.facts)
        #expect(
            board.waiting == [
                .init(name: "a.csv", why: "held", held: "the rule a*"),
                .init(name: "b.csv", why: "held", held: "the destination b"),
            ])
        let lane = board.lanes.first { $0.name == "a" }
        #expect(lane?.since == 100_000_000 && lane?.downSince == 91_000_000)
    }

    @Test("What was parked goes as soon as what kept it is over")
    func unparked() {
        var service = service(["a.csv", "b.csv"])
        service.standing.destinations = ["b"]
        service.round()
        service.lane("a", .paused("busy"))
        service.lane("b", .ready)
        #expect(service.claimed == [])
        service.lane("a", .ready)
        #expect(service.claimed == ["a.csv"])
        service.command { $0.destinations = [] }
        #expect(service.claimed == ["a.csv", "b.csv"])
    }

    @Test(
        "A file that is cancelled in the inbox is claimed wherever it goes, and becomes a cancelled drop before it begins"
    )
    func cancelled() {
        var service = service(["a.csv", "two.csv"])
        service.standing.cancelledFiles = ["two.csv"]
        service.standing.destinations = ["a"]
        service.round()
        #expect(service.claimed == ["two.csv"] && service.machine.standing.cancelled == [1])
        let given = service.actions.firstIndex(of: .claimedCancelled("two.csv", drop: 1))
        let begun = service.actions.firstIndex(of: .begin([1]))
        #expect(given ?? .max < begun ?? .min)
    }

    @Test("No file goes to a destination that a drop of an earlier run still waits for")
    func blocked() {
        var service = service(
            ["b.csv", "a.csv"], recovered: [DropBook.Drop(3, name: "old", destinations: ["a", "b"])])
        service.round()
        service.lane("b", .ready)
        #expect(service.claimed == [] && service.begun == [])
        service.lane("a", .ready)
        #expect(service.begun == [3, 4, 5] && service.claimed == ["a.csv", "b.csv"])
    }

    @Test("A drop of an earlier run whose destination is gone keeps nobody out, and is told once")
    func stranded() {
        var service = service(["a.csv"], recovered: [DropBook.Drop(3, name: "old", destinations: ["a", "gone"])])
        service.round()
        service.lane("a", .ready)
        service.run(until: 60)
        #expect(service.begun == [4] && service.count("destination_missing") == 1)
        service.command { $0.cancelled = [3] }
        #expect(service.begun == [4, 3])
    }

    private static let sharing: [([String], [Int])] = [
        (["a"], [1]), (["b"], []), (["c"], []), (["b", "c"], [2, 3]), (["a", "b", "c"], [1, 2, 3]),
    ]

    @Test("Drops of an earlier run that share a destination go on together", arguments: sharing)
    func together(ready: [String], begun: [Int]) {
        var service = PretendService(
            destinations: ["a", "b", "c"],
            recovered: [
                DropBook.Drop(2, name: "2", destinations: ["b"]),
                DropBook.Drop(3, name: "3", destinations: ["b", "c"]),
                DropBook.Drop(1, name: "1", destinations: ["a"]),
            ])
        service.round()
        for name in ready { service.lane(name, .ready) }
        #expect(service.begun.sorted() == begun)
    }

    @Test(
        "Files go by priority, then by arrival; 128 are in work at once, and of 64 or more a place is waited for together"
    )
    func room() {
        var service = service([])
        for number in 1...200 { service.drop("a\(number).csv", age: Int64(1000 - number)) }
        service.round()
        service.lane("a", .ready)
        #expect(service.claimed == (1...128).map { "a\($0).csv" })
        // A place is free, but one alone is not worth the syncs.
        service.end(1, .closed(.done, unknown: 0))
        #expect(service.claimed.count == 128)
        for drop in 2...63 { service.end(drop, .closed(.done, unknown: 0)) }
        #expect(service.claimed.count == 128)
        service.end(64, .closed(.done, unknown: 0))
        #expect(service.claimed.count == 192)
        // The last few wait for no more than they are.
        for drop in 65...71 { service.end(drop, .closed(.done, unknown: 0)) }
        #expect(service.claimed.count == 192)
        service.end(72, .closed(.done, unknown: 0))
        #expect(service.claimed.count == 200)
    }

    @Test("An urgent file needs no place that less urgent ones have")
    func urgent() {
        var service = service([])
        for number in 1...128 { service.drop("a\(number).csv") }
        service.round()
        service.lane("a", .ready)
        service.drop("u.csv")
        service.run(until: 11)
        #expect(service.claimed.last == "u.csv" && service.begun.count == 129)
    }

    @Test("A drop that is held keeps no place")
    func heldDrop() {
        var service = service([])
        for number in 1...129 { service.drop("a\(number).csv", age: Int64(1000 - number)) }
        service.round()
        service.lane("a", .ready)
        #expect(service.claimed.count == 128)
        service.command { $0.drops = [1] }
        #expect(service.claimed.last == "a129.csv")
    }

    @Test("Of very many files that cannot go, it is heard now and then what else happened")
    func many() {
        var service = service([])
        for number in 1...3000 { service.drop("a\(number).csv") }
        service.round()
        service.lane("b", .ready)
        #expect(service.claimed == [])
        service.round()
        service.round()
        #expect(!service.actions.contains(.comeBack))
        service.lane("b", .paused("x"))
        #expect(service.actions.contains(.comeBack))
    }

    @Test("Rejects go where the ledger says that their drop went; it is asked once")
    func rejects() {
        var service = service([])
        service.drop("x.csv.rejects-3.csv")
        service.rejects = ["x.csv.rejects-3.csv": ["b"]]
        service.round()
        #expect(service.actions.contains(.findDestinations(["x.csv.rejects-3.csv"])))
        service.lane("a", .ready)
        #expect(service.claimed == [] && !service.actions.contains(.findDestinations(["x.csv.rejects-3.csv"])))
        service.lane("b", .ready)
        #expect(service.claimed == ["x.csv.rejects-3.csv"])
    }

    @Test("A file that cannot be moved holds up no other, is told once, and tried again after a minute, then two")
    func immovable() {
        var service = service(["a1.csv", "a2.csv"])
        service.immovable = ["a1.csv": 1]
        service.round()
        service.lane("a", .ready)
        #expect(service.claimed == ["a2.csv"] && service.count("claim_fault") == 1)
        func tries(_ service: PretendService, until: Int64) -> (PretendService, Int) {
            var service = service
            var count = 0
            while service.now < until * PretendService.second {
                service.run(until: service.now / PretendService.second + 1)
                count += service.actions.count { $0 == .claim(["a1.csv"]) }
            }
            return (service, count)
        }
        var tried: Int
        (service, tried) = tries(service, until: 59)
        #expect(tried == 0)
        (service, tried) = tries(service, until: 80)
        #expect(tried == 1)
        (service, tried) = tries(service, until: 175)
        #expect(tried == 0)
        (service, tried) = tries(service, until: 210)
        #expect(tried == 1 && service.count("claim_fault") == 1)
    }

    @Test("After a stop nothing is claimed")
    func stopping() {
        var service = service(["a.csv"])
        service.round()
        service.stop()
        service.lane("a", .ready)
        #expect(service.claimed == [])
    }
}

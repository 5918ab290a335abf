import PostboxCore
import Testing

@Suite("When --once ends, and with which code")
struct OnceTests {
    private static let drop = DropBook.Drop(7, name: "old.csv", destinations: ["a"])

    /// A run whose destination is logged in.
    private func ready(
        _ files: [String], destinations: [String] = ["a"], rules: [MappingRule] = [], recovered: [DropBook.Drop] = []
    ) -> PretendService {
        var service = PretendService(once: true, destinations: destinations, rules: rules, recovered: recovered)
        for file in files { service.drop(file) }
        service.round()
        for name in destinations { service.lane(name, .ready) }
        return service
    }

    @Test("An empty inbox is 0 at once, whatever the destinations do")
    func empty() {
        var service = PretendService(once: true)
        service.round()
        #expect(service.code == 0)
    }

    private struct Worst: Sendable {
        var ends: [ServiceMachine.DropEnd]
        var code: Int32

        init(_ code: Int32, _ ends: ServiceMachine.DropEnd...) {
            self.ends = ends
            self.code = code
        }
    }

    private static let worst: [Worst] = [
        Worst(0, .closed(.done, unknown: 0)),
        Worst(2, .closed(.partial, unknown: 0)),
        Worst(3, .closed(.failed, unknown: 0)),
        Worst(3, .closed(.refused, unknown: 0)),
        Worst(4, .closed(.partial, unknown: 1)),
        Worst(2, .closed(.done, unknown: 0), .closed(.partial, unknown: 0), .closed(.done, unknown: 0)),
        Worst(4, .closed(.partial, unknown: 3), .closed(.failed, unknown: 0)),
        Worst(3, .closed(.failed, unknown: 0), .closed(.partial, unknown: 0)),
    ]

    @Test("The worst of the files decides", arguments: worst)
    private func verdicts(worst: Worst) {
        let (ends, code) = (worst.ends, worst.code)
        var service = ready(ends.indices.map { "f\($0).csv" })
        #expect(service.begun.count == ends.count && service.code == nil)
        for (index, end) in ends.enumerated() { service.end(index + 1, end) }
        #expect(service.code == code)
    }

    @Test("A service that is stopped is 0 whatever became of its files")
    func service() {
        var service = PretendService()
        service.drop("a.csv")
        service.round()
        service.lane("a", .ready)
        service.end(1, .closed(.failed, unknown: 1))
        #expect(service.code == nil)
        service.stop()
        #expect(service.code == 0)
    }

    @Test("What arrives while the last file is contributed belongs to the run")
    func late() {
        var service = ready(["a.csv"])
        service.drop("b.csv")
        service.end(1, .closed(.done, unknown: 0))
        #expect(service.code == nil)
        service.run(until: 1)
        #expect(service.claimed == ["a.csv", "b.csv"])
        service.end(2, .closed(.done, unknown: 0))
        #expect(service.code == 0)
    }

    @Test("A file that is still written to is waited for")
    func writing() {
        var service = PretendService(once: true)
        service.round()
        service = PretendService(once: true)
        service.drop("a.csv", age: 0)
        service.round()
        service.lane("a", .ready)
        #expect(service.code == nil && service.claimed == [])
        service.run(until: 6)
        #expect(service.claimed == ["a.csv"])
    }

    private static let unreached: [(LaneState, Int64)] = [
        (.refused("no"), 0), (.connecting("nobody"), 30), (.paused("busy"), 30),
    ]

    @Test(
        "A destination that is not reached ends the run with 69: refused at once, down after --wait",
        arguments: unreached)
    func noDestination(state: LaneState, seconds: Int64) {
        var service = PretendService(once: true, patience: 30)
        service.drop("a.csv")
        service.round()
        service.lane("a", state)
        if seconds > 0 {
            service.run(until: seconds - 1)
            #expect(service.code == nil)
            service.run(until: seconds)
        }
        #expect(service.code == 69 && service.claimed == [] && service.count("gave_up") == 1)
    }

    @Test("A destination that nothing is for keeps nobody")
    func unneeded() {
        var service = PretendService(
            once: true, patience: 1, destinations: ["a", "b"],
            rules: [MappingRule(match: "a*", destinations: ["a"]), MappingRule(match: "b*", destinations: ["b"])])
        service.drop("a.csv")
        service.round()
        service.lane("b", .refused("no"))
        service.lane("a", .ready)
        service.run(until: 10)
        #expect(service.code == nil)
        service.end(1, .closed(.done, unknown: 0))
        #expect(service.code == 0)
    }

    @Test("While another destination has work, one that is given up is waited for; then what is in mid-work is 75")
    func otherWork() {
        var service = PretendService(
            once: true, patience: 1, destinations: ["a", "b"],
            rules: [MappingRule(match: "a*", destinations: ["a"]), MappingRule(match: "b*", destinations: ["b"])])
        service.drop("a.csv")
        service.drop("b.csv")
        service.round()
        service.lane("a", .ready)
        service.lane("b", .ready)
        #expect(service.begun == [1, 2])
        service.lane("b", .connecting("gone"))
        service.run(until: 5)
        #expect(service.code == nil)
        service.end(1, .closed(.done, unknown: 0))
        service.run(until: 6)
        #expect(service.actions.contains(.stopLanes) && service.code == nil)
        service.end(2, .interrupted)
        #expect(service.code == 75 && service.count("gave_up") == 1)
    }

    @Test("A lane that is busy may still finish something although its drop needs another one that is given up")
    func busyLane() {
        var service = PretendService(
            once: true, patience: 1, destinations: ["a", "b"],
            rules: [MappingRule(match: "*", destinations: ["a", "b"])])
        service.drop("x.csv")
        service.round()
        service.lane("a", .ready)
        service.lane("b", .ready)
        service.lane("b", .refused("no"))
        // Asked, the lanes say that a has something in flight.
        service = {
            var copy = service; copy.lanes.busy = ["a"]; return copy
        }()
        #expect(service.actions.contains(.stopLanes))
        var other = PretendService(
            once: true, patience: 1, destinations: ["a", "b"],
            rules: [MappingRule(match: "*", destinations: ["a", "b"])])
        other.drop("x.csv")
        other.lanes.busy = ["a"]
        other.round()
        other.lane("a", .ready)
        other.lane("b", .ready)
        other.lane("b", .refused("no"))
        #expect(!other.actions.contains(.stopLanes))
    }

    @Test("A drop of an earlier run whose destination is down is 75 after --wait, and nothing of it begins")
    func recoveredDown() {
        var service = PretendService(once: true, patience: 3, recovered: [Self.drop])
        service.run(until: 4)
        #expect(service.code == 75 && service.begun == [])
    }

    @Test("A destination that the configuration no longer has: 75 for a drop in work, 69 for a correction in the inbox")
    func goneDestination() {
        var service = PretendService(
            once: true, recovered: [DropBook.Drop(7, name: "old.csv", destinations: ["gone"])])
        service.round()
        service.lane("a", .ready)
        #expect(service.code == 75 && service.count("destination_missing") == 1 && service.begun == [])

        var other = PretendService(once: true)
        other.rejects = ["x.csv.rejects-3.csv": ["gone"]]
        other.drop("x.csv.rejects-3.csv")
        other.round()
        other.lane("a", .ready)
        #expect(other.code == 69 && other.count("destination_missing") == 1 && other.claimed == [])
    }

    @Test("What waits for a destination that is gone does not end the run before the other files")
    func goneAndOthers() {
        var service = PretendService(
            once: true, recovered: [DropBook.Drop(7, name: "old.csv", destinations: ["gone"])])
        service.drop("a.csv")
        service.round()
        #expect(service.code == nil)
        service.lane("a", .ready)
        #expect(service.begun == [8])
        service.end(8, .closed(.done, unknown: 0))
        #expect(service.code == 75)
    }

    @Test("A drop that was refused or settled before needs no destination to end")
    func endsAtOnce() {
        var service = PretendService(
            once: true, recovered: [DropBook.Drop(7, name: "old.csv", destinations: ["gone"], endsAtOnce: true)])
        service.round()
        #expect(service.begun == [7])
        service.end(7, .closed(.done, unknown: 0))
        #expect(service.code == 0)
    }

    @Test("A held inbox, or held destinations of all that is left, end the run with 0")
    func held() {
        var service = PretendService(once: true)
        service.standing.isInboxHeld = true
        service.drop("a.csv")
        service.round()
        #expect(service.code == 0 && service.count("left_held") == 1 && service.claimed == [])

        var other = PretendService(once: true)
        other.standing.destinations = ["a"]
        other.drop("a.csv")
        other.round()
        #expect(other.code == 0 && other.count("left_held") == 1 && other.claimed == [])
    }

    @Test("A held destination keeps no other file: those are contributed first")
    func heldAndFree() {
        let rules = [MappingRule(match: "a*", destinations: ["a"]), MappingRule(match: "b*", destinations: ["b"])]
        var service = PretendService(once: true, destinations: ["a", "b"], rules: rules)
        service.standing.destinations = ["a"]
        service.drop("a.csv")
        service.drop("b.csv")
        service.round()
        service.lane("a", .ready)
        service.lane("b", .ready)
        #expect(service.claimed == ["b.csv"] && service.code == nil)
        service.end(1, .closed(.partial, unknown: 0))
        #expect(service.code == 2 && service.count("left_held") == 1)
    }

    @Test("A drop that is held in mid-work is left, with 75, as soon as nothing of it can move")
    func heldUp() {
        var service = ready(["a.csv"])
        service.command { $0.drops = [1] }
        #expect(service.code == nil && !service.actions.contains(.stopLanes))
        service.lanes.heldUp = [1]
        service.run(until: 1)
        #expect(service.actions.contains(.stopLanes))
        service.end(1, .interrupted)
        #expect(service.code == 75 && service.count("left_held") == 1)
    }

    @Test("The lanes are asked once a round, for what is held and for what is given up, and anew in the next one")
    func askedOnce() {
        var service = ready(["a.csv"])
        func asks() -> Int { service.actions.count { $0 == .askLanes(drops: [1]) } }
        #expect(asks() == 0, "nothing is held, and nothing given up")
        service.command { $0.drops = [1] }
        #expect(asks() == 1)
        service.lane("a", .connecting("gone"))
        #expect(asks() == 1)
        service.run(until: 30)
        #expect(asks() == 1 && service.count("gave_up") == 1 && service.actions.contains(.stopLanes))
    }

    @Test(
        "A drop of an earlier run that is held ends the run with 75 although its destination is down; one that is not is waited for"
    )
    func heldInDoubt() {
        for isHeld in [true, false] {
            var service = PretendService(once: true, recovered: [Self.drop])
            if isHeld { service.standing.drops = [Self.drop.number] }
            service.round()
            service.lane("a", .connecting("no answer"))
            #expect(service.code == (isHeld ? 75 : nil))
            #expect(service.count("left_held") == (isHeld ? 1 : 0))
            guard !isHeld else { continue }
            service.run(until: 31)
            #expect(service.code == 75 && service.count("gave_up") == 1)
        }
    }

    @Test(
        "A held drop of an earlier run takes its place like any other, and its destination takes files that come after it"
    )
    func heldAndLater() {
        var service = ready(["new.csv"], recovered: [Self.drop])
        #expect(service.begun == [7, 8])
        service = PretendService(once: true, recovered: [Self.drop])
        service.standing.drops = [Self.drop.number]
        service.drop("new.csv")
        service.lanes.heldUp = [7]
        service.lane("a", .ready)
        #expect(service.begun == [7, 8] && service.code == nil)
        service.end(8, .closed(.done, unknown: 0))
        #expect(service.count("left_held") == 1)
        service.end(7, .interrupted)
        #expect(service.code == 75)
    }

    @Test("A file that is cancelled in a held inbox is finished first")
    func cancelledInHeldInbox() {
        var service = PretendService(once: true)
        service.standing.isInboxHeld = true
        service.standing.cancelledFiles = ["bad.csv"]
        service.drop("bad.csv")
        service.drop("good.csv")
        service.round()
        #expect(service.claimed == ["bad.csv"] && service.begun == [1] && service.code == nil)
        service.end(1, .closed(.refused, unknown: 0))
        #expect(service.code == 3)
    }

    @Test("A stop is 0 when nothing is left, else 75")
    func stopped() {
        var service = ready(["a.csv"])
        service.stop()
        #expect(service.code == nil && service.actions.contains(.stopLanes) && service.count("stopping") == 1)
        service.stop()
        #expect(service.count("stopping") == 1)
        var other = service
        service.end(1, .closed(.done, unknown: 0))
        #expect(service.code == 0)
        other.end(1, .interrupted)
        #expect(other.code == 75)

        var waiting = PretendService(once: true)
        waiting.drop("a.csv")
        waiting.round()
        waiting.stop()
        #expect(waiting.code == 75)
    }

    @Test("A disk that fails for as long as --wait is 74; one that is mended is not")
    func disk() {
        var service = PretendService(once: true, patience: 8)
        service.drop("a.csv")
        service.claimFault = "no space"
        service.round()
        service.lane("a", .ready)
        service.run(until: 3)
        var mended = service
        service.run(until: 7)
        #expect(service.code == nil && service.count("claim_fault") > 1)
        service.run(until: 9)
        #expect(service.code == 74 && service.count("gave_up") == 1)
        mended.claimFault = nil
        mended.run(until: 5)
        #expect(mended.claimed == ["a.csv"] && mended.code == nil)
        mended.end(1, .closed(.done, unknown: 0))
        #expect(mended.code == 0)
    }

    @Test("Results that cannot be written for as long as --wait are 74, also when a file was unknown before")
    func results() {
        var service = ready(["a.csv", "b.csv"])
        service.end(1, .closed(.partial, unknown: 1))
        service.facts.resultsFailSince = service.now
        service.run(until: 29)
        #expect(service.code == nil)
        service.run(until: 31)
        #expect(service.code == 74)
    }

    @Test("A stop waits for a broken disk for as long as drain_timeout, then it is 74 for a service as well")
    func stopOnBrokenDisk() {
        var service = PretendService()
        service.drop("a.csv")
        service.round()
        service.lane("a", .ready)
        service.facts.resultsFailSince = 0
        service.stop()
        service.run(until: 19)
        #expect(service.code == nil)
        service.run(until: 21)
        #expect(service.code == 74)
    }

    @Test("A file that cannot be moved, or whose name cannot be used, is 74; the others are contributed")
    func left() {
        for change: (inout PretendService) -> Void in [
            {
                $0.drop("x.csv"); $0.immovable = ["x.csv": 1]
            },
            { $0.unreadable = ["x\\xff.csv"] },
            { $0.drop(String(repeating: "x", count: 250) + ".csv") },
        ] {
            var service = PretendService(once: true)
            service.drop("a.csv")
            change(&service)
            service.round()
            service.lane("a", .ready)
            #expect(service.claimed == ["a.csv"])
            service.end(1, .closed(.partial, unknown: 0))
            #expect(service.code == 74)
        }
    }

    @Test("What may be about to get its real name, or lacks its marker, stays and ends nothing: 0")
    func unnamed() {
        var service = PretendService(
            once: true, rules: [MappingRule(match: "m*", destinations: ["a"], readySuffix: ".ok")])
        service.drop("export.out", age: 1)
        service.drop("m.csv")
        service.round()
        #expect(service.code == 0 && service.claimed == [])
        #expect(service.told.contains { $0.message.hasPrefix("export.out is left in the inbox") })
    }

    @Test("A ledger that cannot be read when a correction asks for its drop is a fault, no end")
    func ledger() {
        var service = PretendService(once: true, patience: 60)
        service.drop("x.csv.rejects-3.csv")
        service.ledgerFault = "locked"
        service.round()
        service.lane("a", .ready)
        service.run(until: 3)
        #expect(service.code == nil && service.claimed == [])
        service.ledgerFault = nil
        service.rejects = ["x.csv.rejects-3.csv": ["a"]]
        service.run(until: 8)
        #expect(service.claimed == ["x.csv.rejects-3.csv"])
    }

    @Test("Nothing ends before the commands of the desk are known")
    func unknownCommands() {
        var service = PretendService(once: true)
        service.standing.isKnown = false
        service.drop("a.csv")
        service.round()
        service.lane("a", .ready)
        service.run(until: 5)
        #expect(service.code == nil && service.claimed == [])
        service.standing.isKnown = true
        service.run(until: 8)
        #expect(service.claimed == ["a.csv"])
    }

    @Test("Nothing ends before the inbox was listed")
    func unlisted() {
        var service = PretendService(once: true, patience: 100)
        service.listingFault = "EIO"
        service.run(until: 5)
        #expect(service.code == nil && service.count("inbox_fault") == 1)
        service.listingFault = nil
        service.run(until: 7)
        #expect(service.code == 0)
    }
}

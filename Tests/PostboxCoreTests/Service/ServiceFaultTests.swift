import PostboxCore
import Testing

@Suite("Faults of disk and ledger, as the service takes them")
struct ServiceFaultTests {
    private func ready(_ files: [String]) -> PretendService {
        var service = PretendService()
        for file in files { service.drop(file) }
        service.round()
        service.lane("a", .ready)
        return service
    }

    @Test("After a fault nothing is claimed for two seconds; then the ledger is asked, and what it has goes on first")
    func contribution() {
        var service = ready(["a.csv"])
        service.forgotten = [DropBook.Drop(1, name: "a.csv", destinations: ["a"])]
        service.drop("b.csv")
        service.end(1, .fault)
        service.run(until: 1)
        #expect(service.begun == [1] && service.claimed == ["a.csv"])
        service.run(until: 3)
        #expect(service.begun == [1, 1])
        service.run(until: 12)
        #expect(service.begun == [1, 1, 2] && service.claimed == ["a.csv", "b.csv"])
    }

    @Test("While the ledger cannot be read, nothing new begins; each try is told, and so is the end of nothing")
    func ledger() {
        var service = ready(["a.csv"])
        service.ledgerFault = "locked"
        service.drop("b.csv")
        service.end(1, .fault)
        service.run(until: 10)
        #expect(service.begun == [1] && service.count("ledger_fault") > 2)
        service.ledgerFault = nil
        service.run(until: 21)
        #expect(service.claimed == ["a.csv", "b.csv"])
    }

    @Test("A claim that came to nothing is tried with one file, and told to the desk once until one succeeds")
    func claim() {
        var service = PretendService()
        for number in 1...5 { service.drop("a\(number).csv") }
        service.claimFault = "no space"
        service.round()
        service.lane("a", .ready)
        #expect(service.claimed == [])
        service.run(until: 6)
        #expect(service.actions.contains { if case .claim(let names) = $0 { names.count == 1 } else { false } })
        func alerts(_ service: PretendService) -> Int {
            service.told.count { if case .alert(let alert) = $0 { alert.event == .claimFault } else { false } }
        }
        #expect(alerts(service) == 1 && service.count("claim_fault") > 1)
        service.claimFault = nil
        service.run(until: 10)
        #expect(service.claimed.count == 5)
        service.drop("b.csv")
        service.claimFault = "again"
        service.run(until: 30)
        #expect(alerts(service) == 2)
    }

    @Test("While results cannot be written, nothing new begins, and what is in work goes on")
    func results() {
        var service = ready(["a.csv"])
        service.facts.resultsFailSince = 0
        service.drop("b.csv")
        service.run(until: 30)
        #expect(service.claimed == ["a.csv"] && service.code == nil)
        service.facts.resultsFailSince = nil
        service.run(until: 41)
        #expect(service.claimed == ["a.csv", "b.csv"])
    }

    @Test("A service without --once waits for a broken disk for ever")
    func forEver() {
        var service = ready(["a.csv"])
        service.facts.resultsFailSince = 0
        service.run(until: 3600)
        #expect(service.code == nil && service.count("gave_up") == 0)
    }

    @Test("An inbox that cannot be read is told once, tried each second, and told when it can be read again")
    func inbox() {
        var service = PretendService()
        service.listingFault = "EIO"
        service.run(until: 5)
        #expect(service.count("inbox_fault") == 1)
        service.drop("a.csv")
        service.lane("a", .ready)
        service.listingFault = nil
        service.run(until: 7)
        #expect(service.told.contains { $0.message == "the inbox can be read again" } && service.claimed.count == 1)
    }

    @Test("Commands that cannot be read keep everything from beginning, for two seconds each try")
    func commands() {
        var service = PretendService(recovered: [DropBook.Drop(3, name: "x", destinations: ["a"])])
        service.standing.isKnown = false
        service.drop("a.csv")
        service.round()
        service.lane("a", .ready)
        service.run(until: 1)
        #expect(service.begun == [])
        service.standing.isKnown = true
        service.run(until: 3)
        #expect(service.begun == [3, 4])
    }

    private static let lasting: [([Int64], Int64, Bool)] = [
        ([0], 9, true), ([0], 8, false), ([0, 8, 16], 17, true), ([0, 11], 19, false), ([0, 11], 20, true),
    ]

    @Test("Faults are given up on when they have lasted; ten seconds without one begin anew", arguments: lasting)
    func watch(faults: [Int64], now: Int64, givesUp: Bool) {
        let second = PretendService.second
        var watch = FaultWatch()
        for at in faults {
            watch.timePassed(to: at * second)
            watch.met(at: at * second)
        }
        #expect(watch.givesUp(at: now * second, resultsSince: nil, patience: 9 * second) == givesUp)
        #expect(!watch.givesUp(at: now * second, resultsSince: nil, patience: nil))
        #expect(watch.givesUp(at: now * second, resultsSince: (now - 9) * second, patience: 9 * second))
        watch.worked()
        #expect(!watch.givesUp(at: now * second, resultsSince: nil, patience: 0))
    }

    @Test("A fault keeps everything from beginning for two seconds; the inbox's own does not")
    func pause() {
        let second = PretendService.second
        var watch = FaultWatch()
        watch.metInbox(at: 0)
        #expect(watch.until == nil)
        watch.met(at: second)
        #expect(watch.until == 3 * second)
        watch.timePassed(to: 3 * second - 1)
        #expect(watch.until != nil)
        watch.timePassed(to: 3 * second)
        #expect(watch.until == nil)
    }
}

import PostboxCore
import Testing

@Suite("A service that comes to another configuration")
struct ReloadedMachineTests {
    private static let second = PretendService.second

    private func service(_ files: [String] = []) -> PretendService {
        var service = PretendService(
            destinations: ["a", "b"],
            rules: [MappingRule(match: "a*", destinations: ["a"]), MappingRule(match: "b*", destinations: ["b"])])
        for file in files { service.drop(file) }
        return service
    }

    private func changed(_ service: PretendService, _ change: (inout Settings) -> Void) -> Settings {
        var settings = service.settings
        change(&settings)
        return settings
    }

    @Test(
        "What waits in the inbox goes by the new rules at once, and what they no longer name is not taken by the old ones"
    )
    func newRules() {
        var service = service(["b1.csv"])
        service.round()
        service.lane("a", .ready)
        #expect(service.claimed == [])
        // b* goes to a now, whose login stands.
        service.use(changed(service) { $0.rules[1].destinations = ["a"] })
        #expect(service.claimed == ["b1.csv"])
        service.drop("b2.csv")
        service.run(until: 11)
        #expect(service.claimed == ["b1.csv", "b2.csv"])
    }

    @Test("A name that is ignored from now on is left alone, and one that no longer is, is found")
    func ignored() {
        var service = service(["a1.csv", "a2.lck"])
        service.use(changed(service) { $0.ignored = ["a1*"] })
        service.lane("a", .ready)
        #expect(service.claimed == ["a2.lck"])
        service.use(changed(service) { $0.ignored = [] })
        #expect(service.claimed == ["a2.lck", "a1.csv"])
    }

    @Test("A destination that is new is waited for; nothing for it is claimed before it is logged in")
    func newDestination() {
        var service = service(["c1.csv"])
        service.round()
        service.lane("a", .ready)
        service.lane("b", .ready)
        let refused = service.claimed
        #expect(refused == ["c1.csv"])
        service.drop("c2.csv")
        let more = Destination(name: "c", urls: [.init(isTLS: false, host: "h", port: 1, path: "/")], service: "S")
        service.use(
            changed(service) {
                $0.destinations.append(more)
                $0.rules.append(MappingRule(match: "c*", destinations: ["c"]))
            })
        #expect(service.claimed == ["c1.csv"])
        service.lane("c", .ready)
        #expect(service.claimed == ["c1.csv", "c2.csv"])
    }

    @Test("A destination that is gone from the configuration is left when the last file in work for it has ended")
    func leaving() {
        var service = service(["a1.csv", "b1.csv"])
        service.round()
        service.lane("a", .ready)
        service.lane("b", .ready)
        #expect(service.begun == [1, 2])
        let number = service.claimed.firstIndex(of: "b1.csv").map { $0 + 1 } ?? 0
        service.use(
            changed(service) {
                $0.destinations.removeLast()
                $0.rules.removeLast()
            })
        #expect(service.left == [] && service.machine.leaving == ["b"])
        service.end(3 - number, .closed(.done, unknown: 0))
        #expect(service.left == [])
        service.end(number, .closed(.done, unknown: 0))
        #expect(service.left == ["b"] && service.machine.leaving == [])
        // Its last word changes nothing.
        service.lane("b", .stopped)
        #expect(service.machine.summary.destinations == 1)
    }

    @Test("A drop that a fault left keeps its destination, which is left when it has gone on to its end")
    func faulty() {
        var service = service(["b1.csv"])
        service.round()
        service.lane("b", .ready)
        service.use(
            changed(service) {
                $0.destinations.removeLast()
                $0.rules.removeLast()
            })
        service.forgotten = [DropBook.Drop(1, name: "b1.csv", destinations: ["b"])]
        service.end(1, .fault)
        #expect(service.left == [])
        service.run(until: 10)
        #expect(service.begun == [1, 1] && service.left == [])
        service.end(1, .closed(.done, unknown: 0))
        #expect(service.left == ["b"])
    }

    @Test("A drop whose destination was missing goes on when another configuration brings it back")
    func broughtBack() {
        var service = PretendService(
            destinations: ["a"], recovered: [DropBook.Drop(1, name: "b1.csv", destinations: ["b"])])
        service.round()
        service.lane("a", .ready)
        #expect(service.begun == [] && service.count(.destinationMissing) == 1)
        let back = Destination(name: "b", urls: [.init(isTLS: false, host: "h", port: 1, path: "/")], service: "S")
        service.use(changed(service) { $0.destinations.append(back) })
        service.lane("b", .ready)
        #expect(service.begun == [1])
    }

    @Test("Files of a rule whose table is new wait until it was read; a table that stands is not read again")
    func tables() {
        var service = PretendService(destinations: ["a"], tables: ["old"])
        service.place(table: "old")
        service.round()
        #expect(service.tablesRead == ["old"])
        service.place(table: "new")
        service.use(changed(service) { $0.tables.append(TableRule(name: "new", path: "/t/new.csv", key: "K")) })
        #expect(service.tablesRead == ["old", "new"])
    }

    @Test("A longer down_alert holds from now on for what is down already")
    func downAlert() {
        var service = service()
        service.run(until: 200)
        service.use(changed(service) { $0.downAlert = .seconds(600) })
        service.run(until: 500)
        #expect(service.count(.destinationDown) == 0)
        service.run(until: 601)
        #expect(service.count(.destinationDown) == 2)
    }
}

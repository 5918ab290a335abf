import Testing

@testable import PostboxCore

@Suite("Room where the spool lies")
struct RoomWatchTests {
    private static let second: Int64 = 1_000_000_000

    @Test(
        "A size or a share is so many bytes",
        arguments: [
            ("5GB", 1000, 5_000_000_000), ("1B", 1000, 1), ("10%", 1000, 100), ("0.5%", 10_000, 50),
            ("99.99%", 1_000_000, 999_900), ("100%", 1000, 1000), ("0.0001%", 1_000_000, 1),
        ])
    func sizes(text: String, size: Int, bytes: Int) throws {
        #expect(try MinFree(text).bytes(of: size) == bytes)
    }

    @Test(
        "What is neither is refused", arguments: ["", "5", "5 apples", "0%", "101%", "-5GB", "1.5GB", "%", "0.00001%"])
    func wrong(text: String) {
        #expect(throws: SettingsMistake.self) { try MinFree(text) }
    }

    @Test("It is told once below, and once with a tenth more; between them nothing changes")
    func margin() throws {
        var room = RoomWatch(try MinFree("1000B"))
        let steps: [(free: Int, event: Event?, isLow: Bool)] = [
            (1000, nil, false), (999, .diskLow, true), (10, nil, true), (1000, nil, true), (1099, nil, true),
            (1100, .diskWell, false), (1000, nil, false), (999, .diskLow, true), (5000, .diskWell, false),
        ]
        for (index, step) in steps.enumerated() {
            let told = room.seen(free: step.free, of: 1_000_000, at: Int64(index))
            #expect(told?.event == step.event && room.isLow == step.isLow, "step \(index)")
            #expect((room.trouble == nil) == !step.isLow)
        }
    }

    @Test("A share near the whole becomes well half way to it")
    func nearTheWhole() throws {
        var room = RoomWatch(try MinFree("99%"))
        #expect(room.seen(free: 980, of: 1000, at: 0)?.event == .diskLow)
        #expect(room.seen(free: 994, of: 1000, at: 0) == nil)
        #expect(room.seen(free: 995, of: 1000, at: 0)?.event == .diskWell)
    }

    @Test("The figure is asked for before a claim, and every five seconds; without a wish never")
    func looks() throws {
        var room = RoomWatch(try MinFree("1GB"))
        #expect(room.isDue(at: 0) && room.nextDeadline == nil)
        _ = room.seen(free: 1, of: 2, at: 0)
        #expect(!room.isDue(at: Self.second - 1) && room.isDue(at: Self.second))
        #expect(room.nextDeadline == 5 * Self.second)
        let none = RoomWatch(nil)
        #expect(!none.isDue(at: 0) && none.nextDeadline == nil)
    }

    @Test("Other room that is wanted is looked for at once; what was known holds until then")
    func other() throws {
        let (before, more, less) = (try MinFree("1000B"), try MinFree("30%"), try MinFree("5%"))
        var room = RoomWatch(before)
        #expect(room.seen(free: 2000, of: 10_000, at: 0) == nil && !room.isDue(at: 1))
        #expect(room.use(before) == nil && !room.isDue(at: 1), "it is the same")
        #expect(room.use(more) == nil && room.isDue(at: 1) && !room.isLow)
        #expect(room.seen(free: 2000, of: 10_000, at: 1)?.event == .diskLow && room.isLow)
        #expect(room.use(less) == nil && room.isDue(at: 2) && room.isLow)
        #expect(room.seen(free: 2000, of: 10_000, at: 2)?.event == .diskWell && !room.isLow)
    }

    @Test(
        "When nobody cares any more there is room, which is told where there was none; when somebody does again it is looked for"
    )
    func nobody() throws {
        let least = try MinFree("1000B")
        var room = RoomWatch(least)
        #expect(room.use(nil) == nil && !room.isDue(at: 0), "it was not low")
        #expect(room.use(least) == nil && room.isDue(at: 0))
        _ = room.seen(free: 1, of: 10_000, at: 0)
        #expect(room.isLow && room.use(nil)?.event == .diskWell)
        #expect(!room.isLow && room.trouble == nil && room.nextDeadline == nil)
        #expect(room.use(least) == nil && room.isDue(at: 1))
        #expect(room.seen(free: 1, of: 10_000, at: 1)?.event == .diskLow)
    }

    @Test("A figure that cannot be had is said once, and what was known holds")
    func failed() throws {
        var room = RoomWatch(try MinFree("1000B"))
        _ = room.seen(free: 1, of: 10_000, at: 0)
        #expect(room.failed("gone", at: 1)?.event == .diskFault && room.failed("gone", at: 2) == nil && room.isLow)
        _ = room.seen(free: 1, of: 10_000, at: 3)
        #expect(room.failed("gone", at: 4)?.event == .diskFault)
    }

    @Test("Below it nothing is claimed, what is in work goes on, and with room again files are claimed")
    func claims() throws {
        var service = PretendService(minFree: try MinFree("1000B"))
        service.drop("a.csv")
        service.round()
        service.lane("a", .ready)
        #expect(service.claimed == ["a.csv"])
        service.free = 999
        service.drop("b.csv")
        service.run(until: 20)
        #expect(service.claimed == ["a.csv"] && service.count(.diskLow) == 1)
        let board = service.machine.board(
            of: .init(version: "", spool: "", configSHA256: "", startedAt: 0),
            at: Moment(monotonic: service.now, wall: 0), service.facts)
        #expect(board.lowRoom != nil && board.notReady == board.lowRoom && board.waiting.map(\.why) == ["room"])
        service.end(1, .closed(.done, unknown: 0))
        service.free = 1099
        service.run(until: 40)
        #expect(service.claimed == ["a.csv"] && service.count(.diskWell) == 0)
        service.free = 1100
        service.run(until: 60)
        #expect(service.claimed == ["a.csv", "b.csv"] && service.count(.diskWell) == 1 && service.count(.diskLow) == 1)
    }

    @Test("It is told although no file comes, within seconds")
    func idle() throws {
        var service = PretendService(minFree: try MinFree("1000B"))
        service.lane("a", .ready)
        service.run(until: 10)
        service.free = 1
        service.run(until: 16)
        #expect(service.count(.diskLow) == 1)
    }

    @Test("A run with --once ends with 74 when files are left for want of room, and with 0 when none are")
    func once() throws {
        for (files, code) in [(["a.csv"], ExitCode.spool), ([], ExitCode.ok)] as [([String], Int32)] {
            var service = PretendService(once: true, minFree: try MinFree("1000B"))
            service.free = 10
            for file in files { service.drop(file) }
            service.round()
            service.lane("a", .ready)
            service.run(until: 60)
            #expect(service.code == code && service.claimed.isEmpty)
        }
    }
}

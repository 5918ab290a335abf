import PostboxCore
import Testing

@Suite("What the service says, and how often")
struct SaidOnceTests {
    @Test("A file that waits for its destination is told once, when the destination has told why")
    func waiting() {
        var service = PretendService()
        service.drop("a.csv")
        service.round()
        // Nothing is known of the destination yet.
        #expect(service.count("waiting") == 0)
        service.lane("a", .connecting("connection refused"))
        service.run(until: 100)
        service.lane("a", .connecting("timed out"))
        let lines = service.told.filter { $0.event == .waiting }
        #expect(lines.map(\.message) == ["a.csv waits in the inbox for its destination"])
        guard case .line(let line) = lines.first else { return }
        #expect(line.facts == ["file": "a.csv", "why": "a: connection refused"])
    }

    @Test("Of very many files that wait the first hundred are named")
    func many() {
        var service = PretendService()
        for number in 1...300 { service.drop("a\(number).csv") }
        service.round()
        service.lane("a", .refused("no"))
        let messages = service.told.filter { $0.event == .waiting }.map(\.message)
        #expect(messages.count == 101 && messages.last == "more files wait in the inbox for their destination")
    }

    @Test(
        "What is no file is told once, by what it is",
        arguments: [
            (InboxLook.symbolicLink, "a symbolic link"), (.directory, "a directory"),
            (.other, "no regular file (a FIFO, a socket or a device)"),
        ])
    func odd(look: InboxLook, words: String) {
        var service = PretendService()
        service.inbox["x.csv"] = look
        service.run(until: 100)
        #expect(service.told.map(\.message) == ["x.csv is \(words); it is left alone"])
        #expect(service.claimed == [])
    }

    @Test("A file that is called like rejects and is none is contributed, and the desk is told how rejects are called")
    func notRejects() {
        var service = PretendService()
        service.drop("eod-rejects.csv")
        service.drop("eod.csv")
        service.round()
        service.lane("a", .ready)
        #expect(service.claimed == ["eod-rejects.csv", "eod.csv"] && service.count("not_rejects") == 1)
    }

    @Test("A destination that is down for long is told once an outage, and its end once")
    func down() {
        var service = PretendService()
        service.drop("a.csv")
        service.round()
        service.lane("a", .connecting("nobody"))
        service.run(until: 299)
        #expect(service.count("destination_down") == 0)
        service.run(until: 900)
        #expect(service.count("destination_down") == 1)
        service.lane("a", .ready)
        #expect(service.count("destination_up") == 1)
    }

    @Test("What files wait for long for is counted")
    func longWaits() {
        let rules = [
            MappingRule(match: "m*", destinations: ["a"], readySuffix: ".ok"),
            MappingRule(match: "s*", destinations: ["a"], checksum: .sha256),
            MappingRule(match: "h*", destinations: ["b"]), MappingRule(match: "*", destinations: ["a"]),
        ]
        var service = PretendService(destinations: ["a", "b"], rules: rules)
        for name in ["m.csv", "s.csv", "h.csv", "d1.csv", "d2.csv"] { service.drop(name) }
        service.round()
        service.lane("a", .connecting("nobody"))
        service.lane("b", .ready)
        // In time for none of it to be claimed.
        var held = PretendService(destinations: ["a", "b"], rules: rules)
        held.standing.destinations = ["b"]
        for name in ["m.csv", "s.csv", "h.csv", "d1.csv", "d2.csv"] { held.drop(name) }
        held.round()
        held.lane("a", .connecting("nobody"))
        held.lane("b", .ready)
        held.run(until: 320)
        let alerts = held.told.compactMap { told -> Alert? in
            if case .alert(let alert) = told, alert.event == .waitingLong { alert } else { nil }
        }
        #expect(alerts.map(\.reasons) == [["marker": 1, "checksum": 1, "held": 1, "destination": 2]])
    }

    @Test("How far the work is is told once a minute")
    func progress() {
        var service = PretendService()
        service.drop("a.csv")
        service.round()
        service.lane("a", .ready)
        service.facts.expected = 100
        service.facts.settled = 40
        service.run(until: 185)
        #expect(service.count("progress") == 3)
    }

    @Test(
        "Lost reports, another directory and a watch that fails are told; the reports of a watch that is over are not heard"
    )
    func watch() {
        var service = PretendService()
        service.round()
        service.machine.reported([.rescan], watch: 1, at: 0)
        service.round()
        #expect(service.count("inotify_overflow") == 1)
        service.machine.reported([.rescan, .created("x")], watch: 0, at: 0)
        service.round()
        #expect(service.count("inotify_overflow") == 1 && !service.actions.contains(.look(["x"])))
        service.machine.reported([.directoryGone], watch: 1, at: 0)
        service.round()
        #expect(service.actions.contains(.list(isWatchLost: true)))

        var listing = InboxListing(began: TwoClocks(monotonic: 0, wall: PretendService.wall), entries: [])
        listing.newWatch = .init(fault: "no watches left")
        for _ in 1...3 { service.machine.listed(listing, at: 0) }
        service.round()
        #expect(service.count("watch_fault") == 1)
        listing.newWatch = .init()
        listing.isOther = true
        service.machine.listed(listing, at: 0)
        service.round()
        #expect(service.count("watching") == 2)
        listing.isOther = false
        listing.newWatch = .init(needsPolling: true)
        for _ in 1...3 { service.machine.listed(listing, at: 0) }
        service.round()
        #expect(service.count("polling") == 1)
    }

    @Test("A file that cannot be moved is told once, with advice, and anew when the file or the fault has changed")
    func immovable() {
        var left = LeftFiles()
        func file(_ code: Int32, _ changedAt: Int64?) -> ImmovableFile {
            ImmovableFile("x.csv", code: code, words: "Operation not permitted", changedAt: changedAt)
        }
        let first = left.cannotMove(file(1, 5), at: 0)
        #expect(
            first?.message
                == "x.csv cannot be moved out of the inbox and is left there: Operation not permitted (it may belong to somebody else in a folder with the sticky bit, or be marked immutable: change its owner or the folder); other files go on"
        )
        let again = left.cannotMove(file(1, 5), at: 0)
        let changed = left.cannotMove(file(1, 6), at: 0)
        let other = left.cannotMove(file(16, 6), at: 0)
        #expect(again == nil && changed != nil && other != nil)
        // Twice as long each time, up to an hour.
        var pauses: [Int64] = []
        var time: Int64 = 0
        for _ in 1...9 {
            _ = left.cannotMove(file(18, 1), at: time)
            var next = time
            while left.due(at: next, isThere: { _ in true }).isEmpty { next += PretendService.second }
            pauses.append((next - time) / PretendService.second)
            time = next
        }
        #expect(pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
        let gone = left.due(at: .max, isThere: { _ in false })
        #expect(gone == [])
    }
}

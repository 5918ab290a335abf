import PostboxCore
import Testing

@Suite("Which alerts stand, and who is called")
struct AlertBookTests {
    private static let minute: Int64 = 60_000_000

    private static func down(_ name: String) -> Alert {
        Alert(event: .destinationDown, message: "\(name) is down", facts: ["destination": name, "why": "refused"])
    }

    private static func up(_ name: String) -> Alert {
        Alert(event: .destinationUp, isError: false, message: "up", facts: ["destination": name, "down_seconds": "1"])
    }

    private static func partial(_ drop: Int, rule: String, bad: Int) -> Alert {
        Alert(event: .filePartial, message: "partial", facts: ["drop": "\(drop)"]).of(rule: rule, badRows: bad)
    }

    @Test(
        "The first entry that fits decides; without one everything goes everywhere",
        arguments: [
            ([], "page"), ([AlertRule(route: .note)], "note"),
            ([AlertRule(events: [.fileFailed], route: .note)], "page"),
            ([AlertRule(events: [.fileFailed, .filePartial], route: .note)], "note"),
            ([AlertRule(badRows: 100, route: .page), AlertRule(route: .note)], "page"),
            ([AlertRule(badRows: 101, route: .page), AlertRule(route: .note)], "note"),
            ([AlertRule(rules: ["eod_*"], route: .note)], "note"),
            ([AlertRule(rules: ["e*"], route: .note)], "note"), ([AlertRule(rules: ["fx*"], route: .note)], "page"),
            ([AlertRule(rules: ["fx*", "eod_*"], events: [.filePartial], badRows: 1, route: .note)], "note"),
        ] as [([AlertRule], String)])
    func routes(rules: [AlertRule], route: String) {
        #expect(rules.rule(for: Self.partial(1, rule: "eod_*", bad: 100)).route.rawValue == route)
    }

    @Test("An entry with a rule or a number of bad rows is not for alerts that have none")
    func apart() {
        for rule in [AlertRule(rules: ["*"], route: .note), AlertRule(badRows: 1, route: .note)] {
            #expect([rule].rule(for: Self.down("cache")).route == .page)
        }
        let plain = Self.partial(1, rule: "", bad: 0)
        #expect(plain.rule == nil && [AlertRule(rules: ["*"], route: .note)].rule(for: plain).route == .page)
    }

    @Test("The same about the same thing is one alert while it stands; its all-clear ends it, and then it is a new one")
    func standing() {
        var book = AlertBook([])
        #expect(book.raise(Self.down("cache"), at: 1) == AlertBook.Raised(id: 1, isCalled: true))
        #expect(book.raise(Self.down("second"), at: 2) == AlertBook.Raised(id: 2, isCalled: true))
        #expect(book.raise(Self.down("cache"), at: 3) == AlertBook.Raised(id: 1, isCalled: true))
        #expect(book.alert(1)?.times == 2 && book.alert(1)?.at == 1 && book.alert(1)?.lastAt == 3)
        #expect(book.raise(Self.up("cache"), at: 4) == AlertBook.Raised(id: 1, isCalled: true))
        #expect(book.alert(1)?.overAt == 4 && book.alert(2)?.overAt == nil)
        #expect(book.raise(Self.down("cache"), at: 5).id == 3)
        #expect(book.raise(Self.up("third"), at: 6) == AlertBook.Raised(id: nil, isCalled: true))
        #expect(book.list(at: 6).map(\.id) == [3, 2, 1])
        #expect(book.end([.destinationDown], about: ["destination": "second"], at: 7).map(\.id) == [2])
    }

    @Test("Each hold that is overdue is an alert of its own, and over by itself")
    func overdue() {
        let commands: [DeskCommand] = [
            .holdInbox, .holdDestination("cache"), .holdRule("eod_*"), .holdRule("fx_*"), .holdDrop(7),
        ]
        var book = AlertBook([])
        for (index, command) in commands.enumerated() {
            let hold = DeskHold(command, CommandNote(until: 1), since: 0)
            #expect(book.raise(hold.overdue, at: 2) == AlertBook.Raised(id: index + 1, isCalled: true))
        }
        let facts = commands.indices.map { book.alert($0 + 1)?.alert.facts ?? [:] }
        #expect(facts.map { $0["destination"] } == [nil, "cache", nil, nil, nil])
        #expect(facts.map { $0["rule"] } == [nil, nil, "eod_*", "fx_*", nil] && facts[4]["drop"] == "7")
        #expect(book.alert(3)?.alert.rule == "eod_*")
        for (index, command) in commands.enumerated() {
            #expect(book.end([.holdOverdue], about: ["what": command.subject], at: 3).map(\.id) == [index + 1])
        }
    }

    @Test("The drops of which an alert stands are known until it is over")
    func drops() {
        var book = AlertBook([])
        _ = book.raise(Self.partial(7, rule: "eod_*", bad: 1), at: 0)
        _ = book.raise(Self.partial(3, rule: "eod_*", bad: 1), at: 0)
        _ = book.raise(Self.down("cache"), at: 0)
        #expect(book.drops(of: [.filePartial, .fileFailed]) == [3, 7] && book.drops(of: [.fileFailed]).isEmpty)
        #expect(book.end([.filePartial], about: ["drop": "7"], at: 1).map(\.id) == [1])
        #expect(book.drops(of: [.filePartial]) == [3])
    }

    @Test("Of what is held the rule is told, and the destination where there is one")
    func held() {
        let alert = DeskHold(.holdDrop(7), CommandNote(until: 1), since: 0).overdue
        let one = alert.of(heldRule: "eod_*", at: ["cache"])
        #expect(one.rule == "eod_*" && one.facts["rule"] == "eod_*" && one.facts["destination"] == "cache")
        let two = alert.of(heldRule: "", at: ["cache", "rcc"])
        #expect(two.rule == nil && two.facts == alert.facts)
        // So it can be muted, and is over, by either.
        var book = AlertBook([])
        book.add(AlertMute(id: 9, .init(destination: "cache"), by: "b", at: 0, until: 10, why: "w"))
        #expect(!book.raise(one, at: 1).isCalled && book.raise(two, at: 1).isCalled)
        #expect(book.end([.holdOverdue], about: ["what": "drop 7"], at: 3).count == 2)
    }

    @Test("What somebody has calls nobody any more, but its end does; what comes after that calls again")
    func acknowledged() {
        var book = AlertBook([AlertRule(route: .page, again: .seconds(60))])
        _ = book.raise(Self.down("cache"), at: 0)
        book.acknowledge(1, .init(by: "unix:alice", at: 1, why: "I look"))
        #expect(book.raise(Self.down("cache"), at: 2) == AlertBook.Raised(id: 1, isCalled: false))
        #expect(book.due(at: 10 * Self.minute).isEmpty && book.nextDeadline == nil)
        #expect(book.raise(Self.up("cache"), at: 3).isCalled)
        #expect(book.raise(Self.down("cache"), at: 4) == AlertBook.Raised(id: 2, isCalled: true))
    }

    @Test("What nobody has is told again as often as its entry says, until somebody has it or it is over")
    func again() {
        var book = AlertBook([AlertRule(events: [.destinationDown], route: .page, again: .seconds(600))])
        _ = book.raise(Self.down("cache"), at: 0)
        _ = book.raise(Self.partial(7, rule: "a", bad: 1), at: 0)
        #expect(book.nextDeadline == 10 * Self.minute && book.due(at: 10 * Self.minute - 1).isEmpty)
        #expect(book.due(at: 10 * Self.minute).map { [$0.id, $0.times] } == [[1, 2]])
        #expect(book.due(at: 20 * Self.minute).map { [$0.id, $0.times] } == [[1, 3]])
        book.add(
            AlertMute(id: 9, .init(destination: "cache"), by: "b", at: 0, until: 35 * Self.minute, why: "w"))
        #expect(book.due(at: 30 * Self.minute).isEmpty)
        #expect(book.due(at: 40 * Self.minute).count == 1)
        _ = book.raise(Self.up("cache"), at: 41 * Self.minute)
        #expect(book.due(at: 60 * Self.minute).isEmpty)
    }

    @Test(
        "A mute is for what fits all of it, until its time",
        arguments: [
            (AlertMute.About(event: .filePartial), true), (.init(event: .fileFailed), false),
            (.init(rule: "eod_*"), true), (.init(rule: "fx"), false),
            (.init(event: .filePartial, rule: "eod_*"), true),
            (.init(event: .filePartial, destination: "cache"), false),
        ])
    func mutes(about: AlertMute.About, isMuted: Bool) {
        var book = AlertBook([])
        book.add(AlertMute(id: 1, about, by: "unix:alice", at: 0, until: 100, why: "w"))
        #expect(book.raise(Self.partial(5, rule: "eod_*", bad: 1), at: 99).isCalled == !isMuted)
        #expect(book.list(at: 99)[0].isMuted == isMuted)
        #expect(book.raise(Self.partial(6, rule: "eod_*", bad: 1), at: 100).isCalled)
        #expect(book.muted(at: 99).count == 0)
    }

    @Test("The end of what was muted calls nobody")
    func mutedEnd() {
        var book = AlertBook([])
        book.add(AlertMute(id: 1, .init(destination: "cache"), by: "b", at: 0, until: 100, why: "w"))
        _ = book.raise(Self.down("cache"), at: 1)
        #expect(!book.raise(Self.up("cache"), at: 2).isCalled)
    }

    @Test("What is a day old is forgotten, and so is the oldest of too many; no number comes twice")
    func bounds() {
        var book = AlertBook([])
        for drop in 1...1100 { _ = book.raise(Self.partial(drop, rule: "a", bad: 1), at: Int64(drop)) }
        #expect(book.list(at: 1100).count <= 1001 && book.alert(1) == nil && book.alert(1100) != nil)
        _ = book.takeChanges()
        #expect(book.raise(Self.down("cache"), at: AlertBook.shown + 2000).id == 1101)
        #expect(book.list(at: AlertBook.shown + 2000).map(\.id) == [1101])
        let changes = book.takeChanges()
        #expect(
            changes.contains(.gone(500))
                && changes.contains { if case .kept(let one) = $0 { one.id == 1101 } else { false } })
        #expect(book.takeChanges().isEmpty)
        book.giveBack(changes)
        #expect(Set(book.takeChanges().map { "\($0)" }) == Set(changes.map { "\($0)" }))
    }

    @Test("That a file is missing stands until somebody has it, and then for a day; also over a restart")
    func missingStands() throws {
        func missing(_ day: String) -> Alert {
            Alert(
                event: .fileMissing, message: "m",
                facts: ["rule": "eod_*", "day": day, "expected": "1", "arrived": "0"])
        }
        var book = AlertBook([])
        _ = book.raise(missing("2026-11-26"), at: 0)
        _ = book.raise(missing("2026-11-27"), at: 1)
        let later = 5 * AlertBook.shown
        _ = book.raise(Self.down("cache"), at: later)
        #expect(book.list(at: later).map(\.id) == [3, 2, 1] && book.standing(.fileMissing).map(\.id) == [1, 2])
        book.acknowledge(1, .init(by: "unix:alice", at: later, why: "I call"))
        #expect(book.alert(1)?.acknowledged?.by == "unix:alice")
        #expect(Set(book.list(at: later + AlertBook.shown - 1).map(\.id)) == [1, 2, 3])
        var again = AlertBook([])
        let kept = try book.list(at: later).map { try #require(StandingAlert(json: $0.json)) }
        again.recall(
            kept, acknowledged: [1: .init(by: "unix:alice", at: later, why: "I call")], mutes: [],
            at: later + AlertBook.shown)
        #expect(again.standing(.fileMissing).map(\.id) == [2])
        // What is over is of no interest after a day.
        #expect(
            again.end([.fileMissing], about: ["rule": "eod_*", "day": "2026-11-27"], at: later + AlertBook.shown).map(
                \.id) == [2])
        #expect(again.list(at: later + AlertBook.shown).isEmpty)
    }

    @Test("What the ledger kept is as it was: what stands, who has it, what is muted, and the last number")
    func recalled() throws {
        var before = AlertBook([])
        _ = before.raise(Self.down("cache\u{202e}"), at: 5)
        _ = before.raise(Self.partial(8, rule: "eod_*", bad: 3), at: 6)
        _ = before.raise(Self.down("second"), at: 7)
        _ = before.raise(Self.up("second"), at: 8)
        let kept = before.list(at: 9)
        let read = try kept.map { try #require(StandingAlert(json: $0.json)) }
        let ack = PersonNote(by: "page:bob", at: 9, why: "a \"b\"\n")
        #expect(PersonNote(json: ack.json) == ack)
        let mute = AlertMute(
            id: 4, .init(event: .filePartial, rule: "a", destination: "b"), by: "unix:alice", at: 1, until: 1000,
            why: "w")
        #expect(AlertMute(json: mute.json) == mute && AlertMute(json: "{}") == nil)
        var book = AlertBook([])
        book.recall(read, acknowledged: [1: ack], mutes: [mute], at: 9)
        #expect(book.list(at: 9).map(\.id).sorted() == [1, 2, 3] && book.alert(1)?.acknowledged == ack)
        #expect(book.alert(3)?.overAt == 8 && book.alert(2)?.alert.rule == "eod_*" && book.muted(at: 9) == [mute])
        #expect(book.raise(Self.down("cache\u{202e}"), at: 10) == AlertBook.Raised(id: 1, isCalled: false))
        #expect(book.raise(Self.down("second"), at: 11) == AlertBook.Raised(id: 5, isCalled: true))
    }

    @Test("A heartbeat is due at once, and then as often as it should be")
    func heartbeat() {
        var clock = HeartbeatClock(every: .seconds(60))
        #expect(clock.nextDeadline == nil && clock.isDue(at: 5) && !clock.isDue(at: 6))
        #expect(clock.nextDeadline == 60_000_000_005 && clock.isDue(at: 60_000_000_005))
    }
}

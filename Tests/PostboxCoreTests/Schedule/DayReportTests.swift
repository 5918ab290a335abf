import PostboxCore
import Testing

@Suite("How a day went")
struct DayReportTests {
    /// Friday, 2026-11-27.
    private static let friday = 20784
    private static let hour: Int64 = 3_600_000_000
    private static let midnight = Int64(friday) * 24 * hour

    private static func file(
        _ drop: Int?, _ place: DayFile.Place, rule: String = "eod_*", at hours: Int64 = 12, rows: Int = 10,
        bad: Int = 0,
        original: Int? = nil, isClosed: Bool = false
    ) -> DayFile {
        DayFile(
            drop: drop, name: "f\(drop ?? 0).csv", rule: rule, at: midnight + hours * hour, place: place, rows: rows,
            bad: bad, original: original, isClosed: isClosed)
    }

    /// In the evening, unless another hour of the day is asked for.
    private static func report(
        _ files: [DayFile], skips: [ScheduleSkip] = [], at hours: Int64 = 22
    ) -> DayReport {
        DayReport(
            day: friday, matches: ["eod_*", "fx"], schedules: [RuleSchedule(rule: "eod_*", by: 18 * 60, count: 3)],
            skips: skips, files: files, at: midnight + hours * hour)
    }

    @Test("Files are counted by rule, with their rows; open is what is not done and was put right by nothing")
    func counted() throws {
        let report = Self.report([
            Self.file(1, .ended(.done)), Self.file(2, .ended(.partial), bad: 4), Self.file(3, .held, rows: 0),
            Self.file(4, .ended(.done), original: 2),
            Self.file(5, .ended(.failed), rule: "fx", bad: 10, isClosed: true),
            Self.file(6, .ended(.done), at: 25), Self.file(7, .ended(.refused), rule: "old", rows: 0),
        ])
        #expect(report.rules.map(\.rule) == ["eod_*", "fx", "old"])
        let eod = report.rules[0]
        #expect(eod.expected == 3 && eod.arrived == 3 && eod.missing == 0 && eod.rows == 20 && eod.bad == 4)
        #expect(eod.open.map(\.drop) == [2, 3])
        let fx = report.rules[1]
        #expect(fx.expected == nil && fx.arrived == 1 && fx.bad == 10 && fx.open.isEmpty)
        #expect(!report.isComplete)
    }

    @Test("A day with all that was expected, or skipped, is complete")
    func complete() {
        let done = (1...3).map { Self.file($0, .ended(.done)) }
        #expect(Self.report(done).isComplete && !Self.report(Array(done.dropLast())).isComplete)
        let skip = ScheduleSkip(rule: "eod_*", day: Self.friday, by: "unix:alice", why: "holiday")
        let skipped = Self.report([], skips: [skip])
        #expect(skipped.isComplete && skipped.rules[0].expected == 0 && skipped.rules[0].skipped == "alice: holiday")
        var unpriced = Self.report(done)
        unpriced.unpriced = [.init(table: "bonds", key: "RIC", count: 1, instruments: ["A.TST"])]
        #expect(!unpriced.isComplete)
    }

    @Test("What is not due yet is not missing, and a day that has not come lacks nothing")
    func notDue() throws {
        let one = Self.file(1, .ended(.done))
        let early = Self.report([one], at: 17)
        #expect(early.rules[0].missing == 0 && early.rules[0].awaited == 2 && early.isClear && !early.isComplete)
        #expect(early.rules[0].lacks == "2 not due yet (by 18:00 UTC)")
        #expect(early.lines.first == "2026-11-27: nothing is missing so far")
        #expect(early.lines.contains("  eod_*: 2 not due yet (by 18:00 UTC)"), "\(early.lines)")
        #expect(early.csv.contains { $0.hasPrefix("rule,eod_*,3,1,") && $0.contains("2 not due yet (by 18:00 UTC)") })
        let json = try #require(JSONValue.parse(early.json))
        #expect(json["complete"]?.flag == false && json["rules"]?.items.first?["missing"]?.integer == 0)
        #expect(json["rules"]?.items.first?["due_by"]?.text == "18:00 UTC")

        let late = Self.report([one], at: 18)
        #expect(late.rules[0].missing == 2 && late.rules[0].awaited == 0 && !late.isClear)
        #expect(late.rules[0].lacks == "2 missing" && late.state == "not complete")
        #expect(JSONValue.parse(late.json)?["rules"]?.items.first?["missing"]?.integer == 2)

        let ahead = Self.report([], at: -1)
        #expect(ahead.isAhead && ahead.isClear && !ahead.isComplete && ahead.state == "has not come yet")
        // What is open is told before its time, too.
        #expect(Self.report([Self.file(1, .held)], at: 17).state == "not complete")
        // All is there before it is due.
        let all = (1...3).map { Self.file($0, .ended(.done)) }
        #expect(Self.report(all, at: 17).isComplete && Self.report(all, at: 17).rules[0].lacks == nil)
    }

    @Test("A day begins by UTC or in the zone of a rule that is ahead; nobody answers for one that has not")
    func begun() throws {
        let zone = try TimeZoneRules(parsing: ZonesForTests.file(footer: "JST-9"))
        let tokyo = RuleSchedule(rule: "eod_*", by: 0, zone: "Asia/Tokyo", zoneRules: zone)
        // Nine hours ahead: Friday begins there on Thursday at 15:00.
        for (hours, isBegun) in [(-10, false), (-9, true), (0, true), (30, true)] as [(Int64, Bool)] {
            let now = Self.midnight + hours * Self.hour
            #expect(DayReport.hasBegun(Self.friday, schedules: [tokyo], at: now) == isBegun, "\(hours)")
            let report = DayReport(
                day: Self.friday, matches: ["eod_*"], schedules: [tokyo], skips: [], files: [], at: now)
            #expect(report.isAhead == !isBegun)
        }
        #expect(!DayReport.hasBegun(Self.friday, schedules: [], at: Self.midnight - 1))
        #expect(DayReport.hasBegun(Self.friday, schedules: [], at: Self.midnight))
    }

    @Test("Of a day that was over before the spool was used nothing is known, and no file of it is missing")
    func unknown() throws {
        func report(since hours: Int64) -> DayReport {
            DayReport(
                day: Self.friday, matches: ["eod_*"], schedules: [RuleSchedule(rule: "eod_*", by: 0, count: 3)],
                skips: [], files: [], knownSince: Self.midnight + hours * Self.hour, at: Self.midnight + 90 * Self.hour)
        }
        let before = report(since: 24)
        #expect(before.rules.map(\.missing) == [0] && before.rules[0].expected == nil)
        #expect(!before.isClear && !before.isComplete)
        let words = "nothing is known of that day: this spool is used since 2026-11-28T00:00:00.000000Z"
        #expect(before.state == words && before.lines.first == "2026-11-27: \(words)")
        #expect(JSONValue.parse(before.json)?["known"]?.flag == false && before.csv[1] == "unknown,,,,,,,,,,,\(words)")
        // It was used on a part of it.
        let part = report(since: 23)
        #expect(part.rules.map(\.missing) == [3] && part.state == "not complete" && part.csv.count == 2)
        #expect(JSONValue.parse(part.json)?["known"]?.flag == true)
    }

    @Test("On the page a day is typed as text: a browser's own field would show it in the browser's order")
    func page() {
        let board = StatusBoard(
            service: .init(version: "1", spool: "/s", configSHA256: "ab", startedAt: 0), lanes: [], files: [],
            filesInAll: 0, waiting: [], waitingInAll: 0, isInboxHeld: false)
        let facts = PageFacts(
            caller: DeskCaller(person: nil, way: .nobody, rights: [.read]), board: board, failures: 0, host: "h",
            now: 1, downAlert: 1)
        let page = DayPage.html(Self.report([]), facts)
        #expect(page.contains("<input name=\"day\" inputmode=\"numeric\" pattern=") && !page.contains("type=\"date\""))
        #expect(page.contains("placeholder=\"2026-11-27\" size=\"10\" value=\"2026-11-27\""))
    }

    @Test("As JSON, CSV and text it says the same; names are no formulas and no line ends")
    func texts() throws {
        var file = Self.file(2, .ended(.partial), bad: 4)
        file.name = "=cmd|a,\n\"b\".csv"
        var report = Self.report([file])
        report.unpriced = [.init(table: "bonds", key: "RIC", count: 2, instruments: ["A.TST", "B.TST"])]
        report.acts = [
            .init(
                at: Self.midnight, act: RecordAct("hold", subject: "the inbox", by: "unix:bob", from: "c", why: "odd"))
        ]
        report.signatures = [.init(by: "unix:alice", at: Self.midnight, why: "seen")]
        let json = try #require(JSONValue.parse(report.json))
        #expect(json["day"]?.text == "2026-11-27" && json["complete"]?.flag == false)
        #expect(json["rules"]?.items.first?["open"]?.items.first?["file"]?.text == file.name)
        #expect(json["unpriced"]?.items.first?["count"]?.integer == 2)
        #expect(
            json["acts"]?.items.first?["by"]?.text == "unix:bob" && json["signed"]?.items.first?["why"]?.text == "seen")
        #expect(report.csv.allSatisfy { !$0.contains("\n") } && report.csv.count == 8)
        #expect(report.csv.contains { $0.contains("\"'=cmd|a,\\n\"\"b\"\".csv\"") }, "\(report.csv)")
        let text = report.lines.joined(separator: "\n")
        for part in ["2 instruments of bonds", "unix:bob hold the inbox: odd", "signed off by unix:alice", "2 missing"]
        {
            #expect(text.contains(part), "\(part)\n\(text)")
        }
        let all = PersonNote.all(json: PersonNote.json(report.signatures))
        #expect(all == report.signatures && PersonNote.all(json: "").isEmpty)
    }
}

import PostboxCore
import Testing

@Suite("A file's fate")
struct FileFateTests {
    private static func counts(_ outcomes: [(PostOutcome, String, Int)]) -> OutcomeCounts {
        var counts = OutcomeCounts()
        for (outcome, word, count) in outcomes { counts.add(outcome, word: word, count: count) }
        return counts
    }

    @Test("Counting keeps good and bad apart")
    func counting() {
        let counts = Self.counts([
            (.acked, "", 5), (.superseded, "NoResources", 2), (.nacked, "SymbolUnknown", 3), (.unsent, "cancelled", 1),
            (.nacked, "SymbolUnknown", 1),
        ])
        #expect(counts.total == 12)
        #expect(counts.good == 7 && counts.badLines == 5)
        #expect(counts[.nacked] == 4)
        #expect(counts.bad == ["SymbolUnknown": 4, "cancelled": 1])
    }

    private static let why = FileTrouble(.maxAge, "not sent within the rule's max_age")
    private static let cancelled = FileTrouble(.cancelled, "cancelled at noon")

    private static func verdict(_ outcomes: OutcomeCounts, tolerate: [String: RowLimit] = [:]) -> Verdict {
        FileFate(.posted(nil), outcomes: outcomes, tolerate: tolerate).verdict
    }

    @Test("Without bad rows a file is done")
    func done() {
        #expect(Self.verdict(Self.counts([(.acked, "", 5), (.superseded, "", 1)])) == .done)
        #expect(Self.verdict(OutcomeCounts()) == .done)
    }

    @Test(
        "One bad row among good ones makes it partial, bad rows alone failed",
        arguments: [PostOutcome.nacked, .rejected, .unknown, .unsent])
    func bad(outcome: PostOutcome) {
        #expect(Self.verdict(Self.counts([(.acked, "", 99), (outcome, "x", 1)])) == .partial)
        #expect(Self.verdict(Self.counts([(outcome, "x", 2)])) == .failed)
    }

    @Test("A refused file is refused whatever was counted, and says why")
    func refused() {
        let limits = ["max_age": RowLimit.rows(9)]
        for outcomes in [Self.counts([(.unsent, "max_age", 3)]), OutcomeCounts()] {
            let fate = FileFate(.refused(Self.why), outcomes: outcomes, tolerate: limits)
            #expect(fate.verdict == .refused)
            #expect(fate.trouble == Self.why)
        }
    }

    @Test("Tolerated bad rows do not keep a file from done, up to their limit")
    func tolerate() {
        let file = Self.counts([(.acked, "", 998), (.nacked, "SymbolUnknown", 2)])
        func end(_ limit: RowLimit, for word: String = "SymbolUnknown") -> Verdict {
            Self.verdict(file, tolerate: [word: limit])
        }
        #expect(end(.rows(2)) == .done)
        #expect(end(.rows(1)) == .partial)
        #expect(end(.percent(value: 2, decimals: 1)) == .done)
        #expect(end(.percent(value: 1, decimals: 1)) == .partial)
        #expect(end(.rows(9), for: "InvalidContent") == .partial)
    }

    @Test("Each word has its own tolerance")
    func tolerateEach() {
        let file = Self.counts([(.acked, "", 8), (.nacked, "SymbolUnknown", 1), (.rejected, "no_fields", 1)])
        #expect(Self.verdict(file, tolerate: ["SymbolUnknown": .rows(1)]) == .partial)
        #expect(Self.verdict(file, tolerate: ["SymbolUnknown": .rows(1), "no_fields": .rows(1)]) == .done)
    }

    @Test("A tolerated number stands for its NakCode")
    func tolerateByNumber() {
        let file = Self.counts([(.acked, "", 8), (.nacked, "SymbolUnknown", 1)])
        #expect(Self.verdict(file, tolerate: ["10": .rows(1)]) == .done)
    }

    @Test("What went wrong with a posted file is told whatever its rows say, and decides nothing")
    func trouble() {
        let fates = [
            (Self.counts([(.acked, "", 2)]), Verdict.done),
            (Self.counts([(.acked, "", 1), (.unsent, "", 1)]), .partial),
            (Self.counts([(.unsent, "", 2)]), .failed),
        ]
        for (outcomes, verdict) in fates {
            let fate = FileFate(.posted(Self.why), outcomes: outcomes, tolerate: [:])
            #expect(fate.verdict == verdict)
            #expect(fate.trouble == Self.why)
        }
    }

    @Test(
        "A cancellation that came too late is not told; one that came before anything was sent refuses the file",
        arguments: [
            ([(.acked, "", 4), (.superseded, "", 1)], .done, false), ([], .done, false),
            ([(.unsent, "cancelled", 3)], .refused, true),
            ([(.unsent, "cancelled", 3), (.rejected, "no_ric", 1)], .refused, true),
            ([(.rejected, "no_ric", 1)], .refused, true),
            ([(.acked, "", 1), (.unsent, "cancelled", 3)], .partial, true),
            ([(.unknown, "cancelled", 1), (.unsent, "cancelled", 3)], .failed, true),
            ([(.nacked, "SymbolUnknown", 1)], .failed, true),
        ] as [([(PostOutcome, String, Int)], Verdict, Bool)])
    func cancelled(outcomes: [(PostOutcome, String, Int)], verdict: Verdict, isTold: Bool) {
        let fate = FileFate(.posted(Self.cancelled), outcomes: Self.counts(outcomes), tolerate: [:])
        #expect(fate.verdict == verdict)
        #expect(fate.trouble == (isTold ? Self.cancelled : nil))
    }

    @Test("A cancelled file that was refused unread has no lines, and is refused all the same")
    func cancelledUnread() {
        let fate = FileFate(.refused(Self.cancelled), outcomes: OutcomeCounts(), tolerate: [:])
        #expect(fate.verdict == .refused && fate.trouble == Self.cancelled)
        // One without a row that was posted is done: there was nothing to cancel.
        #expect(FileFate(.posted(Self.cancelled), outcomes: OutcomeCounts(), tolerate: [:]).verdict == .done)
    }

    @Test("That a file changed under us is told before that it was set aside, and that before what the desk said since")
    func troubles() {
        func told(_ changed: String?, _ setAside: FileTrouble?, _ givenUp: FileTrouble?) -> FileTrouble? {
            FileFate.trouble(changed: changed, setAside: setAside, givenUp: givenUp)
        }
        let changed = FileTrouble(.changedWhileRead, "it grew")
        #expect(told("it grew", Admission.crashed, Self.cancelled) == changed)
        #expect(told(nil, Admission.crashed, Self.cancelled) == Admission.crashed)
        #expect(told(nil, nil, Self.cancelled) == Self.cancelled)
        #expect(told(nil, nil, nil) == nil)
    }

    @Test(
        "A row counts as sent when its line says so or its outcome needs it; a superseded one where an earlier run may have sent it"
    )
    func sent() {
        func isSent(_ outcome: PostOutcome, lines: Int = 0, presents: Bool = false) -> Bool {
            Self.counts([(outcome, "", 1)]).hasSent(sentLines: lines, presents: presents)
        }
        for outcome in [PostOutcome.acked, .nacked, .unknown] { #expect(isSent(outcome)) }
        for outcome in [PostOutcome.rejected, .unsent, .superseded] {
            #expect(!isSent(outcome))
            #expect(isSent(outcome, lines: 1))
        }
        #expect(isSent(.superseded, presents: true))
        #expect(!isSent(.unsent, presents: true))
    }

    @Test("The exit code of a file follows its verdict, and an unknown row goes before it")
    func codes() {
        let codes = Verdict.allCases.map { ExitCode.code($0, unknown: 0) }
        #expect(codes == [0, 2, 3, 3])
        #expect(Verdict.allCases.map { ExitCode.code($0, unknown: 1) } == [4, 4, 4, 4])
    }

    @Test("Of several codes 75 goes before 4, 4 before 3, 3 before 2, 2 before 0")
    func worse() {
        let order: [Int32] = [75, 4, 3, 2, 0]
        for (place, worse) in order.enumerated() {
            for better in order[place...] {
                #expect(ExitCode.worse(worse, better) == worse)
                #expect(ExitCode.worse(better, worse) == worse)
            }
        }
    }
}

@Suite("Names beside a file")
struct FileNamesTests {
    @Test(
        "A taken name gets a number before its extension",
        arguments: [
            ("eod.csv", 1, "eod.csv"), ("eod.csv", 2, "eod.2.csv"), ("eod.csv.gz", 2, "eod.2.csv.gz"),
            ("EOD.TXT.ZST", 3, "EOD.3.TXT.ZST"), ("eod_2026.03.04.zip", 2, "eod_2026.03.04.2.zip"),
            ("eod.zip", 2, "eod.2.zip"),
            ("eod", 2, "eod.2"), (".hidden", 2, ".hidden.2"), ("eod.", 2, "eod.2"),
        ])
    func numbered(name: String, number: Int, expected: String) {
        #expect(FileNames.numbered(name, number) == expected)
    }

    @Test("Result and summary follow the numbered name")
    func follow() {
        #expect(FileNames.result("eod.2.csv") == "eod.2.csv.result.csv")
        #expect(FileNames.summary("eod.csv") == "eod.csv.summary.json")
    }

    @Test(
        "Names of files that are still being written are ignored",
        arguments: [
            ".eod.csv", ".", "eod.tmp", "eod.csv.part", "eod.csv.partial", "eod.csv.filepart", "eod.csv~", "EOD.TMP",
            "eod.csv.PART", "eod.csv.lftp", "eod.csv.inprogress", "eod.writing", "eod.csv.uploading", "eod.csv.temp",
            "eod.csv.crdownload", "eod.csv.!ut", "EOD.CSV.!uT",
        ])
    func ignored(name: String) {
        #expect(FileNames.isIgnored(name))
    }

    @Test("A name is too long when one of what may lie beside its file would be, rejects of any destination included")
    func tooLong() {
        func name(_ length: Int) -> String { String(repeating: "n", count: length - 4) + ".csv" }
        #expect(!FileNames.isTooLong(name(232)) && FileNames.isTooLong(name(233)))
        #expect(!FileNames.isTooLong(name(220), destinations: ["cache"]))
        #expect(FileNames.isTooLong(name(220), destinations: ["cache", String(repeating: "d", count: 20)]))
    }

    @Test("Other names are taken", arguments: ["eod.csv", "tmp", "part.csv", "eod.tmp.csv", "a~b", "eodtmp", "départ"])
    func taken(name: String) {
        #expect(!FileNames.isIgnored(name))
    }
}

import PostboxCore
import TestSupport
import Testing

@Suite("Retention", .computing)
struct RetentionTests {
    @Test("A file is packed, then removed, each when its time has come; what is needed is packed and stays")
    func due() {
        let day: Int64 = 86_400_000_000
        let rule = Retention(
            done: .seconds(90 * 86_400), failed: .seconds(400 * 86_400), packAfter: .seconds(7 * 86_400))
        func due(_ days: Int64, _ verdict: Verdict = .done, needed: Bool = false) -> Retention.Due {
            rule.due(verdict: verdict, settledAt: 5, isNeeded: needed, at: 5 + days * day)
        }
        #expect([0, 6, 7, 89, 90].map { due($0) } == [.nothing, .nothing, .pack, .pack, .remove])
        #expect(due(90, .partial) == .pack && due(400, .refused) == .remove && due(500, needed: true) == .pack)
        #expect(Retention().due(verdict: .done, settledAt: 0, isNeeded: false, at: .max) == .nothing)
        #expect(Retention(done: .zero).due(verdict: .done, settledAt: 9, isNeeded: false, at: 9) == .remove)
    }

    @Test("Everything of a drop goes but its summary, and nothing of another drop")
    func names() {
        let all = [
            "eod.2.csv", "eod.2.csv.result.csv", "eod.2.csv.result.csv.zst", "eod.2.csv.summary.json",
            "eod.2.csv.skipped.csv",
            "eod.2.csv.readback.csv", "eod.2.csv.sha256", "eod.2.csv.ok", "eod.csv.rejects-12.csv",
            "eod.csv.rejects-12@b.csv",
            "eod.csv.rejects-123.csv", "eod.csv", "eod.csv.result.csv", "eod.2.csv.2.csv",
            "eod.csv.rejects-12.csv.summary.json",
        ]
        let removed = Retention.removed(
            all, target: "eod.2.csv", name: "eod.csv", drop: 12, companions: [".sha256", ".ok"])
        #expect(
            Set(removed) == [
                "eod.2.csv", "eod.2.csv.result.csv", "eod.2.csv.result.csv.zst", "eod.2.csv.skipped.csv",
                "eod.2.csv.readback.csv", "eod.2.csv.sha256", "eod.2.csv.ok", "eod.csv.rejects-12.csv",
                "eod.csv.rejects-12@b.csv",
            ])
    }
}

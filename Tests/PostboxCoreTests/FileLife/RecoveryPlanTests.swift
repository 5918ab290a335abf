import PostboxCore
import Testing

@Suite("What is done at start about what an earlier run left")
struct RecoveryPlanTests {
    private typealias Plan = RecoveryPlan

    private func steps(
        _ known: [(Int, FileStage)] = [], _ work: [Plan.Entry] = [], closed: Set<Int> = []
    ) -> [Plan.Step] {
        Plan(
            known: known.map { Plan.Known(drop: $0.0, name: "eod.csv", stage: $0.1) }, work: work,
            isClosed: { closed.contains($0) }
        ).steps.map(\.step)
    }

    private static let inside: [[String]] = [[], ["eod.csv"], ["notes.txt"], ["eod.csv", "notes.txt"]]

    @Test(
        "Every stage of a drop with every content of its directory has one answer, and nothing foreign is touched",
        arguments: [FileStage.claimed, .held, .posting, .verifying, .settled, .closed], inside)
    func stages(stage: FileStage, files: [String]) {
        let isThere = files.contains("eod.csv")
        var wanted: [Plan.Step] = []
        switch stage {
        case .claimed: wanted = [isThere ? .begin(7) : .forget(7)]
        case .posting: wanted = [isThere ? .goOn(7) : .endWithoutFile(7)]
        case .verifying: wanted = [.readBack(7)]
        case .held: wanted = [.keepHeld(7)]
        case .settled: wanted = [.move(7)]
        case .closed: break
        }
        if stage != .closed, files.contains("notes.txt") { wanted.append(.leave("7/notes.txt")) }
        if stage == .closed {
            wanted = files.isEmpty ? [.clearAway("7")] : [.leave("7")]
        }
        let plan = steps([(7, stage)], [Plan.Entry(name: "7", files: files)], closed: stage == .closed ? [7] : [])
        #expect(plan == wanted)
    }

    @Test(
        "A drop whose directory is gone is forgotten, ended, or found moved",
        arguments: [
            (FileStage.claimed, Plan.Step.forget(3)), (.posting, .endWithoutFile(3)), (.verifying, .readBack(3)),
            (.settled, .move(3)),
        ])
    func noDirectory(stage: FileStage, wanted: RecoveryPlan.Step) {
        #expect(steps([(3, stage)]) == [wanted])
    }

    @Test(
        "A drop that was held is not forgotten although its file is gone: it never lay in the inbox", arguments: inside)
    func wasHeld(files: [String]) {
        let plan = Plan(
            known: [Plan.Known(drop: 7, name: "eod.csv", stage: .claimed, wasHeld: true)],
            work: [Plan.Entry(name: "7", files: files)], isClosed: { _ in false })
        #expect(plan.steps.first?.step == .begin(7))
    }

    @Test(
        "A directory that the ledger does not know: its one file is adopted, an empty one cleared away, more left alone"
    )
    func unknown() {
        #expect(steps([], [Plan.Entry(name: "9", files: ["a.csv"])]) == [.adopt(9, name: "a.csv")])
        #expect(steps([], [Plan.Entry(name: "9")]) == [.clearAway("9")])
        #expect(steps([], [Plan.Entry(name: "9", files: ["a.csv", "b.csv"])]) == [.leave("9")])
        #expect(steps([], [Plan.Entry(name: "9", files: ["a.csv"])], closed: [9]) == [.leave("9")])
    }

    @Test("What is no drop's directory is left alone", arguments: ["notes", "0", "-1", "07", "7x", "١"])
    func foreign(name: String) {
        #expect(steps([], [Plan.Entry(name: name, files: ["a.csv"])]) == [.leave(name)])
    }

    @Test("A plain file with a number for a name is no drop")
    func plainFile() {
        #expect(steps([], [Plan.Entry(name: "7", isDirectory: false)]) == [.leave("7")])
    }

    @Test("Drops come by number, then what the ledger does not know; each with a sentence")
    func sequence() {
        let plan = Plan(
            known: [
                Plan.Known(drop: 12, name: "b.csv", stage: .posting),
                Plan.Known(drop: 9, name: "a.csv", stage: .settled),
            ],
            work: [
                Plan.Entry(name: "x", isDirectory: false), Plan.Entry(name: "12", files: ["b.csv"]),
                Plan.Entry(name: "4", files: ["c.csv"]),
            ], isClosed: { _ in false })
        #expect(plan.steps.map(\.step) == [.move(9), .goOn(12), .adopt(4, name: "c.csv"), .leave("x")])
        #expect(
            plan.steps.map(\.text) == [
                "a.csv was settled; it is moved to where it belongs",
                "b.csv was being contributed; rows without an answer are in doubt, the rest goes on",
                "c.csv lies in work/4, and the ledger does not know it; whatever it may have sent is in doubt",
                "work/x is not Postbox's; it is left alone",
            ])
    }
}

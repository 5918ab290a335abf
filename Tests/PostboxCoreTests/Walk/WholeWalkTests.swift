import Foundation
import PostboxCore
import TestSupport
import Testing

@Suite("The promise over the whole: random lives", .computing)
struct WholeWalkTests {
    /// Seeds that once showed a fault.
    static let known: [UInt64] = [
        // A drop in doubt had overtaken an older one that was not through.
        102, 142, 280,
        // A drop was told to go, and another went before it had handed over.
        4042,
        // A row in doubt was refused at its next tries; its first one had been accepted.
        444, 804, 1476, 2807, 3770, 7819,
        // A journal was read while it grew, and not again when it was complete.
        30, 37, 113,
        // A newer drop had all its outcomes and was not moved yet when an older one began.
        10479,
        // A row in doubt had been accepted; then its RIC's rows were refused for want of permission.
        3915, 10957, 12545,
        // A drop was cancelled while it could not present its rows in doubt, and asked for them later: it turned without end.
        309,
    ]

    @Test("The promise holds in the lives that once broke it", arguments: known)
    func regressions(seed: UInt64) {
        #expect(Self.faults(seed) == [])
    }

    /// `POSTBOX_WALKS`: how many; `POSTBOX_WALK_SEED`: from which on, and of the first that fails the whole story.
    @Test("The promise holds in thousands of lives")
    func fixed() {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["POSTBOX_WALKS"].flatMap { UInt64($0) } ?? 2000
        let first = environment["POSTBOX_WALK_SEED"].flatMap { UInt64($0) } ?? 1
        var outcomes: [PostOutcome: Int] = [:]
        var faults: [String] = []
        var kills = 0
        var doubles = 0
        var yields = 0
        var strays = 0
        var pauses = 0
        var returns = 0
        for seed in first..<first + count where faults.count < 10 {
            let walk = Walk(seed: seed)
            let found = walk.run()
            if !found.isEmpty, faults.isEmpty { Self.print(seed) }
            faults += found
            outcomes.merge(walk.promise.outcomes, uniquingKeysWith: +)
            kills += walk.kills
            doubles += walk.promise.doubles
            yields += walk.promise.yields
            strays += walk.promise.strays
            pauses += walk.trouble.pauses
            returns += walk.trouble.goneBack
        }
        #expect(faults == [])
        let ends = outcomes.map { "\($0.key.word) \($0.value)" }.sorted().joined(separator: ", ")
        Swift.print(
            """
            \(count) lives, \(kills) kills: \(ends); \(doubles) sent again, \(yields) of them before a newer one in doubt; \
            \(strays) successors whose Ack a kill made forget; \(pauses) pauses, \(returns) returns to the first server
            """)
        // The walk is worth something only as long as it sees every kind of end often.
        for outcome in PostOutcome.allCases where count >= 1000 {
            #expect(outcomes[outcome, default: 0] > count / 10, "\(outcome.word)")
        }
        if count >= 1000 { #expect(pauses > count / 100 && returns > count / 100) }
    }

    private static func faults(_ seed: UInt64) -> [String] {
        let found = Walk(seed: seed).run()
        if !found.isEmpty { print(seed) }
        return found
    }

    private static func print(_ seed: UInt64) {
        let walk = Walk(seed: seed, keepsTrace: true)
        let found = walk.run()
        Swift.print((walk.trace + found).joined(separator: "\n"))
    }
}

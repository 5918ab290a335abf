import PostboxCore
import Testing

@Suite("Which file says again what the last one said")
struct PredecessorTests {
    private func last(_ verdict: Verdict?) -> Predecessor {
        Predecessor(drop: 1, verdict: verdict, sha256: "aa", size: 3, settledAt: 1_000, destinations: ["a", "b"])
    }

    @Test("The same content as that of a file that ended done, and not too long ago")
    func same() {
        #expect(last(.done).isRepeated(bySHA256: "aa", size: 3, at: ["a"], since: 1_000))
        #expect(!last(.done).isRepeated(bySHA256: "ab", size: 3, at: ["a"], since: 1_000))
        #expect(!last(.done).isRepeated(bySHA256: "aa", size: 4, at: ["a"], since: 1_000))
        #expect(!last(.done).isRepeated(bySHA256: "aa", size: 3, at: ["a"], since: 1_001))
    }

    @Test("A destination that it did not go to has not heard it")
    func destinations() {
        #expect(last(.done).isRepeated(bySHA256: "aa", size: 3, at: ["b", "a"], since: 0))
        #expect(!last(.done).isRepeated(bySHA256: "aa", size: 3, at: ["a", "c"], since: 0))
    }

    @Test("What was withdrawn holds no more, and may be dropped again as it is")
    func withdrawn() {
        var last = last(.done)
        last.withdrawnAt = ["b"]
        #expect(last.isRepeated(bySHA256: "aa", size: 3, at: ["a"], since: 0))
        #expect(!last.isRepeated(bySHA256: "aa", size: 3, at: ["a", "b"], since: 0))
    }

    @Test(
        "What did not end done, or has not ended, may be dropped again",
        arguments: [.partial, .failed, .refused, nil] as [Verdict?])
    func others(verdict: Verdict?) {
        #expect(!last(verdict).isRepeated(bySHA256: "aa", size: 3, at: ["a"], since: 0))
    }
}

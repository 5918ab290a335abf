import PostboxCore
import Testing

@Suite("What the answer to a release tells of its rows")
struct ReleaseCountTests {
    private static func count(
        _ rows: [(isFailing: Bool, isOvertaken: Bool)], rule: CorrectionRule = .hold
    ) -> ReleaseCount {
        var count = ReleaseCount(rule: rule)
        for row in rows { count.take(isFailing: row.isFailing, isOvertaken: row.isOvertaken) }
        return count
    }

    @Test("A row has one fate: what is held once more does not go all the same")
    func oneFate() {
        let one = Self.count([(true, true)])
        #expect(one.failing == 0 && one.overtaken == 1)
        #expect(
            one.words
                == "; the row is older than what was accepted since, and is not sent but held once more, to be released as new"
        )
        #expect(Self.count([(true, false)]).words == "; the row still fails a check and goes all the same")
        #expect(Self.count([(false, false)]).words.isEmpty && ReleaseCount(rule: .skip).words.isEmpty)
    }

    @Test("Of several rows those of each fate are counted")
    func several() {
        let count = Self.count(
            [(true, false), (true, false), (true, true), (false, true), (false, false)], rule: .skip)
        #expect(count.failing == 2 && count.overtaken == 2)
        #expect(
            count.words
                == "; 2 of them still fail checks and go all the same; 2 of them are older than what was accepted since, and are not sent"
        )
    }
}

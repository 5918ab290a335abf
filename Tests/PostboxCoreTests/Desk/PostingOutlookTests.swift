import PostboxCore
import Testing

@Suite("What drops wait for that somebody has just made")
struct PostingOutlookTests {
    private static func outlook(
        _ drops: [Int?], at destination: String = "cache", _ obstacle: PostingOutlook.Obstacle?
    ) -> PostingOutlook {
        var outlook = PostingOutlook()
        for drop in drops { outlook.add(drop, at: destination, obstacle) }
        return outlook
    }

    @Test("Each obstacle is named with what ends it, and that nothing is posted yet")
    func obstacles() {
        let look = ". See how far it is: postbox show 3"
        #expect(Self.outlook([3], nil).text == "Drop 3 is on the way to cache" + look)
        #expect(
            Self.outlook([3], .destinationHeld).text
                == "The destination cache is held: drop 3 waits, and nothing of it is posted there before somebody resumes it (postbox resume destination cache)"
                + look)
        #expect(
            Self.outlook([3], .notReady("connection\nrefused")).text
                == "Nothing can be posted to cache now (connection\\nrefused): drop 3 waits until that is over, and nothing of it is posted there yet"
                + look)
        #expect(
            Self.outlook([3], .ruleHeld("eod_*")).text.hasPrefix(
                "The rule eod_* is held: drop 3 waits, and nothing of it is posted before somebody resumes that rule"))
        #expect(
            Self.outlook([3], .secondPerson).text
                == "Nothing of drop 3 is posted yet: a second person has to release it (postbox release 3), or ends it (postbox refuse 3). See what waits: postbox held, or Held on the page"
                + look)
        #expect(
            Self.outlook([3], .rehearsal).text
                == "The destination cache only rehearses (rehearse: true): nothing of drop 3 is posted there" + look)
        #expect(PostingOutlook().text.isEmpty)
    }

    @Test("Drops that stand alike are told together, and each destination by itself")
    func together() {
        var outlook = Self.outlook([3, 4, 5], .destinationHeld)
        outlook.add(6, at: "second", nil)
        #expect(
            outlook.text
                == "The destination cache is held: drops 3, 4 and 5 wait, and nothing of them is posted there before somebody resumes it (postbox resume destination cache). Drop 6 is on the way to second. See how far each is: postbox show 3, and so on"
        )
        // What a second person has to release waits wherever it goes.
        var two = Self.outlook([3], .secondPerson)
        two.add(3, at: "second", .secondPerson)
        #expect(two.text.hasPrefix("Nothing of drop 3 is posted yet") && !two.text.contains("drops"))
        let many = Self.outlook((1...1_205).map { $0 }, nil).text
        #expect(many.hasPrefix("Drops 1, 2, 3, 4, 5 and 1,200 more are on the way to cache"))
    }

    @Test("What would be is told only where something would keep it")
    func preview() {
        #expect(Self.outlook([nil], nil).preview.isEmpty)
        #expect(
            Self.outlook([nil], .secondPerson).preview
                == "Two people are needed: nothing would be posted before another person releases it")
        var outlook = Self.outlook([nil], .destinationHeld)
        outlook.add(nil, at: "second", .notReady("no answer yet"))
        outlook.add(nil, at: "third", .rehearsal)
        #expect(
            outlook.preview
                == "The destination cache is held: nothing would be posted there before somebody resumes it. Nothing can be posted to second now (no answer yet): it would wait until that is over. The destination third only rehearses (rehearse: true): nothing would be posted there"
        )
        #expect(outlook.text.isEmpty)
    }
}

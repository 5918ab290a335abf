import PostboxCore
import Testing

@Suite("Which bad rows of a file are still not put right")
struct PutRightTests {
    private struct Said {
        var ric: String
        var outcome: PostOutcome
        var reason = ""
        var destination = "cache"

        init(_ ric: String, _ outcome: PostOutcome, reason: String = "", at destination: String = "cache") {
            (self.ric, self.outcome, self.reason, self.destination) = (ric, outcome, reason, destination)
        }
    }

    private struct Branch {
        var origin: PutRight.Origin
        var rows: [Said]
        var isClosed = false

        init(_ origin: PutRight.Origin, isClosed: Bool = false, _ rows: [Said]) {
            (self.origin, self.rows, self.isClosed) = (origin, rows, isClosed)
        }
    }

    private static func each(_ rows: [Said], _ body: (ResultJournal.Line) -> Void) throws {
        var text = ResultLines.header
        for (index, said) in rows.enumerated() {
            text +=
                "7,\(index + 1),\(index + 2),\(said.destination),\(said.ric),NIPROV,Update,\(said.outcome.word),,"
                + "\(said.reason),,,1,1,,2026-01-02T03:04:05.000000Z,{}\n"
        }
        var journal = ResultJournal(drop: 7, destinations: nil)
        Array(text.utf8).withUnsafeBytes { bytes in
            journal.take(bytes, isLast: true) { line in
                body(line)
                return true
            }
        }
        try #require(!journal.isBroken)
    }

    /// What is left of a file with these rows.
    private static func left(_ file: [Said], _ branches: [Branch], held: Int = 0) throws -> RowsLeft {
        var rows = PutRight()
        try each(file) { rows.noteBad($0) }
        for branch in branches {
            try each(branch.rows) { rows.noteLater($0, isClosed: branch.isClosed) }
            rows.endBranch(branch.origin)
        }
        if rows.needsGood { try each(file) { rows.noteGood($0) } }
        return rows.left(held: held)
    }

    private static let file = [
        Said("A", .acked), Said("B", .rejected), Said("C", .nacked), Said("D", .unsent, reason: Hold.held),
        Said("E", .unknown),
    ]

    @Test(
        "Each row is put right by itself: by a correction, a release, or by being sent again; what something newer replaced is right"
    )
    func each() throws {
        #expect(try Self.left(Self.file, []) == RowsLeft(rows: 4))
        #expect(try Self.left(Self.file, [Branch(.dropped, [Said("B", .acked)])]).rows == 3)
        #expect(try Self.left(Self.file, [Branch(.dropped, [Said("B", .superseded)])]).rows == 3)
        #expect(try Self.left(Self.file, [Branch(.dropped, [Said("B", .rejected)])]).rows == 4)
        #expect(try Self.left(Self.file, [Branch(.resent, [Said("C", .acked), Said("E", .nacked)])]).rows == 3)
        let all = [
            Branch(.held, [Said("D", .acked)]), Branch(.resent, [Said("C", .acked), Said("E", .acked)]),
            Branch(.dropped, [Said("B", .acked)]),
        ]
        #expect(try Self.left(Self.file, all).isNone)
        for index in all.indices {
            var some = all
            some.remove(at: index)
            #expect(try !Self.left(Self.file, some).isNone, "without \(index)")
        }
    }

    @Test("What waits for a release is left as held")
    func held() throws {
        let some = try Self.left(Self.file, [], held: 1)
        #expect(some == RowsLeft(rows: 4, held: 1) && !some.isHeld && some.words == "4 rows, 1 of them held")
        let rest = [Branch(.dropped, [Said("B", .acked), Said("C", .acked), Said("E", .acked)])]
        let last = try Self.left(Self.file, rest, held: 1)
        #expect(last.isHeld && last.words == "1 row, held")
    }

    @Test("The same row twice is not two rows")
    func twice() throws {
        let file = [Said("A", .nacked), Said("A", .rejected), Said("B", .rejected)]
        let once = Branch(.resent, [Said("A", .acked)])
        #expect(try Self.left(file, [once, once]).rows == 2)
        let corrected = Branch(.dropped, [Said("B", .acked)])
        #expect(try Self.left(file, [corrected, corrected, once]).rows == 1)
        #expect(try Self.left(file, [once, Branch(.dropped, [Said("A", .acked), Said("B", .acked)])]).isNone)
        #expect(try Self.left(file, [Branch(.dropped, [Said("A", .acked), Said("A", .acked)])]).rows == 1)
    }

    @Test(
        "A RIC that was corrected stands for one that nobody sent; a row that was right before, or of another destination, does not"
    )
    func otherRIC() throws {
        let file = [Said("A", .acked), Said("B.X", .nacked), Said("", .rejected)]
        #expect(try Self.left(file, [Branch(.dropped, [Said("B", .acked)])]).rows == 1)
        #expect(try Self.left(file, [Branch(.dropped, [Said("B", .acked), Said("C", .acked)])]).isNone)
        // The same one again.
        let again = Branch(.dropped, [Said("B", .acked)])
        #expect(try Self.left(file, [again, again]).rows == 1)
        // All of the file was dropped again, and the bad rows were bad once more.
        let whole = Branch(.dropped, [Said("A", .acked), Said("B.X", .nacked), Said("", .rejected)])
        #expect(try Self.left(file, [whole]).rows == 2)
        let two = [Said("B.X", .nacked), Said("B.X", .nacked, at: "second")]
        #expect(try Self.left(two, [Branch(.dropped, [Said("B", .acked), Said("C", .acked)])]).rows == 1)
        #expect(try Self.left(two, [Branch(.dropped, [Said("B.X", .acked)])]).rows == 1)
    }

    @Test("Rows of a drop that a person closed, or that ended well, need nothing more")
    func closed() throws {
        #expect(try Self.left(Self.file, [Branch(.held, isClosed: true, [Said("D", .unsent)])]).rows == 3)
    }

    @Test("A bad row that a later drop brought again counts there; one that no drop brought stays with the file")
    func again() throws {
        func here(_ file: [Said], _ branches: [Branch]) throws -> Int { try Self.left(file, branches).here }
        let once = Branch(.dropped, [Said("B", .rejected)])
        let left = try Self.left(Self.file, [once])
        #expect(left == RowsLeft(rows: 4, again: 1) && left.here == 3)
        #expect(left.words == "4 rows, 1 of them bad again in a later drop")
        #expect(RowsLeft(rows: 1, again: 1).words == "1 row, bad again in a later drop")
        // The same row in two drops is one row; a person closed the third.
        #expect(try here(Self.file, [once, once]) == 3)
        #expect(try here(Self.file, [Branch(.dropped, isClosed: true, [Said("B", .rejected)])]) == 3)
        #expect(try Self.left(Self.file, [Branch(.held, [Said("D", .nacked)])]) == RowsLeft(rows: 4, again: 1))
        // All of the file was dropped again, and one more of its rows was bad: that one is the later drop's alone.
        let whole = [Said("A", .nacked)] + Self.file.dropFirst()
        #expect(try here(Self.file, [Branch(.dropped, whole)]) == 0)
        // Of two rows of one RIC one was brought again.
        let twice = [Said("B", .rejected), Said("B", .rejected)]
        #expect(try here(twice, [once]) == 1)
        #expect(try Self.left(twice, [Branch(.dropped, [Said("B", .acked), Said("B", .nacked)])]).here == 0)
        // A RIC that was corrected, and was bad again, stands for one of the rows.
        let other = [Said("B.X", .nacked), Said("C", .nacked)]
        #expect(try here(other, [Branch(.dropped, [Said("B", .nacked)])]) == 1)
        // One drop has no row twice: the other RIC stands for the row that it does not bring.
        #expect(try here(other, [Branch(.dropped, [Said("B.X", .nacked), Said("B", .acked)])]) == 0)
    }

    @Test("What a correction of a correction put right stands there no more")
    func inTurn() throws {
        var rows = PutRight()
        try Self.each([Said("B", .rejected), Said("B", .rejected)]) { rows.noteBad($0) }
        try Self.each([Said("B", .rejected)]) { rows.noteLater($0, isClosed: false) }
        rows.endDrop()
        try Self.each([Said("B", .acked)]) { rows.noteLater($0, isClosed: false) }
        rows.endBranch(.dropped)
        #expect(rows.left(held: 0) == RowsLeft(rows: 1))
        // Under another RIC it may be the row that was brought again: the one that nobody brought is not lost.
        rows = PutRight()
        let file = [Said("B.X", .nacked), Said("C", .nacked)]
        try Self.each(file) { rows.noteBad($0) }
        try Self.each([Said("B.X", .nacked)]) { rows.noteLater($0, isClosed: false) }
        rows.endDrop()
        try Self.each([Said("B", .acked)]) { rows.noteLater($0, isClosed: false) }
        rows.endBranch(.dropped)
        try Self.each(file) { rows.noteGood($0) }
        #expect(rows.left(held: 0) == RowsLeft(rows: 1))
    }

    @Test("Newer drops of the same rejects have a row, or put it right, where the older one had all of its RIC")
    func siblings() throws {
        func left(_ before: [Said], _ sibling: [Said]) throws -> RowsLeft {
            var rows = PutRight()
            try Self.each([Said("B", .rejected), Said("C", .nacked)]) { rows.noteBad($0) }
            try Self.each(before) { rows.noteBefore($0) }
            try Self.each(sibling) { rows.noteSibling($0, isClosed: false) }
            rows.endBranch(.dropped)
            return rows.left(held: 0)
        }
        let before = [Said("A", .acked), Said("B", .rejected), Said("C", .nacked)]
        #expect(try left(before, [Said("B", .nacked)]) == RowsLeft(rows: 2, again: 1))
        #expect(try left(before, [Said("B", .acked), Said("X", .acked)]) == RowsLeft(rows: 1))
        #expect(try left(before + [Said("B", .nacked)], [Said("B", .acked)]) == RowsLeft(rows: 2))
    }

    @Test("Of results that nobody can read any more, the numbers of their rows count")
    func unread() throws {
        var rows = PutRight()
        try Self.each(Self.file) { rows.noteBad($0) }
        rows.noteUnread(3)
        rows.endBranch(.dropped)
        #expect(rows.left(held: 0).rows == 1)
        var some = PutRight()
        try Self.each(Self.file) { some.noteBad($0) }
        some.noteUnread(1, bad: 3)
        some.endBranch(.dropped)
        #expect(some.left(held: 0) == RowsLeft(rows: 3, again: 2))
        #expect(PutRight().isEmpty && !rows.isEmpty)
    }
}

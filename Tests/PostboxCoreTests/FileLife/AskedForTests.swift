import PostboxCore
import Testing

@Suite("Drops that people had made of rows of others")
struct AskedForTests {
    private static let alice = Person(text: "unix:alice", isNamed: true)

    private static func rows(_ numbers: Int..., among all: Int = 9) -> RowSet {
        var rows = RowSet(rows: all)
        for number in numbers { rows.insert(number) }
        return rows
    }

    private static let resend = AskedFor(
        .resend(drop: 1, outcomes: [.nacked], why: nil, force: false), by: alice, at: 1, numbers: rows(2, 5, 9))
    private static let retry = AskedFor(.retry(drop: 1, why: nil), by: alice, at: 1)

    @Test(
        "Rows that were sent again are found in the drop that they were in; where nobody can tell which, all are meant")
    func originals() {
        #expect(Self.resend.originals(of: Self.rows(1, 3), rows: 3, among: 9).sorted == [2, 9])
        #expect(Self.resend.originals(of: Self.rows(), rows: 3, among: 9).sorted == [])
        // All of it, and a file that was read in another way.
        #expect(Self.resend.originals(of: nil, rows: 0, among: 9).sorted == [2, 5, 9])
        #expect(Self.resend.originals(of: Self.rows(1), rows: 2, among: 9).sorted == [2, 5, 9])
        #expect(Self.retry.originals(of: Self.rows(2), rows: 3, among: 3).sorted == [2])
        #expect(Self.retry.originals(of: nil, rows: 0, among: 3).sorted == [1, 2, 3])
        // An earlier version did not note which rows they were.
        var old = Self.resend
        old.numbers = nil
        #expect(old.originals(of: Self.rows(1), rows: 3, among: 3).sorted == [1, 2, 3])
    }

    @Test("That it was done already is told with the drop, and with how far that is")
    func already() {
        #expect(
            Self.resend.already(as: 7, .posting, nil)
                == "was sent again already by alice, as drop 7, which is not finished yet")
        #expect(
            Self.retry.already(as: 7, .held, nil)
                == "was contributed again already by alice, as drop 7, which waits until somebody releases or refuses it"
        )
        #expect(Self.retry.already(as: 7, .closed, .done).hasSuffix("which ended done"))
        #expect(Self.retry.already(as: 7, .closed, .partial).hasSuffix("which ended partial: go on with that one"))
    }

    @Test("Rows that are left out, as they were sent before, are counted beside those that go")
    func leftOut() {
        let count = ResentCount([.init(destination: "cache", rows: 2, drop: 9)], leftOut: 1, sentBy: 7)
        #expect(
            count.text
                == "2 rows will be sent again, as drop 9; 1 row is left out, as drop 7 has sent it or is about to")
    }
}

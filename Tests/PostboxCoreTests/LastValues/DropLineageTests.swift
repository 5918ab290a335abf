import PostboxCore
import Testing

@Suite("Whose values drops say")
struct DropLineageTests {
    private static func withdrawal(
        _ number: Int, of drop: Int, act: Int64? = nil, at destinations: Set<String> = ["a"], isInForce: Bool = true
    ) -> DropLineage.Drop {
        DropLineage.Drop(
            number: number, maker: .withdrawal(of: drop, act: act ?? Int64(number), isInForce: isInForce),
            destinations: destinations, age: 7)
    }

    private static func rows(_ number: Int, of drop: Int, isOpen: Bool = false) -> DropLineage.Drop {
        DropLineage.Drop(number: number, maker: .rows(of: drop), destinations: ["a"], age: 8, isOpen: isOpen)
    }

    @Test("Rows that are sent again are of every drop that they were in")
    func origins() {
        let lineage = DropLineage([Self.rows(3, of: 2), Self.rows(5, of: 3)], withdrawing: [2])
        #expect(lineage.origins(of: 5) == [5, 3, 2] && lineage.origins(of: 4) == [4])
        #expect(lineage.wrong(5) == 2 && lineage.wrong(4) == nil)
        #expect(DropLineage([Self.rows(3, of: 2)], withdrawing: [2, 3]).wrong(3) == 3)
    }

    @Test("A withdrawal is one at its own destinations, of what was there before it, while it is in force")
    func withdrawn() {
        let lineage = DropLineage([
            Self.withdrawal(4, of: 2), Self.rows(3, of: 2), Self.rows(6, of: 2),
            Self.withdrawal(9, of: 8, isInForce: false),
        ])
        #expect(lineage.isWithdrawn(2, at: "a") && lineage.isWithdrawn(3, at: "a"))
        #expect(
            !lineage.isWithdrawn(2, at: "b") && !lineage.isWithdrawn(6, at: "a") && !lineage.isWithdrawn(8, at: "a"))
        #expect(!lineage.isWithdrawn(2, at: "a", through: 3) && lineage.isWithdrawn(2, at: "a", through: 4))
    }

    @Test("A withdrawal that was withdrawn counts no more, and one of that one makes it count again")
    func undone() {
        var drops = [Self.withdrawal(4, of: 2), Self.withdrawal(5, of: 4)]
        #expect(!DropLineage(drops).isWithdrawn(2, at: "a"))
        #expect(DropLineage(drops).isWithdrawn(2, at: "a", through: 4))
        #expect(!DropLineage(drops.dropLast(), withdrawing: [4]).isWithdrawn(2, at: "a"))
        drops.append(Self.withdrawal(6, of: 5))
        #expect(DropLineage(drops).isWithdrawn(2, at: "a"))
    }

    @Test(
        "Drops of one act know of each other what they withdraw; rows of one that are sent again are looked up as it was"
    )
    func copies() {
        let lineage = DropLineage([
            Self.withdrawal(4, of: 2, act: 1), Self.withdrawal(5, of: 3, act: 1), Self.rows(6, of: 4),
            DropLineage.Drop(number: 7, maker: .republication, destinations: ["a"]),
        ])
        #expect(
            lineage.copy(4) == .withdrawal(base: 4, through: 5) && lineage.copy(6) == .withdrawal(base: 4, through: 5))
        #expect(lineage.copy(7) == .republication(base: 7) && lineage.copy(3) == nil)
    }

    @Test(
        "What may hold values of a drop is known by its age before anything is looked up, and what may send rows of it by number"
    )
    func holders() {
        let lineage = DropLineage(
            [Self.withdrawal(4, of: 3), Self.rows(5, of: 2, isOpen: true), Self.withdrawal(1, of: 0)], withdrawing: [2])
        #expect(lineage.ages(ofHolders: 2, at: "a") == [7, 8] && lineage.ages(ofHolders: 2, at: "b") == [])
        #expect(lineage.ages(ofHolders: 4, at: "a") == [] && lineage.open == [5])
    }

    @Test(
        "What one act withdrew in several drops is withdrawn as one, with what withdrawals have left that count no more"
    )
    func whole() {
        let drops = [
            Self.withdrawal(4, of: 2, act: 1), Self.withdrawal(5, of: 2, act: 1), Self.withdrawal(6, of: 3, act: 1),
            Self.withdrawal(7, of: 2, act: 2), Self.withdrawal(8, of: 7, act: 3),
            Self.withdrawal(9, of: 2, act: 4, isInForce: false), Self.withdrawal(10, of: 2, act: 1, at: ["b"]),
            Self.withdrawal(11, of: 2, act: 5, at: ["b"]), Self.withdrawal(12, of: 11, act: 6, at: ["b"]),
        ]
        let lineage = DropLineage(drops)
        // 7 was withdrawn by 8; 9 is not in force; 10 is another destination's, and of the same act; 11 is of neither.
        #expect(lineage.whole([4]) == [4, 5, 7, 10] && lineage.whole([2]) == [2] && lineage.whole([9]) == [9])
        #expect(lineage.isWithdrawal(4) && !lineage.isWithdrawal(9) && !lineage.isWithdrawal(2))
    }

    @Test("A drop of which one withdrawal of two is withdrawn stays withdrawn, by the other one")
    func still() {
        let drops = [Self.withdrawal(4, of: 2), Self.withdrawal(5, of: 2), Self.withdrawal(6, of: 2, at: ["b"])]
        let one = DropLineage(drops, withdrawing: [4]).stillWithdrawn
        #expect(one.map(\.drop) == [2] && one.map(\.by) == [[5]])
        #expect(DropLineage(drops, withdrawing: [4, 5]).stillWithdrawn.isEmpty)
        #expect(DropLineage(drops, withdrawing: [3]).stillWithdrawn.isEmpty)
    }

    @Test("A withdrawal that is in work is known to whoever would withdraw the same again")
    func openWithdrawals() {
        var open = Self.withdrawal(4, of: 2)
        open.isOpen = true
        let drops = [open, Self.withdrawal(5, of: 3)]
        let found = DropLineage(drops, withdrawing: [2, 3]).openWithdrawals
        #expect(found.map(\.drop) == [2] && found.map(\.by) == [4])
        #expect(DropLineage(drops, withdrawing: [3]).openWithdrawals.isEmpty)
    }

    @Test("What an act withdrew besides, and still does, is named with its withdrawals when one of them is withdrawn")
    func rest() {
        var drops = [
            Self.withdrawal(4, of: 1, act: 1), Self.withdrawal(5, of: 2, act: 1), Self.withdrawal(6, of: 3, act: 1),
            Self.withdrawal(7, of: 3, act: 1, at: ["b"]), Self.withdrawal(8, of: 9, act: 2),
            Self.withdrawal(10, of: 5, act: 3), Self.withdrawal(11, of: 2, act: 1, isInForce: false),
        ]
        func rest(_ asked: Set<Int>) -> [Int: [Int]] {
            Dictionary(uniqueKeysWithValues: DropLineage(drops, withdrawing: asked).restOfActs.map { ($0.drop, $0.by) })
        }
        // 5 was withdrawn by 10 already, and 11 is not in force.
        #expect(rest([4]) == [3: [6, 7]] && rest([6, 7]) == [1: [4]] && rest([8]).isEmpty && rest([1]).isEmpty)
        drops.removeAll { $0.number == 10 }
        #expect(rest([4]) == [2: [5], 3: [6, 7]] && rest([4, 5, 6, 7]).isEmpty)
    }

    @Test("Whether something was withdrawn since then is asked for a destination")
    func later() {
        let lineage = DropLineage([Self.withdrawal(4, of: 2), Self.withdrawal(6, of: 2, isInForce: false)])
        #expect(lineage.hasWithdrawals(after: 3, at: "a") && !lineage.hasWithdrawals(after: 3, at: "b"))
        #expect(!lineage.hasWithdrawals(after: 4, at: "a"))
    }
}

/// Whose values drops say that say none of their own, and which drops people have withdrawn.
///
/// A file says its own values, and so does a file of rejects that somebody has corrected. Held rows and rows that are sent again are
/// another drop's. A withdrawal says what others had said before, and a republication what servers held already: who said these values
/// first is found by `ValueStory`.
package struct DropLineage: Sendable {
    /// What made a drop that says values of others.
    package enum Maker: Sendable, Equatable {
        /// Its rows are rows of another drop, byte for byte.
        case rows(of: Int)
        /// It replaces what a drop had said. `act`: when somebody wanted it, microseconds since 1970: all drops of one act have the same.
        /// `isInForce`: it was not refused, waits for nobody, and is no rehearsal.
        case withdrawal(of: Int, act: Int64, isInForce: Bool)
        case republication
    }

    /// A drop that says values of others.
    package struct Drop: Sendable, Equatable {
        package var number: Int
        package var maker: Maker
        package var destinations: Set<String>
        /// Microseconds since 1970: `DropPlace.age`.
        package var age: Int64
        /// Rows of it may be sent still.
        package var isOpen: Bool

        package init(number: Int, maker: Maker, destinations: Set<String>, age: Int64 = 0, isOpen: Bool = false) {
            self.number = number
            self.maker = maker
            self.destinations = destinations
            self.age = age
            self.isOpen = isOpen
        }
    }

    /// A drop whose values were looked up when it was made.
    package enum Copy: Sendable, Equatable {
        /// `base`: the drop that was made then. `through`: the last withdrawal that counted by then.
        case withdrawal(base: Int, through: Int)
        case republication(base: Int)

        /// The drop that was made then: it copies drops with lower numbers alone.
        package var base: Int {
            switch self {
            case .withdrawal(let base, _), .republication(let base): base
            }
        }
    }

    private struct Withdrawal {
        var number: Int
        var destinations: Set<String>
    }

    /// What is being withdrawn just now.
    package let asked: Set<Int>
    private let drops: [Int: Drop]
    /// By the drop that is withdrawn: those in force.
    private var withdrawals: [Int: [Withdrawal]] = [:]
    /// By when somebody wanted them: the highest number among the withdrawals of one act.
    private var lastOfAct: [Int64: Int] = [:]

    /// - Parameters:
    ///   - drops: those that say values of others.
    ///   - asked: what is being withdrawn, at every destination.
    package init(_ drops: some Sequence<Drop>, withdrawing asked: Set<Int> = []) {
        self.asked = asked
        self.drops = Dictionary(drops.map { ($0.number, $0) }, uniquingKeysWith: { one, _ in one })
        for drop in self.drops.values {
            guard case .withdrawal(let withdrawn, let act, let isInForce) = drop.maker else { continue }
            lastOfAct[act] = max(lastOfAct[act] ?? 0, drop.number)
            guard isInForce else { continue }
            withdrawals[withdrawn, default: []].append(
                Withdrawal(number: drop.number, destinations: drop.destinations))
        }
    }

    /// The drop, and those that its rows were in before, the nearest first.
    package func origins(of drop: Int) -> [Int] {
        var found = [drop]
        while let last = found.last, case .rows(let original)? = drops[last]?.maker, original < last {
            found.append(original)
        }
        return found
    }

    /// What a drop's values were looked up for; nil: they are a file's.
    package func copy(_ drop: Int) -> Copy? {
        guard let base = origins(of: drop).last else { return nil }
        switch drops[base]?.maker {
        case .withdrawal(_, let act, _): return .withdrawal(base: base, through: lastOfAct[act] ?? base)
        case .republication: return .republication(base: base)
        case .rows, nil: return nil
        }
    }

    /// Which of the drops that are being withdrawn the rows of a drop are of; nil: of none.
    package func wrong(_ drop: Int) -> Int? { origins(of: drop).first(where: asked.contains) }

    /// Whether somebody has withdrawn what the drop says at a destination, or is doing so. A withdrawal that was withdrawn itself counts
    /// no more; and rows that were sent again after a withdrawal are not withdrawn by it.
    ///
    /// - Parameter through: as it was when the drop of that number was made; nil: now.
    package func isWithdrawn(_ drop: Int, at destination: String, through: Int? = nil) -> Bool {
        let origins = origins(of: drop)
        if through == nil, origins.contains(where: asked.contains) { return true }
        return origins.contains { origin in
            withdrawals[origin]?.contains { withdrawal in
                withdrawal.number > drop && withdrawal.number <= through ?? .max
                    && withdrawal.destinations.contains(destination)
                    && !isWithdrawn(withdrawal.number, at: destination, through: through)
            } ?? false
        }
    }

    /// Somebody has withdrawn something after the drop of a number was made, be it that this was withdrawn itself.
    package func hasWithdrawals(after number: Int, at destination: String) -> Bool {
        withdrawals.values.contains { list in
            list.contains { $0.number > number && $0.destinations.contains(destination) }
        }
    }

    /// The drop withdraws another one, and is in force.
    package func isWithdrawal(_ drop: Int) -> Bool { original(ofWithdrawal: drop) != nil }

    private func original(ofWithdrawal drop: Int) -> Int? {
        guard case .withdrawal(let original, _, true)? = drops[drop]?.maker else { return nil }
        return original
    }

    /// Those drops, and what has to be withdrawn with them. One act makes several drops of a wrong one, where its values were posted again and
    /// for each destination: they withdraw it together, and are withdrawn together, so that no server is left with other prices than the
    /// next. And what withdrawals have left that count no more is looked at once again.
    package func whole(_ numbers: Set<Int>) -> Set<Int> {
        var all = numbers
        for number in numbers {
            guard let drop = drops[number], case .withdrawal(let original, let act, true) = drop.maker else { continue }
            for other in drops.values where other.number != number {
                guard case .withdrawal(original, let otherAct, true) = other.maker else { continue }
                let shared = other.destinations.intersection(drop.destinations)
                if otherAct == act || shared.contains(where: { isWithdrawn(other.number, at: $0) }) {
                    all.insert(other.number)
                }
            }
        }
        return all
    }

    /// Drops of which a withdrawal is being withdrawn, and that stay withdrawn by others; both by number.
    package var stillWithdrawn: [(drop: Int, by: [Int])] {
        let originals = Set(asked.compactMap { original(ofWithdrawal: $0) })
        return originals.sorted().compactMap { original in
            let undone = asked.filter { self.original(ofWithdrawal: $0) == original }
            let destinations = undone.reduce(into: Set<String>()) { $0.formUnion(drops[$1]?.destinations ?? []) }
            let others = (withdrawals[original] ?? []).filter { other in
                !asked.contains(other.number)
                    && other.destinations.intersection(destinations).contains {
                        !isWithdrawn(other.number, at: $0)
                    }
            }
            return others.isEmpty ? nil : (original, others.map(\.number).sorted())
        }
    }

    /// What the acts of withdrawals that are being withdrawn have withdrawn besides, and still do: the drops, and the withdrawals that do it,
    /// both by number. One act may withdraw many files.
    package var restOfActs: [(drop: Int, by: [Int])] {
        let undone = Set(asked.compactMap { original(ofWithdrawal: $0) })
        let acts = Set(asked.compactMap { act(ofWithdrawal: $0) })
        var rest: [Int: [Int]] = [:]
        for drop in drops.values where !asked.contains(drop.number) {
            guard let original = original(ofWithdrawal: drop.number), !undone.contains(original),
                act(ofWithdrawal: drop.number).map(acts.contains) == true,
                drop.destinations.contains(where: { !isWithdrawn(drop.number, at: $0) })
            else { continue }
            rest[original, default: []].append(drop.number)
        }
        return rest.sorted { $0.key < $1.key }.map { (drop: $0.key, by: $0.value.sorted()) }
    }

    /// When somebody wanted a withdrawal that is in force.
    private func act(ofWithdrawal drop: Int) -> Int64? {
        guard case .withdrawal(_, let act, true)? = drops[drop]?.maker else { return nil }
        return act
    }

    /// How old drops are that may hold values of a drop at a destination, where they say these for it: microseconds since 1970.
    package func ages(ofHolders drop: Int, at destination: String) -> Set<Int64> {
        Set(
            drops.values.lazy.filter { other in
                guard other.number > drop, other.destinations.contains(destination) else { return false }
                return copy(other.number) != nil || origins(of: other.number).contains(drop)
            }.map(\.age))
    }

    /// Withdrawals of those that are being withdrawn that may post something still: who made another one would post the same twice.
    package var openWithdrawals: [(drop: Int, by: Int)] {
        drops.values.compactMap { drop in
            guard drop.isOpen, let original = original(ofWithdrawal: drop.number), asked.contains(original) else {
                return nil
            }
            return (original, drop.number)
        }.sorted { ($0.drop, $0.by) < ($1.drop, $1.by) }
    }

    /// Drops of rows of those that are being withdrawn that may send some still, by number.
    package var open: [Int] {
        drops.values.filter { $0.isOpen && !asked.contains($0.number) && wrong($0.number) != nil }.map(\.number)
            .sorted()
    }
}

/// What a drop's story tells of withdrawals: which drops withdraw what it said, how each of them stands, and what it withdraws itself.
package struct DropWithdrawals: Sendable, Equatable {
    /// A drop as the ledger has it.
    package struct Link: Sendable, Equatable {
        package var number: Int
        package var name: String
        /// What it says of others; nil: it says values of its own.
        package var lineage: DropLineage.Drop?
        package var destinations: Set<String>
        package var stage: FileStage
        package var verdict: Verdict?
        package var rows: Int
        /// It only rehearsed, or does.
        package var isRehearsed: Bool
        /// Who wanted it made: as `Person.text`; empty: nobody.
        package var by: String
        /// When that was, microseconds since 1970.
        package var at: Int64
        package var why: String?

        package init(
            number: Int, name: String, lineage: DropLineage.Drop?, destinations: Set<String>, stage: FileStage,
            verdict: Verdict?, rows: Int, isRehearsed: Bool = false, by: String = "", at: Int64 = 0, why: String? = nil
        ) {
            self.number = number
            self.name = name
            self.lineage = lineage
            self.destinations = destinations
            self.stage = stage
            self.verdict = verdict
            self.rows = rows
            self.isRehearsed = isRehearsed
            self.by = by
            self.at = at
            self.why = why
        }

        /// The drop that it withdraws; nil: it is no withdrawal.
        fileprivate var withdrawn: Int? {
            guard case .withdrawal(let original, _, _)? = lineage?.maker else { return nil }
            return original
        }
    }

    /// A drop that withdraws another one.
    package struct Withdrawal: Sendable, Equatable {
        /// How it stands: stable words of the control socket.
        package enum State: String, Sendable, Equatable, CaseIterable {
            /// A second person has to release it: nothing of it is posted.
            case held
            /// It was not released: nothing of it was posted.
            case refused
            /// Its destination only rehearsed: nothing of it was posted.
            case rehearsed
            /// Not every row of it has its outcome.
            case posting
            case posted
            /// Nothing of the file held any more.
            case nothingToPost = "nothing_to_post"
            /// It ended badly: not each of its rows was accepted.
            case incomplete
            /// It was withdrawn itself, and counts no more.
            case undone

            /// What was said counts as withdrawn.
            package var isInForce: Bool {
                switch self {
                case .posting, .posted, .nothingToPost, .incomplete: true
                case .held, .refused, .rehearsed, .undone: false
                }
            }
        }

        package var drop: Int
        package var destinations: [String]
        package var by: String
        /// Microseconds since 1970.
        package var at: Int64
        package var why: String?
        package var state: State
        package var verdict: Verdict?
        /// What withdraws it, by number.
        package var withdrawals: [Withdrawal]

        /// An object on one line.
        package var json: String {
            func quoted(_ text: String) -> String { VisibleText.quoted(text) }
            let members = [
                "\"drop\":\(drop)", "\"destinations\":[\(destinations.map(quoted).joined(separator: ","))]",
                "\"by\":\(quoted(by))", "\"at\":\(quoted(TimeText.text(at)))", why.map { "\"why\":\(quoted($0))" },
                "\"state\":\"\(state.rawValue)\"",
                "\"withdrawals\":[\(withdrawals.map(\.json).joined(separator: ","))]",
            ]
            return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
        }
    }

    /// Of what the drop said, by number.
    package let withdrawals: [Withdrawal]
    /// What it withdraws, the nearest first: behind the withdrawals that are undone the file that these withdrew. Empty: it is no withdrawal.
    package let withdrawn: [Int]
    /// All drops around it that are withdrawals, itself included.
    package let numbers: Set<Int>
    /// The name of the last one of `withdrawn`.
    private let fileName: String
    /// Who wanted it made; nil: it is no withdrawal.
    private let asked: Asked?

    private struct Asked: Sendable, Equatable {
        var by: String
        var at: Int64
        var why: String?
    }

    /// - Parameter links: the drop, those that its rows were in before or that it withdraws, and every withdrawal of any of these.
    package init(of drop: Int, in links: [Link]) {
        let lineage = DropLineage(links.compactMap(\.lineage))
        let known = Dictionary(links.map { ($0.number, $0) }, uniquingKeysWith: { one, _ in one })
        func state(_ link: Link) -> Withdrawal.State {
            if link.stage == .held { return .held }
            if link.verdict == .refused { return .refused }
            if link.isRehearsed { return .rehearsed }
            if link.destinations.allSatisfy({ lineage.isWithdrawn(link.number, at: $0) }) { return .undone }
            guard link.stage == .settled || link.stage == .closed else { return .posting }
            guard link.verdict == .done else { return .incomplete }
            return link.rows == 0 ? .nothingToPost : .posted
        }
        func withdrawals(of number: Int) -> [Withdrawal] {
            guard let own = known[number] else { return [] }
            let origins = Set(lineage.origins(of: number))
            return links.filter { link in
                // What was sent again after a withdrawal is not withdrawn by it.
                link.number > number && link.withdrawn.map(origins.contains) == true
                    && !link.destinations.isDisjoint(with: own.destinations)
            }.sorted { $0.number < $1.number }.map { link in
                Withdrawal(
                    drop: link.number, destinations: link.destinations.sorted(), by: link.by, at: link.at,
                    why: link.why, state: state(link), verdict: link.verdict,
                    withdrawals: withdrawals(of: link.number))
            }
        }
        self.withdrawals = withdrawals(of: drop)
        numbers = Set(links.filter { $0.withdrawn != nil }.map(\.number))
        var chain: [Int] = []
        var next = known[drop]?.withdrawn
        while let number = next, number < chain.last ?? drop {
            chain.append(number)
            next = known[number]?.withdrawn
        }
        withdrawn = chain
        fileName = chain.last.flatMap { known[$0]?.name } ?? ""
        asked = chain.isEmpty ? nil : known[drop].map { Asked(by: $0.by, at: $0.at, why: $0.why) }
    }

    /// Of a drop that nothing is known of.
    package init() { self.init(of: 0, in: []) }

    /// What it said counts as withdrawn, at one of its destinations at least.
    package var isWithdrawn: Bool { withdrawals.contains { $0.state.isInForce } }

    /// Members of an object: `withdrawals`, and of a withdrawal the drop that it withdraws, or undoes.
    package var members: [String] {
        let list = "\"withdrawals\":[\(withdrawals.map(\.json).joined(separator: ","))]"
        guard let nearest = withdrawn.first else { return [list] }
        return [list, withdrawn.count > 1 ? "\"undoes\":\(nearest)" : "\"withdraws\":\(nearest)"]
    }

    // MARK: - For people

    /// What the drop itself withdraws, or undoes; nil: it is no withdrawal.
    package var own: DropSentence? {
        guard let nearest = withdrawn.first, let file = withdrawn.last, let asked else { return nil }
        let named = fileName.isEmpty ? "" : " (\(fileName))"
        var pieces: [DropSentence.Piece]
        if withdrawn.count == 1 {
            pieces = [.words("Withdraws what "), .drop(file)]
        } else {
            pieces = [.words("Undoes "), .drop(nearest)]
            for drop in withdrawn.dropFirst().dropLast() { pieces += [.words(", which undid "), .drop(drop)] }
            pieces += [.words(", which withdrew what "), .drop(file)]
        }
        pieces.append(.words("\(named) said\(Self.wish(asked.by, asked.why, isPast: true))."))
        return DropSentence(at: asked.at, pieces)
    }

    /// What others withdraw of it, and what became of that, in the order in which people wanted it.
    package var sentences: [DropSentence] {
        var found: [DropSentence] = []
        func add(_ list: [Withdrawal], of withdrawal: Int?) {
            for one in list {
                found.append(Self.sentence(one, of: withdrawal))
                add(one.withdrawals, of: one.drop)
            }
        }
        // Whoever withdraws a withdrawal undoes it.
        add(withdrawals, of: withdrawn.isEmpty ? nil : 0)
        return found.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    /// `withdrawal`: the one that it undoes, 0 the drop itself; nil: it withdraws what a file said.
    private static func sentence(_ one: Withdrawal, of withdrawal: Int?) -> DropSentence {
        let places = one.destinations.isEmpty ? "" : " at " + one.destinations.joined(separator: ", ")
        let isPast = one.state != .held
        var pieces: [DropSentence.Piece]
        if let withdrawal {
            pieces = withdrawal == 0 ? [.words("This withdrawal ")] : [.words("The withdrawal by "), .drop(withdrawal)]
            let verb =
                switch one.state {
                case .held: "is to be undone"
                case .refused, .rehearsed: "was to be undone"
                case .posting: "is undone"
                case .posted, .nothingToPost, .incomplete, .undone: "was undone"
                }
            pieces.append(.words((withdrawal == 0 ? "" : " ") + verb + places + " by "))
        } else {
            let verb =
                switch one.state {
                case .held: "To be withdrawn"
                case .refused, .rehearsed: "Was to be withdrawn"
                case .posting, .posted, .nothingToPost, .incomplete, .undone: "Withdrawn"
                }
            pieces = [.words(verb + places + " by ")]
        }
        pieces += [.drop(one.drop), .words(wish(one.by, one.why, isPast: isPast) + ". ")]
        pieces += rest(one)
        return DropSentence(at: one.at, pieces)
    }

    /// `, as alice wanted: wrong scale`
    private static func wish(_ by: String, _ why: String?, isPast: Bool) -> String {
        let person = by.isEmpty ? "" : ", as \(ReleaseRule.name(by)) \(isPast ? "wanted" : "wants")"
        return person + (why.map { ": \($0)" } ?? "")
    }

    /// How it stands.
    private static func rest(_ one: Withdrawal) -> [DropSentence.Piece] {
        switch one.state {
        case .held: [.words("Nothing of it is posted before a second person releases it.")]
        case .refused: [.words("It was refused: nothing of it was posted.")]
        case .rehearsed: [.words("It was only rehearsed: nothing of it was posted.")]
        case .posting: [.words("It is not through yet: "), .drop(one.drop), .words(" tells how far it is.")]
        case .posted: [.words("It is through.")]
        case .nothingToPost: [.words("Nothing had to be posted for that.")]
        case .incomplete:
            [.words("It ended \(one.verdict?.rawValue ?? "badly"): not everything of it was posted and accepted.")]
        case .undone: [.words("It counts no more.")]
        }
    }
}

/// `where`: which rows count.
struct RowFilter: Sendable {
    /// What becomes of a row.
    enum Verdict: Equatable {
        case counts
        /// Its index among the conditions.
        case skipped(Int)
        case rejected(Int)
        /// The column that a condition looks into is faulty.
        case faulty(RowBatch.Cell)
        /// What a condition looks at is no value.
        case damaged(slot: Int, ValueFault)

        static func == (left: Verdict, right: Verdict) -> Bool {
            switch (left, right) {
            case (.counts, .counts): true
            case (.skipped(let a), .skipped(let b)), (.rejected(let a), .rejected(let b)): a == b
            case (.damaged(let a, let one), .damaged(let b, let other)): a == b && one == other
            case (.faulty(let a), .faulty(let b)): a.start == b.start
            default: false
            }
        }
    }

    private enum Test: Sendable {
        case isOneOf([[UInt8]])
        case isNoneOf([[UInt8]])
        case isEmpty(Bool)
        case like(TextPattern)

        /// Whether the rule means exactly this value, whatever it is.
        func names(_ value: Span<UInt8>) -> Bool {
            switch self {
            case .isOneOf(let texts), .isNoneOf(let texts): RowFilter.contains(texts, value)
            case .isEmpty, .like: false
            }
        }
    }

    private struct Condition: Sendable {
        var slots: [Int]
        var test: Test
        var rejects: Bool
        var rule: RowCondition
    }

    private var conditions: [Condition] = []
    private let keepsLineBreaks: Bool

    /// - Parameters:
    ///   - keepsLineBreaks: line breaks may stand in values.
    ///   - slot: gives a column's slot.
    init(_ rules: [RowCondition], keepsLineBreaks: Bool, slot: (String) -> Int) {
        self.keepsLineBreaks = keepsLineBreaks
        for rule in rules {
            let test: Test =
                switch rule.test {
                case .isOneOf(let texts): .isOneOf(texts.map { Array($0.utf8) })
                case .isNoneOf(let texts): .isNoneOf(texts.map { Array($0.utf8) })
                case .isEmpty(let isEmpty): .isEmpty(isEmpty)
                case .like(let pattern): .like(TextPattern(pattern))
                }
            conditions.append(
                Condition(
                    slots: rule.column.names.map(slot), test: test, rejects: rule.rejects ?? false, rule: rule))
        }
    }

    /// All rows count.
    var isEmpty: Bool { conditions.isEmpty }

    /// Rejection goes last: what does not count at all is nobody's mistake.
    func verdict(_ work: [RowBatch.Cell], _ text: [UInt8]) -> Verdict {
        var found = Verdict.counts
        for (index, condition) in conditions.enumerated() {
            let slot = condition.slots.first { work[$0].column != .max } ?? condition.slots.first
            let cell = slot.map { work[$0] } ?? ShapeColumns.none
            if cell.kind == .faulty {
                if found == .counts { found = .faulty(cell) }
                continue
            }
            let value = text.span.extracting(cell.text(in: text))
            if let slot, let fault = cellFault(value, keepsLineBreaks: keepsLineBreaks), !condition.test.names(value) {
                if found == .counts { found = .damaged(slot: slot, fault) }
                continue
            }
            guard !holds(condition.test, value) else { continue }
            guard condition.rejects else { return .skipped(index) }
            if found == .counts { found = .rejected(index) }
        }
        return found
    }

    private func holds(_ test: Test, _ value: Span<UInt8>) -> Bool {
        switch test {
        case .isEmpty(let isEmpty): value.isEmpty == isEmpty
        case .isOneOf(let texts): Self.contains(texts, value)
        case .isNoneOf(let texts): !Self.contains(texts, value)
        case .like(let pattern): pattern.matches(value)
        }
    }

    fileprivate static func contains(_ texts: [[UInt8]], _ value: Span<UInt8>) -> Bool {
        for text in texts where text.count == value.count {
            var index = 0
            while index < text.count, text[index] == value[index] { index += 1 }
            if index == text.count { return true }
        }
        return false
    }

    /// The slot that a condition looks into, and what the condition wants, in words.
    func explanation(_ index: Int, _ work: [RowBatch.Cell]) -> (slot: Int, text: String) {
        let condition = conditions[index]
        let slot = condition.slots.first { work[$0].column != .max } ?? condition.slots.first ?? -1
        func list(_ texts: [String]) -> String {
            texts.prefix(8).joined(separator: ", ") + (texts.count > 8 ? ", …" : "")
        }
        let text =
            switch condition.rule.test {
            case .isOneOf(let texts): "is none of \(list(texts))"
            case .isNoneOf(let texts): "is one of \(list(texts))"
            case .isEmpty(true): "is not empty"
            case .isEmpty(false): "is empty"
            case .like(let pattern): "is not like \(pattern)"
            }
        return (slot, text)
    }
}

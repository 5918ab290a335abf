extension MappingRule {
    /// What is wrong with its checks, whatever the files hold: sentences for people, in their order.
    var checkProblems: [String] {
        var problems: [String] = []
        for check in checks ?? [] {
            let wanted: CheckedKind =
                switch check.kind {
                case .day: .date
                case .unchanged: .any
                default: .number
                }
            for name in check.fields {
                if let problem = problem(ofChecked: name, wanted: wanted) { problems.append(problem) }
            }
            switch check.kind {
            case .range(let field, let min?, let max?):
                if let low = CheckNumber(min), let high = CheckNumber(max), high.isLess(than: low) {
                    problems.append("a check of \(field) has `min` \(min), which is above its `max` \(max)")
                }
            case .ordered(let fields) where fields.count < 2:
                problems.append("`ordered` of a check needs two fields at least")
            case .ordered(let fields) where Set(fields).count != fields.count:
                problems.append("`ordered` of a check names a field twice")
            case .spread(let low, let high, _) where low == high:
                problems.append("`spread` of a check names the field \(low) twice")
            case .factor(_, let factor, _), .lastFactor(_, let factor, _):
                if let number = CheckNumber(factor), let four = CheckNumber("4"), number.isLess(than: four) {
                    problems.append(
                        "`factor` of a check is \(factor): about so many times is between half of it and its double, so that it must be 4 at least"
                    )
                }
            default: break
            }
        }
        return problems
    }

    /// What a check wants its field to be.
    private enum CheckedKind {
        case number, date, any
    }

    /// What stands against a check of the field; nil: nothing that can be known before a file comes.
    private func problem(ofChecked name: String, wanted: CheckedKind) -> String? {
        guard let fields else {
            return ["ric", "post", "service"].contains(name.lowercased())
                ? "`checks` names \(name), which is no field of the plain mapping" : nil
        }
        guard let field = fields.first(where: { $0.name == name }) else {
            let nearest = NearestWord.of(name, in: fields.map(\.name)).map { "; the nearest is `\($0)`" } ?? ""
            return
                "`checks` names the field `\(VisibleText.line(name))`, which is not among the rule's `fields`\(nearest)"
        }
        if wanted == .any { return nil }
        switch field.kindForChecks {
        case .number where wanted == .date: return "`age` and `future` are for dates, and \(name) is a number"
        case .date where wanted == .number: return "a check of \(name) wants a number, and the field is a date"
        case .other(let what):
            return "a check of \(name) wants a \(wanted == .date ? "date" : "number"), and the field is \(what)"
        case .number, .date, .unknown: return nil
        }
    }
}

extension FieldRule {
    fileprivate enum KindForChecks {
        case number, date, unknown
        case other(String)
    }

    /// What its values are, as far as the rule tells.
    fileprivate var kindForChecks: KindForChecks {
        switch type {
        case .real, .int, .uint: return .number
        case .date: return .date
        case .time: return .other("a time")
        case .text, .ascii: return .other("a text")
        case .enum: return .other("an enum")
        case nil: break
        }
        switch source {
        case .derived(_, let value):
            if let date = value.date { return date.target == .date ? .date : .other("a time") }
            return value.formula == nil ? .unknown : .number
        case .value(let text, let isText):
            // A date may be written in quotes, or without.
            if DateText.day(of: Array(text.utf8).span) != nil { return .unknown }
            return isText || CheckNumber(text) == nil ? .other("a text") : .number
        case .column: return .unknown
        }
    }
}

/// How a rule makes a value of a row, for words about what is wrong with the value.
enum ValueMaking: Sendable, Equatable {
    /// Of one column, whatever becomes of its text.
    case column
    /// Of one column, whose number may be written in another way: the column's own text tells what stands in the file.
    case number
    /// These pieces were put together.
    case template([TemplatePiece])
    /// The formula as it is written.
    case formula(String)

    init(_ value: ValueRule) {
        if let formula = value.formula {
            self = .formula(formula)
        } else if let pieces = value.template, value.lookup == nil {
            self = .template(pieces)
        } else if value.number != nil, value.map == nil, value.lookup == nil {
            self = .number
        } else {
            self = .column
        }
    }

    /// The columns of a template which must not be empty; of anything else nil.
    var needed: [String]? {
        guard case .template(let pieces) = self else { return nil }
        return pieces.compactMap { piece in
            if case .column(let name, let changes) = piece, !changes.contains(.optional) { name } else { nil }
        }
    }

    /// What stands before words about the value.
    ///
    /// - Parameter name: the column's, in quotes; empty: there is none.
    func prefix(_ name: String) -> String {
        switch self {
        case .column, .number: return name.isEmpty ? "" : "\(name): "
        case .formula(let text): return "The result of the formula \(shown(Array(text.utf8).span)): "
        case .template(let pieces):
            var names: [String] = []
            for case .column(let name, _) in pieces {
                let name = shown(Array(name.utf8).span)
                if !names.contains(name) { names.append(name) }
            }
            guard names.count > 1, let last = names.popLast() else { return name.isEmpty ? "" : "\(name): " }
            return "\(names.joined(separator: ", ")) and \(last) together: "
        }
    }
}

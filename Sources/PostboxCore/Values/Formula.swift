/// Arithmetic over a row's values: `(bid + ask) / 2`, exact from the digits of the file to those of the result.
///
/// A value is a fraction of two whole numbers while it is computed with; only `round`, in the formula or of the field, makes
/// decimals of it. Numbers of usual size are computed with in 64 or 128 bits, all others with as many as they need, up to a bound.
package struct Formula: Sendable {
    /// A column's value in a row.
    enum Operand: Sendable {
        case empty
        case number(DecimalText)
        /// It is none.
        case fault(ValueFault)
    }

    /// A step, which knows the steps before it by their index.
    enum Node: Sendable {
        case column(Int)
        case constant(DecimalText)
        case negated(Int)
        case magnitude(Int)
        case sum(Int, Int)
        case difference(Int, Int)
        case product(Int, Int)
        case quotient(Int, Int)
        case least(Int, Int)
        case greatest(Int, Int)
        case rounded(Int, decimals: Int)
    }

    /// As it was written.
    package let text: String
    /// The columns that it names, each once, in the order in which they come; operands have their indices.
    package let columns: [String]
    /// Whether a division's result reaches the end unrounded: then the field must say to how many decimals.
    package let divides: Bool
    /// Whether it has a `round` of its own.
    package var rounds: Bool {
        nodes.contains { node in
            if case .rounded = node { true } else { false }
        }
    }
    private let nodes: [Node]
    /// Every constant fits 64 bits.
    private let hasShortConstants: Bool

    /// What stands below a division line: the indices of its columns, in the order of the formula.
    var divisors: [Int] {
        var found: [Int] = []
        func collect(_ index: Int) {
            switch nodes[index] {
            case .column(let column): found.append(column)
            case .constant: break
            case .negated(let a), .magnitude(let a), .rounded(let a, _): collect(a)
            case .sum(let a, let b), .difference(let a, let b), .product(let a, let b), .quotient(let a, let b),
                .least(let a, let b), .greatest(let a, let b):
                collect(a)
                collect(b)
            }
        }
        for case .quotient(_, let below) in nodes { collect(below) }
        return found
    }

    /// Reads a formula as the configuration has it.
    ///
    /// - Throws: what is wrong, with the place.
    package init(parsing text: String) throws(SettingsMistake) {
        self.text = text
        var parser = FormulaParser(text)
        divides = try parser.parse()
        columns = parser.columns
        nodes = parser.nodes
        hasShortConstants = parser.nodes.allSatisfy { node in
            if case .constant(let decimal) = node { decimal.isShort } else { true }
        }
    }

    /// Appends the result as a plain decimal without zeros at the end; nothing when an operand is empty.
    ///
    /// - Parameters:
    ///   - operands: the value of the column of that index in `columns`; asked once for each.
    ///   - scale: what the result is multiplied by.
    ///   - round: decimals that are kept; below 0: all.
    ///   - rounding: what becomes of the others, here and in the formula's own `round`.
    /// - Returns: why there is no result: an operand is none, a division by zero, or more digits than a price can have. Nothing
    ///   was appended then.
    func evaluate(
        _ operands: (Int) -> Operand, scale: DecimalText.Scale? = nil, round: Int = -1, rounding: Rounding = .halfUp,
        into out: inout [UInt8]
    ) -> ValueFault? {
        evaluate(operands, scale: scale, round: round, rounding: rounding, isQuick: true, into: &out)
    }

    /// - Parameter isQuick: 128 bits are tried first; else only tests ask for it.
    func evaluate(
        _ operands: (Int) -> Operand, scale: DecimalText.Scale?, round: Int, rounding: Rounding, isQuick: Bool,
        into out: inout [UInt8]
    ) -> ValueFault? {
        withUnsafeTemporaryAllocation(of: DecimalText.self, capacity: columns.count) { values in
            var hasEmpty = false
            var fault: ValueFault?
            for index in columns.indices {
                switch operands(index) {
                case .empty: hasEmpty = true
                case .number(let decimal):
                    values.initializeElement(at: index, to: decimal)
                    if decimal.isCut { fault = fault ?? .decimalTooLong }
                case .fault(let what): fault = fault ?? what
                }
            }
            if let fault { return fault }
            if hasEmpty { return nil }
            let last = LastSteps(scale: scale, round: round, rounding: rounding)
            let given = UnsafeBufferPointer(values)
            do throws(FormulaFault) {
                let result =
                    isQuick
                    ? try quickly(given, last) : try Evaluation<BigNatural>(nodes, given, rounding).result(last)
                result.write(into: &out)
                return nil
            } catch {
                return error == .divisionByZero ? .divisionByZero : .decimalTooLong
            }
        }
    }

    private func quickly(
        _ values: UnsafeBufferPointer<DecimalText>, _ last: LastSteps
    ) throws(FormulaFault) -> PlainResult {
        // What prices have fits 64 bits, and their products mostly do.
        if hasShortConstants, values.allSatisfy(\.isShort) {
            do throws(FormulaFault) {
                return try Evaluation<UInt64>(nodes, values, last.rounding).result(last)
            } catch {
                guard error == .tooLong else { throw error }
            }
        }
        do throws(FormulaFault) {
            return try Evaluation<UInt128>(nodes, values, last.rounding).result(last)
        } catch {
            guard error == .tooLong else { throw error }
            return try Evaluation<BigNatural>(nodes, values, last.rounding).result(last)
        }
    }
}

/// What is done to a formula's result.
private struct LastSteps {
    var scale: DecimalText.Scale?
    var round: Int
    var rounding: Rounding
}

/// A formula's way through one row's values.
private struct Evaluation<Number: Natural> {
    private let nodes: [Formula.Node]
    private let values: UnsafeBufferPointer<DecimalText>
    private let rounding: Rounding

    init(_ nodes: [Formula.Node], _ values: UnsafeBufferPointer<DecimalText>, _ rounding: Rounding) {
        self.nodes = nodes
        self.values = values
        self.rounding = rounding
    }

    func result(_ last: LastSteps) throws(FormulaFault) -> PlainResult {
        var value = try self.value(of: nodes.count - 1)
        if let scale = last.scale {
            value = try value.times(
                ExactFraction(
                    isNegative: scale.isNegative, UInt128(scale.mantissa), decimals: scale.decimals))
        }
        if last.round >= 0 { value = try value.rounded(to: last.round, rounding) }
        return try value.plain()
    }

    /// The parser bounds how deep this goes.
    private func value(of index: Int) throws(FormulaFault) -> ExactFraction<Number> {
        switch nodes[index] {
        case .column(let column): return ExactFraction(values[column])
        case .constant(let decimal): return ExactFraction(decimal)
        case .negated(let a): return try value(of: a).negated()
        case .magnitude(let a):
            let value = try value(of: a)
            return value.isNegative ? value.negated() : value
        case .sum(let a, let b): return try value(of: a).plus(value(of: b))
        case .difference(let a, let b): return try value(of: a).plus(value(of: b).negated())
        case .product(let a, let b): return try value(of: a).times(value(of: b))
        case .quotient(let a, let b): return try value(of: a).divided(by: value(of: b))
        case .least(let a, let b):
            let (a, b) = (try value(of: a), try value(of: b))
            return try b.isLess(than: a) ? b : a
        case .greatest(let a, let b):
            let (a, b) = (try value(of: a), try value(of: b))
            return try a.isLess(than: b) ? b : a
        case .rounded(let a, let decimals): return try value(of: a).rounded(to: decimals, rounding)
        }
    }
}

extension DecimalText {
    /// Whether it fits 64 bits without its point.
    fileprivate var isShort: Bool { mantissa <= UInt128(UInt64.max) }
}

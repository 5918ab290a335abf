/// Reads a formula into steps.
///
///     sum     = product { ("+" | "-") product }
///     product = signed { ("*" | "/") signed }
///     signed  = "-" signed | value
///     value   = decimal | name | "[" any name "]" | "(" sum ")" | function "(" sum { "," sum } ")"
struct FormulaParser {
    /// Bytes of a formula.
    private static let lengthMax = 2000
    /// How deep steps may lie in each other, brackets and signs among them: computing and reading go as deep.
    private static let depthMax = 200

    private let text: [UInt8]
    private var index = 0
    private var depth = 0
    private(set) var nodes: [Formula.Node] = []
    private(set) var columns: [String] = []
    private var facts: [Facts] = []

    /// What is known of a step.
    private struct Facts {
        var depth = 1
        /// It has a division that no `round` encloses.
        var divides = false
    }

    init(_ text: String) { self.text = Array(text.utf8) }

    /// Reads it all.
    ///
    /// - Returns: whether a division's result reaches the end.
    mutating func parse() throws(SettingsMistake) -> Bool {
        guard text.count <= Self.lengthMax else {
            throw SettingsMistake("a formula: it is longer than \(Self.lengthMax) bytes")
        }
        let last = try sum()
        skipBlanks()
        if index < text.count {
            switch text[index] {
            case UInt8(ascii: ")"): throw mistake("there is a `)` without its `(`")
            case UInt8(ascii: ","): throw mistake("there is a `,`: a decimal has a point")
            default: throw mistake("an operator is missing")
            }
        }
        return facts[last].divides
    }

    // MARK: Steps

    private mutating func sum() throws(SettingsMistake) -> Int {
        var left = try product()
        while true {
            if take("+") {
                left = try add(.sum(left, try product()), of: left)
            } else if take("-") {
                left = try add(.difference(left, try product()), of: left)
            } else {
                return left
            }
        }
    }

    private mutating func product() throws(SettingsMistake) -> Int {
        var left = try signed()
        while true {
            if take("*") {
                left = try add(.product(left, try signed()), of: left)
            } else if take("/") {
                skipBlanks()
                let place = index
                let right = try signed()
                if case .constant(let decimal) = nodes[right], decimal.mantissa == 0 {
                    throw mistake("it divides by zero", at: place)
                }
                left = try add(.quotient(left, right), of: left)
                facts[left].divides = true
            } else {
                return left
            }
        }
    }

    private mutating func signed() throws(SettingsMistake) -> Int {
        guard take("-") else { return try value() }
        try enter()
        let step = try signed()
        depth -= 1
        return try add(.negated(step), of: step)
    }

    private mutating func value() throws(SettingsMistake) -> Int {
        skipBlanks()
        guard index < text.count else { throw mistake("a number or a column is missing") }
        let start = index
        switch text[index] {
        case UInt8(ascii: "("):
            index += 1
            try enter()
            let step = try sum()
            depth -= 1
            try close(start)
            return step
        case UInt8(ascii: "["):
            let name = try bracketed()
            return try column(name, at: start)
        case let byte where isDecimalDigit(byte):
            return try constant()
        case let byte where isNameStart(byte):
            let name = try name()
            return take("(") ? try function(name, at: start, open: index - 1) : try column(name, at: start)
        default:
            throw mistake("a number or a column is missing")
        }
    }

    private mutating func function(_ name: String, at start: Int, open: Int) throws(SettingsMistake) -> Int {
        guard ["min", "max", "abs", "round"].contains(name) else {
            throw mistake("only min, max, abs and round have arguments", at: start)
        }
        try enter()
        var step = try sum()
        if name == "abs" {
            step = try add(.magnitude(step), of: step)
        } else if name == "round" {
            guard take(",") else { throw mistake("round needs a number of decimals, as in round(x, 4)") }
            step = try add(.rounded(step, decimals: try decimals()), of: step)
            facts[step].divides = false
        } else {
            guard take(",") else { throw mistake("\(name) needs two values, as in \(name)(a, b)") }
            repeat {
                let other = try sum()
                step = try add(name == "min" ? .least(step, other) : .greatest(step, other), of: step)
            } while take(",")
        }
        depth -= 1
        try close(open)
        return step
    }

    private mutating func decimals() throws(SettingsMistake) -> Int {
        skipBlanks()
        let start = index
        while index < text.count, isDecimalDigit(text[index]) { index += 1 }
        guard let number = Int(String(decoding: text[start..<index], as: UTF8.self)),
            number <= DecimalText.decimalsMax
        else { throw mistake("round needs a number of decimals from 0 to \(DecimalText.decimalsMax)", at: start) }
        return number
    }

    private mutating func constant() throws(SettingsMistake) -> Int {
        let start = index
        while index < text.count, isDecimalDigit(text[index]) { index += 1 }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            let fraction = index
            while index < text.count, isDecimalDigit(text[index]) { index += 1 }
            if index == fraction { throw mistake("a digit is missing behind the point") }
        }
        if index < text.count, blankLength == 0, isNamePart(text[index]) || text[index] == UInt8(ascii: "[") {
            throw mistake(
                "a number ends in something else: a column's name that begins with a digit stands in [ ]", at: start)
        }
        guard let decimal = DecimalText(text.span.extracting(start..<index)), !decimal.isCut else {
            throw mistake("a number has more than \(DecimalText.digitsReadMax) digits", at: start)
        }
        return try add(.constant(decimal), of: nil)
    }

    private mutating func column(_ name: String, at start: Int) throws(SettingsMistake) -> Int {
        if let known = columns.firstIndex(of: name) { return try add(.column(known), of: nil) }
        columns.append(name)
        return try add(.column(columns.count - 1), of: nil)
    }

    /// Adds a step made of those before it, of which `first` is one and the last added another.
    private mutating func add(_ node: Formula.Node, of first: Int?) throws(SettingsMistake) -> Int {
        var fact = Facts()
        if let first, let last = facts.last {
            fact.depth = max(facts[first].depth, last.depth) + 1
            fact.divides = facts[first].divides || last.divides
        }
        guard fact.depth <= Self.depthMax else { throw tooDeep }
        nodes.append(node)
        facts.append(fact)
        return nodes.count - 1
    }

    // MARK: Words

    /// Letters, digits, `_`, `.`, `@`, `$`, and what stands in brackets behind them: `px[0]`, `field[name=BID].value`.
    private mutating func name() throws(SettingsMistake) -> String {
        let start = index
        while index < text.count {
            if text[index] == UInt8(ascii: "[") {
                _ = try bracketed()
            } else if isNamePart(text[index]), blankLength == 0 {
                index += 1
            } else {
                break
            }
        }
        return String(decoding: text[start..<index], as: UTF8.self)
    }

    /// What stands between a bracket and its other one, brackets of its own in it.
    private mutating func bracketed() throws(SettingsMistake) -> String {
        let start = index
        var open = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "[") { open += 1 }
            if text[index] == UInt8(ascii: "]") { open -= 1 }
            index += 1
            guard open == 0 else { continue }
            guard index - start > 2 else { throw mistake("there is no name between the brackets", at: start) }
            return String(decoding: text[(start + 1)..<(index - 1)], as: UTF8.self)
        }
        throw mistake("there is no `]` for this `[`", at: start)
    }

    private mutating func take(_ sign: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard index < text.count, text[index] == UInt8(ascii: sign) else { return false }
        index += 1
        return true
    }

    private mutating func close(_ open: Int) throws(SettingsMistake) {
        if take(")") { return }
        throw index < text.count && text[index] != UInt8(ascii: ",")
            ? mistake("an operator is missing")
            : index < text.count
                ? mistake("there is a `,` too many") : mistake("there is no `)` for this `(`", at: open)
    }

    private mutating func skipBlanks() {
        while index < text.count, blankLength > 0 { index += blankLength }
    }

    /// Bytes of the blank that stands here, one that breaks no line among them: texts are copied from anywhere.
    private var blankLength: Int {
        switch text[index] {
        case Byte.space, Byte.tab, Byte.lineFeed, Byte.carriageReturn: 1
        case 0xc2, 0xe2: noBreakBlankLength(text.span, at: index)
        default: 0
        }
    }

    private func isNameStart(_ byte: UInt8) -> Bool {
        isNamePart(byte) && !isDecimalDigit(byte) && byte != UInt8(ascii: ".")
    }

    private func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "@"),
            UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }

    // MARK: Mistakes

    private mutating func enter() throws(SettingsMistake) {
        depth += 1
        guard depth <= Self.depthMax else { throw tooDeep }
    }

    private var tooDeep: SettingsMistake {
        SettingsMistake("a formula: its parts lie deeper in each other than \(Self.depthMax)")
    }

    /// - Parameter place: nil: where reading stands.
    private func mistake(_ what: String, at place: Int? = nil) -> SettingsMistake {
        let character = text[..<min(place ?? index, text.count)].count { $0 & 0xc0 != 0x80 } + 1
        return SettingsMistake("a formula: at character \(character), \(what)")
    }
}

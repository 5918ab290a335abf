extension TemplatePiece {
    /// `{issuer} {coupon}%`: text with columns in braces. Behind a column's name may stand changes, each behind a colon:
    /// `{isin:upper}`, `{num:trim:pad(8,0)}`, `{strike:optional}`. A name that has braces, colons or quotes stands in quotes:
    /// `{"a:b"}`, in which a doubled quote is one. `{{` and `}}` are braces of the text.
    ///
    /// Throws what is wrong with it.
    package static func parse(_ text: String) throws(SettingsMistake) -> [TemplatePiece] {
        var parser = TemplateParser(rest: text[...])
        return try parser.pieces()
    }
}

private struct TemplateParser {
    var rest: Substring

    /// Characters of a part; more than any field takes.
    private static let lengthMax = 10_000

    mutating func pieces() throws(SettingsMistake) -> [TemplatePiece] {
        var pieces: [TemplatePiece] = []
        var text = ""
        while let first = rest.popFirst() {
            if first == "{" || first == "}", rest.first == first {
                rest.removeFirst()
                text.append(first)
            } else if first == "{" {
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(try column())
            } else if first == "}" {
                throw SettingsMistake("a template with matching braces such as {isin}.TST")
            } else {
                text.append(first)
            }
        }
        guard !pieces.isEmpty else {
            throw SettingsMistake(
                "a template with a column in braces such as {isin}.TST: every row would have the same text")
        }
        return text.isEmpty ? pieces : pieces + [.text(text)]
    }

    /// What stands behind an opening brace, up to and with the closing one.
    private mutating func column() throws(SettingsMistake) -> TemplatePiece {
        let name = try name()
        guard !name.isEmpty else {
            throw SettingsMistake("a template with a column's name between the braces such as {isin}.TST")
        }
        var changes: [TemplatePiece.Change] = []
        while rest.first == ":" {
            rest.removeFirst()
            changes.append(try change())
        }
        guard rest.first == "}" else {
            throw SettingsMistake("a template with matching braces such as {isin}.TST")
        }
        rest.removeFirst()
        return .column(name, changes)
    }

    private mutating func name() throws(SettingsMistake) -> String {
        guard let quote = rest.first, quote == "\"" || quote == "'" else {
            // A path's predicate may hold whatever it compares with.
            var depth = 0
            var name = ""
            while let character = rest.first, character != "{", depth > 0 || !"}:".contains(character) {
                depth += character == "[" ? 1 : character == "]" ? -1 : 0
                name.append(character)
                rest.removeFirst()
            }
            return name
        }
        rest.removeFirst()
        var name = ""
        while let character = rest.popFirst() {
            if character == quote {
                guard rest.first == quote else { return name }
                rest.removeFirst()
            }
            name.append(character)
        }
        throw SettingsMistake("a template whose quoted names end with their quote, such as {\"Px: Bid\"}")
    }

    private mutating func change() throws(SettingsMistake) -> TemplatePiece.Change {
        let word = rest.prefix { $0.isLetter }
        rest = rest[word.endIndex...]
        switch word {
        case "upper": return .upper
        case "lower": return .lower
        case "trim": return .trim
        case "optional": return .optional
        case "left": return .left(try length(closing: ")"))
        case "right": return .right(try length(closing: ")"))
        case "pad":
            let length = try length(closing: ",")
            // `pad(8, 0)`: the blank behind the comma is none of it.
            if rest.first == " ", rest.dropFirst().first != ")" { rest.removeFirst() }
            guard let filler = rest.popFirst(), rest.popFirst() == ")" else {
                throw SettingsMistake("a template in which pad is such as {num:pad(8,0)}: a length and one character")
            }
            return .pad(length, String(filler))
        default:
            throw SettingsMistake(
                "a template whose columns have the changes upper, lower, trim, left(N), right(N), pad(N,0) and optional alone; a name with a colon stands in quotes: {\"a:b\"}"
            )
        }
    }

    /// `(8)`, or `(8,`.
    private mutating func length(closing: Character) throws(SettingsMistake) -> Int {
        let mistake = SettingsMistake(
            "a template with a length from 1 to \(Self.lengthMax) in left(N), right(N) and pad(N,0)")
        guard rest.popFirst() == "(" else { throw mistake }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest[digits.endIndex...]
        guard let length = Int(digits), (1...Self.lengthMax).contains(length), rest.popFirst() == closing else {
            throw mistake
        }
        return length
    }
}

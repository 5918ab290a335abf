extension TemplatePiece {
    /// Reads a template as a rule writes it: `{isin:upper}=TST`, text with columns in braces and changes behind colons. A name with odd
    /// characters stands in quotes: `{"Px: Bid":left(3)}`.
    package static func parse(_ text: String) throws(SettingsMistake) -> [TemplatePiece] {
        var pieces: [TemplatePiece] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{" else { throw unmatched }
            if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
            rest = rest[rest.index(after: open)...]
            pieces.append(try column(&rest))
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        guard pieces.contains(where: { if case .column = $0 { true } else { false } }) else {
            throw SettingsMistake(
                "a template with a column in braces such as {isin}.TST: every row would have the same text")
        }
        return pieces
    }

    private static let unmatched = SettingsMistake("a template with matching braces such as {isin}.TST")

    /// Reads up to the closing brace and takes it away.
    private static func column(_ rest: inout Substring) throws(SettingsMistake) -> TemplatePiece {
        var name = ""
        if rest.first == "\"" {
            rest.removeFirst()
            guard let close = rest.firstIndex(of: "\"") else { throw unmatched }
            name = String(rest[..<close])
            rest = rest[rest.index(after: close)...]
        } else {
            // A path's predicate may hold whatever it compares with.
            var depth = 0
            while let character = rest.first, depth > 0 || character != ":" && character != "}" {
                if character == "{" { throw unmatched }
                depth += character == "[" ? 1 : character == "]" ? -1 : 0
                name.append(character)
                rest.removeFirst()
            }
        }
        guard !name.isEmpty else {
            throw SettingsMistake("a template with a column's name between the braces such as {isin}.TST")
        }
        var changes: [Change] = []
        while rest.first == ":" {
            rest.removeFirst()
            guard let end = rest.indices.first(where: { rest[$0] == ":" || rest[$0] == "}" || rest[$0] == "(" }) else {
                throw unmatched
            }
            var word = String(rest[..<end])
            rest = rest[end...]
            if rest.first == "(" {
                guard let close = rest.firstIndex(of: ")") else { throw unmatched }
                word += String(rest[...close])
                rest = rest[rest.index(after: close)...]
            }
            changes.append(try change(word))
        }
        guard rest.first == "}" else { throw unmatched }
        rest.removeFirst()
        return .column(name, changes)
    }

    private static func change(_ word: String) throws(SettingsMistake) -> Change {
        switch word {
        case "upper": return .upper
        case "lower": return .lower
        case "trim": return .trim
        case "optional": return .optional
        default: break
        }
        let mistake = SettingsMistake(
            "a template whose columns are changed by upper, lower, trim, optional, left(N), right(N) or pad(N,0); a name with a "
                + "colon stands in quotes: {\"a:b\"}")
        guard let open = word.firstIndex(of: "("), word.last == ")" else { throw mistake }
        let inside = word[word.index(after: open)...].dropLast()
        let most = 10_000
        switch word[..<open] {
        case "left":
            guard let count = SettingsText.wholeNumber(String(inside), in: 1...most) else { throw mistake }
            return .left(count)
        case "right":
            guard let count = SettingsText.wholeNumber(String(inside), in: 1...most) else { throw mistake }
            return .right(count)
        case "pad":
            guard let comma = inside.firstIndex(of: ",") else { throw mistake }
            var filler = inside[inside.index(after: comma)...]
            // `pad(8, 0)`: the blank behind the comma is none of it.
            if filler.count > 1, filler.first == " " { filler.removeFirst() }
            guard let count = SettingsText.wholeNumber(String(inside[..<comma]), in: 1...most), filler.count == 1 else {
                throw mistake
            }
            return .pad(count, String(filler))
        default: throw mistake
        }
    }
}

/// Finds keys at the top of a configuration that need not be right: what stops a wrong file must not wait for a good one.
package enum LooseKeys {
    /// What a text says about a key.
    package enum Found: Equatable, Sendable {
        case absent
        case value(String)
        /// It stands there more than once with different values, or its value is not a text in one line.
        case unclear
    }

    /// The value of `KEY: value` at the beginning of a line, with or without quotes. The lines may all begin with as many blanks
    /// as the first one that has a key.
    package static func value(of key: String, in text: String) -> Found {
        var found = Found.absent
        let text = text.hasPrefix("\u{feff}") ? text.dropFirst() : text[...]
        let lines = text.split(whereSeparator: \.isNewline)
        let top = lines.first { line in
            line.contains { $0 != " " } && !line.drop { $0 == " " }.hasPrefix("#") && line != "---"
        }
        let margin = top?.prefix { $0 == " " }.count ?? 0
        for line in lines where line.prefix(margin).allSatisfy({ $0 == " " }) {
            let line = line.dropFirst(margin)
            guard let form = [key, "\"\(key)\"", "'\(key)'"].first(where: { line.hasPrefix($0) }) else { continue }
            var rest = line.dropFirst(form.count)
            while rest.first == " " { rest.removeFirst() }
            guard rest.first == ":" else { continue }
            rest.removeFirst()
            guard rest.first.map({ $0 == " " || $0 == "\t" }) ?? true else { continue }
            guard let value = scalar(rest), found == .absent || found == .value(value) else { return .unclear }
            found = .value(value)
        }
        return found
    }

    /// A text in one line; nil: it is none.
    private static func scalar(_ text: Substring) -> String? {
        var rest = text
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        guard let first = rest.first else { return nil }
        if first == "\"" || first == "'" {
            rest.removeFirst()
            guard let end = rest.firstIndex(of: first) else { return nil }
            let value = rest[..<end]
            // An escape, or a quote that stands for itself: more than a path needs.
            guard !value.contains("\\"), isOver(rest[rest.index(after: end)...]) else { return nil }
            return value.isEmpty ? nil : String(value)
        }
        guard !"[{|>&*!%@`#".contains(first) else { return nil }
        if let comment = rest.firstRange(of: " #") { rest = rest[..<comment.lowerBound] }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest.isEmpty || rest.contains(": ") ? nil : String(rest)
    }

    /// Nothing comes but blanks and a comment.
    private static func isOver(_ text: Substring) -> Bool {
        let rest = text.drop { $0 == " " || $0 == "\t" }
        return rest.isEmpty || rest.count < text.count && rest.first == "#"
    }
}

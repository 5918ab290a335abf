internal import PostboxCore
internal import Yams

/// A value with its place: what every reader below works on.
struct SettingsValue {
    let node: Node
    let line: Int
    /// As it is called in problems: "`window`".
    let name: String
    let isSecret: Bool
    let log: SettingsProblemLog

    init(_ node: Node, line: Int, name: String, isSecret: Bool = false, _ log: SettingsProblemLog) {
        self.node = node
        // A mapping's own place is its first key, a line or more below the key that a reader looks for.
        self.line = node.scalar?.mark?.line ?? line
        self.name = name
        self.isSecret = isSecret
        self.log = log
    }

    /// Notes what is wrong: what stands there, unless it is secret, and what is expected.
    /// Absolute: relative paths in the file start here.
    var folder: String { log.folder }

    func refuse(_ expected: String) {
        log.add(line: line, "\(name) is \(standing), which is not \(expected)")
    }

    /// What stands in the file: never an expanded value, and nothing that may hold a password.
    private var standing: String {
        switch node {
        case .mapping: return "a mapping"
        case .sequence: return "a list"
        case .alias: return "an alias"
        case .scalar(let scalar):
            if isNull { return "without a value" }
            if scalar.string.isEmpty { return "empty" }
            if isSecret || (scalar.string.contains("://") && scalar.string.contains("@")) {
                return "a text not shown here"
            }
            let shown = scalar.string.prefix(60).map { $0.isNewline || $0 == "\t" ? " " : $0 }
            return "\"\(String(shown))\(scalar.string.count > 60 ? "…" : "")\""
        }
    }

    var isNull: Bool {
        guard let scalar = node.scalar, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    var isMapping: Bool { node.mapping != nil }
    var isList: Bool { node.sequence != nil }

    /// Whether it is quoted or a block: text whatever it looks like.
    var isQuoted: Bool { node.scalar.map { $0.style != .plain } ?? false }

    /// The literal text of a scalar, expanded; nil after a problem.
    func text(_ expected: String = "a text", mayBeEmpty: Bool = false) -> String? {
        guard let scalar = node.scalar, !isNull else {
            refuse(expected)
            return nil
        }
        guard let text = log.expand(scalar.string, of: name, line: line) else { return nil }
        guard mayBeEmpty || !text.isEmpty else {
            log.add(line: line, "\(name) is empty, where \(expected) is expected")
            return nil
        }
        return text
    }

    /// The text, read by one of the notations of `SettingsText`.
    func parsed<T>(as expected: String, _ parse: (String) throws(SettingsMistake) -> T) -> T? {
        guard let text = text(expected) else { return nil }
        do throws(SettingsMistake) {
            return try parse(text)
        } catch {
            refuse(error.expected)
            return nil
        }
    }

    func number(_ range: ClosedRange<Int>) -> Int? {
        let upper = range.upperBound == .max ? "or more" : "to \(range.upperBound)"
        let expected = "a whole number, \(range.lowerBound) \(upper)"
        guard let text = text(expected) else { return nil }
        guard !isQuoted, let number = SettingsText.wholeNumber(text, in: range) else {
            refuse(isQuoted ? expected + ", without quotes" : expected)
            return nil
        }
        return number
    }

    func bool() -> Bool? {
        guard let text = text("true or false") else { return nil }
        guard !isQuoted, text == "true" || text == "false" else {
            refuse("true or false")
            return nil
        }
        return text == "true"
    }

    /// One of an enum's words.
    func word<T: RawRepresentable<String> & CaseIterable>() -> T? {
        let words = T.allCases.map(\.rawValue)
        let expected = "one of " + words.joined(separator: ", ")
        guard let text = text(expected) else { return nil }
        if let value = T(rawValue: text) { return value }
        // The text may have come from outside; the nearest word is ours and safe to show.
        let nearest = NearestWord.of(text, in: words).map { "; the nearest is `\($0)`" } ?? ""
        refuse(expected + nearest)
        return nil
    }

    /// The items of a list, or the value itself where a single one may stand.
    func items(_ expected: String = "a list", single: Bool = false) -> [SettingsValue]? {
        if let sequence = node.sequence {
            return sequence.enumerated().map {
                SettingsValue($1, line: $1.mark?.line ?? line, name: "\(name)[\($0 + 1)]", isSecret: isSecret, log)
            }
        }
        if single, node.scalar != nil, !isNull { return [self] }
        refuse(expected)
        return nil
    }

    /// The texts of a list, or a single text.
    func texts() -> [String]? {
        guard let items = items("a text or a list of texts", single: true) else { return nil }
        let texts = items.compactMap { $0.text() }
        return texts.count == items.count ? texts : nil
    }

    /// The entries of a mapping whose keys are names of the user's own.
    func entries(_ expected: String) -> [(key: String, value: SettingsValue)]? {
        guard let mapping = node.mapping else {
            refuse(expected)
            return nil
        }
        var seen: Set<String> = []
        return mapping.compactMap { key, value in
            guard let word = key.scalar?.string, !word.isEmpty else {
                log.add(line: key.mark?.line ?? line, "a key in \(name) is not a text")
                return nil
            }
            // YAML itself tells 1 from "1".
            if !seen.insert(word).inserted {
                log.add(line: key.mark?.line ?? line, "`\(word)` stands twice in \(name)")
            }
            let line = key.mark?.line ?? line
            return (word, SettingsValue(value, line: line, name: "`\(word)` in \(name)", isSecret: isSecret, log))
        }
    }

    func section<Key: SettingsKey>(_: Key.Type) -> SettingsSection<Key>? {
        SettingsSection<Key>(node, line: line, name: name, log)
    }
}

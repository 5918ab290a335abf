internal import Foundation
internal import PostboxCore
internal import Yams

/// Collects the problems of one file, and knows what its values may refer to.
final class SettingsProblemLog {
    let folder: String
    private let file: String
    private let environment: [String: String]
    private(set) var problems: [SettingsProblem] = []

    init(file: String, folder: String, environment: [String: String]) {
        self.file = file
        self.folder = folder
        self.environment = environment
    }

    func add(line: Int, _ what: String) {
        problems.append(SettingsProblem(file: file, line: line, what: what))
    }

    /// `text` with `${env:NAME}` and `${file:PATH}` replaced and `$${` standing for `${`; nil after a problem.
    func expand(_ text: String, of owner: String, line: Int) -> String? {
        var result = ""
        var rest = text[...]
        while let open = rest.range(of: "${") {
            let before = rest[..<open.lowerBound]
            if before.last == "$" {
                result += before + "{"
                rest = rest[open.upperBound...]
                continue
            }
            guard let close = rest[open.upperBound...].firstIndex(of: "}") else {
                add(line: line, "\(owner) has `${` without `}`; write `$${` for the characters themselves")
                return nil
            }
            guard let value = lookUp(rest[open.upperBound..<close], of: owner, line: line) else { return nil }
            result += before + value
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    private func lookUp(_ reference: Substring, of owner: String, line: Int) -> String? {
        if reference.hasPrefix("env:") {
            let name = String(reference.dropFirst(4))
            if let value = environment[name] { return value }
            add(line: line, "\(owner) needs the environment variable `\(name)`, which is not set")
        } else if reference.hasPrefix("file:") {
            let path = String(reference.dropFirst(5))
            let bytes = SettingsLoader.contents(absolutePath(path, from: folder), atMost: 1 << 16)
            if let bytes, let text = String(validating: bytes, as: UTF8.self) {
                // A carriage return and a line feed are one Character.
                return text.last?.isNewline == true ? String(text.dropLast()) : text
            }
            let trouble = bytes == nil ? "cannot be read (or is longer than 64 KiB)" : "is not UTF-8 text"
            add(line: line, "\(owner) needs the file `\(path)`, which \(trouble)")
        } else {
            let ways = "`${env:NAME}` and `${file:PATH}` are replaced; write `$${` for the characters `${` themselves"
            add(line: line, "\(owner) has a `${` of an unknown kind: only \(ways)")
        }
        return nil
    }
}

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

/// A mapping with known keys. Unknown ones are noted when it is made.
final class SettingsSection<Key: SettingsKey> {
    let line: Int
    private let name: String
    private let log: SettingsProblemLog
    private var values: [Key: SettingsValue] = [:]
    private var broken: Set<Key> = []

    init?(_ node: Node, line: Int, name: String, _ log: SettingsProblemLog) {
        self.line = line
        self.name = name
        self.log = log
        let whole = SettingsValue(node, line: line, name: name, isSecret: true, log)
        guard let mapping = node.mapping else {
            whole.refuse("a mapping with the keys " + Key.words.joined(separator: ", "))
            return nil
        }
        for (keyNode, value) in mapping {
            let keyLine = keyNode.mark?.line ?? self.line
            guard let word = keyNode.scalar?.string else {
                log.add(line: keyLine, "a key in \(name) is not a text")
                continue
            }
            guard let key = Key(rawValue: word) else {
                let nearest = NearestWord.of(word, in: Key.words) ?? ""
                log.add(line: keyLine, "unknown key `\(word)` in \(name); the nearest known key is `\(nearest)`")
                continue
            }
            values[key] = SettingsValue(value, line: keyLine, name: "`\(word)`", isSecret: key.isSecret, log)
        }
    }

    func has(_ key: Key) -> Bool { values[key] != nil }

    func value(_ key: Key) -> SettingsValue? { values[key] }

    /// Notes a problem unless the key is there.
    func require(_ key: Key) {
        if values[key] == nil { report("\(name) lacks the required key `\(key.rawValue)`", at: key) }
    }

    func required(_ key: Key) -> SettingsValue? {
        require(key)
        return values[key]
    }

    /// Notes a problem with a key as a whole, once: nothing follows for a key that is broken already.
    func report(_ what: String, at key: Key) {
        guard !broken.contains(key) else { return }
        broken.insert(key)
        log.add(line: values[key]?.line ?? line, what)
    }

    func isBroken(_ key: Key) -> Bool { broken.contains(key) }

    /// What `read` makes of a key's value; nil when the key is absent or `read` noted a problem.
    func read<T>(_ key: Key, _ read: (SettingsValue) -> T?) -> T? {
        guard let value = values[key] else { return nil }
        let before = log.problems.count
        let result = read(value)
        if log.problems.count > before { broken.insert(key) }
        return result
    }

    func text(_ key: Key) -> String? { read(key) { $0.text() } }

    func texts(_ key: Key) -> [String]? { read(key) { $0.texts() } }

    func bool(_ key: Key) -> Bool? { read(key) { $0.bool() } }

    func number(_ key: Key, _ range: ClosedRange<Int>) -> Int? { read(key) { $0.number(range) } }

    func word<T: RawRepresentable<String> & CaseIterable>(_ key: Key) -> T? { read(key) { $0.word() } }

    func duration(_ key: Key, least: Duration = .milliseconds(1)) -> Duration? {
        read(key) { value in
            guard let duration = value.parsed(as: "a duration such as 5s", SettingsText.duration) else { return nil }
            if duration < least { value.refuse("a duration above zero") }
            return duration
        }
    }

    /// Absolute, seen from the configuration's folder.
    func path(_ key: Key) -> String? {
        read(key) { value in
            guard let text = value.text("a path") else { return nil }
            // A shell would put the home folder there; a folder named ~ is never meant.
            if text == "~" || text.hasPrefix("~/") { value.refuse("a path: `~` has no meaning here, write it out") }
            let path = absolutePath(text, from: log.folder)
            if path.isEmpty || text.utf8.contains(0) { value.refuse("a path below the root") }
            return path
        }
    }
}

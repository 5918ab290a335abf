internal import PostboxCore
internal import Yams

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
                log.add(line: keyLine, "unknown key `\(word)` in \(name)\(Self.advice(word))")
                continue
            }
            if key.isSecret { log.note(secret: value, isAddress: key.isAddress, line: keyLine) }
            values[key] = SettingsValue(value, line: keyLine, name: "`\(word)`", isSecret: key.isSecret, log)
        }
    }

    /// Where a key belongs that is unknown here, or which one is meant.
    private static func advice(_ word: String) -> String {
        if Key.self == RuleKey.self, FieldKey(rawValue: word) != nil { return "; it is a key of a field" }
        if Key.self == FieldKey.self, RuleKey(rawValue: word) != nil { return "; it is a key of the whole rule" }
        return NearestWord.of(word, in: Key.words).map { "; the nearest known key is `\($0)`" } ?? ""
    }

    /// Problems that were noted so far, of the whole file.
    var problemCount: Int { log.problems.count }

    func has(_ key: Key) -> Bool { values[key] != nil }

    func value(_ key: Key) -> SettingsValue? { values[key] }

    /// The line of an entry of a key's mapping, or of a key of that entry; where there is none, of what encloses it.
    func line(of entry: String?, _ inner: String? = nil, in key: Key) -> Int {
        guard let value = values[key] else { return line }
        func pair(_ name: String?, in node: Node) -> (key: Node, value: Node)? {
            node.mapping?.first { $0.key.scalar?.string == name && name != nil }
        }
        guard let found = pair(entry, in: value.node) else { return value.line }
        let mark = pair(inner, in: found.value)?.key.mark ?? found.key.mark
        return mark?.line ?? value.line
    }

    /// Whether a value comes from outside the file, at least in part.
    func isReferring(_ key: Key) -> Bool {
        guard let node = values[key]?.node else { return false }
        return (node.sequence.map(Array.init) ?? [node]).contains { $0.scalar?.string.contains("${") == true }
    }

    /// Notes what is allowed and not wise.
    func warn(_ what: String, at key: Key) { log.warn(line: values[key]?.line ?? line, what) }

    /// Notes that a key's value is a secret that stands in the file itself.
    func warnOfLiteral(_ key: Key) {
        guard let value = values[key] else { return }
        log.warnOfLiteral(line: value.line, "`\(key.rawValue)` in \(name)")
    }

    /// The text as it stands in the file; nil: it is none.
    func written(_ key: Key) -> String? { values[key]?.node.scalar?.string }

    /// Notes a problem unless the key is there.
    func require(_ key: Key) {
        if values[key] == nil { report("\(name) lacks the required key `\(key.rawValue)`", at: key) }
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

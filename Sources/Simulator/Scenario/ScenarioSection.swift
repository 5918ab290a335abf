import Yams

/// One mapping of a scenario file; remembers which keys were read, so that the others can be told as unknown.
final class ScenarioSection {
    let file: String
    private let name: String
    private let mapping: Node.Mapping
    private var asked: [String] = []

    init(_ node: Node, file: String, name: String) throws {
        guard case .mapping(let mapping) = node else {
            throw ScenarioError(
                file: file, line: node.mark?.line ?? 1, message: "\(name) has to be a map of keys to values")
        }
        self.file = file
        self.name = name
        self.mapping = mapping
    }

    /// The value of a key, once: nil when it is not there.
    func take(_ key: String) -> ScenarioValue? {
        asked.append(key)
        return mapping.first { $0.key.string == key }.map { ScenarioValue(node: $0.value, file: file, name: key) }
    }

    func value<Value>(_ key: String, _ read: (ScenarioValue) throws -> Value?) throws -> Value? {
        try take(key).flatMap(read)
    }

    func required<Value>(_ key: String, _ read: (ScenarioValue) throws -> Value) throws -> Value {
        guard let value = take(key) else {
            throw ScenarioError(file: file, line: mapping.mark?.line ?? 1, message: "\(name) needs the key '\(key)'")
        }
        return try read(value)
    }

    func section(_ key: String) throws -> ScenarioSection? {
        try take(key)?.section()
    }

    /// Every key with its value, where the keys are the user's own names.
    func orderedEntries<Value>(_ read: (ScenarioValue, String) throws -> Value) throws -> [Value] {
        try mapping.map { key, node in
            guard let name = key.string else {
                throw ScenarioError(file: file, line: key.mark?.line ?? 1, message: "a key of \(self.name) is no text")
            }
            return try read(ScenarioValue(node: node, file: file, name: name), name)
        }
    }

    func entries<Value>(_ read: (ScenarioValue, String) throws -> Value) throws -> [String: Value] {
        let pairs = try orderedEntries { ($1, try read($0, $1)) }
        return Dictionary(pairs) { _, last in last }
    }

    /// Throws for a key that no one asked for.
    func finish() throws {
        for key in mapping.keys {
            guard let name = key.string, asked.contains(name) else {
                let known = asked.sorted().joined(separator: ", ")
                throw ScenarioError(
                    file: file, line: key.mark?.line ?? 1,
                    message: "unknown key '\(key.string ?? "?")' in \(self.name); it knows \(known)")
            }
        }
    }
}

/// One value of a scenario file, with its place.
struct ScenarioValue {
    fileprivate let node: Node
    fileprivate let file: String
    fileprivate let name: String

    fileprivate init(node: Node, file: String, name: String) {
        self.node = node
        self.file = file
        self.name = name
    }

    func problem(_ message: String) -> ScenarioError {
        ScenarioError(file: file, line: node.mark?.line ?? 1, message: message)
    }

    func section() throws -> ScenarioSection {
        try ScenarioSection(node, file: file, name: "'\(name)'")
    }

    func ifSection() throws -> ScenarioSection? {
        guard case .mapping = node else { return nil }
        return try section()
    }

    func isText(_ text: String) -> Bool {
        node.scalar?.string == text
    }

    var isQuoted: Bool {
        node.scalar?.style == .doubleQuoted || node.scalar?.style == .singleQuoted
    }

    func string() throws -> String {
        guard let text = node.scalar?.string else { throw problem("'\(name)' has to be a text") }
        return text
    }

    func bool() throws -> Bool {
        guard let value = node.bool else { throw problem("'\(name)' has to be true or false") }
        return value
    }

    func integer(in range: ClosedRange<Int>) throws -> Int {
        guard let text = node.scalar?.string, let value = Int(text) else {
            throw problem("'\(name)' has to be a whole number")
        }
        guard range.contains(value) else {
            throw problem("'\(name)' is \(value), and has to be between \(range.lowerBound) and \(range.upperBound)")
        }
        return value
    }

    func list<Value>(_ read: (ScenarioValue) throws -> Value) throws -> [Value] {
        guard let sequence = node.sequence else { throw problem("'\(name)' has to be a list") }
        return try sequence.map { try read(ScenarioValue(node: $0, file: file, name: name)) }
    }

    func strings() throws -> [String] {
        try list { try $0.string() }
    }

    /// `250ms`, `2s` or `5m`.
    func duration() throws -> Duration {
        let text = try string()
        let unit = text.drop(while: { $0.isNumber })
        if let amount = Int(text.dropLast(unit.count)) {
            switch unit {
            case "us": return .microseconds(amount)
            case "ms": return .milliseconds(amount)
            case "s": return .seconds(amount)
            case "m": return .seconds(60 * amount)
            default: break
            }
        }
        throw problem("'\(text)' is no duration: write it like 250ms, 2s or 5m")
    }

    func choice<Value: RawRepresentable<String>>(_ type: Value.Type) throws -> Value {
        guard let value = Value(rawValue: try string()) else {
            throw problem("'\(try string())' is nothing that '\(name)' can be")
        }
        return value
    }

    func nakCode() throws -> NakCode {
        let text = try string()
        if let number = Int(text) { return NakCode(rawValue: number) }
        guard let code = NakCode(name: text) else { throw problem("'\(text)' is no NakCode") }
        return code
    }
}

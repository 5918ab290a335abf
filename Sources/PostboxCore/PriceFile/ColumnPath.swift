/// Where a value lies in a document of JSON or XML, as a rule writes it: `quote.bid`, `bid@time`, `px[0]`,
/// `field[name=BID].value`, `/Envelope/Cube/Cube@time`.
package struct ColumnPath: Sendable, Equatable {
    /// One step from a value to one that lies in it.
    package enum Step: Sendable, Equatable {
        /// The member or child of this name (UTF-8).
        case name([UInt8])
        /// The attribute of this name; in JSON the member of this name with `@` before it.
        case attribute([UInt8])
        /// Of the array's elements, or of the children of the last step's name, the one at this index from 0.
        case index(Int)
        /// Of these, the one whose member, child or attribute says so.
        case member(isAttribute: Bool, name: [UInt8], value: [UInt8])
        /// Each member (`*`).
        case any

        /// A step to something with a name: the other steps choose among what such a one has led to.
        var isNaming: Bool {
            switch self {
            case .name, .attribute, .any: true
            case .index, .member: false
            }
        }
    }

    /// It begins at the document's root, and else at the row.
    package var isFromRoot: Bool
    /// Empty: the value where the path begins.
    package var steps: [Step]

    /// A column's path.
    ///
    /// Throws what is wrong with it, with the place in characters from 1.
    package init(parsing text: String) throws(SettingsMistake) {
        var parser = ColumnPathParser(text, allowsAny: false)
        self = try parser.path()
    }

    /// The path of rows, or of an array: always from the root, with or without a slash, and `*` is each member; `/` alone is the
    /// root itself.
    ///
    /// Throws as `init(parsing:)`.
    package init(ofRows text: String) throws(SettingsMistake) {
        if text == "/" {
            self = .root
            return
        }
        var parser = ColumnPathParser(text, allowsAny: true)
        self = try parser.path()
    }

    private init(isFromRoot: Bool, steps: [Step]) {
        self.isFromRoot = isFromRoot
        self.steps = steps
    }

    /// The place of the root.
    package static let root = ColumnPath(isFromRoot: true, steps: [])

    /// Whether the text is more than names joined by dots, which every reader of JSON and XML finds.
    package static func isNeeded(for text: String) -> Bool {
        guard let first = text.utf8.first else { return false }
        if first == UInt8(ascii: "/") || first == Byte.quote || first == UInt8(ascii: "'") { return true }
        return text == keyName || text.utf8.contains { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "@") }
    }

    /// The column that has the name of a row that is a member.
    package static let keyName = "$key"

    /// The column that has the value of a row that is a single value: `{"USD": 1.07}` at `rates.*`.
    package static let valueName = "$value"

    /// Whether it is a column of Postbox's or the rule's own: `$file`, `$row`, `$product`.
    static func isOwn(_ text: String) -> Bool { text.utf8.first == UInt8(ascii: "$") }

    fileprivate static func made(isFromRoot: Bool, _ steps: [Step]) -> ColumnPath {
        ColumnPath(isFromRoot: isFromRoot, steps: steps)
    }
}

extension MappingRule {
    /// The paths of the rule that are none, each with its key and what it should be.
    package var pathMistakes: [(key: RuleKey, path: String, mistake: SettingsMistake)] {
        var ofRows: [String] = []
        var keyOfRows = RuleKey.arrays
        switch layout?.rows {
        case .path(let path): (ofRows, keyOfRows) = ([path], .rows)
        case .arrays(let rows, let names, _): ofRows = [rows] + (names.map { [$0] } ?? [])
        case .zip(let paths): ofRows = paths
        case nil: break
        }
        var found: [(key: RuleKey, path: String, mistake: SettingsMistake)] = []
        func note(_ path: String, _ key: RuleKey, _ parse: (String) throws(SettingsMistake) -> ColumnPath) {
            do throws(SettingsMistake) {
                _ = try parse(path)
            } catch {
                found.append((key: key, path: path, mistake: error))
            }
        }
        for path in ofRows { note(path, keyOfRows) { (path) throws(SettingsMistake) in try ColumnPath(ofRows: path) } }
        guard let traits = knownFormat?.traits, traits.hasPaths else { return found }
        let columns = columnsByUse
        for name in namedColumns.written where !ColumnPath.isOwn(name) && !ofRows.contains(name) {
            let first = columns.first { $0.names.contains(name) }
            // Behind `group` cells have the names that the file's lines give them, whatever these look like.
            let isCell = shape?.group != nil && first?.isBehindGroup == true
            guard isCell ? isNeededPath(name) : isPath(name, traits) else { continue }
            note(name, first?.key ?? .trailer) { (path) throws(SettingsMistake) in try ColumnPath(parsing: path) }
        }
        return found
    }

    /// Whether a column's name can mean nothing but a path.
    private func isPath(_ name: String, _ traits: FormatTraits) -> Bool {
        if isNeededPath(name) { return true }
        guard traits.hasRowElement else {
            // The name of a member at the top may look like anything, where rows lie as they always did; but none is meant with half a
            // pair of brackets.
            return name.last(where: { $0 == "[" || $0 == "]" }) == "["
        }
        // No name of XML begins with a dot or has a bracket; it may end in a dot, as long as names are not looked for as paths.
        if ColumnPath.isNeeded(for: name) || name.contains("]") || name.hasPrefix(".") { return true }
        return fields != nil && PriceFileReaders.needsTree(namedColumns, layout)
    }

    /// Whether it is looked for as a path, where rows lie as the rule says or the path begins at the root.
    private func isNeededPath(_ name: String) -> Bool {
        ColumnPath.isNeeded(for: name) && (layout?.rows != nil || name.hasPrefix("/"))
    }
}

/// Reads a path from left to right.
private struct ColumnPathParser {
    private let characters: [Unicode.Scalar]
    private let allowsAny: Bool
    private var at = 0
    private var isFromRoot = false

    init(_ text: String, allowsAny: Bool) {
        characters = Array(text.unicodeScalars)
        self.allowsAny = allowsAny
    }

    mutating func path() throws(SettingsMistake) -> ColumnPath {
        if pass("/") { isFromRoot = true }
        guard at < characters.count else { throw mistake("a name is missing") }
        var steps: [ColumnPath.Step] = []
        if peek == "[" { try selectors(into: &steps) } else if peek != "@" { try step(into: &steps) }
        while at < characters.count {
            if pass("@") {
                steps.append(.attribute(try name()))
                guard at == characters.count else { throw mistake("nothing can stand behind an attribute") }
            } else if pass(".") || isFromRoot && pass("/") {
                try step(into: &steps)
            } else {
                throw mistake("a dot, a bracket or an @ is missing")
            }
        }
        return .made(isFromRoot: isFromRoot || allowsAny, steps)
    }

    private mutating func step(into steps: inout [ColumnPath.Step]) throws(SettingsMistake) {
        let isQuoted = peek == "\"" || peek == "'"
        let name = try name()
        steps.append(allowsAny && !isQuoted && name == [UInt8(ascii: "*")] ? .any : .name(name))
        try selectors(into: &steps)
    }

    private mutating func selectors(into steps: inout [ColumnPath.Step]) throws(SettingsMistake) {
        while pass("[") {
            let start = at
            var digits = ""
            while let digit = peek, ("0"..."9").contains(digit) {
                digits.unicodeScalars.append(digit)
                at += 1
            }
            if peek == "]" {
                guard let index = Int(digits) else {
                    at = start
                    throw mistake("a number from 0, or a name with = and a value, is missing")
                }
                steps.append(.index(index))
            } else {
                at = start
                steps.append(try condition())
            }
            guard pass("]") else { throw mistake("a ] is missing") }
        }
    }

    private mutating func condition() throws(SettingsMistake) -> ColumnPath.Step {
        let start = at
        if allowsAny { throw mistake("the rows' path can have a number here, and no condition") }
        let isAttribute = pass("@")
        let name = try name(besides: "=")
        guard pass("=") else { throw mistake("an = is missing") }
        if let quoted = try quoted() { return .member(isAttribute: isAttribute, name: name, value: quoted) }
        let valueStart = at
        while let character = peek, character != "]" {
            _ = character
            at += 1
        }
        guard at < characters.count else {
            at = start - 1
            throw mistake("the bracket is not closed")
        }
        return .member(isAttribute: isAttribute, name: name, value: utf8(valueStart..<at))
    }

    private mutating func name(besides stop: Unicode.Scalar? = nil) throws(SettingsMistake) -> [UInt8] {
        if let quoted = try quoted() {
            if quoted.isEmpty { throw mistake("a name is missing") }
            return quoted
        }
        let start = at
        while let character = peek, character != stop, !isMark(character) { at += 1 }
        guard at > start else { throw mistake("a name is missing") }
        return utf8(start..<at)
    }

    /// What stands in quotes here, of which two together are one; nil: no quote stands here.
    private mutating func quoted() throws(SettingsMistake) -> [UInt8]? {
        guard let quote = peek, quote == "\"" || quote == "'" else { return nil }
        let start = at
        at += 1
        var text: [UInt8] = []
        while let character = peek {
            at += 1
            if character == quote {
                guard peek == quote else { return text }
                at += 1
            }
            text.append(contentsOf: String(character).utf8)
        }
        at = start
        throw mistake("the quote is not closed")
    }

    private func isMark(_ character: Unicode.Scalar) -> Bool {
        switch character {
        case ".", "[", "]", "@": true
        case "/": isFromRoot
        default: false
        }
    }

    private var peek: Unicode.Scalar? { at < characters.count ? characters[at] : nil }

    private mutating func pass(_ wanted: Unicode.Scalar) -> Bool {
        guard peek == wanted else { return false }
        at += 1
        return true
    }

    private func utf8(_ range: Range<Int>) -> [UInt8] { range.flatMap { Array(String(characters[$0]).utf8) } }

    private func mistake(_ what: String) -> SettingsMistake {
        SettingsMistake("a path such as quote.bid, px[0] or /meta/asof: at character \(at + 1) \(what)")
    }
}

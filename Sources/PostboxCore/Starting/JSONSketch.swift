/// Where the rows of a JSON file are, and what they hold.
struct JSONSketch {
    let sketch: FileSketch

    private struct Rows {
        var layout: [FileSketch.Line]
        var columns: [FileSketch.Column]
        var count: Int
    }

    init(_ text: String) {
        var parser = JSONTree.Parser(text)
        var documents: [JSONTree] = []
        while documents.count < FileSketch.rowsMax, let document = parser.next() { documents.append(document) }
        var found: [Rows] = []
        if documents.count > 1 {
            found = [Rows(layout: [], columns: Self.columns(of: documents, key: nil), count: documents.count)]
        } else if let document = documents.first {
            Self.look(at: document, path: "", &found)
        }
        let best = found.max { $0.count < $1.count }
        var layout = best?.layout ?? []
        if best == nil {
            layout.append(.question("Where are the rows?", choices: ["rows: path.to.the.list"]))
        }
        sketch = FileSketch(layout: layout, columns: best?.columns ?? [])
    }

    private static func look(at tree: JSONTree, path: String, _ found: inout [Rows]) {
        switch tree {
        case .array(let items):
            let objects = items.filter { if case .object = $0 { true } else { false } }
            if objects.count * 2 > items.count {
                found.append(
                    Rows(
                        layout: path.isEmpty ? [] : [.key("rows: \(yaml(path))")],
                        columns: columns(of: objects, key: nil),
                        count: objects.count))
            }
        case .object(let members):
            let objects = members.compactMap { if case .object(let inner) = $0.1 { inner } else { nil } }
            if members.count > 1, objects.count == members.count, let first = objects.first {
                let names = Set(first.map(\.0))
                if objects.allSatisfy({ !names.isDisjoint(with: $0.map(\.0)) }) {
                    let prefix = path.isEmpty ? "" : path + "."
                    found.append(
                        Rows(
                            layout: [
                                .key("rows: \(yaml(prefix + "*"))", remark: "each member is a row, its name is $key")
                            ],
                            columns: columns(of: members.map(\.1), key: members.map(\.0)), count: objects.count))
                }
            }
            lookAtArrays(members, path: path, &found)
            for (name, member) in members {
                look(at: member, path: path.isEmpty ? name : path + "." + name, &found)
            }
        default: break
        }
    }

    /// Rows that are arrays, and columns that are.
    private static func lookAtArrays(_ members: [(String, JSONTree)], path: String, _ found: inout [Rows]) {
        func full(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
        var scalars: [(name: String, values: [String])] = []
        for (name, member) in members {
            guard case .array(let items) = member, !items.isEmpty else { continue }
            let values = items.compactMap(\.scalar)
            if values.count == items.count { scalars.append((name, values)) }
        }
        for (name, member) in members {
            guard case .array(let items) = member else { continue }
            let rows = items.compactMap { item -> [String]? in
                guard case .array(let cells) = item else { return nil }
                return cells.map { $0.scalar ?? "" }
            }
            guard let first = rows.first, rows.count == items.count else { continue }
            guard let names = scalars.first(where: { $0.values.count == first.count }) else { continue }
            let columns = names.values.enumerated().map { index, column in
                FileSketch.Column(name: column, values: rows.compactMap { $0.count > index ? $0[index] : nil })
            }
            let key = "arrays: {rows: \(yaml(full(name))), names: \(yaml(full(names.name)))}"
            found.append(Rows(layout: [.key(key)], columns: columns, count: rows.count))
        }
        guard let length = scalars.map(\.values.count).max(), length > 1 else { return }
        let columns = scalars.filter { $0.values.count == length }
        guard columns.count > 1 else { return }
        let paths = columns.map { full($0.name) }
        found.append(
            Rows(
                layout: [.key("arrays: {zip: [\(paths.map(yaml).joined(separator: ", "))]}")],
                columns: zip(paths, columns).map { FileSketch.Column(name: $0, values: $1.values) }, count: length))
    }

    private static func columns(of rows: [JSONTree], key: [String]?) -> [FileSketch.Column] {
        var names: [String] = []
        var values: [String: [String]] = [:]
        func note(_ name: String, _ value: String) {
            if values[name] == nil { names.append(name) }
            values[name, default: []].append(value)
        }
        func note(_ tree: JSONTree, _ path: String, _ depth: Int) {
            if let scalar = tree.scalar { return note(path, scalar) }
            guard depth < 4 else { return }
            switch tree {
            case .object(let members):
                for (name, member) in members { note(member, path.isEmpty ? name : path + "." + name, depth + 1) }
            case .array(let items):
                for (index, item) in items.prefix(3).enumerated() { note(item, "\(path)[\(index)]", depth + 1) }
            default: break
            }
        }
        if let key { key.forEach { note("$key", $0) } }
        for row in rows.prefix(FileSketch.rowsMax) { note(row, "", 0) }
        return names.map { FileSketch.Column(name: $0, values: values[$0] ?? []) }
    }
}

/// A JSON text as a tree, as far as it was seen.
enum JSONTree {
    case object([(String, JSONTree)])
    case array([JSONTree])
    /// A text, or the literal of a number or word.
    case leaf(String)
    case null

    /// Nil: it is none.
    var scalar: String? {
        switch self {
        case .leaf(let text): text
        case .null: ""
        case .object, .array: nil
        }
    }

    /// Reads what it can; what is broken or cut off ends what was read.
    struct Parser {
        private let bytes: [UInt8]
        private var at = 0
        private static let depthMax = 64

        init(_ text: String) { bytes = Array(text.utf8) }

        /// The next document of the text.
        mutating func next() -> JSONTree? {
            skip()
            return at < bytes.count ? value(depth: 0) : nil
        }

        private mutating func skip() {
            while at < bytes.count, bytes[at] <= Byte.space || bytes[at] >= 0xBB && at < 3 { at += 1 }
        }

        private mutating func value(depth: Int) -> JSONTree? {
            skip()
            guard at < bytes.count, depth < Self.depthMax else { return nil }
            switch bytes[at] {
            case UInt8(ascii: "{"): return object(depth: depth)
            case UInt8(ascii: "["): return array(depth: depth)
            case Byte.quote: return text().map { .leaf($0) }
            default:
                let start = at
                while at < bytes.count, bytes[at] > Byte.space, !",]}:".utf8.contains(bytes[at]) { at += 1 }
                guard at > start else {
                    at += 1
                    return nil
                }
                let word = String(decoding: bytes[start..<at], as: UTF8.self)
                return word == "null" ? .null : .leaf(word)
            }
        }

        private mutating func object(depth: Int) -> JSONTree {
            var members: [(String, JSONTree)] = []
            at += 1
            while true {
                skip()
                guard at < bytes.count, bytes[at] != UInt8(ascii: "}"), let name = text() else { break }
                skip()
                guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { break }
                at += 1
                guard let value = value(depth: depth + 1) else { break }
                members.append((name, value))
                skip()
                guard at < bytes.count, bytes[at] == UInt8(ascii: ",") else { break }
                at += 1
            }
            if at < bytes.count, bytes[at] == UInt8(ascii: "}") { at += 1 }
            return .object(members)
        }

        private mutating func array(depth: Int) -> JSONTree {
            var items: [JSONTree] = []
            at += 1
            while true {
                skip()
                guard at < bytes.count, bytes[at] != UInt8(ascii: "]"), let item = value(depth: depth + 1) else {
                    break
                }
                items.append(item)
                skip()
                guard at < bytes.count, bytes[at] == UInt8(ascii: ",") else { break }
                at += 1
            }
            if at < bytes.count, bytes[at] == UInt8(ascii: "]") { at += 1 }
            return .array(items)
        }

        private mutating func text() -> String? {
            guard at < bytes.count, bytes[at] == Byte.quote else { return nil }
            var index = at + 1
            var text: [UInt8] = []
            while index < bytes.count, bytes[index] != Byte.quote {
                // Escapes are of no interest to the look, but do not end a text.
                if bytes[index] == Byte.backslash, index + 1 < bytes.count { index += 1 }
                text.append(bytes[index])
                index += 1
            }
            guard index < bytes.count else { return nil }
            at = index + 1
            return String(decoding: text, as: UTF8.self)
        }
    }
}

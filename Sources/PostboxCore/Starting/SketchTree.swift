/// A document's part as a tree, as far as it was seen: of JSON as it stands, of XML with attributes as members whose names begin
/// with an @, and an element's own text as the one without a name.
enum SketchTree {
    case object([SketchMember])
    case array([SketchTree])
    case leaf(String)
    /// A number of JSON's, or a word, as it is written.
    case literal(String)
    case null

    /// Nil: it is none.
    var scalar: String? {
        switch self {
        case .leaf(let text), .literal(let text): text
        case .null: ""
        case .object, .array: nil
        }
    }

    /// The path of a member of what lies at a path.
    static func path(_ path: String, _ name: String) -> String {
        if name.isEmpty { return path }
        if name.hasPrefix("@") { return path + name }
        let isOdd =
            name.contains { ".[]@\"'".contains($0) } || path.isEmpty && (name.hasPrefix("/") || name.hasPrefix("$"))
        let step = isOdd ? "'" + name.replacing("'", with: "''") + "'" : name
        return path.isEmpty ? step : path + "." + step
    }
}

/// A member of an object, or of an element.
struct SketchMember {
    var name: String
    var value: SketchTree
}

/// The values of rows of a document, by the paths that a rule would write.
struct SketchColumns {
    private(set) var columns: [FileSketch.Column] = []

    /// Paths at which any row has a list, and the member that tells its items apart, where there is one.
    private var lists: [String: String?] = [:]
    private var indexOfColumn: [String: Int] = [:]

    private static let depthMax = 5
    /// Items of a list that are columns by their place.
    private static let itemsMax = 3
    /// Items that are told apart by what they say: more kinds than these are no kinds.
    private static let kindsMax = 20
    private static let columnsMax = 300

    /// - Parameter key: for each row the name of the member that it is.
    init(of rows: [SketchTree], key: [String]? = nil) {
        let rows = rows.prefix(FileSketch.rowsMax)
        var found: [String: [[SketchTree]]] = [:]
        for row in rows { Self.findLists(row, "", 0, &found) }
        lists = found.mapValues(Self.teller)
        for name in key?.prefix(FileSketch.rowsMax) ?? [] { note("$key", name) }
        for row in rows { note(row, "", 0) }
    }

    private static func findLists(
        _ tree: SketchTree, _ path: String, _ depth: Int, _ found: inout [String: [[SketchTree]]]
    ) {
        guard depth < depthMax else { return }
        switch tree {
        case .object(let members):
            for member in members {
                findLists(member.value, SketchTree.path(path, member.name), depth + 1, &found)
            }
        case .array(let items):
            found[path, default: []].append(items)
            for item in items { findLists(item, path, depth + 1, &found) }
        case .leaf, .literal, .null: break
        }
    }

    /// The member whose value tells the items of such lists apart: each has it, no two of a list have the same, and the same few come
    /// again and again. Nil: there is none.
    private static func teller(_ lists: [[SketchTree]]) -> String? {
        guard lists.contains(where: { $0.count > 1 }),
            case .object(let members)? = lists.lazy.compactMap(\.first).first,
            members.count > 1
        else { return nil }
        return members.lazy.map(\.name).first { name in
            var (kinds, count) = (Set<String>(), 0)
            for list in lists {
                let values = list.compactMap { item -> String? in
                    guard case .object(let members) = item else { return nil }
                    return members.first { $0.name == name }?.value.scalar
                }
                guard values.count == list.count, Set(values).count == values.count else { return false }
                kinds.formUnion(values)
                count += values.count
            }
            guard kinds.count <= kindsMax, kinds.allSatisfy({ !$0.isEmpty && !$0.contains { "[]\"'\n".contains($0) } })
            else {
                return false
            }
            // Numbers may be prices, by chance of their own in each item, unless they come again.
            return !kinds.allSatisfy(ValueLook.isNumber)
                || kinds.count * 2 <= count
                    && kinds.allSatisfy { $0.count <= 4 && !$0.contains(".") && !$0.contains(",") }
        }
    }

    private mutating func note(_ path: String, _ value: String, isLiteral: Bool = false, isOneOfMany: Bool = false) {
        guard indexOfColumn[path] != nil || columns.count < Self.columnsMax else { return }
        let index = indexOfColumn[path] ?? columns.count
        if index == columns.count {
            indexOfColumn[path] = index
            columns.append(FileSketch.Column(name: path, values: []))
            columns[index].isOneOfMany = isOneOfMany
        }
        columns[index].values.append(value)
        if isLiteral { columns[index].literals.insert(value) }
    }

    private mutating func note(_ tree: SketchTree, _ path: String, _ depth: Int, isOneOfMany: Bool = false) {
        if let scalar = tree.scalar, lists[path] == nil {
            let isLiteral = if case .literal = tree { true } else { false }
            if !path.isEmpty { note(path, scalar, isLiteral: isLiteral, isOneOfMany: isOneOfMany) }
            return
        }
        guard depth < Self.depthMax else { return }
        if let teller = lists[path] {
            // What comes once in a row, and more often in another, is a list of one.
            let items = if case .array(let items) = tree { items } else { [tree] }
            return note(items: items, path, teller, depth)
        }
        guard case .object(let members) = tree else { return }
        for member in members {
            note(member.value, SketchTree.path(path, member.name), depth + 1, isOneOfMany: isOneOfMany)
        }
    }

    private mutating func note(items: [SketchTree], _ path: String, _ teller: String?, _ depth: Int) {
        for (index, item) in items.enumerated() {
            guard let teller, case .object(let members) = item,
                let kind = members.first(where: { $0.name == teller })?.value.scalar
            else {
                if index < Self.itemsMax { noteItem(item, "\(path)[\(index)]", depth) }
                continue
            }
            for member in members where member.name != teller {
                note(member.value, SketchTree.path("\(path)[\(teller)=\(kind)]", member.name), depth + 1)
            }
        }
    }

    /// Lists in lists have no path of their own before.
    private mutating func noteItem(_ item: SketchTree, _ path: String, _ depth: Int) {
        switch item {
        case .array: break
        case .object(let members):
            for member in members {
                note(member.value, SketchTree.path(path, member.name), depth + 1, isOneOfMany: true)
            }
        case .leaf, .literal, .null: note(item, path, depth + 1)
        }
    }
}

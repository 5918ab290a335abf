/// Where the rows of a JSON file are, and what they hold.
struct JSONSketch {
    let sketch: FileSketch

    init(_ text: String) {
        var parser = SketchTree.JSONParser(text)
        var documents: [SketchTree] = []
        while documents.count < FileSketch.rowsMax, let document = parser.next() { documents.append(document) }
        var look = Look()
        if documents.count > 1 {
            look.found = [SketchRows(layout: [], columns: SketchColumns(of: documents).columns, count: documents.count)]
        } else if let document = documents.first {
            look.take(document)
            // As a line of its own it is a row.
            if look.found.isEmpty, !look.hasColumnsOfMembers, case .object = document, !text.trimmed.contains("\n") {
                look.found = [SketchRows(layout: [], columns: SketchColumns(of: [document]).columns, count: 1)]
            }
        }
        sketch = FileSketch(
            bestOf: look.found,
            question: look.question)
    }
}

/// What is found in a document.
private struct Look {
    var found: [SketchRows] = []
    /// The place of rows that are arrays and that nothing names.
    var bareArrays: String?
    /// Members are columns, and the members of these are rows: nothing reads such a file.
    var hasColumnsOfMembers = false
    /// Values of objects that enclose rows or stand beside them, by their paths.
    private var outside: [(path: String, value: String)] = []
    private var lists: [FileSketch.Column] = []

    private static let (depthMax, listedMax) = (8, 50)

    /// What is asked where nothing looks like rows.
    var question: FileSketch.Line {
        if hasColumnsOfMembers {
            return .question(
                "Each member is a column, whose members are the rows. Postbox reads columns that are lists, or a row an object: can the file be written so (in pandas with orient=\"list\" or orient=\"records\")?"
            )
        }
        guard let path = bareArrays else {
            return .question("Where are the rows?", choices: ["rows: path.to.the.list"])
        }
        return .question(
            "The rows are arrays without names: what do their values mean?",
            choices: ["arrays: {rows: \(yaml(path))}", "columns: [NAME, NAME]"])
    }

    mutating func take(_ document: SketchTree) {
        look(at: document, path: "", depth: 0)
        lookAtLists()
        // What a row has none of, the document may have: when it was, and of whom.
        for index in found.indices {
            let isOfOne = found[index].isOfOne
            for (path, value) in outside where SketchRows.isOutside(path, isOfOne: isOfOne) {
                found[index].columns.append(FileSketch.Column(name: "/" + path, values: [value]))
            }
        }
    }

    /// `isRow`: it is a member that may be a row.
    private mutating func look(at tree: SketchTree, path: String, depth: Int, isRow: Bool = false) {
        guard depth < Self.depthMax else { return }
        switch tree {
        case .array(let items): lookAt(items, path: path, depth: depth)
        case .object(let members):
            let areRows = lookAt(members: members, path: path, isRow: isRow)
            lookAtArrays(members, path: path)
            for member in members {
                let place = SketchTree.path(path, member.name)
                if let scalar = member.value.scalar, outside.count < Self.listedMax { outside.append((place, scalar)) }
                look(at: member.value, path: place, depth: depth + 1, isRow: areRows)
            }
        case .leaf, .literal, .null: break
        }
    }

    private mutating func lookAt(_ items: [SketchTree], path: String, depth: Int) {
        let objects = items.filter { if case .object = $0 { true } else { false } }
        let values = items.compactMap(\.scalar)
        if objects.count * 2 > items.count {
            found.append(
                SketchRows(
                    layout: path.isEmpty ? [] : [.key("rows: \(yaml(path))")],
                    columns: SketchColumns(of: objects).columns, count: objects.count))
        } else if values.count == items.count, values.count > 1, lists.count < Self.listedMax {
            lists.append(FileSketch.Column(name: path, cells: items))
        }
        // What a list holds of which there is one may be what it is about.
        if items.count == 1 { look(at: items[0], path: path + "[0]", depth: depth + 1) }
        if bareArrays == nil, items.count > 0,
            items.allSatisfy({ if case .array(let cells) = $0 { cells.count > 1 } else { false } })
        {
            bareArrays = path.isEmpty ? "/" : path
        }
    }

    /// Whether its members that are objects may be rows.
    private mutating func lookAt(members: [SketchMember], path: String, isRow: Bool) -> Bool {
        let place = (path.isEmpty ? "" : path + ".") + "*"
        if !isRow, let layout = rows(ofValues: members, path: path, place) {
            let rows = members.filter { !layout.others.contains($0.name) }
            let columns = [
                FileSketch.Column(name: "$key", values: rows.map(\.name)),
                FileSketch.Column(name: "$value", cells: rows.map(\.value)),
            ]
            found.append(SketchRows(layout: layout.lines, columns: columns, count: rows.count))
            return false
        }
        let objects = members.filter { if case .object = $0.value { true } else { false } }
        if areColumns(objects) { return true }
        guard !objects.isEmpty else { return false }
        let areNamed = objects.allSatisfy { Self.isInstrument($0.name) }
        let others = members.filter { member in !objects.contains { $0.name == member.name } }
        guard others.isEmpty && members.count > 1 || areNamed && others.allSatisfy({ $0.value.scalar != nil }) else {
            return false
        }
        let inner = objects.compactMap { if case .object(let inner) = $0.value { Set(inner.map(\.name)) } else { nil } }
        guard let names = inner.first, inner.allSatisfy({ !names.isDisjoint(with: $0) }) else { return false }
        var layout: [FileSketch.Line] = [
            .key("rows: \(yaml(place))", remark: "each member is a row, its name is $key")
        ]
        if !others.isEmpty {
            let list = others.prefix(3).map { VisibleText.line(String($0.name.prefix(40))) }.joined(separator: ", ")
            layout.append(
                .question(
                    "Beside the rows stands what is none (\(list)), and each is rejected as not_an_object. Does the file count as done nevertheless?",
                    choices: ["tolerate: {not_an_object: \(others.count)}"]))
        }
        found.append(
            SketchRows(
                layout: layout, columns: SketchColumns(of: objects.map(\.value), key: objects.map(\.name)).columns,
                count: objects.count))
        return true
    }

    /// How a rule takes members that are single values for rows, and which of them are none; nil: they are the values of one row.
    private func rows(
        ofValues members: [SketchMember], path: String, _ place: String
    ) -> (lines: [FileSketch.Line], others: [String])? {
        // Such as `{"USD": 1.07, "JPY": 164.2}`: no record, which would have names of fields.
        let numbers = members.filter { $0.value.scalar.map(ValueLook.isNumber) ?? false }
        let key = FileSketch.Line.key("rows: \(yaml(place))", remark: "each member is a row: $key and $value")
        if !path.isEmpty, members.count > 1, numbers.count == members.count,
            members.allSatisfy({ LikelyFields.field(for: $0.name) == nil })
        {
            return ([key], [])
        }
        let named = numbers.filter { Self.isInstrument($0.name) || Self.isCurrency($0.name) }
        let others = members.filter { member in !named.contains { $0.name == member.name } }
        // What a list holds once today it may hold twice tomorrow.
        guard !path.hasSuffix("]"), named.count > 1, named.count > others.count,
            others.allSatisfy({ $0.value.scalar != nil })
        else {
            return nil
        }
        if others.isEmpty { return ([key], []) }
        let list = others.map { yaml($0.name) }.joined(separator: ", ")
        return (
            [key, .key("where: [{column: $key, not: [\(list)]}]", remark: "what is no row")], others.map(\.name)
        )
    }

    private static func isInstrument(_ name: String) -> Bool {
        (ValueLook.isRIC(name) || ValueLook.isISIN(name)) && LikelyFields.field(for: name) == nil
    }

    private static func isCurrency(_ name: String) -> Bool {
        name.count == 3 && name.allSatisfy { $0.isASCII && $0.isUppercase } && LikelyFields.field(for: name) == nil
    }

    /// Whether each member is a column, whose own members are its rows (`{"BID": {"0": 1.5, "1": 1.6}, "ASK": {…}}`).
    private mutating func areColumns(_ objects: [SketchMember]) -> Bool {
        let inner = objects.compactMap { member -> [SketchMember]? in
            if case .object(let inner) = member.value { inner } else { nil }
        }
        guard objects.count > 1, let names = inner.first.map({ $0.map(\.name) }), !names.isEmpty,
            inner.allSatisfy({ $0.map(\.name) == names && $0.allSatisfy { $0.value.scalar != nil } }),
            objects.contains(where: { HeaderLook.isLikelyName($0.name) }),
            !names.contains(where: HeaderLook.isLikelyName)
        else { return false }
        hasColumnsOfMembers = true
        return true
    }

    /// Rows that are arrays, beside the names of what they hold.
    private mutating func lookAtArrays(_ members: [SketchMember], path: String) {
        for member in members {
            guard case .array(let items) = member.value else { continue }
            let rows = items.compactMap { item -> [SketchTree]? in
                if case .array(let cells) = item { cells } else { nil }
            }
            guard let first = rows.first, rows.count == items.count else { continue }
            let names = members.lazy.compactMap { other -> (name: String, values: [String])? in
                guard case .array(let items) = other.value else { return nil }
                let values = items.compactMap(\.scalar)
                return values.count == items.count && values.count == first.count ? (other.name, values) : nil
            }.first
            guard let names else { continue }
            let columns = names.values.enumerated().map { index, column in
                FileSketch.Column(name: column, cells: rows.compactMap { $0.count > index ? $0[index] : nil })
            }
            let (rowsPath, namesPath) = (SketchTree.path(path, member.name), SketchTree.path(path, names.name))
            found.append(
                SketchRows(
                    layout: [.key("arrays: {rows: \(yaml(rowsPath)), names: \(yaml(namesPath))}")], columns: columns,
                    count: rows.count, isOfOne: true))
        }
    }

    /// Columns that are lists, wherever they stand.
    private mutating func lookAtLists() {
        let lengths = Dictionary(grouping: lists, by: \.values.count).mapValues(\.count)
        guard let (length, count) = lengths.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }), count > 1 else {
            return
        }
        let columns = lists.filter { $0.values.count == length }
        found.append(
            SketchRows(
                layout: [.key("arrays: {zip: [\(columns.map { yaml($0.name) }.joined(separator: ", "))]}")],
                columns: columns, count: length, isOfOne: true))
    }
}

extension FileSketch.Column {
    /// Of single values of a document; what is none is empty.
    fileprivate init(name: String, cells: [SketchTree]) {
        let literals = cells.compactMap { if case .literal(let text) = $0 { text } else { nil } }
        self.init(name: name, values: cells.map { $0.scalar ?? "" }, literals: Set(literals))
    }
}

extension SketchTree {
    /// Reads what it can; what is broken or cut off ends what was read.
    struct JSONParser {
        private let bytes: [UInt8]
        private var at = 0
        private static let depthMax = 64

        init(_ text: String) { bytes = Array(text.utf8) }

        /// The next document of the text.
        mutating func next() -> SketchTree? {
            skip()
            return at < bytes.count ? value(depth: 0) : nil
        }

        private mutating func skip() {
            while at < bytes.count, bytes[at] <= Byte.space || bytes[at] >= 0xBB && at < 3 { at += 1 }
        }

        private mutating func value(depth: Int) -> SketchTree? {
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
                return word == "null" ? .null : .literal(word)
            }
        }

        private mutating func object(depth: Int) -> SketchTree {
            var members: [SketchMember] = []
            at += 1
            while true {
                skip()
                guard at < bytes.count, bytes[at] != UInt8(ascii: "}"), let name = text() else { break }
                skip()
                guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { break }
                at += 1
                guard let value = value(depth: depth + 1) else { break }
                members.append(SketchMember(name: name, value: value))
                skip()
                guard at < bytes.count, bytes[at] == UInt8(ascii: ",") else { break }
                at += 1
            }
            if at < bytes.count, bytes[at] == UInt8(ascii: "}") { at += 1 }
            return .object(members)
        }

        private mutating func array(depth: Int) -> SketchTree {
            var items: [SketchTree] = []
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

/// Collects the values at paths from a document's root while it is read from its beginning to its end.
struct DocumentBuilder {
    /// What is wanted of a document.
    struct Wanted {
        /// Columns that begin with a slash, as the rule writes them.
        var values: [String] = []
        /// Arrays that are read side by side.
        var columns: [String] = []
        /// The array of the names of rows that are arrays.
        var names: String?
        /// Of these names, those that may not stand there twice. Nil: none may.
        var usedNames: UsedColumns?
        /// Where the rows are, as the rule writes it; nil: where they always were.
        var rows: String?

        var isEmpty: Bool { values.isEmpty && columns.isEmpty && names == nil }
    }

    private struct Value {
        var path: Int
        /// Index of its owner, or -1.
        var owner: Int
        var condition: Int
        var value: DocumentValues.Value
    }

    private struct Owner {
        var path: Int
        var start: Int
        var end = Int.max
        var condition: Int
        /// Values open when it began, itself not among them.
        var depth: Int
    }

    private let wanted: Wanted
    private(set) var states: PathStates
    /// By path: so many steps lead to the owner, an object or element: the innermost on the way that may enclose rows.
    private let ownerSteps: [Int]
    private var text: [UInt8] = []
    private var values: [Value] = []
    private var owners: [Owner] = []
    /// Owners that are open, the innermost last.
    private var open: [Int] = []
    /// By path: the open one, or -1.
    private var ownerOfPath: [Int]
    /// By open condition: how many values and owners there were before it.
    private var conditionStarts: [(values: Int, owners: Int)] = []
    private var arrays: [DocumentArray]
    /// By array: so many were found at its path.
    private var arraysFound: [Int]
    /// By array: what stands at its path is none.
    private var isOther: [Bool]
    /// Names of rows that were met.
    private var knownNames: Set<[UInt8]> = []
    /// Where in the file the value is that comes now, and its line.
    var place = (start: 0, line: 1)
    private var arrayBytes = 0
    private var arrayValues = 0

    /// Throws `bad_rule` when a path is none.
    init(_ wanted: Wanted, isXML: Bool) throws(FileProblem) {
        self.wanted = wanted
        var paths: [[ColumnPath.Step]] = []
        let lists = wanted.columns + (wanted.names.map { [$0] } ?? [])
        for (index, text) in (wanted.values + lists).enumerated() {
            do throws(SettingsMistake) {
                let path = index < wanted.values.count ? try ColumnPath(parsing: text) : try ColumnPath(ofRows: text)
                paths.append(isXML ? path.localNames : path.steps)
            } catch {
                throw FileProblem(
                    reason: "bad_rule", what: "\(shown(Array(text.utf8).span)) is not \(error.expected).")
            }
        }
        states = PathStates(paths)
        let rows = wanted.rows.flatMap { try? ColumnPath(ofRows: $0) }.map { isXML ? $0.localNames : $0.steps }
        ownerSteps = paths.map { Self.ownerSteps(of: $0, rows: rows) }
        ownerOfPath = Array(repeating: -1, count: paths.count)
        arrays = lists.map { DocumentArray(name: $0) }
        arraysFound = lists.map { _ in 0 }
        isOther = lists.map { _ in false }
    }

    /// How many steps of a value's path lead to what encloses both it and rows: as many as the rows' path begins with, and with
    /// them what chooses among several of one name. Never more than to what the value itself is in.
    private static func ownerSteps(of path: [ColumnPath.Step], rows: [ColumnPath.Step]?) -> Int {
        let last = path.lastIndex { $0.isNaming } ?? -1
        guard let rows else { return last }
        var count = zip(path, rows).prefix { $0 == $1 }.count
        while count < path.count, !path[count].isNaming { count += 1 }
        return min(count, last)
    }

    /// What was found. Throws `rows_missing`, `not_an_array`, `ambiguous_path` and `arrays_differ` of the arrays.
    ///
    /// - Parameter size: Bytes of the document.
    func finish(size: Int) throws(FileProblem) -> DocumentValues {
        var found = DocumentValues()
        found.size = size
        found.text = text
        for (path, name) in wanted.values.enumerated() {
            var entry = DocumentValues.Path()
            let first = found.values.count
            let mine = values.filter { $0.path == path && $0.condition == -1 }
            found.values.append(contentsOf: mine.map(\.value))
            entry.values = first..<found.values.count
            var next = 0
            for (index, owner) in owners.enumerated() where owner.path == path && owner.condition == -1 {
                let start = next
                while next < mine.count, mine[next].owner == index { next += 1 }
                entry.owners.append(
                    DocumentValues.Owner(source: owner.start..<owner.end, values: (first + start)..<(first + next)))
            }
            found.paths[name] = entry
        }
        for index in arrays.indices { try check(index) }
        let columns = arrays.prefix(wanted.columns.count)
        for column in columns where column.count != columns[0].count {
            throw FileProblem(
                reason: "arrays_differ",
                what: "The arrays that are read side by side have different lengths: "
                    + columns.map { "\(shown(Array($0.name.utf8).span)) has \($0.count)" }.joined(separator: ", ")
                    + ".",
                hint: "Nobody knows which value is missing: ask for the file again.")
        }
        found.columns = Array(columns)
        if wanted.names != nil, let names = arrays.last {
            found.names = (0..<names.count).map { Array(names.text[names.bytes($0)]) }
        }
        return found
    }

    private func check(_ index: Int) throws(FileProblem) {
        let name = shown(Array(arrays[index].name.utf8).span)
        let isNames = index >= wanted.columns.count
        if arraysFound[index] == 1, !isOther[index] { return }
        // Names may stand one in each of an array's objects.
        if isNames, arraysFound[index] == 0, arrays[index].count > 0 { return }
        if arraysFound[index] > 1 || arraysFound[index] == 1 {
            throw FileProblem(
                reason: "ambiguous_path", what: "The file has more than one array at \(name).",
                hint: "Say which one is meant: `[0]` behind a name is its first.")
        }
        if isOther[index] {
            throw FileProblem(
                reason: "not_an_array", what: "What the file has at \(name) is no array.",
                hint: "Check the path; a single value of the document is a column with a slash before its path.")
        }
        throw FileProblem(
            reason: "rows_missing",
            what:
                "The file has nothing at \(name), where the rule says that \(isNames ? "the rows' names are" : "a column is").",
            hint: "It may be an answer that tells of an error; else check the path in the rule.")
    }
}

// MARK: What both formats tell

extension DocumentBuilder {
    /// Owners begin with the object or element that was opened last.
    private mutating func openOwners(at offset: Int) throws(FileProblem) {
        while conditionStarts.count < states.conditions.count { conditionStarts.append((values.count, owners.count)) }
        for state in states.top where state.path < wanted.values.count && state.position == ownerSteps[state.path] {
            guard owners.count < DocumentValues.valuesMax else { throw tooMany(state.path) }
            open.append(owners.count)
            ownerOfPath[state.path] = owners.count
            owners.append(
                Owner(path: state.path, start: offset, condition: state.condition, depth: states.depth))
        }
    }

    private mutating func add(
        _ path: Int, condition: Int, _ value: UnsafeBufferPointer<UInt8>, _ kind: RowBatch.Kind
    ) throws(FileProblem) {
        guard values.count < DocumentValues.valuesMax, text.count + value.count <= DocumentValues.textMax else {
            throw tooMany(path)
        }
        values.append(
            Value(
                path: path, owner: ownerOfPath[path], condition: condition,
                value: DocumentValues.Value(start: text.count, length: value.count, kind: kind)))
        text.append(contentsOf: value)
    }

    /// The object, array or element that was opened last ends.
    mutating func close(at offset: Int) {
        for index in states.closing.reversed() {
            settle(index, states.conditions[index])
            conditionStarts.removeLast()
        }
        while let last = open.last, owners[last].depth == states.depth {
            owners[last].end = offset
            ownerOfPath[owners[last].path] = -1
            open.removeLast()
        }
        states.close()
    }

    /// What depended on a condition goes, or depends on the one around it.
    private mutating func settle(_ index: Int, _ condition: PathStates.Condition) {
        let start = conditionStarts[index]
        for at in start.owners..<owners.count where owners[at].condition == index {
            // One that is not meant encloses nothing.
            owners[at].condition = condition.isMet ? condition.outer : Self.dropped
        }
        for at in start.values..<values.count where values[at].condition == index {
            values[at].condition = condition.isMet ? condition.outer : Self.dropped
        }
    }

    /// The condition of what was not meant.
    private static let dropped = -2

    private func tooMany(_ path: Int) -> FileProblem {
        FileProblem(
            reason: "too_many_values",
            what: "The file has too many values at \(shown(Array(wanted.values[path].utf8).span)) to keep them all:"
                + " more than \(DocumentValues.valuesMax), or \(DocumentValues.textMax >> 20) MB of them.",
            hint: "Where the value lies in the row itself, write its path from there, without a slash.")
    }
}

// MARK: JSON

extension DocumentBuilder {
    /// A member's name. Throws `duplicate_key` when the object has it twice and a path leads there.
    mutating func name(_ name: UnsafeBufferPointer<UInt8>) throws(FileProblem) {
        guard let path = states.nextMember(name) else { return }
        let text = path < wanted.values.count ? wanted.values[path] : arrays[path - wanted.values.count].name
        throw FileProblem(
            reason: "duplicate_key",
            what: "An object has the member \(shown(name.span)) twice, which lies on the path \(text).")
    }

    mutating func nextElement() { states.nextElement() }

    mutating func openObject(at offset: Int) throws(FileProblem) {
        try noteTarget(isArray: false)
        states.openObject()
        try openOwners(at: offset)
    }

    mutating func openArray() throws(FileProblem) {
        try noteTarget(isArray: true)
        states.openArray()
    }

    /// A value that holds no others, with its text as it stands for.
    mutating func scalar(_ value: UnsafeBufferPointer<UInt8>, _ kind: RowBatch.Kind) throws(FileProblem) {
        states.answer(value)
        for state in states.upcoming where states.isAtEnd(state) {
            let array = state.path - wanted.values.count
            if array < 0 {
                try add(state.path, condition: state.condition, value, kind)
            } else if array >= wanted.columns.count {
                try append(value, kind, to: array)
            } else if kind != .null {
                isOther[array] = true
            }
        }
        try collect(value, kind)
    }

    /// An object or array stands where a path ends, or among the elements of an array that is wanted.
    private mutating func noteTarget(isArray: Bool) throws(FileProblem) {
        let nothing = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        for state in states.upcoming where states.isAtEnd(state) {
            let array = state.path - wanted.values.count
            if array < 0 {
                try add(state.path, condition: state.condition, nothing, .nested)
            } else if isArray {
                arraysFound[array] += 1
            } else {
                isOther[array] = true
            }
        }
        try collect(nothing, .nested)
    }

    /// Takes an element of an array that is wanted.
    private mutating func collect(_ value: UnsafeBufferPointer<UInt8>, _ kind: RowBatch.Kind) throws(FileProblem) {
        guard isInArray else { return }
        for state in states.top where states.isAtEnd(state) && state.path >= wanted.values.count {
            try append(value, kind, to: state.path - wanted.values.count)
        }
    }

    private var isInArray: Bool { !arrays.isEmpty && states.isInArray }

    private mutating func append(
        _ value: UnsafeBufferPointer<UInt8>, _ kind: RowBatch.Kind, to array: Int
    ) throws(FileProblem) {
        arrayValues += 1
        arrayBytes += value.count
        guard arrayValues <= DocumentArray.valuesMax, arrayBytes <= DocumentArray.textMax else {
            throw FileProblem(
                reason: "too_many_values",
                what: "The arrays that are read side by side hold more than \(DocumentArray.valuesMax) values,"
                    + " or \(DocumentArray.textMax >> 20) MB of them.",
                hint: "They must be kept until all of them are known: ask for the file in parts.")
        }
        if array >= wanted.columns.count { try note(name: value) }
        arrays[array].append(value, kind)
        if array == 0, !wanted.columns.isEmpty { arrays[0].note(start: place.start, line: place.line) }
    }

    /// Notes a name of rows' elements. Throws `duplicate_column` when it was there before, and the rule uses it.
    private mutating func note(name: UnsafeBufferPointer<UInt8>) throws(FileProblem) {
        guard !name.isEmpty, !knownNames.insert(Array(name)).inserted,
            wanted.usedNames?.reaches(String(decoding: name, as: UTF8.self)) != false
        else { return }
        throw FileProblem(
            reason: "duplicate_column",
            what:
                "The names at \(shown(Array((wanted.names ?? "").utf8).span)) have the column \(shown(name.span)) twice.",
            hint: "Each column needs a name of its own.")
    }
}

// MARK: XML

extension DocumentBuilder {
    /// Attributes of an element that is open.
    typealias Attributes = [(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>)]

    mutating func openElement(
        _ name: UnsafeBufferPointer<UInt8>, _ attributes: Attributes, at offset: Int
    ) throws(FileProblem) {
        states.openElement(name) { wanted, value in
            attributes.contains { $0.name.elementsEqual(wanted) && $0.value.elementsEqual(value) }
        }
        try openOwners(at: offset)
        for state in states.top where state.position == states.paths[state.path].count - 1 {
            let wanted: [UInt8]
            switch states.paths[state.path][state.position] {
            case .attribute(let name), .name(let name): wanted = name
            case .index, .member, .any: continue
            }
            for attribute in attributes where attribute.name.elementsEqual(wanted) {
                try add(state.path, condition: state.condition, attribute.value, padded(attribute.value))
            }
        }
    }

    /// Whether the text of the open element is wanted.
    var wantsText: Bool { states.asksForText || states.top.contains { states.isAtEnd($0) } }

    /// The open element ends. `kind`: `.nested` when it has children; nil: it has no value of its own.
    mutating func closeElement(
        _ value: UnsafeBufferPointer<UInt8>, _ kind: RowBatch.Kind?, at offset: Int
    ) throws(FileProblem) {
        if let kind {
            let core = value.drop { $0 <= Byte.space }.reversed().drop { $0 <= Byte.space }.reversed()
            Array(core).withUnsafeBufferPointer { states.answerElement($0) }
            for state in states.top where states.isAtEnd(state) && state.path < wanted.values.count {
                // Its owner is the element around it, of which the path's step is open.
                try add(state.path, condition: state.condition, value, kind)
            }
        }
        close(at: offset)
    }

    private func padded(_ value: UnsafeBufferPointer<UInt8>) -> RowBatch.Kind {
        guard let first = value.first, let last = value.last else { return .plain }
        return min(first, last) <= Byte.space ? .padded : .plain
    }
}

extension ColumnPath {
    /// The steps for XML, where a name's prefix means nothing.
    var localNames: [Step] {
        func local(_ name: [UInt8]) -> [UInt8] {
            guard let colon = name.lastIndex(of: UInt8(ascii: ":")) else { return name }
            return Array(name[(colon + 1)...])
        }
        return steps.map {
            switch $0 {
            case .name(let name): .name(local(name))
            case .attribute(let name): .attribute(local(name))
            case .member(let isAttribute, let name, let value):
                .member(isAttribute: isAttribute, name: local(name), value: value)
            case .index, .any: $0
            }
        }
    }
}

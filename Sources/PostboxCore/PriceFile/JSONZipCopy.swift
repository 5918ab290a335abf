/// Copies a JSON document whose columns are arrays, with only some of their entries: a file of its rejected rows.
package struct JSONZipCopy {
    /// What becomes of an entry.
    package enum Entry: Sendable, Equatable {
        case dropped
        case copied
        case replaced([UInt8])
    }

    private let names: [String]
    /// The array that is open, by its path's index.
    private var column = 0
    private var states: PathStates
    private var walk = JSONWalk()
    private var source = JSONSource()
    /// Arrays and objects open around the entries of an array that is a column; 0: what is read is none of one.
    private var arrayDepth = 0
    /// The entry that is open, from 1, and how many of the array were copied.
    private var entry = 0
    private var copied = 0

    /// What comes next is copied.
    private var isCopying = true

    /// - Parameter paths: Of the arrays, as the rule writes them. Throws `bad_rule` when one is none.
    package init(paths: [String]) throws(FileProblem) {
        var steps: [[ColumnPath.Step]] = []
        for path in paths {
            do throws(SettingsMistake) {
                steps.append(try ColumnPath(ofRows: path).steps)
            } catch {
                throw .notAPath(path, error)
            }
        }
        states = PathStates(steps)
        names = paths
    }

    /// Appends what is to be copied of the file's next chunk, decoded to UTF-8. Throws what is wrong with the document.
    ///
    /// - Parameter fate: What becomes of a row's entry, by its number from 1, in the array at a path.
    package mutating func copy(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, fate: (Int, String) -> Entry, into out: inout [UInt8]
    ) throws(FileProblem) {
        var text: [UInt8] = []
        guard let start = source.begin(chunk, isLast: isLast, &text) else { return source.end(text, consumed: 0) }
        let consumed = try text.withUnsafeBufferPointer { (bytes) throws(FileProblem) in
            try copy(bytes, from: start, isLast: isLast, fate, &out)
        }
        source.end(text, consumed: consumed)
    }

    private mutating func copy(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, isLast: Bool, _ fate: (Int, String) -> Entry,
        _ out: inout [UInt8]
    ) throws(FileProblem) -> Int {
        guard let base = text.baseAddress else { return 0 }
        var cursor = JSONCursor(base, count: text.count, at: start, line: source.line)
        var copyFrom: Int? = isCopying ? 0 : nil
        func copy(to end: Int) {
            if let from = copyFrom { out.append(contentsOf: text[from..<end]) }
        }
        while true {
            var begin = cursor
            let event: JSONWalk.Event
            var isElement = false
            do throws(JSONFault) {
                guard let coming = try walk.upcoming(&cursor) else { break }
                begin = cursor
                if case .value = coming { isElement = walk.isInArray }
                event = try walk.pass(coming, &cursor, isLast: isLast)
            } catch {
                guard case .isCutOff = error, !isLast else { throw source.problem(error, text) }
                try source.limit(text.count - begin.at, line: begin.line)
                copy(to: begin.at)
                isCopying = copyFrom != nil
                return begin.at
            }
            if isElement { states.nextElement() }
            // Between the brackets of a column, what is copied begins with an entry.
            if isElement, walkDepthBefore(event) == arrayDepth, arrayDepth > 0 {
                entry += 1
                let fate = fate(entry, names[column])
                if fate != .dropped {
                    if copied > 0 { out.append(contentsOf: ",".utf8) }
                    copied += 1
                }
                switch fate {
                case .dropped: break
                case .copied: copyFrom = begin.at
                case .replaced(let bytes): out.append(contentsOf: bytes)
                }
            }
            switch event {
            case .objectStart: states.openObject()
            case .arrayStart:
                let isColumn = states.hasTarget
                if isColumn, arrayDepth == 0 {
                    column = states.upcoming.first { states.isAtEnd($0) }?.path ?? 0
                }
                states.openArray()
                if isColumn, arrayDepth == 0 {
                    copy(to: cursor.at)
                    copyFrom = nil
                    (arrayDepth, entry, copied) = (walk.depth, 0, 0)
                }
            case .end:
                states.close()
                if walk.depth < arrayDepth {
                    arrayDepth = 0
                    copyFrom = begin.at
                } else if walk.depth == arrayDepth, arrayDepth > 0 {
                    copy(to: cursor.at)
                    copyFrom = nil
                }
            case .name(let start, let length, let hasEscapes):
                let content = UnsafeBufferPointer(rebasing: text[start..<start + length])
                let name = textOfJSON(content, hasEscapes: hasEscapes)
                _ = name.withUnsafeBufferPointer { states.nextMember($0) }
            case .scalar:
                if arrayDepth > 0, walk.depth == arrayDepth {
                    copy(to: cursor.at)
                    copyFrom = nil
                }
            }
        }
        if isLast, !walk.isOver { throw source.problem(.isCutOff, text) }
        copy(to: text.count)
        isCopying = copyFrom != nil
        return text.count
    }

    /// Objects and arrays that were open before what was passed.
    private func walkDepthBefore(_ event: JSONWalk.Event) -> Int {
        switch event {
        case .objectStart, .arrayStart: walk.depth - 1
        case .end: walk.depth + 1
        case .name, .scalar: walk.depth
        }
    }
}

/// Reads a JSON document through for the values at paths from its root.
final class JSONDocumentScan {
    private var builder: DocumentBuilder
    private var walk = JSONWalk()
    private var source = JSONSource()

    init(_ builder: DocumentBuilder) { self.builder = builder }

    /// Throws what is wrong with the document.
    func take(_ chunk: UnsafeRawBufferPointer, isLast: Bool) throws(FileProblem) {
        var text: [UInt8] = []
        guard let start = source.begin(chunk, isLast: isLast, &text) else { return source.end(text, consumed: 0) }
        let consumed = try text.withUnsafeBufferPointer { (bytes) throws(FileProblem) in
            try read(bytes, from: start, isLast: isLast)
        }
        source.end(text, consumed: consumed)
    }

    /// What was found. Throws as `DocumentBuilder.finish`.
    func finish() throws(FileProblem) -> DocumentValues { try builder.finish(size: source.offset) }

    private func read(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, isLast: Bool
    ) throws(FileProblem) -> Int {
        guard let base = text.baseAddress else {
            if isLast { throw walk.isUntouched ? source.isEmpty : source.problem(.isCutOff, text) }
            return 0
        }
        var cursor = JSONCursor(base, count: text.count, at: start, line: source.line)
        let cleanEnd = firstUnusualByte(text)
        while true {
            var begin = cursor
            let event: JSONWalk.Event
            var isElement = false
            do throws(JSONFault) {
                guard let upcoming = try walk.upcoming(&cursor) else { break }
                begin = cursor
                if case .value = upcoming { isElement = walk.isInArray }
                event = try walk.pass(upcoming, &cursor, isLast: isLast)
            } catch {
                guard case .isCutOff = error, !isLast else { throw source.problem(error, text) }
                try source.limit(text.count - begin.at, line: begin.line)
                return begin.at
            }
            try source.check(text, begin.at..<cursor.at, cleanEnd: cleanEnd)
            if isElement { builder.nextElement() }
            builder.place = (source.offset + begin.at, begin.line)
            do throws(FileProblem) {
                try take(event, text, from: begin.at, to: cursor.at)
            } catch {
                let at = source.place(text, at: begin.at)
                var placed = error
                (placed.line, placed.column) = (at.line, at.column)
                throw placed
            }
        }
        if isLast, !walk.isOver { throw walk.isUntouched ? source.isEmpty : source.problem(.isCutOff, text) }
        return text.count
    }

    private func take(
        _ event: JSONWalk.Event, _ text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
    ) throws(FileProblem) {
        switch event {
        case .objectStart: try builder.openObject(at: source.offset + start)
        case .arrayStart: try builder.openArray()
        case .end: builder.close(at: source.offset + end)
        case .name(let start, let length, let hasEscapes):
            try unescaped(text, start, length, hasEscapes) { (name) throws(FileProblem) in try builder.name(name) }
        case .scalar(let kind, let start, let length, let hasEscapes):
            try unescaped(text, start, length, hasEscapes) { (value) throws(FileProblem) in
                try builder.scalar(value, kind)
            }
        }
    }

    private func unescaped(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ length: Int, _ hasEscapes: Bool,
        _ body: (UnsafeBufferPointer<UInt8>) throws(FileProblem) -> Void
    ) throws(FileProblem) {
        let content = UnsafeBufferPointer(rebasing: text[start..<start + length])
        guard hasEscapes else { return try body(content) }
        var bytes: [UInt8] = []
        _ = appendUnescaped(content, to: &bytes)
        try bytes.withUnsafeBufferPointer { (bytes) throws(FileProblem) in try body(bytes) }
    }
}

extension RowProblem {
    /// Gives the problem the place of a value.
    ///
    /// - Parameters:
    ///   - value: where the value lies in the batch's text.
    ///   - rowStart: where the row's first value does, which may be lines before it.
    mutating func place(_ value: Range<Int>, rowStart: Int, in batch: borrowing RowBatch) {
        let start = value.lowerBound
        if start >= batch.sourceBytes {
            guard let place = batch.places[UInt32(truncatingIfNeeded: start)] else { return }
            line = place.line
            column = place.column
            return
        }
        guard rowStart < batch.sourceBytes else { return }
        var at = start
        var characters = 1
        while at > 0, batch.text[at - 1] != Byte.lineFeed, batch.text[at - 1] != Byte.carriageReturn {
            at -= 1
            // Continuation bytes belong to the character before them.
            if batch.text[at] & 0xc0 != 0x80 { characters += 1 }
        }
        column = characters
        if batch.isSheet { return }
        while at > rowStart {
            at -= 1
            if batch.text[at] == Byte.lineFeed { line += 1 }
        }
    }

    /// Says which lines a value goes over, whose first one is known.
    mutating func sayLines(_ value: Span<UInt8>) {
        var last = line
        for index in value.indices {
            let isReturn = value[index] == Byte.carriageReturn
            let isPair = isReturn && index + 1 < value.count && value[index + 1] == Byte.lineFeed
            if value[index] == Byte.lineFeed || isReturn && !isPair { last += 1 }
        }
        what += " It spans the lines \(line) to \(last)."
    }
}

/// A line of the file: its number, and where its first value lies in the batch's text.
struct LinePlace {
    var number: Int
    var start: Int
}

extension RowBatch {
    /// What is wrong with a cell of a line, or with the line (`ShapeColumns.none`).
    ///
    /// - Parameters:
    ///   - name: the column's, for people.
    ///   - said: what the rule that reads the value says of it.
    func problem(
        _ fault: RowFault, on line: LinePlace, at cell: Cell, _ name: String?, said: ValueWords? = nil
    ) -> RowProblem {
        let bytes = cell.kind == .faulty || cell.column == .max ? 0..<0 : cell.bytes
        var problem = rowProblem(
            fault, line: line.number, columnName: name, value: text.span.extracting(bytes), said: said)
        if cell.column != .max { problem.place(bytes, rowStart: line.start, in: self) }
        return problem
    }

    /// Where in a cell the first byte stands that is no text; nil: all of it is.
    func badByte(in cell: Cell) -> Int? {
        let found = text[cell.bytes].withUnsafeBufferPointer { firstBadByte($0) }
        return found.map { Int(cell.start) + $0 }
    }

    /// What is wrong with a cell that holds such a byte.
    func badByteProblem(of cell: Cell, on line: LinePlace, _ name: String) -> RowProblem {
        let at = badByte(in: cell) ?? Int(cell.start)
        let (what, hint) = text.withUnsafeBufferPointer { badByteWords($0, at: at) }
        var problem = RowProblem(reason: "bad_byte", line: line.number, columnName: name, what: what, hint: hint)
        problem.place(at..<at, rowStart: line.start, in: self)
        return problem
    }

    /// A cell that stands for a problem instead of a value; its column is not set.
    mutating func faulty(_ problem: RowProblem) -> Cell {
        let start = text.count
        let index = UInt32(truncatingIfNeeded: problems.count)
        problems.append(problem)
        withUnsafeBytes(of: index.littleEndian) { text.append(contentsOf: $0) }
        return Cell(column: 0, start: UInt32(truncatingIfNeeded: start), length: 4, kind: .faulty)
    }

    /// The index of the problem that a faulty cell stands for.
    func problemIndex(of cell: Cell) -> Int {
        let start = Int(cell.start)
        guard cell.kind == .faulty, start + 4 <= text.count else { return -1 }
        var index = 0
        for at in (0..<4).reversed() { index = index << 8 | Int(text[start + at]) }
        return index < problems.count ? index : -1
    }
}

extension RowBatch.Cell {
    /// Where its bytes are, without the blanks that the file's writer may have put around them; empty where there is no value.
    func text(in text: [UInt8]) -> Range<Int> {
        guard kind != .null else { return 0..<0 }
        guard kind == .padded else { return bytes }
        let core = withoutSpaces(text.span.extracting(bytes))
        return bytes.lowerBound + core.lowerBound..<bytes.lowerBound + core.upperBound
    }
}

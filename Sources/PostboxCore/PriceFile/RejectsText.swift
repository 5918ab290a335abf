/// Puts the bad rows of a file together again, each row's bytes unchanged, with all that must stand around them: a text that is
/// read by the same rule to the same rows.
package struct RejectsText {
    /// Decoded bytes from the end of what is done with on.
    private var window: [UInt8] = []
    private var windowStart = 0
    /// What a row must end with where rows are lines.
    private let endsLines: Bool
    /// The head of the file, once its first row was read, until it is written.
    private var prologue: [UInt8]?
    private var hasBegun = false
    /// What must stand there and was not written yet.
    private var kept: [Range<Int>] = []
    /// What stands in place of parts of rows, in order, and how many of these are done with.
    private var edits: [SourceEdit] = []
    private var editsDone = 0
    /// Where the row ends that was written last.
    private var written = 0
    private var isAfterRow = false

    /// - Parameter endsLines: Each row is one or more whole lines of its own.
    package init(endsLines: Bool) { self.endsLines = endsLines }

    /// Notes the next bytes of the file, decoded to UTF-8, before the reader gets them.
    package mutating func note(_ text: UnsafeRawBufferPointer) { window.append(contentsOf: text) }

    /// Appends the bad rows of what the reader made of them, and what must be kept. Rows of one line come once.
    ///
    /// - Parameters:
    ///   - readTo: where the last row ends that the reader gave; nil: it gave none. The batch may have others, made of these.
    ///   - heldFrom: where the first line begins of which no row came out yet; nil: there is none.
    ///   - isBad: whether the row of this number is.
    package mutating func copy(
        _ batch: borrowing RowBatch, _ frame: RowFrame, readTo: Int?, heldFrom: Int? = nil, isBad: (Int) -> Bool,
        into out: inout [UInt8]
    ) {
        guard readTo != nil || !batch.rows.isEmpty || !batch.kept.isEmpty else { return }
        if prologue == nil, readTo != nil || !batch.kept.isEmpty { prologue = Array(window[frame.prologue]) }
        kept += batch.kept
        edits += batch.edits
        for row in batch.rows where isBad(row.number) {
            let end = row.sourceStart + row.sourceLength
            guard row.sourceStart >= written || end > written else { continue }
            // A row of several lines may begin in the last line of the row before: that line is there already.
            let start = max(row.sourceStart, written)
            keep(before: start, frame, into: &out)
            begin(frame, into: &out)
            if isAfterRow, start == row.sourceStart { out.append(contentsOf: frame.separator.utf8) }
            written = end
            append(start..<end, into: &out)
            endLine(&out)
            isAfterRow = true
        }
        let end = min(max(readTo ?? 0, kept.last?.upperBound ?? 0), heldFrom ?? .max)
        guard end > windowStart else { return }
        keep(before: end, frame, into: &out)
        window.removeFirst(min(window.count, end - windowStart))
        windowStart = end
        let done = edits.firstIndex { $0.rowStart >= end } ?? edits.count
        edits.removeFirst(done)
        editsDone = max(editsDone - done, 0)
    }

    /// Appends what comes last. Nothing at all, when there was no bad row and nothing to keep.
    package func finish(_ frame: RowFrame, into out: inout [UInt8]) {
        if hasBegun { out.append(contentsOf: frame.closing.utf8) }
    }

    private mutating func begin(_ frame: RowFrame, into out: inout [UInt8]) {
        guard !hasBegun else { return }
        hasBegun = true
        out.append(contentsOf: prologue ?? [])
        out.append(contentsOf: frame.opening.utf8)
    }

    private mutating func keep(before place: Int, _ frame: RowFrame, into out: inout [UInt8]) {
        while let range = kept.first, range.lowerBound < place {
            kept.removeFirst()
            // What lies between the lines of one row came with it.
            let rest = max(range.lowerBound, written)..<max(range.upperBound, written)
            guard !rest.isEmpty else { continue }
            begin(frame, into: &out)
            append(rest, into: &out)
            endLine(&out)
            isAfterRow = false
        }
    }

    private func endLine(_ out: inout [UInt8]) {
        if endsLines, out.last != Byte.lineFeed, out.last != Byte.carriageReturn { out.append(Byte.lineFeed) }
    }

    private mutating func append(_ range: Range<Int>, into out: inout [UInt8]) {
        let (start, end) = (range.lowerBound - windowStart, range.upperBound - windowStart)
        guard start >= 0, start <= end, end <= window.count else { return }
        var at = start
        while editsDone < edits.count, edits[editsDone].rowStart < range.lowerBound { editsDone += 1 }
        while editsDone < edits.count, edits[editsDone].rowStart < range.upperBound {
            let edit = edits[editsDone]
            editsDone += 1
            let (first, behind) = (edit.range.lowerBound - windowStart, edit.range.upperBound - windowStart)
            guard first >= at else { continue }
            out.append(contentsOf: window[at..<first])
            switch edit.change {
            case .bytes(let bytes):
                out.append(contentsOf: bytes)
                at = behind
            case .tag(let tag):
                at = tag.apply(to: window[first..<(behind > first ? behind : end)], into: &out)
            }
        }
        out.append(contentsOf: window[at..<end])
    }
}

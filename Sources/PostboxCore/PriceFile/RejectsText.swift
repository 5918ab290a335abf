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
    private var isAfterRow = false

    /// - Parameter endsLines: Each row is one or more whole lines of its own.
    package init(endsLines: Bool) { self.endsLines = endsLines }

    /// Notes the next bytes of the file, decoded to UTF-8, before the reader gets them.
    package mutating func note(_ text: UnsafeRawBufferPointer) { window.append(contentsOf: text) }

    /// Appends the bad rows of what the reader made of them, and what must be kept.
    ///
    /// - Parameter isBad: Whether the row of this number is.
    package mutating func copy(
        _ batch: borrowing RowBatch, _ frame: RowFrame, isBad: (Int) -> Bool, into out: inout [UInt8]
    ) {
        guard !batch.rows.isEmpty || !batch.kept.isEmpty else { return }
        if prologue == nil { prologue = Array(window[frame.prologue]) }
        var end = windowStart
        if let last = batch.kept.last { end = max(end, last.upperBound) }
        if let last = batch.rows.last { end = max(end, last.sourceStart + last.sourceLength) }
        var nextKept = 0
        for row in batch.rows {
            while nextKept < batch.kept.count, batch.kept[nextKept].lowerBound < row.sourceStart {
                keep(batch.kept[nextKept], frame, into: &out)
                nextKept += 1
            }
            guard isBad(row.number) else { continue }
            begin(frame, into: &out)
            if isAfterRow { out.append(contentsOf: frame.separator.utf8) }
            append(row.sourceStart..<row.sourceStart + row.sourceLength, into: &out)
            if endsLines, out.last != Byte.lineFeed, out.last != Byte.carriageReturn { out.append(Byte.lineFeed) }
            isAfterRow = true
        }
        for range in batch.kept[nextKept...] { keep(range, frame, into: &out) }
        window.removeFirst(min(window.count, max(0, end - windowStart)))
        windowStart = end
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

    private mutating func keep(_ range: Range<Int>, _ frame: RowFrame, into out: inout [UInt8]) {
        begin(frame, into: &out)
        append(range, into: &out)
        isAfterRow = false
    }

    private func append(_ range: Range<Int>, into out: inout [UInt8]) {
        let (start, end) = (range.lowerBound - windowStart, range.upperBound - windowStart)
        guard start >= 0, start <= end, end <= window.count else { return }
        out.append(contentsOf: window[start..<end])
    }
}

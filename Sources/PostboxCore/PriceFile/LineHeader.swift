/// Where a file of lines is on its way to the columns' names.
enum HeaderSearch {
    /// The next line that is a row at all is the header.
    case line
    /// The line whose first cell is this.
    case firstCell([UInt8])
    /// The line that fits this; the header is behind it.
    case marker(LinePattern)
    /// The line that fits the first pattern; behind it is a name a line, up to the one that fits the second.
    case list(LinePattern, end: LinePattern)
    /// The names so far.
    case names([(bytes: [UInt8], place: TextPlace)], end: LinePattern)

    /// Names of a list whose end is not found are held in memory.
    static let namesMax = 10_000

    /// Nil: the rule names the columns.
    init?(_ layout: LineLayout) {
        guard layout.fixed == nil else { return nil }
        switch layout.header {
        case nil, .first?: self = .line
        case Optional.some(.none): return nil
        case .firstCell(let text)?: self = .firstCell(Array(HeaderNames.trimmed(Array(text.utf8)).utf8))
        case .after(let text)?: self = .marker(LinePattern(text))
        case .between(let after, let before)?: self = .list(LinePattern(after), end: LinePattern(before))
        }
    }

    /// What was not found.
    var missing: String {
        switch self {
        case .line: "The file has no line for the header."
        case .firstCell(let text): "No line's first cell is \(shown(text.span)), so the header is not found."
        case .marker: "No line is the one behind which the header stands."
        case .list: "No line is the one behind which the columns' names stand."
        case .names: "No line ends the list of the columns' names."
        }
    }

    /// Whether the line is where a header of this kind begins: behind rows that have ended, another file begins there.
    func begins(at line: WholeLine, cutter: LineCutter) -> Bool {
        switch self {
        case .line, .names: false
        case .firstCell(let text): cutter.firstCell(of: line) == text
        case .marker(let pattern), .list(let pattern, _): pattern.fits(line)
        }
    }
}

extension LineCutter {
    /// The first cell of a line, without blanks and unquoted; a quote that the line does not close is a character as any other.
    func firstCell(of line: WholeLine) -> [UInt8] {
        var text = Array(line.text)
        text.append(contentsOf: repeatElement(0, count: StructuralScan.padding))
        let cell = text.withUnsafeBufferPointer { padded in
            let all = UnsafeBufferPointer(rebasing: padded[..<line.text.count])
            var cells: [RowBatch.Cell] = []
            var extra: [UInt8] = []
            let row = cut(all, from: 0, line: 1, isLast: true, into: &cells, extra: &extra)
            guard row.ending != .open, let first = cells.first else {
                return Array(all.prefix { $0 != delimiter })
            }
            return Array((Array(all) + extra)[Int(first.start)...].prefix(Int(first.length)))
        }
        return Array(HeaderNames.trimmed(cell).utf8)
    }
}

/// The beginning of a file, for words about what is not found in it.
struct FirstLines {
    private var lines: [String] = []

    private static let most = 5
    private static let charactersMax = 60

    /// Whether the file has no line but empty ones so far.
    var areEmpty: Bool { lines.isEmpty }

    mutating func note(_ line: WholeLine) {
        guard lines.count < Self.most, !line.text.isEmpty else { return }
        let text = String(decoding: line.text.prefix(4 * Self.charactersMax), as: UTF8.self)
        let cut = text.unicodeScalars.count > Self.charactersMax
        let beginning = String(String.UnicodeScalarView(text.unicodeScalars.prefix(Self.charactersMax)))
        lines.append(VisibleText.quoted(cut ? beginning + "…" : beginning))
    }

    /// A sentence that shows them.
    var words: String { lines.isEmpty ? "" : " The file begins: \(lines.joined(separator: ", "))." }
}

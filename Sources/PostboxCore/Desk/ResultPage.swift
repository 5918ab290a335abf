/// Which lines of a result are looked for.
package struct ResultFilter: Sendable, Equatable {
    package var outcome: PostOutcome?
    /// As it stands there.
    package var ric: String?

    package init(outcome: PostOutcome? = nil, ric: String? = nil) {
        self.outcome = outcome
        self.ric = ric
    }

    package static let keys = ["outcome", "ric", "page"]

    package init(_ query: DeskQuery) throws(DeskQuery.Fault) {
        ric = query["ric"]
        guard let word = query["outcome"] else { return }
        guard let found = PostOutcome(word: word) else {
            let all = PostOutcome.allCases.map(\.word).joined(separator: ", ")
            throw DeskQuery.Fault("there is no outcome \(VisibleText.line(word)); there are \(all)")
        }
        outcome = found
    }

    /// As it stands in an address.
    package func text(page: Int?) -> String {
        DeskQuery.text([("outcome", outcome?.word), ("ric", ric), ("page", page.map { "\($0)" })])
    }
}

/// A line of a result, its cells by the names of its columns.
package struct ResultRow: Sendable, Equatable {
    package var cells: [(name: String, text: String)]

    package static func == (left: ResultRow, right: ResultRow) -> Bool {
        left.cells.elementsEqual(right.cells) { $0.name == $1.name && $0.text == $1.text }
    }

    /// Empty: there is no such column.
    package subscript(name: String) -> String { cells.first { $0.name == name }?.text ?? "" }

    /// The fields that were to be sent, with their values as JSON has them.
    package var fields: [(name: String, value: String)] {
        guard case .object(let members)? = JSONValue.parse(self["fields"]) else { return [] }
        return members.map { ($0.key, $0.value.text ?? $0.value.word ?? "null") }
    }

    package var json: String {
        let members = cells.map { name, text in
            let isNumber = ["drop", "row", "line", "post_id", "attempts"].contains(name)
            let value =
                isNumber
                ? (SettingsText.wholeNumber(text, in: 0...Int.max).map { "\($0)" } ?? "null")
                : VisibleText.quoted(text)
            return VisibleText.quoted(name) + ":" + value
        }
        return "{" + members.joined(separator: ",") + "}"
    }
}

/// Reads a page of a result's lines, from a place on that an earlier page named, as bytes come in: nothing of the file is kept but the
/// lines of the page. A result has a line for each row, and no line end in its cells.
package struct ResultPage: Sendable {
    /// Lines of a page.
    package static let pageSize = 300
    /// Bytes that are looked through for one page; where that is not enough, the next one begins there.
    package static let bytesMax = 64 << 20

    private let names: [String]
    private let outcome: (at: Int, text: [UInt8])?
    private let ric: (at: Int, text: [UInt8])?
    /// Where `rest` begins in the file.
    private var at: Int
    private var seen = 0
    private var rest: [UInt8] = []
    package private(set) var rows: [ResultRow] = []
    /// Where the next page begins; nil: this is the last one, or it is not over.
    package private(set) var next: Int?

    /// - Parameters:
    ///   - header: the file's first line, without its end.
    ///   - offset: where the page begins; a line begins there.
    package init(_ filter: ResultFilter, header: String, from offset: Int) {
        let names = header.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        func column(_ name: String, _ text: String?) -> (at: Int, text: [UInt8])? {
            guard let text, let at = names.firstIndex(of: name) else { return nil }
            return (at, Array(text.utf8))
        }
        self.names = names
        at = offset
        outcome = column("outcome", filter.outcome?.word)
        ric = column("ric", filter.ric)
    }

    /// Takes the next bytes. False: the page is over.
    package mutating func take(_ chunk: UnsafeRawBufferPointer) -> Bool {
        guard next == nil else { return false }
        seen += chunk.count
        var from = 0
        while let end = chunk[from...].firstIndex(of: UInt8(ascii: "\n")) {
            if rest.isEmpty {
                look(UnsafeRawBufferPointer(rebasing: chunk[from..<end]))
                at += end - from + 1
            } else {
                rest.append(contentsOf: chunk[from..<end])
                rest.withUnsafeBytes { look($0) }
                at += rest.count + 1
                rest.removeAll(keepingCapacity: true)
            }
            from = end + 1
            if rows.count == Self.pageSize {
                next = at
                return false
            }
        }
        rest.append(contentsOf: chunk[from...])
        if seen >= Self.bytesMax {
            next = at
            return false
        }
        return true
    }

    private mutating func look(_ line: UnsafeRawBufferPointer) {
        if let outcome, cell(outcome.at, of: line) != outcome.text { return }
        if let ric, cell(ric.at, of: line) != ric.text { return }
        let cells = Self.cells(line)
        guard cells.count == names.count else { return }
        rows.append(ResultRow(cells: zip(names, cells).map { ($0, String(decoding: $1, as: UTF8.self)) }))
    }

    /// One cell of a line; empty: there is none.
    private func cell(_ wanted: Int, of line: UnsafeRawBufferPointer) -> [UInt8] {
        var (number, isQuoted, start) = (0, false, 0)
        for index in line.indices {
            let byte = line[index]
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard byte == UInt8(ascii: ","), !isQuoted else { continue }
            if number == wanted { return Self.unquoted(line[start..<index]) }
            number += 1
            start = index + 1
        }
        return number == wanted ? Self.unquoted(line[start...]) : []
    }

    private static func cells(_ line: UnsafeRawBufferPointer) -> [[UInt8]] {
        var (cells, isQuoted, start): ([[UInt8]], Bool, Int) = ([], false, 0)
        for index in line.indices {
            let byte = line[index]
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard byte == UInt8(ascii: ","), !isQuoted else { continue }
            cells.append(unquoted(line[start..<index]))
            start = index + 1
        }
        return cells + [unquoted(line[start...])]
    }

    private static func unquoted(_ cell: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        guard cell.count >= 2, cell.first == quote, cell.last == quote else { return Array(cell) }
        var (out, isSecond): ([UInt8], Bool) = ([], false)
        for byte in cell.dropFirst().dropLast() {
            if byte == quote {
                isSecond.toggle()
                if !isSecond { continue }
            } else {
                isSecond = false
            }
            out.append(byte)
        }
        return out
    }

    package var json: String {
        "{\"rows\":[\(rows.map(\.json).joined(separator: ","))],\"next\":\(next.map { "\($0)" } ?? "null")}"
    }
}

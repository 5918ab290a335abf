/// A table of the configuration as it was read: what the rows of price files look up in it.
package final class LookupTable: Sendable {
    /// Of the file that it was read from, in hexadecimal.
    package let sha256: String
    /// The columns that can be taken, the key first.
    package let columns: [String]
    private let table: FlatTable

    fileprivate init(sha256: String, columns: [String], table: FlatTable) {
        self.sha256 = sha256
        self.columns = columns
        self.table = table
    }

    /// Rows.
    package var count: Int { table.count }
    /// Behind a row's values stands its line.
    private var cellsOfRow: Int { columns.count + 1 }

    /// The number of a column, for `take`; nil: the table has none of that name.
    package func column(_ name: String) -> Int? { columns.firstIndex(of: name) }

    /// Where the row with this key begins; nil: there is none.
    func row(_ key: Span<UInt8>) -> Int? { table.row(key) }

    /// The line of the file on which the row begins.
    func line(ofRowAt row: Int) -> Int {
        var bytes: [UInt8] = []
        table.append(cell: columns.count, ofRowAt: row, into: &bytes)
        return bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// Appends the value of a column in the row with this key. False: there is no such row (`not_in_table`).
    package func take(_ column: Int, by key: Span<UInt8>, into out: inout [UInt8]) -> Bool {
        guard let row = table.row(key) else { return false }
        append(column, ofRowAt: row, into: &out)
        return true
    }

    /// Where the rows begin whose keys stand in these cells of a text, below 0: there is none. Found together, so that they do not
    /// wait for memory one behind the other.
    func find(_ keys: [RowBatch.Cell], in text: [UInt8], into found: inout [Int]) {
        table.find(keys, in: text, into: &found)
    }

    /// Appends the value of a column in the row that begins there.
    func append(_ column: Int, ofRowAt row: Int, into out: inout [UInt8]) {
        table.append(cell: column, ofRowAt: row, into: &out)
    }

    /// What stands in a column, each value once, found as a table's rows are: with how many cells these have.
    func keys(of column: Int) -> (table: FlatTable, cells: Int) {
        guard column > 0 else { return (table, cellsOfRow) }
        var keys = FlatTable()
        var key: [UInt8] = []
        table.eachRow(cells: cellsOfRow) { row in
            key.removeAll(keepingCapacity: true)
            table.append(cell: column, ofRowAt: row, into: &key)
            guard !key.isEmpty else { return true }
            key.withUnsafeBytes { keys.append($0) }
            _ = keys.endRow()
            return true
        }
        return (keys, 1)
    }
}

/// What is wrong with a table's file.
package struct TableFault: Error, Sendable, Equatable {
    /// From 1; 0: it has no place.
    package var line: Int
    /// One sentence.
    package var what: String

    package init(line: Int = 0, _ what: String) {
        self.line = line
        self.what = what
    }

    /// The sentence with its place.
    package var text: String { line > 0 ? "line \(line): \(what)" : what }
}

/// Makes a table of the bytes of its file: CSV in UTF-8 with a header line.
package struct LookupTableReader {
    private let key: String
    private let wanted: [String]
    private var reader: CSVReader
    private var batch = RowBatch()
    private var table = FlatTable()
    /// For each cell of a table's row, key first: the column of the file.
    private var places: [Int] = []

    /// - Parameters:
    ///   - key: The column by which rows are found.
    ///   - columns: Those that are taken; others are not kept.
    ///   - delimiter: One ASCII character.
    package init(key: String, columns: [String], delimiter: UInt8) {
        self.key = key
        wanted = columns.filter { $0 != key }
        reader = CSVReader(delimiter: delimiter, usedColumns: UsedColumns([key] + columns))
    }

    /// Takes the next bytes of the file, the last ones with `isLast`. Throws what is wrong with it: nothing of it counts then.
    package mutating func take(_ chunk: UnsafeRawBufferPointer, isLast: Bool) throws(TableFault) {
        do throws(FileProblem) {
            try reader.read(chunk, isLast: isLast, into: &batch)
        } catch {
            throw TableFault(line: error.line, error.what)
        }
        if places.isEmpty, !reader.columns.isEmpty { places = try findColumns() }
        for row in batch.rows {
            if row.problem >= 0 {
                let problem = batch.problems[row.problem]
                throw TableFault(line: problem.line, problem.what)
            }
            try add(row)
        }
        guard !table.isFull else { throw TableFault("the table is larger than 4 GB") }
    }

    /// The table, after the last bytes.
    package func finish(sha256: String) -> LookupTable {
        LookupTable(sha256: sha256, columns: [key] + wanted, table: table)
    }

    private func findColumns() throws(TableFault) -> [Int] {
        var places: [Int] = []
        for (index, name) in ([key] + wanted).enumerated() {
            guard let place = reader.columns.firstIndex(where: { $0.name == name }) else {
                let names = reader.columns.map(\.name)
                let nearest = NearestWord.of(name, in: names).map { "; the nearest is `\(VisibleText.line($0))`" } ?? ""
                throw TableFault(
                    line: 1,
                    "the table has no column `\(VisibleText.line(name))`\(index == 0 ? ", which is to be its key" : "")\(nearest)"
                )
            }
            places.append(place)
        }
        return places
    }

    private mutating func add(_ row: RowBatch.Row) throws(TableFault) {
        var isKeyEmpty = false
        // A reader of CSV gives a row without a problem a cell for each column.
        batch.text.withUnsafeBytes { text in
            for (index, place) in places.enumerated() {
                guard place < row.cellCount else { continue }
                let cell = batch.cells[row.firstCell + place]
                let start = Int(cell.start)
                table.append(UnsafeRawBufferPointer(rebasing: text[start..<start + Int(cell.length)]))
                if index == 0 { isKeyEmpty = cell.length == 0 }
            }
        }
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: row.line).littleEndian) { table.append($0) }
        if isKeyEmpty { throw TableFault(line: row.line, "the key \(VisibleText.line(key)) is empty") }
        guard !table.endRow() else { return }
        let cell = batch.cells[row.firstCell + places[0]]
        let start = Int(cell.start)
        let text = String(decoding: batch.text[start..<start + Int(cell.length)], as: UTF8.self)
        throw TableFault(
            line: row.line,
            "the key \"\(VisibleText.line(text))\" stands in an earlier line as well: which of the two holds?")
    }
}

/// What a row becomes in a file of rejects: of an unpivoted one the bad cells alone, and carried values in their places, so that it
/// says by itself what it said in its file, and no good cell of it goes twice.
package struct RowEditing: Sendable {
    /// A value that a row has from a row above it.
    struct Carried {
        var column: Column
        /// Its cell among those that the reader gave; nil: the row has none.
        var cell: Int?
        var value: ArraySlice<UInt8>
        var kind: RowBatch.Kind
    }

    private enum Form: Sendable {
        case lines(LineEditing)
        case places(FixedEditing)
        case members(JSONEditing)
        case elements(XMLEditing)
        case entries
    }

    /// The rows that are bad.
    private let bad: RowSet
    private var form: Form
    /// Rows of unpivoted lines that have bad ones.
    private var rowsOfBadLines = RowSet(rows: 0)
    /// Of these the rows of lines in which nothing is left.
    private var rowsOfBlankLines = RowSet(rows: 0)
    /// What becomes of the entries of a document that holds a column an array; empty for all others.
    package private(set) var entries = EntryEdits()

    /// nil: rows of the rule stand as they are.
    package init?(_ rule: MappingRule, format: PriceFileFormat, bad: RowSet) {
        self.bad = bad
        let isEdited = rule.shape?.carried != nil || rule.shape?.unpivot != nil
        if case .zip? = rule.layout?.rows {
            // Without these the rows are the entries.
            guard isEdited || rule.shape?.group != nil else { return nil }
            form = .entries
            return
        }
        guard isEdited else { return nil }
        let traits = format.traits
        if traits.hasColumnsByPosition {
            form = .places(FixedEditing(rule.layout?.lines?.fixed ?? []))
        } else if traits.hasHeader {
            form = .lines(LineEditing(rule, format: format))
        } else {
            form = traits.hasRowElement ? .elements(XMLEditing()) : .members(JSONEditing())
        }
    }

    func isBad(_ row: Int) -> Bool { bad.contains(row) }

    /// The rows that the file of rejects has, by their numbers in this one: those of the cells that are left out are rows, too, which are
    /// skipped when it is dropped.
    var rowsWritten: RowSet {
        var rows = bad
        rows.formUnion(rowsOfBadLines)
        return rows.subtracting(rowsOfBlankLines)
    }

    /// Notes the rows of an unpivoted line, of which some are bad.
    ///
    /// - Parameter isBlank: all its cells are empty in the file of rejects. In files of lines it is no row there.
    mutating func noteLine(_ rows: Range<Int>, isBlank: Bool) {
        rowsOfBadLines.grow(toHold: rows.upperBound)
        for row in rows { rowsOfBadLines.insert(row) }
        switch form {
        case .lines(let editing): if !isBlank || !editing.leavesNothing { return }
        case .places: if !isBlank { return }
        case .members, .elements, .entries: return
        }
        rowsOfBlankLines.grow(toHold: rows.upperBound)
        for row in rows { rowsOfBlankLines.insert(row) }
    }

    /// Takes in a batch that a reader has filled.
    mutating func begin(_ batch: borrowing RowBatch) {
        guard case .lines(var editing) = form else { return }
        editing.begin(batch)
        form = .lines(editing)
    }

    /// Notes in the batch what stands in place of parts of a row.
    ///
    /// - Parameters:
    ///   - row: as the reader gave it.
    ///   - cells: those of the reader; the row's are at the indices that it names.
    ///   - emptied: indices of those that become empty.
    mutating func edit(
        _ row: RowBatch.Row, isBad: Bool, _ cells: [RowBatch.Cell], _ columns: [Column], emptied: [Int],
        carried: [Carried], _ batch: inout RowBatch
    ) {
        var edits: [SourceEdit]
        switch form {
        case .entries:
            return entries.take(row, isBad: isBad, cells, columns, emptied, carried)
        case _ where emptied.isEmpty && carried.isEmpty: return
        case .lines(let editing): edits = editing.edits(row, cells, emptied, carried, batch)
        case .places(let editing): edits = editing.edits(row, cells, emptied, carried, batch)
        case .members(let editing): edits = editing.edits(row, cells, emptied, carried, batch)
        case .elements(let editing): edits = editing.edits(row, cells, emptied, carried, batch)
        }
        edits.sort { $0.range.lowerBound < $1.range.lowerBound }
        for index in edits.indices { edits[index].rowStart = row.sourceStart }
        batch.edits += edits
    }
}

/// What becomes of the entries of arrays that are a document's columns, in a file of its rejects.
package struct EntryEdits: Sendable {
    private var kept = RowSet(rows: 0)
    private var emptied: [String: RowSet] = [:]
    private var filled: [String: [Int: [UInt8]]] = [:]

    fileprivate mutating func take(
        _ row: RowBatch.Row, isBad: Bool, _ cells: [RowBatch.Cell], _ columns: [Column], _ emptied: [Int],
        _ carried: [RowEditing.Carried]
    ) {
        guard isBad else { return }
        kept.grow(toHold: row.number)
        kept.insert(row.number)
        for index in emptied {
            let name = columns[Int(cells[index].column)].name
            self.emptied[name, default: RowSet(rows: 0)].grow(toHold: row.number)
            self.emptied[name]?.insert(row.number)
        }
        for entry in carried {
            filled[entry.column.name, default: [:]][row.number] = JSONEditing.literal(entry.value, entry.kind)
        }
    }

    /// What becomes of the entry of a row, from 1, in the array at a path.
    package func fate(of row: Int, at path: String) -> JSONZipCopy.Entry {
        guard kept.contains(row) else { return .dropped }
        if let value = filled[path]?[row] { return .replaced(value) }
        return emptied[path]?.contains(row) == true ? .replaced(Array("null".utf8)) : .copied
    }
}

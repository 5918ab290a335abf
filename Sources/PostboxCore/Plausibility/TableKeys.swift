/// The keys in a column of a table, each once: which instruments there are.
struct TableKeys: Sendable {
    private let table: FlatTable
    private let cells: Int

    /// `column`: as `LookupTable.column(_:)` tells it.
    init(_ table: LookupTable, column: Int) {
        (self.table, cells) = table.keys(of: column)
    }

    var count: Int { table.count }

    /// More than the place of any key.
    var placesEnd: Int { table.byteCount }

    /// A number of a key's own; nil: it is none.
    func place(of key: Span<UInt8>) -> Int? { table.row(key) }

    /// The first keys, in the table's order, that are not among these places.
    func first(_ most: Int, besides places: RowSet) -> [String] {
        var keys: [String] = []
        table.eachRow(cells: cells) { place in
            if !places.contains(place) {
                var key: [UInt8] = []
                table.append(cell: 0, ofRowAt: place, into: &key)
                keys.append(String(decoding: key, as: UTF8.self))
            }
            return keys.count < most
        }
        return keys
    }
}

/// The columns before and behind a `RowShaper`, and the places of those that it looks into.
///
/// Columns behind it are those of the file and, once these are known, those that the shaper makes; both may grow as the file's rows
/// bring new ones. A *slot* is a column that a stage looks into, wherever its value comes from.
struct ShapeColumns: Sendable {
    /// A cell that a row does not have.
    static let none = RowBatch.Cell(column: .max, start: 0, length: 0, kind: .null)

    /// Columns behind the shaper.
    private(set) var all: [Column] = []
    /// For each column of the file its place among `all`.
    private(set) var places: [UInt32] = []
    /// For each column of the file its slot, or -1.
    private(set) var slots: [Int] = []
    /// Slots of columns that become rows: no row has these columns.
    private(set) var unpivoted: Set<Int> = []
    /// Places of columns that became rows and whose name no group gave to a value so far: the file has them, its rows do not.
    private(set) var usedUp: Set<Int> = []
    /// The names of slots.
    private(set) var names: [String] = []
    private var slotsByName: [String: Int] = [:]
    private var placesByName: [String: UInt32] = [:]

    /// The slot of that name, which is one from now on.
    mutating func slot(_ name: String) -> Int {
        if let known = slotsByName[name] { return known }
        let slot = names.count
        names.append(name)
        slotsByName[name] = slot
        return slot
    }

    /// Gives these names one slot: the file has one of them.
    mutating func join(_ spellings: [String]) {
        guard let first = spellings.first else { return }
        let slot = slot(first)
        for name in spellings.dropFirst() { slotsByName[name] = slotsByName[name] ?? slot }
    }

    /// Takes in columns of the file that came since the last call. Returns the first new one's index.
    mutating func learn(_ columns: [Column]) -> Int {
        let known = places.count
        guard columns.count > known else { return known }
        for column in columns[known...] {
            placesByName[column.name] = placesByName[column.name] ?? UInt32(all.count)
            places.append(UInt32(all.count))
            let slot = slotsByName[column.name] ?? -1
            // Of several spellings the file's is the one that is told.
            if slot >= 0, names[slot] != column.name { names[slot] = column.name }
            slots.append(slot)
            all.append(column)
        }
        return known
    }

    /// Notes that a column of the file becomes rows.
    mutating func unpivot(_ column: Int) {
        if slots[column] >= 0 { unpivoted.insert(slots[column]) }
        usedUp.insert(Int(places[column]))
    }

    /// The place of a column that the shaper makes.
    mutating func place(ofMade name: String) -> UInt32 {
        if let known = placesByName[name] {
            if !usedUp.isEmpty { usedUp.remove(Int(known)) }
            return known
        }
        let place = UInt32(all.count)
        placesByName[name] = place
        all.append(Column(name: name))
        return place
    }

    /// The place of a column that is there.
    func place(of name: String) -> UInt32? { placesByName[name] }

    /// The slot of a name that a row brings, if it is one.
    func known(_ name: String) -> Int? { slotsByName[name] }
}

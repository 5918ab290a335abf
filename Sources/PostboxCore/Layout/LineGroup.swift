/// `group`: lines that follow each other with the same values in some columns are one row.
///
/// The lines of a group are copied as they come, so that a group may go over any number of batches.
struct LineGroup {
    /// The group at hand.
    struct Pending {
        /// The row's.
        var number: Int
        /// Its first line's.
        var line: Int
        var sourceStart: Int
        var sourceEnd: Int
        var key: [UInt8]
        var text: [UInt8] = []
        /// By the column's place: the cells of the first line, and a value of each line.
        var cells: [RowBatch.Cell] = []
        /// So many of `cells` are the first line's own; behind them are the values that lines name.
        var ownCells = 0
        var work: [RowBatch.Cell] = []
        /// Where each cell lies in the file, by its first byte in `text`.
        var places: [UInt32: RowPlace] = [:]
        var problems: [RowProblem] = []
        /// It has a cell that a file of rejects does not leave out.
        var isThere = true
        /// Lines behind the group's last one that cannot be read. They are of the group when it goes on behind them; else each
        /// may be of it or of the next one.
        var broken: [(row: RowBatch.Row, problem: RowProblem, isHeader: Bool)] = []
    }

    let by: [Int]
    let field: Int
    let value: Int
    /// Slots that every line of a group must have alike.
    var compared: [Int] = []
    /// Every column is used: all that are no field and value must be alike.
    let comparesAll: Bool
    var pending: Pending?
    /// What is wrong with the line before the next group, if that line cannot be read.
    var unreadable: RowProblem?
    private var seen = KeyTable()

    /// Lines that cannot be read which may stand behind a group before it is taken for ended.
    static let brokenMax = 1000

    init(by: [Int], field: Int, value: Int, comparesAll: Bool) {
        self.by = by
        self.field = field
        self.value = value
        self.comparesAll = comparesAll
    }

    /// The values that make a line one of its group.
    ///
    /// - Parameter next: the number of the next row: a line of whose values one could not be made is a group of its own.
    func key(_ work: [RowBatch.Cell], _ text: [UInt8], next: Int) -> [UInt8] {
        var key: [UInt8] = []
        for slot in by {
            if work[slot].kind == .faulty {
                // No value is so long.
                withUnsafeBytes(of: UInt32.max) { key.append(contentsOf: $0) }
                withUnsafeBytes(of: UInt64(next).littleEndian) { key.append(contentsOf: $0) }
                continue
            }
            let range = work[slot].text(in: text)
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: range.count).littleEndian) { key.append(contentsOf: $0) }
            key.append(contentsOf: text[range])
        }
        return key
    }

    /// What an unreadable line means for the group before it and for the one behind it: a post without that line's field would
    /// blank it.
    static func besideUnreadable(_ problem: RowProblem) -> RowProblem {
        var beside = problem
        beside.what = "Line \(problem.line), beside the group, cannot be read and may belong to it: \(problem.what)"
        return beside
    }

    /// Begins a group. Throws `group_split` when it was there before, or when that can no longer be told.
    mutating func begin(_ group: Pending, _ words: String) throws(FileProblem) {
        let hash = group.key.withUnsafeBytes { keyHash(ric: $0, service: 0) }
        switch seen.insert(hash) {
        case .new: pending = group
        case .known:
            throw FileProblem(
                reason: "group_split", line: group.line,
                what:
                    "The group \(words) comes again: other lines stand between its lines, so that it would become two posts.",
                hint: "Have the file written with the lines of a group one behind the other.")
        case .full:
            throw FileProblem(
                reason: "group_split", line: group.line,
                what:
                    "The file has more than \(KeyTable.countMax) groups: whether one of them comes again cannot be told.",
                hint: "Split the file.")
        }
    }
}

/// Hashes of keys, eight bytes each: 32 MB at most. Two keys of one hash, once in millions of files, are taken for one: the file is
/// refused then, and nothing wrong is sent.
struct KeyTable {
    enum Insertion {
        case new
        case known
        case full
    }

    static let countMax = 3_000_000

    private var slots: [UInt64] = Array(repeating: 0, count: 1024)
    private(set) var count = 0

    mutating func insert(_ hash: UInt64) -> Insertion {
        let hash = hash == 0 ? 1 : hash
        var slot = find(hash)
        if slots[slot] == hash { return .known }
        guard count < Self.countMax else { return .full }
        if (count + 1) * 4 > slots.count * 3 {
            grow()
            slot = find(hash)
        }
        slots[slot] = hash
        count += 1
        return .new
    }

    private func find(_ hash: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash &* 0x9e37_79b9_7f4a_7c15 >> 32) & mask
        while slots[slot] != 0, slots[slot] != hash { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: old.count * 2)
        for hash in old where hash != 0 { slots[find(hash)] = hash }
    }
}

/// What a post carries: a whole image, or changed fields (The wire §3.4).
package enum PostKind: UInt8, Sendable, Equatable {
    case refresh
    case update

    /// The word on the wire and in result files.
    package var word: String {
        switch self {
        case .refresh: "Refresh"
        case .update: "Update"
        }
    }
}

/// A row as it will be posted, or as it was rejected: what the mapper makes of a row. Values lie in the batch's `bytes`.
///
/// There are as many of them in memory as rows wait to be sent, and they are copied from step to step: places within a batch
/// and indexes are kept in four bytes.
package struct MappedRow: Sendable, Equatable {
    /// Data rows from 1.
    package var row: Int
    /// The line where the row starts, from 1.
    package var line: Int
    /// The same for two rows with the same RIC and service; rarely the same for others.
    package var keyHash: UInt64
    private var ricStart4: UInt32
    private var ricLength4: UInt32
    private var fieldsStart4: UInt32
    private var fieldsLength4: UInt32
    private var problem4: Int32
    private var service2: Int16
    package var post: PostKind

    package init(
        row: Int, line: Int, post: PostKind, service: Int, ricStart: Int, ricLength: Int, fieldsStart: Int,
        fieldsLength: Int, keyHash: UInt64, problem: Int = -1
    ) {
        self.row = row
        self.line = line
        self.post = post
        self.keyHash = keyHash
        service2 = Int16(service)
        ricStart4 = UInt32(ricStart)
        ricLength4 = UInt32(ricLength)
        fieldsStart4 = UInt32(fieldsStart)
        fieldsLength4 = UInt32(fieldsLength)
        problem4 = Int32(problem)
    }

    /// Index into the destination's services: 0 is its default service, 1… the entries of its `services:`.
    package var service: Int {
        get { Int(service2) }
        set { service2 = Int16(newValue) }
    }

    /// The RIC's raw UTF-8 bytes, not escaped: first byte in `bytes`.
    package var ricStart: Int {
        get { Int(ricStart4) }
        set { ricStart4 = UInt32(newValue) }
    }

    /// Bytes of the RIC.
    package var ricLength: Int {
        get { Int(ricLength4) }
        set { ricLength4 = UInt32(newValue) }
    }

    /// The JSON object of the Fields as it goes on the wire: first byte in `bytes`.
    package var fieldsStart: Int {
        get { Int(fieldsStart4) }
        set { fieldsStart4 = UInt32(newValue) }
    }

    /// Bytes of the Fields.
    package var fieldsLength: Int {
        get { Int(fieldsLength4) }
        set { fieldsLength4 = UInt32(newValue) }
    }

    /// Index into `problems` for a rejected row, else -1. A rejected row's RIC may be empty and its fields are.
    package var problem: Int {
        get { Int(problem4) }
        set { problem4 = Int32(newValue) }
    }
}

/// Mapped rows of one chunk, in file order: what pass 2 hands to the lane.
package struct PostBatch: Sendable, Equatable {
    package var bytes: [UInt8] = []
    package var rows: [MappedRow] = []
    package var problems: [RowProblem] = []
    /// By number of a row that goes all the same: what is said against it.
    package var warnings: [Int: [RowProblem]] = [:]
    /// By number of a row that checks hold: why.
    package var holds: [Int: [RowHold]] = [:]

    package init() {}

    /// A batch of some of its rows, with their bytes alone.
    package func only(_ wanted: [MappedRow]) -> PostBatch {
        var out = PostBatch()
        for var row in wanted {
            let ric = bytes[row.ricStart..<row.ricStart + row.ricLength]
            let fields = bytes[row.fieldsStart..<row.fieldsStart + row.fieldsLength]
            row.ricStart = out.bytes.count
            out.bytes.append(contentsOf: ric)
            row.fieldsStart = out.bytes.count
            out.bytes.append(contentsOf: fields)
            out.rows.append(row)
            if !warnings.isEmpty, let warning = warnings[row.row] { out.warnings[row.row] = warning }
            if !holds.isEmpty, let hold = holds[row.row] { out.holds[row.row] = hold }
        }
        return out
    }

    /// Makes room for that many rows with that many bytes in all, and a few more.
    package mutating func reserve(bytes: Int, rows: Int) {
        self.bytes.reserveCapacity(bytes * 17 / 16)
        self.rows.reserveCapacity(rows * 17 / 16)
    }

    /// Empties the batch; capacity stays.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        problems.removeAll(keepingCapacity: true)
        if !warnings.isEmpty { warnings.removeAll(keepingCapacity: true) }
        if !holds.isEmpty { holds.removeAll(keepingCapacity: true) }
    }
}

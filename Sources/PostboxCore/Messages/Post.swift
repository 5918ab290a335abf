/// What a post carries: a whole image, or changed fields (protocol §3.4).
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
package struct MappedRow: Sendable, Equatable {
    /// Data rows from 1.
    package var row: Int
    /// The line where the row starts, from 1.
    package var line: Int
    package var post: PostKind
    /// Index into the destination's services: 0 is its default service, 1… the entries of its `services:`.
    package var service: Int
    /// The RIC's raw UTF-8 bytes, not escaped: first byte in `bytes`.
    package var ricStart: Int
    package var ricLength: Int
    /// The JSON object of the Fields as it goes on the wire: first byte in `bytes`.
    package var fieldsStart: Int
    package var fieldsLength: Int
    /// The same for two rows with the same RIC and service; rarely the same for others.
    package var keyHash: UInt64
    /// Index into `problems` for a rejected row, else -1. A rejected row's RIC may be empty and its fields are.
    package var problem: Int

    package init(
        row: Int, line: Int, post: PostKind, service: Int, ricStart: Int, ricLength: Int, fieldsStart: Int,
        fieldsLength: Int, keyHash: UInt64, problem: Int = -1
    ) {
        self.row = row
        self.line = line
        self.post = post
        self.service = service
        self.ricStart = ricStart
        self.ricLength = ricLength
        self.fieldsStart = fieldsStart
        self.fieldsLength = fieldsLength
        self.keyHash = keyHash
        self.problem = problem
    }
}

/// Mapped rows of one chunk, in file order: what pass 2 hands to the lane.
package struct PostBatch: Sendable {
    package var bytes: [UInt8] = []
    package var rows: [MappedRow] = []
    package var problems: [RowProblem] = []

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
        }
        return out
    }

    /// Empties the batch; capacity stays.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        problems.removeAll(keepingCapacity: true)
    }
}

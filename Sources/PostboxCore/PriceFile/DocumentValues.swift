/// What a file holds at the rule's paths from the document's root, wherever it stands.
package struct DocumentValues: Sendable {
    /// A value of the document.
    struct Value {
        var start: Int
        var length: Int
        var kind: RowBatch.Kind
    }

    /// An object or element that may have such values, and where it stands in the file as decoded to UTF-8.
    struct Owner {
        var source: Range<Int>
        /// Indices into `values`.
        var values: Range<Int>
    }

    /// All that one path leads to.
    struct Path {
        /// In the order of the file; none lies in another.
        var owners: [Owner] = []
        var values = 0..<0
    }

    /// What a row has at a path.
    enum Found {
        case value(Value)
        case nothing
        /// Several, none of which encloses it, or several that do.
        case several
    }

    /// Values, and objects or elements that may have one, of all paths.
    static let valuesMax = 100_000
    /// Bytes of values.
    static let textMax = 8 << 20

    var text: [UInt8] = []
    var values: [Value] = []
    /// By the path as the rule writes it.
    var paths: [String: Path] = [:]
    /// The arrays that are read side by side, in the rule's order.
    var columns: [DocumentArray] = []
    /// Bytes of the document.
    var size = 0
    /// Names of the elements of rows that are arrays.
    var names: [[UInt8]] = []

    /// What the row at this place in the file has at a path: a value of what encloses it, or else the only one of the path.
    func find(_ path: String, of row: Range<Int>) -> Found {
        guard let found = paths[path] else { return .nothing }
        var (low, high) = (0, found.owners.count)
        while low < high {
            let middle = (low + high) / 2
            if found.owners[middle].source.lowerBound <= row.lowerBound { low = middle + 1 } else { high = middle }
        }
        if low > 0, found.owners[low - 1].source.upperBound >= row.upperBound {
            return one(of: found.owners[low - 1].values)
        }
        return one(of: found.values)
    }

    private func one(of range: Range<Int>) -> Found {
        guard let first = range.first else { return .nothing }
        return range.count == 1 ? .value(values[first]) : .several
    }
}

/// The values of an array, side by side in few bytes.
package struct DocumentArray: Sendable {
    /// Values of all arrays, and their bytes.
    static let valuesMax = 1_000_000
    static let textMax = 12 << 20

    /// The path as the rule writes it.
    let name: String
    private(set) var text: [UInt8] = []
    private var ends: [UInt32] = []
    private var kinds: [RowBatch.Kind] = []
    /// Where each value stands in the file as decoded to UTF-8, and its line; of the first of the arrays alone.
    private var places: [(start: UInt32, line: UInt32)] = []

    init(name: String) { self.name = name }

    var count: Int { ends.count }

    func kind(_ index: Int) -> RowBatch.Kind { kinds[index] }

    /// Where the value's bytes lie in `text`.
    func bytes(_ index: Int) -> Range<Int> { (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index]) }

    /// Where the value stands.
    func place(_ index: Int) -> (source: Range<Int>, line: Int) {
        guard places.indices.contains(index) else { return (0..<0, 1) }
        let start = Int(places[index].start)
        return (start..<start + bytes(index).count, Int(places[index].line))
    }

    mutating func note(start: Int, line: Int) {
        places.append((UInt32(truncatingIfNeeded: start), UInt32(truncatingIfNeeded: line)))
    }

    mutating func append(_ value: UnsafeBufferPointer<UInt8>, _ kind: RowBatch.Kind) {
        text.append(contentsOf: value)
        ends.append(UInt32(truncatingIfNeeded: text.count))
        kinds.append(kind)
    }
}

extension DocumentValues {
    /// Appends the value to the text and returns its cell, which is said to begin at `start`.
    func cell(_ value: Value, column: Int, start: Int, into text: inout [UInt8]) -> RowBatch.Cell {
        text.append(contentsOf: self.text[value.start..<value.start + value.length])
        return RowBatch.Cell(
            column: UInt32(truncatingIfNeeded: column), start: UInt32(truncatingIfNeeded: start),
            length: UInt32(truncatingIfNeeded: value.kind == .null ? 0 : value.length), kind: value.kind)
    }

    /// The words for a path that leads a row to more than one value.
    func severalValues(_ path: String, line: Int) -> FileProblem {
        FileProblem(
            reason: "ambiguous_path",
            what: "The path \(path) leads to several values, and which one is meant for the row on line \(line)"
                + " cannot be told: not one of them alone is in what encloses the row.",
            hint: "Name the path of a value that encloses the rows, or that the file has once.")
    }
}

/// Where the values of some fields lie in a Fields object as `RowMapper` writes it: no space between tokens, no escape in a name.
struct PostFields: Sendable {
    /// How a field's value is written.
    enum Value: Sendable, Equatable {
        /// The field is not there, or null.
        case none
        /// A JSON number: where its digits lie.
        case number(Range<Int>)
        /// What stands between the quotes of a JSON string.
        case text(Range<Int>)
    }

    private let names: [[UInt8]]
    /// In the order of the names.
    private(set) var values: [Value]

    init(_ names: [String]) {
        self.names = names.map { Array($0.utf8) }
        values = names.map { _ in .none }
    }

    /// Finds the fields of the object that lies there.
    mutating func find(in bytes: Span<UInt8>, _ object: Range<Int>) {
        for index in values.indices { values[index] = .none }
        let end = object.upperBound - 1
        var at = object.lowerBound + 1
        while at < end, bytes[at] == Byte.quote {
            let name = at + 1..<Self.quote(in: bytes, from: at + 1, to: end)
            at = name.upperBound + 2
            guard at < end else { return }
            let value: Value
            if bytes[at] == Byte.quote {
                let text = at + 1..<Self.quote(in: bytes, from: at + 1, to: end)
                value = .text(text)
                at = text.upperBound + 1
            } else {
                let start = at
                while at < end, bytes[at] != UInt8(ascii: ",") { at += 1 }
                value = bytes[start] == UInt8(ascii: "n") ? .none : .number(start..<at)
            }
            for index in names.indices where isSame(bytes, name, names[index]) { values[index] = value }
            // The comma.
            at += 1
        }
    }

    /// Where the next quote is that ends a string; the end where there is none.
    private static func quote(in bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var at = start
        while at < end, bytes[at] != Byte.quote { at += bytes[at] == Byte.backslash ? 2 : 1 }
        return min(at, end)
    }

    private func isSame(_ bytes: Span<UInt8>, _ range: Range<Int>, _ name: [UInt8]) -> Bool {
        guard range.count == name.count else { return false }
        for index in name.indices where bytes[range.lowerBound + index] != name[index] { return false }
        return true
    }
}

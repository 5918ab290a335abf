/// Keys whose records are wanted together: the store is read through once for all of them, in its own order.
package struct LastKeys: ~Copyable {
    private struct Entry {
        var hash: UInt64
        var start: Int
        var count: Int
        var number: Int
    }

    private var text = RawBytes()
    private var entries: ContiguousArray<Entry> = []

    package init() {}

    package var count: Int { entries.count }

    /// Forgets them; the memory stays.
    package mutating func removeAll() {
        text.removeAll()
        entries.removeAll(keepingCapacity: true)
    }

    /// A RIC at a target, by the target's place in `LastWords`.
    ///
    /// - Parameter number: What it is told by when it is found.
    package mutating func add(target: Int, ric: UnsafeRawBufferPointer, number: Int) {
        let start = text.count
        LastKey.write(target: target, ric: ric, to: &text)
        entries.append(
            Entry(
                hash: LastKey.hash(target: target, ric: ric), start: start, count: text.count - start, number: number))
    }

    /// Puts them into the store's order.
    package mutating func sort() {
        let all = text.written
        entries.withUnsafeMutableBufferPointer { entries in
            entries.sort { one, other in
                if one.hash != other.hash { return one.hash < other.hash }
                let order = LastKey.order(Self.key(one, all), Self.key(other, all))
                return order != 0 ? order < 0 : one.number < other.number
            }
        }
    }

    private static func key(_ entry: Entry, _ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: text[entry.start..<entry.start + entry.count])
    }

    /// Hash, key and number of each in order; a key holds only within `body`.
    package func each(_ body: (UInt64, UnsafeRawBufferPointer, Int) throws -> Void) rethrows {
        let all = text.written
        for entry in entries { try body(entry.hash, Self.key(entry, all), entry.number) }
    }
}

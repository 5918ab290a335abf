/// A field as a record has it, its bytes where they lie.
package struct LastField {
    /// Its place in `LastWords`.
    package let place: Int
    /// As it went on the wire: JSON.
    package let json: UnsafeRawBufferPointer
    /// The drop that it came with, and how old that one is: `DropPlace.age`.
    package let drop: Int
    package let age: Int64
    /// Microseconds since 1970.
    package let acceptedAt: Int64
    /// So many files in a row brought it: 1 at least.
    package let run: Int
}

extension LastRecord {
    /// Gives `body` each field, in no particular order. False: the record cannot be read.
    @inline(__always)
    package func eachField(_ body: (LastField) throws -> Void) rethrows -> Bool {
        guard var reader = RawReader(self.body, from: key.count), let mark = reader.number() else { return false }
        if mark == LastFold.ownMark, LastOrigin(&reader) == nil { return false }
        while !reader.isAtEnd {
            guard let origin = LastOrigin(&reader), var left = reader.number() else { return false }
            while left > 0 {
                guard let place = reader.number(), let run = reader.number(), let size = reader.number(),
                    let json = reader.bytes(size), place < 1 << 32, run < 1 << 32
                else { return false }
                try body(
                    LastField(
                        place: Int(place), json: json, drop: origin.drop, age: origin.age,
                        acceptedAt: origin.acceptedAt, run: Int(run)))
                left -= 1
            }
        }
        return true
    }
    /// Gives `body` each field with its name, in no particular order. Throws `Damaged` where the record cannot be read, and what `body`
    /// throws.
    package func eachField(named words: LastWords, _ body: (LastField, String) throws -> Void) throws {
        let isRead = try eachField { field in
            guard field.place < words.fields.count else { throw Damaged() }
            try body(field, words.fields[field.place])
        }
        guard isRead else { throw Damaged() }
    }

    /// Of what it is: the service at its destination, and the RIC. Throws `Damaged` where it cannot be read.
    package func item(in words: LastWords) throws(Damaged) -> (at: LastWords.Target, ric: UnsafeRawBufferPointer) {
        guard let target, target < words.targets.count, let ric = LastKey.ric(key) else { throw Damaged() }
        return (words.targets[target], ric)
    }
}

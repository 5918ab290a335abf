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
}

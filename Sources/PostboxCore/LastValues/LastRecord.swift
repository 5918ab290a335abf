/// What the store has of one RIC, as it lies in a run: the hash, a length, and so many bytes of key, image mark and fields.
///
/// The fields stand in groups that came with one row: drop, time and age once for all of them.
package struct LastRecord {
    /// What stands there is no record.
    package struct Damaged: Error {
        package init() {}
    }

    package let hash: UInt64
    /// All of it.
    package let bytes: UnsafeRawBufferPointer
    /// Key, mark and fields.
    package let body: UnsafeRawBufferPointer
    package let key: UnsafeRawBufferPointer

    /// The record that begins at a place; nil: there is none, or not all of it.
    @inline(__always)
    package init?(_ text: UnsafeRawBufferPointer, at start: Int) {
        guard var reader = RawReader(text, from: start), let hash = reader.fixed(UInt64.self),
            let count = reader.number()
        else { return nil }
        let bodyStart = reader.at
        guard let body = reader.bytes(count), var inner = RawReader(body), inner.number() != nil,
            let ricCount = inner.number(), inner.bytes(ricCount) != nil
        else { return nil }
        self.hash = hash
        self.body = body
        key = UnsafeRawBufferPointer(start: body.baseAddress, count: inner.at)
        bytes = UnsafeRawBufferPointer(
            start: text.baseAddress.map { $0 + start }, count: bodyStart &- start &+ body.count)
    }

    /// Whether it stands before another one in a run.
    @inline(__always)
    package func comesBefore(_ other: LastRecord) -> Bool {
        hash != other.hash ? hash < other.hash : LastKey.order(key, other.key) < 0
    }

    /// A Refresh of it was accepted: its fields are the whole image at the server.
    package var isImage: Bool {
        guard var reader = RawReader(body, from: key.count), let mark = reader.number() else { return false }
        return mark != LastFold.noMark
    }

    /// The newest Refresh of it that was accepted, without its fields; nil: there was none, or it cannot be read.
    package var image: AcceptedPost? {
        guard var reader = RawReader(body, from: key.count), let mark = reader.number(), mark != LastFold.noMark,
            let origin = LastOrigin(&reader)
        else { return nil }
        return AcceptedPost(
            place: DropPlace(drop: origin.drop, age: origin.age), row: 0, acceptedAt: origin.acceptedAt,
            post: .refresh, fields: [])
    }

    /// Its target's place in `LastWords`; nil: it cannot be read.
    package var target: Int? {
        guard var reader = RawReader(key), let target = reader.number() else { return nil }
        return Int(exactly: target)
    }

    /// Its fields; nil: they cannot be read.
    package func values(_ words: LastWords) -> LastValues? {
        var fold = LastFold()
        guard fold.begin(body, keyCount: key.count) else { return nil }
        return fold.values(words)
    }
}

/// What the bytes of a group of fields begin with: where its values come from.
struct LastOrigin: Equatable {
    var drop: Int
    var age: Int64
    /// Microseconds since 1970.
    var acceptedAt: Int64

    /// Its values are newer.
    @inline(__always)
    func isNewer(than other: LastOrigin) -> Bool { age != other.age ? age > other.age : drop > other.drop }

    @inline(__always)
    func isSameDrop(as other: LastOrigin) -> Bool { drop == other.drop && age == other.age }

    @inline(__always)
    func write(to out: inout RawBytes) {
        let at = out.pointer(for: Self.bytesMax)
        out.added(write(at: at) - at)
    }

    /// Bytes that it takes at most.
    static let bytesMax = 30

    /// Writes it where there is room for `bytesMax`. Returns the place behind it.
    @inline(__always)
    func write(at start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        var at = RawBytes.write(number: UInt64(truncatingIfNeeded: drop), at: start)
        at = RawBytes.write(number: UInt64(bitPattern: acceptedAt &- Self.epoch), at: at)
        // Mostly a file is not much older than its answers.
        let wait = acceptedAt &- age
        return RawBytes.write(number: UInt64(bitPattern: wait &<< 1 ^ wait &>> 63), at: at)
    }

    @inline(__always)
    init?(_ reader: inout RawReader) {
        guard let drop = reader.number(), let time = reader.number(), let wait = reader.number() else { return nil }
        self.drop = Int(truncatingIfNeeded: drop)
        acceptedAt = Int64(bitPattern: time) &+ Self.epoch
        age = acceptedAt &- (Int64(bitPattern: wait &>> 1) ^ -Int64(bitPattern: wait & 1))
    }

    init(drop: Int, age: Int64, acceptedAt: Int64) {
        self.drop = drop
        self.age = age
        self.acceptedAt = acceptedAt
    }

    /// 2020: a time counted from here takes a byte less.
    private static let epoch: Int64 = 1_577_836_800_000_000
}
/// Lays accepted rows of one RIC over what is known of it, one after the other, each drop's in the order of its file.
package struct LastFold: ~Copyable {
    private struct Field {
        var place: Int
        var start: Int
        var count: Int
        var origin: LastOrigin
        var run: Int
        /// What was known before the drop that `origin` names, when that one is being applied: the run is counted from there.
        var before: (start: Int, count: Int, run: Int)?
    }

    /// Where the key and all values lie.
    private var text = RawBytes()
    private var keyCount = 0
    /// Values before this place were known before any row was laid over them.
    private var known = 0
    private var fields: ContiguousArray<Field> = []
    /// The newest Refresh: fields that are older are gone.
    private var image: LastOrigin?
    private var out = RawBytes()

    package init() {}

    /// Nothing is known of the RIC yet.
    package mutating func begin(key: UnsafeRawBufferPointer) {
        text.removeAll()
        text.append(key)
        keyCount = key.count
        known = text.count
        fields.removeAll(keepingCapacity: true)
        image = nil
    }

    /// This is known of the RIC. False: it cannot be read.
    @inline(__always)
    package mutating func begin(_ body: UnsafeRawBufferPointer, keyCount: Int) -> Bool {
        text.removeAll()
        text.append(body)
        self.keyCount = keyCount
        known = text.count
        fields.removeAll(keepingCapacity: true)
        image = nil
        guard var reader = RawReader(text.written, from: keyCount), let mark = reader.number() else { return false }
        if mark == Self.ownMark {
            guard let own = LastOrigin(&reader) else { return false }
            image = own
        }
        while !reader.isAtEnd {
            guard let origin = LastOrigin(&reader), let count = reader.number() else { return false }
            if mark == Self.firstMark, image == nil { image = origin }
            var left = count
            while left > 0 {
                guard let place = reader.number(), let run = reader.number(), let size = reader.number() else {
                    return false
                }
                let start = reader.at
                guard reader.bytes(size) != nil, place < 1 << 32, run < 1 << 32 else { return false }
                fields.append(
                    Field(
                        place: Int(place), start: start, count: Int(size), origin: origin, run: Int(run), before: nil))
                left -= 1
            }
        }
        return true
    }

    /// No Refresh is known; one that came with the first group; one of its own.
    static let noMark: UInt64 = 0
    static let firstMark: UInt64 = 1
    static let ownMark: UInt64 = 2

    /// Lays a row over it. `place`: its drop's. False: it cannot be read.
    package mutating func take(_ row: LastRow, of place: DropPlace) -> Bool {
        let origin = LastOrigin(drop: place.drop, age: place.age, acceptedAt: row.acceptedAt)
        if let image, image.isNewer(than: origin) { return true }
        let start = text.count
        text.append(row.fields)
        if row.isRefresh { image = origin }
        guard var reader = RawReader(text.written, from: start) else {
            if row.isRefresh { forget(namedFrom: start, origin) }
            return row.fields.isEmpty
        }
        var guess = 0
        while !reader.isAtEnd {
            guard let place = reader.number(), reader.number() != nil, let size = reader.number() else { return false }
            let valueStart = reader.at
            guard reader.bytes(size) != nil, place < 1 << 32 else { return false }
            set(Int(truncatingIfNeeded: place), valueStart, Int(size), origin, &guess)
        }
        if row.isRefresh { forget(namedFrom: start, origin) }
        return true
    }

    /// Whose value began before `start` and is not newer than the Refresh has been blanked by it.
    private mutating func forget(namedFrom start: Int, _ origin: LastOrigin) {
        fields.removeAll { $0.start < start && !$0.origin.isNewer(than: origin) }
    }

    /// `guess`: where in `fields` the field most likely is.
    @inline(__always)
    private mutating func set(_ place: Int, _ start: Int, _ count: Int, _ origin: LastOrigin, _ guess: inout Int) {
        var index = guess < fields.count && fields[guess].place == place ? guess : -1
        if index < 0 { index = fields.firstIndex { $0.place == place } ?? -1 }
        guard index >= 0 else {
            fields.append(Field(place: place, start: start, count: count, origin: origin, run: 1, before: nil))
            guess = fields.count
            return
        }
        guess = index + 1
        var field = fields[index]
        // Of the same drop where a store is made good from results that it had been made from before.
        guard !field.origin.isNewer(than: origin), field.start >= known || !field.origin.isSameDrop(as: origin) else {
            return
        }
        if !field.origin.isSameDrop(as: origin) { field.before = (field.start, field.count, field.run) }
        let text = text.written
        func value(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: text[start..<start + count])
        }
        let new = value(start, count)
        field.run =
            field.before.map { isSameValue(value($0.start, $0.count), new) ? $0.run &+ 1 : 1 } ?? 1
        field.start = start
        field.count = count
        field.origin = origin
        fields[index] = field
    }

    /// Appends the record.
    package mutating func write(hash: UInt64, to target: inout RawBytes) {
        out.removeAll()
        let text = text.written
        out.append(UnsafeRawBufferPointer(rebasing: text[..<keyCount]))
        if let image {
            if let first = fields.first, first.origin == image {
                out.append(number: Self.firstMark)
            } else {
                out.append(number: Self.ownMark)
                image.write(to: &out)
            }
        } else {
            out.append(number: Self.noMark)
        }
        var index = 0
        while index < fields.count {
            let origin = fields[index].origin
            var end = index + 1
            while end < fields.count, fields[end].origin == origin { end += 1 }
            origin.write(to: &out)
            out.append(number: UInt64(end - index))
            while index < end {
                let field = fields[index]
                out.append(number: UInt64(field.place))
                out.append(number: UInt64(field.run))
                out.append(number: UInt64(field.count))
                out.append(UnsafeRawBufferPointer(rebasing: text[field.start..<field.start + field.count]))
                index += 1
            }
        }
        target.append(fixed: hash)
        target.append(number: UInt64(out.count))
        target.append(out.written)
    }

    /// Every field: its place among the store's, its value, where that comes from, and how many files in a row brought it.
    func each(_ body: (Int, UnsafeRawBufferPointer, LastOrigin, Int) -> Void) {
        let text = text.written
        for field in fields {
            body(
                field.place, UnsafeRawBufferPointer(rebasing: text[field.start..<field.start + field.count]),
                field.origin, field.run)
        }
    }

    /// The fields by their names; nil: one has no name.
    package func values(_ words: LastWords) -> LastValues? {
        let text = text.written
        var values: [LastValue] = []
        values.reserveCapacity(fields.count)
        for field in fields {
            guard field.place < words.fields.count else { return nil }
            values.append(
                LastValue(
                    field: words.fields[field.place], json: Array(text[field.start..<field.start + field.count]),
                    drop: field.origin.drop, age: field.origin.age, acceptedAt: field.origin.acceptedAt, run: field.run
                ))
        }
        return LastValues(values)
    }
}

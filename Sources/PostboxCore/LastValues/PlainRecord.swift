/// Records as most of them come about: one row came, and what was known of its RIC came with one row, too, and named the same fields.
/// They are written as the bytes are read; whatever is otherwise is left to `LastFold`, which comes to the same.
enum PlainRecord {
    /// Appends the record of a RIC that nothing is known of. False: nothing was appended, it has to be folded.
    @inline(__always)
    static func write(_ row: LastRow, _ origin: LastOrigin, to out: inout RawBytes) -> Bool {
        guard let count = row.fieldCount, count > 0 else { return false }
        let start = out.pointer(for: headMax + row.key.count + row.fields.count)
        var at = writeHead(row, isImage: row.isRefresh, origin, nil, count, to: start)
        if let fields = row.fields.baseAddress { copyShort(fields, to: at, row.fields.count) }
        at += row.fields.count
        out.added(finish(start, at))
        return true
    }

    /// Appends what the row makes of a record. False: nothing was appended, it has to be folded.
    @inline(__always)
    static func write(
        _ row: LastRow, _ origin: LastOrigin, over record: LastRecord, to out: inout RawBytes
    ) -> Bool {
        guard let count = row.fieldCount, count > 0, var new = RawReader(row.fields),
            var old = RawReader(record.body, from: record.key.count), let mark = old.number()
        else { return false }
        var image: LastOrigin?
        if mark == LastFold.ownMark {
            guard let own = LastOrigin(&old) else { return false }
            image = own
        }
        guard let before = LastOrigin(&old), old.number() == UInt64(count), origin.isNewer(than: before) else {
            return false
        }
        if mark == LastFold.firstMark { image = before }
        if let image, image.isNewer(than: origin) { return false }
        let start = out.pointer(for: headMax + row.key.count + row.fields.count + 10 * count)
        var at = writeHead(row, isImage: row.isRefresh, origin, image, count, to: start)
        for _ in 0..<count {
            guard let place = new.number(), new.number() != nil, let size = new.number(), let value = new.bytes(size),
                old.number() == place, let run = old.number(), let sizeBefore = old.number(),
                let valueBefore = old.bytes(sizeBefore)
            else { return false }
            at = RawBytes.write(number: place, at: at)
            at = RawBytes.write(number: isSameValue(valueBefore, value) ? run &+ 1 : 1, at: at)
            at = RawBytes.write(number: size, at: at)
            if let from = value.baseAddress { copyShort(from, to: at, value.count) }
            at += value.count
        }
        guard old.isAtEnd, new.isAtEnd else { return false }
        out.added(finish(start, at))
        return true
    }

    /// Hash, length, mark, an image of its own, origin and count.
    private static let headMax = 8 + 10 + 1 + 2 * LastOrigin.bytesMax + 10
    /// Where the body begins when its length takes a byte.
    private static let bodyStart = 9

    /// `image`: the Refresh before it.
    @inline(__always)
    private static func writeHead(
        _ row: LastRow, isImage: Bool, _ origin: LastOrigin, _ image: LastOrigin?, _ count: Int,
        to start: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        start.storeBytes(of: row.hash.littleEndian, as: UInt64.self)
        var at = start + bodyStart
        if let key = row.key.baseAddress { copyShort(key, to: at, row.key.count) }
        at += row.key.count
        if isImage {
            at = RawBytes.write(number: LastFold.firstMark, at: at)
        } else if let image {
            at = RawBytes.write(number: LastFold.ownMark, at: at)
            at = image.write(at: at)
        } else {
            at = RawBytes.write(number: LastFold.noMark, at: at)
        }
        at = origin.write(at: at)
        return RawBytes.write(number: UInt64(count), at: at)
    }

    /// Writes the body's length before it. Returns the bytes of all.
    @inline(__always)
    private static func finish(_ start: UnsafeMutableRawPointer, _ end: UnsafeMutableRawPointer) -> Int {
        let count = end - start &- bodyStart
        guard count > 0x7F else {
            start.storeBytes(of: UInt8(count), toByteOffset: 8, as: UInt8.self)
            return end - start
        }
        let moved = (Int.bitWidth &- count.leadingZeroBitCount &+ 6) / 7 &- 1
        (start + bodyStart + moved).copyMemory(from: start + bodyStart, byteCount: count)
        _ = RawBytes.write(number: UInt64(count), at: start + 8)
        return end - start &+ moved
    }
}

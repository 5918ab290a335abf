internal import Glibc
internal import PostboxCore

/// A zip's list of contents, held against the headers that stand before the files themselves.
///
/// Some programs go by the list at the end, some by the headers: where the two differ, each would read another file. So every byte
/// of the zip must belong to one file of the list, once, and both must say the same of it.
struct ZipDirectory {
    /// Names as they are written, in the list's order.
    private(set) var names: [[UInt8]] = []

    /// More files than this are refused, as libarchive keeps the whole list in memory.
    static let filesMax = 0xFFFF
    private static let listBytesMax = 16 << 20
    private static let commentBytesMax = 0xFFFF

    /// What the list says of one file.
    private struct Entry {
        var name: ArraySlice<UInt8>
        var flags: UInt16
        var method: UInt16
        var checksum: UInt64
        var packed: UInt64
        var size: UInt64
        var offset: UInt64
        /// Other names for those who know of them: Info-ZIP's Unicode path.
        var otherName: [UInt8]
        /// Its numbers have eight bytes.
        var isLong: Bool
        /// The kind of file that its attributes say, as in Unix; 0: they say none.
        var kind: UInt32

        var isStreamed: Bool { flags & 8 != 0 }
        var words: String { VisibleText.line(String(decoding: name.prefix(200), as: UTF8.self)) }
    }

    /// Throws `archive_damaged` where list and headers differ, `archive_members` for too many files, and `DiskError`.
    init(_ file: PackedFile) throws {
        let list = try Self.list(file)
        var at = ZipBytes(list.bytes)
        var entries: [Entry] = []
        for _ in 0..<list.count { entries.append(try Self.entry(&at)) }
        guard at.isAtEnd else { throw Self.differs("The zip's list of contents names more files than it counts.") }
        names = entries.map { Array($0.name) }
        var seen: Set<[UInt8]> = []
        for (name, entry) in zip(names, entries) {
            guard seen.insert(name).inserted else { throw Self.differs("The zip holds \(entry.words) twice.") }
            // Some programs go by the name, some by the attributes: a file that some take for a folder is not there for them.
            let isFolder = name.last == UInt8(ascii: "/")
            if isFolder ? entry.kind == S_IFREG : entry.kind == S_IFDIR {
                throw Self.differs(
                    "\(entry.words) in the zip is a \(isFolder ? "folder" : "file") by its name, and a \(isFolder ? "file" : "folder") by its attributes."
                )
            }
        }
        var end = 0
        for entry in entries.sorted(by: { $0.offset < $1.offset }) {
            guard entry.offset <= UInt64(list.start) else {
                throw Self.differs("\(entry.words) lies outside of the files in the zip.")
            }
            let start = Int(entry.offset)
            guard start >= end else {
                throw Self.differs("Files in the zip overlap: \(entry.words) and the one before.")
            }
            guard start == end else { throw Self.unlisted(end, start) }
            end = try Self.end(of: entry, from: start, before: list.start, file)
        }
        guard end == list.start else { throw Self.unlisted(end, list.start) }
    }

    // MARK: - The list

    private static func list(_ file: PackedFile) throws -> (bytes: [UInt8], start: Int, count: Int) {
        let tailStart = max(0, file.size - 22 - commentBytesMax)
        let tail = try file.bytes(at: tailStart, count: file.size - tailStart)
        // A comment may hold anything, such as another such record.
        let marks = tail.indices.filter { at in
            tail[at...].starts(with: [0x50, 0x4B, 5, 6]) && at + 22 <= tail.count
                && at + 22 + Int(tail[at + 20]) + Int(tail[at + 21]) << 8 == tail.count
        }
        guard let mark = marks.last else {
            throw FileProblem.damaged(
                "The zip is cut off, or something stands behind it: its list of contents is not at its end.")
        }
        guard marks.count == 1 else { throw differs("The zip has two lists of contents.") }
        var record = ZipBytes(Array(tail[(mark + 4)...]))
        let disks = (try record.number(2), try record.number(2))
        let counts = (try record.number(2), try record.number(2))
        var (count, bytes, start) = (counts.1, try record.number(4), try record.number(4))
        var end = tailStart + mark
        if let long = try long(file, before: end) {
            // Of the short ones those that have room are the same.
            for (short, long, full) in [
                (count, long.count, UInt64(0xFFFF)), (bytes, long.bytes, 0xFFFF_FFFF), (start, long.start, 0xFFFF_FFFF),
            ]
            where short != long && short != full {
                throw differs("The zip's two ends differ on its list of contents.")
            }
            (count, bytes, start, end) = (long.count, long.bytes, long.start, long.end)
        } else if disks != (0, 0) || counts.0 != counts.1 {
            throw FileProblem.damaged("The zip is one of several parts.", hint: "Send it in one.")
        }
        guard count <= UInt64(filesMax), bytes <= UInt64(listBytesMax) else {
            throw FileProblem(
                reason: "archive_members", what: "The zip holds more than \(filesMax) files, or very long names.",
                hint: "Pack the price file alone.")
        }
        guard start <= UInt64(end), Int(start) + Int(bytes) == end else {
            throw differs("The zip's list of contents is not where the zip says, or something stands before the zip.")
        }
        return (try file.bytes(at: Int(start), count: Int(bytes)), Int(start), Int(count))
    }

    /// The end with numbers of eight bytes that stands before the usual one; nil: there is none.
    private static func long(_ file: PackedFile, before end: Int) throws -> (
        count: UInt64, bytes: UInt64, start: UInt64, end: Int
    )? {
        guard end >= 76 else { return nil }
        var record = ZipBytes(try file.bytes(at: end - 76, count: 76))
        guard record.bytes[56...].starts(with: [0x50, 0x4B, 6, 7]) else { return nil }
        // The record of 56 bytes stands right before the 20 that tell where it is.
        guard record.bytes.starts(with: [0x50, 0x4B, 6, 6]) else {
            throw differs("The zip's long end is not where it must be.")
        }
        record.at = 4
        let length = try record.number(8)
        record.at = 16
        let disks = (try record.number(4), try record.number(4))
        let counts = (try record.number(8), try record.number(8))
        let (bytes, start) = (try record.number(8), try record.number(8))
        record.at = 60
        let (disk, place, total) = (try record.number(4), try record.number(8), try record.number(4))
        guard length == 44, disks == (0, 0), disk == 0, total <= 1, counts.0 == counts.1, place == UInt64(end - 76)
        else { throw differs("The zip's long end is not where it must be.") }
        return (counts.0, bytes, start, end - 76)
    }

    private static func entry(_ at: inout ZipBytes) throws(FileProblem) -> Entry {
        guard try at.number(4) == 0x0201_4B50 else {
            throw differs("The zip's list of contents names fewer files than it counts.")
        }
        let system = try at.number(2) >> 8
        at.at += 2
        let (flags, method) = (UInt16(try at.number(2)), UInt16(try at.number(2)))
        at.at += 4
        let checksum = try at.number(4)
        var (packed, size) = (try at.number(4), try at.number(4))
        let lengths = (Int(try at.number(2)), Int(try at.number(2)), Int(try at.number(2)))
        let disk = try at.number(2)
        at.at += 2
        let kind = Self.kind(try at.number(4), system: system)
        var offset = try at.number(4)
        let name = try at.take(lengths.0)
        var extra = try ZipExtra(at.take(lengths.1))
        _ = try at.take(lengths.2)
        // In this order, as many as have no room in four bytes.
        try extra.widen(&size)
        try extra.widen(&packed)
        try extra.widen(&offset)
        guard disk == 0 || disk == 0xFFFF else {
            throw FileProblem.damaged("The zip is one of several parts.", hint: "Send it in one.")
        }
        return Entry(
            name: name, flags: flags, method: method, checksum: checksum, packed: packed, size: size, offset: offset,
            otherName: extra.otherName, isLong: extra.isLong, kind: kind)
    }

    /// What a file's attributes say that it is, by the system that they are of: DOS (0) and Unix (3).
    private static func kind(_ attributes: UInt64, system: UInt64) -> UInt32 {
        switch system {
        case 0: attributes & 0x10 != 0 ? S_IFDIR : 0
        case 3: UInt32(truncatingIfNeeded: attributes >> 16) & S_IFMT
        default: 0
        }
    }

    // MARK: - The files' own headers

    /// Where the file's bytes end, those behind them included that say how many they were.
    private static func end(of entry: Entry, from start: Int, before listStart: Int, _ file: PackedFile) throws -> Int {
        let head = try file.bytes(
            at: start, count: min(30 + 2 * 0xFFFF, listStart - start, 30 + entry.name.count + 512))
        var at = ZipBytes(head)
        guard try at.number(4) == 0x0403_4B50 else {
            throw differs("Where the zip's list of contents has \(entry.words), there is no file.")
        }
        at.at += 2
        let (flags, method) = (UInt16(try at.number(2)), UInt16(try at.number(2)))
        at.at += 4
        let checksum = try at.number(4)
        var (packed, size) = (try at.number(4), try at.number(4))
        let (nameLength, extraLength) = (Int(try at.number(2)), Int(try at.number(2)))
        guard nameLength == entry.name.count, try at.take(nameLength) == entry.name else {
            throw differs("A file in the zip is \(entry.words) in the list of contents, and has another name itself.")
        }
        let rest = at.bytes.count - at.at
        var extra = try ZipExtra(
            rest >= extraLength ? at.take(extraLength) : file.bytes(at: start + at.at, count: extraLength)[...])
        try extra.widen(&size)
        try extra.widen(&packed)
        // Encrypted, its numbers behind it, a name in UTF-8.
        let mask: UInt16 = 1 | 8 | 0x800
        guard flags & mask == entry.flags & mask, method == entry.method, extra.otherName == entry.otherName else {
            throw differs(
                "The zip's list of contents and the file's own header differ on how \(entry.words) is packed.")
        }
        for (own, listed) in [(checksum, entry.checksum), (packed, entry.packed), (size, entry.size)]
        where own != listed && !(entry.isStreamed && (own == 0 || own == 0xFFFF_FFFF)) {
            throw differs("The zip's list of contents and the file's own header differ on the size of \(entry.words).")
        }
        let dataStart = start + 30 + nameLength + extraLength
        guard dataStart <= listStart, entry.packed <= UInt64(listStart - dataStart) else {
            throw differs("\(entry.words) in the zip is cut off, or longer than the list of contents says.")
        }
        let end = dataStart + Int(entry.packed)
        return entry.isStreamed ? try descriptorEnd(of: entry, from: end, before: listStart, file) : end
    }

    /// Where the numbers end that stand behind a file whose writer did not know them before: a mark or none, and sizes of four
    /// or eight bytes.
    private static func descriptorEnd(
        of entry: Entry, from start: Int, before listStart: Int, _ file: PackedFile
    ) throws -> Int {
        let bytes = try file.bytes(at: start, count: min(24, listStart - start))
        let mark: [UInt8] = [0x50, 0x4B, 7, 8]
        for hasMark in [true, false] {
            for width in entry.isLong ? [8, 4] : [4, 8] {
                var expected = hasMark ? mark : []
                expected += ZipBytes.written(entry.checksum, 4)
                expected += ZipBytes.written(entry.packed, width) + ZipBytes.written(entry.size, width)
                if bytes.starts(with: expected) { return start + expected.count }
            }
        }
        throw differs("Behind \(entry.words) in the zip stands another size or checksum than in its list of contents.")
    }

    private static func unlisted(_ start: Int, _ end: Int) -> FileProblem {
        differs(
            "\(Plural.text(end - start, "byte")) of the zip, from byte \(start + 1) on, \(Plural.word(end - start, "belongs", "belong")) to no file of its list of contents."
        )
    }

    private static func differs(_ what: String) -> FileProblem {
        .damaged(what, hint: "Two programs would read two different files of it: pack it anew.")
    }
}

/// Reads a zip's numbers, lowest byte first. Throws `archive_damaged` at the end of the bytes.
private struct ZipBytes {
    let bytes: [UInt8]
    var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    mutating func number(_ width: Int) throws(FileProblem) -> UInt64 {
        try take(width).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func take(_ count: Int) throws(FileProblem) -> ArraySlice<UInt8> {
        guard at <= bytes.count, count <= bytes.count - at else {
            throw FileProblem.damaged("The zip's list of contents, or the header of a file in it, is cut off.")
        }
        defer { at += count }
        return bytes[at..<at + count]
    }

    static func written(_ number: UInt64, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    }
}

/// What of a zip's extra fields changes where a file lies or what it is called.
private struct ZipExtra {
    /// Numbers of eight bytes, of those that have no room in four; nil: there are none.
    private var long: ZipBytes?
    private(set) var otherName: [UInt8] = []

    var isLong: Bool { long != nil }

    /// Fields behind one that does not fit are passed over, as all programs do.
    init(_ bytes: ArraySlice<UInt8>) throws(FileProblem) {
        var at = ZipBytes(Array(bytes))
        while at.bytes.count - at.at >= 4 {
            let (kind, length) = (try at.number(2), Int(try at.number(2)))
            guard length <= at.bytes.count - at.at else { return }
            let field = Array(try at.take(length))
            switch kind {
            case 1 where long == nil: long = ZipBytes(field)
            case 0x7075 where otherName.isEmpty: otherName = field
            default: break
            }
        }
    }

    /// Puts the next number of eight bytes in the place of one that has no room in four.
    mutating func widen(_ number: inout UInt64) throws(FileProblem) {
        guard number == 0xFFFF_FFFF, let wide = try long?.number(8) else { return }
        number = wide
    }
}

internal import CZstd
internal import Glibc

/// Zstandard in the seekable format of its authors: independent frames, and behind them a table of their sizes in a frame that other
/// programs skip. So `zstd -d` unpacks the whole, and any byte is had from one frame.
///
/// Source: zstd's `contrib/seekable_format/zstd_seekable_compression_format.md`, version 0.1.0.
enum SeekableZstd {
    /// Bytes of text in a frame. A row is had from one frame, so that it is small; what a frame repeats of the one before is packed
    /// again, so that it is not too small.
    static let frameBytes = 1 << 17
    /// Frames of others are read up to this size.
    static let frameBytesMax = 1 << 18

    private static let skippableMagic: UInt32 = 0x184D_2A5E
    private static let seekMagic: UInt32 = 0x8F92_EAB1
    private static let footerBytes = 9

    /// Where a frame lies, packed and unpacked.
    struct Frame: Sendable, Equatable {
        var packedStart: Int
        var packedCount: Int
        var start: Int
        var count: Int
    }

    /// Packs a frame.
    static func pack(_ bytes: UnsafeRawBufferPointer) throws(Failed) -> [UInt8] {
        let most = ZSTD_compressBound(bytes.count)
        var code = 0
        let packed = [UInt8](unsafeUninitializedCapacity: most) { room, count in
            code = ZSTD_compress(room.baseAddress, most, bytes.baseAddress, bytes.count, 6)
            count = ZSTD_isError(code) == 0 ? code : 0
        }
        guard ZSTD_isError(code) == 0 else { throw Failed(description: String(cString: ZSTD_getErrorName(code))) }
        return packed
    }

    /// The library refuses.
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    /// The table behind the frames.
    static func table(_ frames: [Frame]) -> [UInt8] {
        var bytes: [UInt8] = []
        func add(_ number: UInt32) { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
        add(skippableMagic)
        add(UInt32(frames.count * 8 + footerBytes))
        for frame in frames {
            add(UInt32(frame.packedCount))
            add(UInt32(frame.count))
        }
        add(UInt32(frames.count))
        bytes.append(0)
        add(seekMagic)
        return bytes
    }

    /// Reads the table of a file. Throws `ResultBytes.Damaged` and `DiskError`.
    static func frames(_ descriptor: Int32, size: Int, path: String) throws -> [Frame] {
        guard size > footerBytes + 8 else { throw ResultBytes.Damaged(path: path) }
        let footer = try Disk.read(descriptor, at: size - footerBytes, count: footerBytes, path: path)
        func number(_ bytes: [UInt8], _ at: Int) -> UInt32 {
            bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: UInt32.self)) }
        }
        guard footer.count == footerBytes, number(footer, 5) == seekMagic else { throw ResultBytes.Damaged(path: path) }
        let count = Int(number(footer, 0))
        // Bit 7: each entry has a checksum behind it; the others are reserved.
        guard footer[4] & 0x7F == 0 else { throw ResultBytes.Damaged(path: path) }
        let entryBytes = footer[4] & 0x80 == 0 ? 8 : 12
        let tableBytes = count * entryBytes + footerBytes + 8
        guard tableBytes <= size else { throw ResultBytes.Damaged(path: path) }
        let table = try Disk.read(descriptor, at: size - tableBytes, count: tableBytes, path: path)
        guard table.count == tableBytes, number(table, 0) == skippableMagic else {
            throw ResultBytes.Damaged(path: path)
        }
        var frames: [Frame] = []
        var (packedStart, start) = (0, 0)
        for index in 0..<count {
            let frame = Frame(
                packedStart: packedStart, packedCount: Int(number(table, 8 + index * entryBytes)), start: start,
                count: Int(number(table, 12 + index * entryBytes)))
            guard frame.count <= frameBytesMax, frame.packedCount <= 2 * frameBytesMax else {
                throw ResultBytes.Damaged(path: path)
            }
            frames.append(frame)
            packedStart += frame.packedCount
            start += frame.count
        }
        guard packedStart + tableBytes == size else { throw ResultBytes.Damaged(path: path) }
        return frames
    }

    /// Unpacks a frame. Throws `ResultBytes.Damaged` and `DiskError`.
    static func unpack(_ frame: Frame, _ descriptor: Int32, path: String) throws -> [UInt8] {
        let packed = try Disk.read(descriptor, at: frame.packedStart, count: frame.packedCount, path: path)
        var got = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: max(1, frame.count)) { room, count in
            got = ZSTD_decompress(room.baseAddress, frame.count, packed, packed.count)
            count = ZSTD_isError(got) == 0 ? got : 0
        }
        guard ZSTD_isError(got) == 0, bytes.count == frame.count else { throw ResultBytes.Damaged(path: path) }
        return bytes
    }
}

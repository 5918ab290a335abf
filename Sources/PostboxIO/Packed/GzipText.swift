internal import CZlib
internal import PostboxCore

/// The text of a gzip file, of all its members one behind the other.
///
/// Read by zlib itself, since libarchive passes over a member's checksum and length and takes what stands behind the last member
/// for nothing.
final class GzipText: UnpackedText {
    private let file: PackedFile
    /// zlib keeps its address: it may not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutableRawBufferPointer
    private var offset = 0
    private var isInMember = true

    private static let inputBytes = 128 << 10

    init(_ file: PackedFile) throws {
        self.file = file
        input = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.inputBytes, alignment: 16)
        stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard postbox_inflate_init_gzip(stream) == Z_OK else {
            throw DiskError(code: 12, call: "inflateInit2", path: file.path)
        }
        try refill()
        guard stream.pointee.avail_in >= 2, input[0] == 0x1F, input[1] == 0x8B else {
            throw FileProblem.notPacked(.gz)
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    func read(into bytes: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
        var count = 0
        while count < bytes.count {
            if stream.pointee.avail_in == 0 { try refill() }
            let isOver = stream.pointee.avail_in == 0
            if !isInMember {
                if isOver { break }
                guard inflateReset(stream) == Z_OK else { throw damaged }
                isInMember = true
            }
            // It may still have text of what it was given.
            let room = UInt32(min(bytes.count - count, 1 << 30))
            stream.pointee.next_out = base + count
            stream.pointee.avail_out = room
            let result = inflate(stream, Z_NO_FLUSH)
            count += Int(room - stream.pointee.avail_out)
            switch result {
            case Z_STREAM_END: isInMember = false
            case Z_OK where stream.pointee.avail_out < room || !isOver: break
            case Z_OK, Z_BUF_ERROR:
                if isOver { throw FileProblem.damaged("The packed file is cut off.") }
            case Z_MEM_ERROR: throw DiskError(code: 12, call: "inflate", path: file.path)
            default: throw damaged
            }
        }
        return count
    }

    private var damaged: FileProblem {
        let words = stream.pointee.msg.map { VisibleText.line(String(cString: $0)) } ?? "it cannot be unpacked"
        return .damaged("The packed file is damaged, or something stands behind its end: \(words).")
    }

    private func refill() throws(DiskError) {
        let got = try file.read(into: input, at: offset)
        offset += got
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(got)
    }
}

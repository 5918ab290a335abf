internal import Crypto
internal import Glibc
package import PostboxCore

/// A claimed price file, whose text is read chunk by chunk, by `pread` or through an unpacker: a file that is cut short under us
/// is an error, never a fault.
package final class SourceFile: Sendable {
    /// Bytes kept of the SHA-256 of the file up to each chunk's end.
    package static let digestBytes = 16

    package let path: String
    /// Bytes of a chunk: what is digested, and read into memory, at once.
    package let chunkBytes: Int
    /// As it was when it was opened.
    package let status: Disk.Status
    /// What lies between its bytes and its text.
    package let wrapping: Wrapping
    fileprivate let descriptor: Int32

    /// What the first pass learned about the bytes, to be met again by the second.
    package struct Digests: Sendable, Equatable {
        /// Sixteen bytes a chunk of the text, of everything up to its end.
        package var chunks: [UInt8]
        /// Of the whole file as it lies there, packed or not, in hexadecimal.
        package var sha256: String
        /// Bytes of the file as it lies there.
        package var size: Int

        package init(chunks: [UInt8], sha256: String, size: Int) {
            self.chunks = chunks
            self.sha256 = sha256
            self.size = size
        }
    }

    /// The file changed between the passes, or while it was read.
    package struct Changed: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// - Parameter chunkBytes: what of a price file its format says.
    ///
    /// Throws `DiskError`.
    package init(
        path: String, chunkBytes: Int = PriceFileFormat.csv.traits.chunkBytes, wrapping: Wrapping = .none
    ) throws(DiskError) {
        self.path = path
        self.chunkBytes = chunkBytes
        self.wrapping = wrapping
        descriptor = try Disk.open(path, O_RDONLY | O_NOFOLLOW)
        do throws(DiskError) {
            status = try Disk.status(of: descriptor, path: path)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        // Only read from: nothing can be lost by closing it.
        _ = Glibc.close(descriptor)
    }

    /// Bytes of the file as it lies there.
    package var size: Int { status.size }
    /// Chunks of the file as it lies there.
    package var chunkCount: Int { (status.size + chunkBytes - 1) / chunkBytes }
    /// Room for the longest chunk.
    package var bufferBytes: Int { wrapping == .none ? max(64, min(chunkBytes, status.size)) : chunkBytes }

    /// At most `length` bytes from `offset`; fewer at the end. Throws `DiskError`.
    package func bytes(at offset: Int, upTo length: Int) throws -> [UInt8] {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 1)
        defer { room.deallocate() }
        let got = try Disk.read(descriptor, into: room, at: offset, path: path)
        return Array(room[..<got])
    }

    /// Throws when size or times are no longer what they were when the file was opened.
    package func checkUnchanged() throws {
        let now = try Disk.status(of: descriptor, path: path)
        guard now.size == status.size, now.modifiedAt == status.modifiedAt else {
            throw changed
        }
    }

    /// Two readings of it do not agree.
    package var changed: Changed { Changed(description: "the file was written to while it was read") }

    /// Reads every chunk in order and digests it; `body` gets each chunk's bytes and whether it is the last. An empty file has
    /// one empty chunk.
    package func readAll(_ body: (UnsafeRawBufferPointer, Bool) throws -> Void) throws -> Digests {
        var digest = ChunkDigest(self)
        try eachChunk { _, bytes, isLast in
            digest.take(bytes)
            try body(bytes, isLast)
        }
        try checkUnchanged()
        return try digest.finish()
    }

    /// Reads every chunk of the text in order, without digests. Throws as `ChunkReader`.
    ///
    /// - Parameter isWrittenTo: It is a journal, of which an unfinished end may be cut off meanwhile: then it ends there.
    package func eachChunk(
        isWrittenTo: Bool = false, _ body: (Int, UnsafeRawBufferPointer, Bool) throws -> Void
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 64)
        defer { buffer.deallocate() }
        let reader = ChunkReader(self, isWrittenTo: isWrittenTo)
        var index = 0
        while let (bytes, isLast) = try reader.next(buffer) {
            try body(index, bytes, isLast)
            index += 1
        }
    }

    /// The file's own bytes in order, packed or not.
    fileprivate func eachBlock(_ body: (UnsafeRawBufferPointer) -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkBytes, alignment: 64)
        defer { buffer.deallocate() }
        for index in 0..<chunkCount {
            let bytes = try bytes(ofChunk: index, buffer)
            guard bytes.count == length(ofChunk: index) else { throw cutShort }
            body(bytes)
        }
    }

    fileprivate var cutShort: Changed { Changed(description: "the file was cut short while it was read") }

    fileprivate func length(ofChunk index: Int) -> Int { min(chunkBytes, status.size - index * chunkBytes) }

    /// What there is of a chunk.
    fileprivate func bytes(
        ofChunk index: Int, _ buffer: UnsafeMutableRawBufferPointer
    ) throws -> UnsafeRawBufferPointer {
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<length(ofChunk: index)])
        let got = try Disk.read(descriptor, into: room, at: index * chunkBytes, path: path)
        return UnsafeRawBufferPointer(rebasing: room[..<got])
    }

    /// Of what the hash has seen so far; it goes on.
    fileprivate static func digest(_ hash: SHA256) -> [UInt8] {
        Array(hash.finalize().prefix(digestBytes))
    }
}

/// One reading of a file's text, from its first chunk to its last.
package final class ChunkReader {
    private enum Course {
        /// The chunk that comes next.
        case plain(Int)
        /// Nothing was unpacked yet.
        case packed
        /// `ahead`: a byte of the next chunk, which shows that there is one.
        case unpacking(Unpacker, ahead: UInt8?)
        case over
    }

    private let source: SourceFile
    private let isWrittenTo: Bool
    private var course: Course

    /// - Parameter isWrittenTo: As of `SourceFile.eachChunk`.
    package init(_ source: SourceFile, isWrittenTo: Bool = false) {
        self.source = source
        self.isWrittenTo = isWrittenTo
        course = source.wrapping == .none ? .plain(0) : .packed
    }

    /// The next chunk, which lies in `buffer` (of `bufferBytes`); nil: that was the last one. An empty file has one empty chunk.
    ///
    /// Throws `SourceFile.Changed` and `DiskError`, and of a packed file `FileProblem`.
    package func next(_ buffer: UnsafeMutableRawBufferPointer) throws -> (bytes: UnsafeRawBufferPointer, isLast: Bool)?
    {
        switch course {
        case .plain(let index): return try plain(index, buffer)
        case .packed:
            return try unpacked(buffer, nil) {
                try Unpacker(
                    PackedFile(descriptor: source.descriptor, path: source.path, size: source.size), source.wrapping)
            }
        case .unpacking(let unpacker, let ahead): return try unpacked(buffer, ahead) { unpacker }
        case .over: return nil
        }
    }

    private func plain(
        _ index: Int, _ buffer: UnsafeMutableRawBufferPointer
    ) throws -> (bytes: UnsafeRawBufferPointer, isLast: Bool)? {
        let bytes = try source.bytes(ofChunk: index, buffer)
        let isShort = bytes.count < source.length(ofChunk: index)
        if isShort, !isWrittenTo { throw source.cutShort }
        let isLast = isShort || index + 1 >= source.chunkCount
        course = isLast ? .over : .plain(index + 1)
        return (bytes, isLast)
    }

    private func unpacked(
        _ buffer: UnsafeMutableRawBufferPointer, _ ahead: UInt8?, _ unpacker: () throws -> Unpacker
    ) throws -> (bytes: UnsafeRawBufferPointer, isLast: Bool)? {
        do {
            let unpacker = try unpacker()
            var count = 0
            if let ahead {
                buffer[0] = ahead
                count = 1
            }
            count += try unpacker.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            var byte: UInt8 = 0
            let isLast =
                try count < buffer.count || withUnsafeMutableBytes(of: &byte) { try unpacker.read(into: $0) } == 0
            course = isLast ? .over : .unpacking(unpacker, ahead: byte)
            return (UnsafeRawBufferPointer(rebasing: buffer[..<count]), isLast)
        } catch {
            // What is wrong with it may only be that somebody writes to it.
            try source.checkUnchanged()
            throw error
        }
    }
}

/// Digests the chunks of a file one after the other, for the first pass over it.
package struct ChunkDigest: Sendable {
    private var whole = SHA256()
    private var chunks: [UInt8] = []
    private let source: SourceFile

    package init(_ source: SourceFile) {
        self.source = source
        chunks.reserveCapacity(source.chunkCount * SourceFile.digestBytes)
    }

    /// Takes the next chunk's bytes.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) {
        whole.update(bufferPointer: bytes)
        chunks.append(contentsOf: SourceFile.digest(whole))
    }

    /// The digests of all chunks that were taken. Throws as `SourceFile.eachChunk`: of a packed file the whole is read for it.
    package func finish() throws -> SourceFile.Digests {
        var file = whole
        if source.wrapping != .none {
            file = SHA256()
            try source.eachBlock { file.update(bufferPointer: $0) }
        }
        return SourceFile.Digests(chunks: chunks, sha256: SHA256Text.hex(file.finalize()), size: source.size)
    }
}

/// The second pass over a claimed file: a chunk's bytes are handed out only when they are those of the first pass.
package final class SecondReading {
    private let reader: ChunkReader
    private let digests: SourceFile.Digests
    private let buffer: UnsafeMutableRawBufferPointer
    private var index = 0
    private var whole = SHA256()

    /// Throws `SourceFile.Changed` when the file has another size.
    package init(_ source: SourceFile, _ digests: SourceFile.Digests) throws {
        guard source.size == digests.size else {
            throw SourceFile.Changed(description: "the file has another size than when it was first read")
        }
        reader = ChunkReader(source)
        self.digests = digests
        buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: source.bufferBytes, alignment: 64)
    }

    deinit {
        buffer.deallocate()
    }

    /// The next chunk, valid until the next call; nil: that was the last one. An empty file has one empty chunk. Throws
    /// `SourceFile.Changed` and `DiskError`.
    @inline(never)
    package func next() throws -> (bytes: UnsafeRawBufferPointer, isLast: Bool)? {
        guard let (bytes, isLast) = try chunk() else { return nil }
        whole.update(bufferPointer: bytes)
        let at = index * SourceFile.digestBytes
        let end = at + SourceFile.digestBytes
        guard isLast ? end == digests.chunks.count : end < digests.chunks.count,
            SourceFile.digest(whole).elementsEqual(digests.chunks[at..<end])
        else { throw SourceFile.Changed(description: "the file holds other bytes than when it was first read") }
        index += 1
        return (bytes, isLast)
    }

    private func chunk() throws -> (bytes: UnsafeRawBufferPointer, isLast: Bool)? {
        do {
            return try reader.next(buffer)
        } catch let problem as FileProblem {
            // It could be unpacked before.
            throw SourceFile.Changed(
                description: "the file holds other bytes than when it was first read: \(problem.what)")
        }
    }
}

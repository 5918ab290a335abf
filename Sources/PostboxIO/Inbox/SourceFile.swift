internal import Crypto
internal import Glibc
internal import PostboxCore

/// A claimed price file, read chunk by chunk with `pread`: a file that is cut short under us is an error, never a fault.
package final class SourceFile: Sendable {
    /// Bytes kept of the SHA-256 of the file up to each chunk's end.
    package static let digestBytes = 16

    package let path: String
    /// Bytes of a chunk: what is digested, and read into memory, at once.
    package let chunkBytes: Int
    /// As it was when it was opened.
    package let status: Disk.Status
    private let descriptor: Int32

    /// What the first pass learned about the bytes, to be met again by the second.
    package struct Digests: Sendable, Equatable {
        /// Sixteen bytes a chunk, of everything up to its end.
        package var chunks: [UInt8]
        /// Of the whole file, in hexadecimal.
        package var sha256: String
        /// Bytes.
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
    package init(path: String, chunkBytes: Int = PriceFileFormat.csv.traits.chunkBytes) throws(DiskError) {
        self.path = path
        self.chunkBytes = chunkBytes
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

    package var size: Int { status.size }
    package var chunkCount: Int { (status.size + chunkBytes - 1) / chunkBytes }

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
            throw Changed(description: "the file was written to while it was read")
        }
    }

    /// Reads every chunk in order and digests it; `body` gets each chunk's bytes and whether it is the last. An empty file has
    /// one empty chunk.
    package func readAll(_ body: (UnsafeRawBufferPointer, Bool) throws -> Void) throws -> Digests {
        var digest = ChunkDigest(self)
        try eachChunk { _, bytes, isLast in
            digest.take(bytes)
            try body(bytes, isLast)
        }
        try checkUnchanged()
        return digest.finish()
    }

    /// The bytes of one chunk; an empty file has an empty one. Throws `DiskError` and `Changed`.
    package func chunk(_ index: Int) throws -> [UInt8] {
        try Array(unsafeUninitializedCapacity: max(64, min(chunkBytes, status.size))) { room, count in
            count = try chunk(index, UnsafeMutableRawBufferPointer(room)).count
        }
    }

    /// Reads every chunk in order, without digests.
    ///
    /// - Parameter isWrittenTo: It is a journal, of which an unfinished end may be cut off meanwhile: then it ends there.
    package func eachChunk(
        isWrittenTo: Bool = false, _ body: (Int, UnsafeRawBufferPointer, Bool) throws -> Void
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(64, min(chunkBytes, status.size)), alignment: 64)
        defer { buffer.deallocate() }
        var index = 0
        repeat {
            let bytes = try bytes(ofChunk: index, buffer)
            let isShort = bytes.count < length(ofChunk: index)
            if isShort && !isWrittenTo { throw cutShort }
            try body(index, bytes, isShort || index + 1 >= chunkCount)
            if isShort { return }
            index += 1
        } while index < chunkCount
    }

    fileprivate func chunk(
        _ index: Int, _ buffer: UnsafeMutableRawBufferPointer
    ) throws -> UnsafeRawBufferPointer {
        let bytes = try bytes(ofChunk: index, buffer)
        guard bytes.count == length(ofChunk: index) else { throw cutShort }
        return bytes
    }

    private var cutShort: Changed { Changed(description: "the file was cut short while it was read") }

    private func length(ofChunk index: Int) -> Int { min(chunkBytes, status.size - index * chunkBytes) }

    /// What there is of a chunk.
    private func bytes(ofChunk index: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> UnsafeRawBufferPointer {
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<length(ofChunk: index)])
        let got = try Disk.read(descriptor, into: room, at: index * chunkBytes, path: path)
        return UnsafeRawBufferPointer(rebasing: room[..<got])
    }

    /// Of what the hash has seen so far; it goes on.
    fileprivate static func digest(_ hash: SHA256) -> [UInt8] {
        Array(hash.finalize().prefix(digestBytes))
    }
}

/// Digests the chunks of a file one after the other, for the first pass over it.
package struct ChunkDigest: Sendable {
    private var whole = SHA256()
    private var chunks: [UInt8] = []
    private let size: Int

    package init(_ source: SourceFile) {
        size = source.size
        chunks.reserveCapacity(source.chunkCount * SourceFile.digestBytes)
    }

    /// Takes the next chunk's bytes.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) {
        whole.update(bufferPointer: bytes)
        chunks.append(contentsOf: SourceFile.digest(whole))
    }

    /// The digests of all chunks that were taken.
    package func finish() -> SourceFile.Digests {
        SourceFile.Digests(chunks: chunks, sha256: SHA256Text.hex(whole.finalize()), size: size)
    }
}

/// The second pass over a claimed file: a chunk's bytes are handed out only when they are those of the first pass.
package final class SecondReading {
    private let source: SourceFile
    private let digests: SourceFile.Digests
    private let buffer: UnsafeMutableRawBufferPointer
    private var index = 0
    private var whole = SHA256()

    /// Throws `SourceFile.Changed` when the file has another size.
    package init(_ source: SourceFile, _ digests: SourceFile.Digests) throws {
        guard source.size == digests.size else {
            throw SourceFile.Changed(description: "the file has another size than when it was first read")
        }
        self.source = source
        self.digests = digests
        buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(64, min(source.chunkBytes, source.size)), alignment: 64)
    }

    deinit {
        buffer.deallocate()
    }

    /// The next chunk, valid until the next call; nil: that was the last one. An empty file has one empty chunk. Throws
    /// `SourceFile.Changed` and `DiskError`.
    @inline(never)
    package func next() throws -> (bytes: UnsafeRawBufferPointer, isLast: Bool)? {
        guard index == 0 || index < source.chunkCount else { return nil }
        let bytes = try source.chunk(index, buffer)
        whole.update(bufferPointer: bytes)
        let at = index * SourceFile.digestBytes
        guard at + SourceFile.digestBytes <= digests.chunks.count,
            SourceFile.digest(whole).elementsEqual(digests.chunks[at..<at + SourceFile.digestBytes])
        else { throw SourceFile.Changed(description: "the file holds other bytes than when it was first read") }
        index += 1
        return (bytes, index >= source.chunkCount)
    }
}

import Crypto
import Foundation
import PostboxIO
import Testing

@Suite("Reading a claimed file twice")
struct SourceFileTests {
    private static let chunkBytes = 256 * 1024
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    @discardableResult
    private func write(_ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: folder.path("a.csv")))
        return folder.path("a.csv")
    }

    @Test(
        "Both passes give every byte, in chunks whose last is marked",
        arguments: [0, 1, chunkBytes - 1, chunkBytes, chunkBytes * 2 + 17])
    func twice(size: Int) throws {
        let wanted = bytes(size)
        let file = try SourceFile(path: try write(wanted), chunkBytes: Self.chunkBytes)
        #expect(file.size == size)
        var first: [UInt8] = []
        var ends: [Bool] = []
        let digests = try file.readAll { chunk, isLast in
            first += chunk
            ends.append(isLast)
        }
        #expect(first == wanted)
        #expect(ends == Array(repeating: false, count: max(1, file.chunkCount) - 1) + [true])
        #expect(digests.size == size)
        #expect(digests.sha256 == SHA256.hash(data: wanted).map { String(format: "%02x", $0) }.joined())
        #expect(digests.sha256 == SHA256Text.of(wanted))
        // Whatever the chunks: an earlier version may have cut the file otherwise.
        #expect(try SourceFile(path: file.path, chunkBytes: 1000).readAll { _, _ in }.sha256 == digests.sha256)
        #expect(digests.chunks.count == max(1, file.chunkCount) * SourceFile.digestBytes)
        var second: [UInt8] = []
        var last = false
        let reading = try SecondReading(SourceFile(path: file.path, chunkBytes: Self.chunkBytes), digests)
        while let (chunk, isLast) = try reading.next() {
            #expect(!last)
            second += chunk
            last = isLast
        }
        #expect(second == wanted)
        #expect(last)
    }

    @Test("Bytes that changed between the passes are never handed on, though size and times are the same")
    func changed() throws {
        var content = bytes(Self.chunkBytes * 2 + 5)
        let digests = try SourceFile(path: try write(content), chunkBytes: Self.chunkBytes).readAll { _, _ in }
        content[Self.chunkBytes + 3] ^= 1
        let file = try SourceFile(path: try write(content), chunkBytes: Self.chunkBytes)
        var chunks = 0
        let reading = try SecondReading(file, digests)
        #expect {
            while try reading.next() != nil { chunks += 1 }
        } throws: { error in
            (error as? SourceFile.Changed)?.description == "the file holds other bytes than when it was first read"
        }
        #expect(chunks == 1)
    }

    @Test("Another size is a changed file")
    func otherSize() throws {
        let digests = try SourceFile(path: try write(bytes(10))).readAll { _, _ in }
        let file = try SourceFile(path: try write(bytes(11)))
        #expect(throws: SourceFile.Changed.self) { _ = try SecondReading(file, digests) }
    }

    @Test("A journal whose unfinished end is cut off while it is read ends there", arguments: [0, 100, 300_000])
    func cutJournal(_ size: Int) throws {
        let path = try write(bytes(Self.chunkBytes * 2))
        let journal = try SourceFile(path: path, chunkBytes: Self.chunkBytes)
        try FileHandle(forWritingTo: URL(fileURLWithPath: path)).truncate(atOffset: UInt64(size))
        var read = 0
        var ends = 0
        try journal.eachChunk(isWrittenTo: true) { _, chunk, isLast in
            read += chunk.count
            if isLast { ends += 1 }
        }
        #expect(read == size && ends == 1)
        #expect(throws: SourceFile.Changed.self) { try journal.eachChunk { _, _, _ in } }
    }

    @Test("A file that is cut short while it is read is an error, and so is one that is written to")
    func underReading() throws {
        let path = try write(bytes(Self.chunkBytes * 2))
        let cut = try SourceFile(path: path, chunkBytes: Self.chunkBytes)
        #expect {
            _ = try cut.readAll { _, isLast in
                if !isLast { try FileHandle(forWritingTo: URL(fileURLWithPath: path)).truncate(atOffset: 100) }
            }
        } throws: { error in
            (error as? SourceFile.Changed)?.description == "the file was cut short while it was read"
        }
        try write(bytes(1000))
        let grown = try SourceFile(path: path, chunkBytes: Self.chunkBytes)
        #expect {
            _ = try grown.readAll { _, _ in
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                try handle.seekToEnd()
                try handle.write(contentsOf: Data("more".utf8))
                try handle.close()
            }
        } throws: { error in
            (error as? SourceFile.Changed)?.description == "the file was written to while it was read"
        }
    }

    @Test("A symbolic link is not followed, and an absent file is told")
    func links() throws {
        try Disk.makeDirectory(folder.path("sub"))
        try write([1])
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link.csv"), withDestinationPath: folder.path("a.csv"))
        #expect(throws: DiskError(code: ELOOP, call: "open", path: folder.path("link.csv"))) {
            try SourceFile(path: folder.path("link.csv"), chunkBytes: Self.chunkBytes)
        }
        #expect(throws: DiskError(code: ENOENT, call: "open", path: folder.path("none"))) {
            try SourceFile(path: folder.path("none"), chunkBytes: Self.chunkBytes)
        }
    }
}

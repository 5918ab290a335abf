import PostboxCore
import TestSupport
import Testing

@Suite("Blocks of the index", .computing)
struct IndexBlockTests {
    @Test("What is written reads back, whatever the entries are; one bit that is not as it was makes it no block")
    func reads() throws {
        var random = SplitMix64(seed: 7)
        for round in 0..<200 {
            var entries = IndexEntries(capacity: 300)
            let hashes = round % 2 == 0 ? UInt64(3) : 1 << 40
            for drop in 0..<UInt32(3) {
                for _ in 0..<Int.random(in: 0...100, using: &random) {
                    entries.append(
                        IndexEntry(
                            hash: UInt64.random(in: 0..<hashes, using: &random), drop: drop,
                            offset: Int.random(in: 0...(1 << 40), using: &random),
                            isSkipped: Bool.random(using: &random)))
                }
            }
            entries.sort()
            var written: [IndexEntry] = []
            var block = IndexBlock()
            for index in 0..<entries.count {
                if index > 0 { #expect(entries[index - 1].hash <= entries[index].hash) }
                block.append(entries[index])
                written.append(entries[index])
            }
            var bytes: [UInt8] = []
            block.end { bytes = Array($0) }
            var read: [IndexEntry] = []
            let isWhole = bytes.withUnsafeBytes { bytes in
                IndexBlock.read(bytes) {
                    read.append($0)
                    return true
                }
            }
            #expect(isWhole && read == written)
            guard !bytes.isEmpty else { continue }
            let bit = Int.random(in: 0..<bytes.count * 8, using: &random)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!bytes.withUnsafeBytes { IndexBlock.read($0) { _ in true } })
        }
    }

    @Test("Entries of one hash stay as they were added, and a row takes at most 12 bytes")
    func bytesOfRow() {
        for count in [1_000, 50_000, 200_000] {
            var entries = IndexEntries(capacity: count)
            for row in 0..<count {
                let ric = Array("R\(row).TST".utf8)
                entries.append(
                    IndexEntry(
                        hash: ric.withUnsafeBytes { RICHash.of($0) }, drop: 0, offset: row * 200, isSkipped: false))
            }
            entries.sort()
            var bytes = 0
            var block = IndexBlock()
            for index in 0..<count {
                block.append(entries[index])
                if block.isFull { block.end { bytes += $0.count + 16 } }
            }
            block.end { bytes += $0.count + 16 }
            #expect(bytes <= 12 * count, "\(count) rows take \(bytes) bytes")
        }
        var same = IndexEntries(capacity: 4)
        for place in [3, 1, 2] { same.append(IndexEntry(hash: 5, drop: UInt32(place), offset: 1, isSkipped: false)) }
        same.sort()
        #expect((0..<3).map { same[$0].drop } == [3, 1, 2])
    }

    @Test("A RIC's hash never changes: indexes on disks hold it")
    func hash() {
        func hash(_ ric: String) -> UInt64 { Array(ric.utf8).withUnsafeBytes { RICHash.of($0) } }
        let known = ["", "VOD.L", "EUR=", "0#.FTSE", "ABCDEFGH", "ABCDEFGHI"].map(hash)
        #expect(Set(known).count == 6 && known.allSatisfy { $0 < 1 << 40 })
        #expect(known == [0x8c4b1c83d5, 0xf9af25d09b, 0x338688f120, 0x1caad13f71, 0xb96db0c9e0, 0xd835f56447])
    }

    @Test("A drop counts as indexed when all bytes of its files are, by parts that agree")
    func whole() {
        func part(_ drop: Int, _ bytes: Range<Int>, size: Int = 100, check: UInt64 = 1, skipped: Int = -1)
            -> IndexedPart
        {
            IndexedPart(drop: drop, size: size, check: check, bytes: bytes, skippedSize: skipped)
        }
        let parts = [
            part(1, 50..<100), part(1, 0..<50), part(2, 0..<40), part(2, 50..<100), part(3, 0..<50),
            part(3, 50..<100, check: 2), part(4, 0..<100, skipped: 20), part(5, 0..<120, skipped: 20),
            part(6, 0..<70), part(6, 30..<100),
        ]
        #expect(Set(IndexedPart.whole(parts).keys) == [1, 5, 6])
        #expect(IndexedPart.whole(parts)[1] == part(1, 0..<100))
    }
}

/// Follows an xz file's bytes, in pieces as they come, from block to block, and looks at the dictionary that each block needs: liblzma
/// would take up to 1 GB for one.
///
/// What is packed is passed over by the lengths that LZMA2 writes before each piece of it. Where something is not as it must be
/// nothing more is looked at: whoever unpacks it finds the same.
struct XzWindows {
    private enum Part {
        /// Zeros between two streams, or a stream's mark.
        case stream
        case streamHeader
        /// A block, or the index of all of them.
        case block
        case blockHeader
        case chunk
        case chunkHeader
        /// The numbers that are still to come of the index; nil: how many there are.
        case index(Int?)
        case over
    }

    private var part = Part.stream
    private var pending: [UInt8] = []
    private var needed = 4
    private var passing = 0
    private var checkBytes = 0
    /// Bytes of the block's packed data, or of the index, for what is filled up to four.
    private var length = 0

    /// 128 MB, as it stands in a block's header.
    private static let dictionaryMax: UInt8 = 30

    /// False: a block needs a dictionary of more than 128 MB.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at < bytes.count {
            if case .over = part { return true }
            if passing > 0 {
                let count = min(passing, bytes.count - at)
                (passing, at) = (passing - count, at + count)
                continue
            }
            let count = min(needed - pending.count, bytes.count - at)
            pending.append(contentsOf: bytes[at..<at + count])
            at += count
            guard pending.count == needed else { return true }
            guard follow() else { return false }
        }
        return true
    }

    private mutating func expect(_ part: Part, _ count: Int, keeping: Bool = false) {
        if !keeping { pending.removeAll(keepingCapacity: true) }
        (self.part, needed) = (part, count)
    }

    /// Takes the part that has come whole, and says which is next.
    private mutating func follow() -> Bool {
        switch part {
        case .stream:
            if pending.allSatisfy({ $0 == 0 }) { expect(.stream, 4) } else { expect(.streamHeader, 12, keeping: true) }
        case .streamHeader:
            guard pending.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]) else { return end() }
            checkBytes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64][Int(pending[7] & 0xF)]
            expect(.block, 1)
        case .block:
            length = 1
            if pending[0] == 0 {
                expect(.index(nil), 1)
            } else {
                expect(.blockHeader, (Int(pending[0]) + 1) * 4, keeping: true)
            }
        case .blockHeader: return followBlockHeader()
        case .chunk:
            switch pending[0] {
            case 0:
                passing = (4 - (length + 1) % 4) % 4 + checkBytes
                expect(.block, 1)
            case 1, 2: expect(.chunkHeader, 3, keeping: true)
            case 0xC0...: expect(.chunkHeader, 6, keeping: true)
            case 0x80...: expect(.chunkHeader, 5, keeping: true)
            default: return end()
            }
        case .chunkHeader:
            let at = pending[0] < 0x80 ? 1 : 3
            passing = Int(pending[at]) << 8 + Int(pending[at + 1]) + 1
            length += needed + passing
            expect(.chunk, 1)
        case .index(let left): followIndex(left)
        case .over: break
        }
        return true
    }

    /// The header's length, flags, lengths where the flags say so, and the filters, the last of which is LZMA2.
    private mutating func followBlockHeader() -> Bool {
        let flags = pending[1]
        var at = 2
        for mask in [UInt8(0x40), 0x80] where flags & mask != 0 {
            while at < pending.count, pending[at] & 0x80 != 0 { at += 1 }
            at += 1
        }
        for _ in 0...Int(flags & 3) {
            guard at + 2 < pending.count else { return end() }
            let (id, count) = (pending[at], Int(pending[at + 1]))
            // Of 2 or 3 times a power of two.
            if id == 0x21, count == 1, pending[at + 2] & 0x3F > Self.dictionaryMax { return false }
            at += 2 + count
        }
        length = 0
        expect(.chunk, 1)
        return true
    }

    private mutating func followIndex(_ left: Int?) {
        length += 1
        // Seven bits a byte, the lowest first.
        guard pending.last.map({ $0 < 0x80 }) == true else {
            if needed < 9 { expect(.index(left), needed + 1, keeping: true) } else { part = .over }
            return
        }
        let number = pending.reversed().reduce(0) { $0 << 7 | Int($1 & 0x7F) }
        let rest = left.map { $0 - 1 } ?? number.multipliedReportingOverflow(by: 2).partialValue
        if rest > 0 { return expect(.index(rest), 1) }
        // What fills it up, its checksum, and the stream's footer.
        passing = (4 - length % 4) % 4 + 4 + 12
        expect(.stream, 4)
    }

    private mutating func end() -> Bool {
        part = .over
        return true
    }
}

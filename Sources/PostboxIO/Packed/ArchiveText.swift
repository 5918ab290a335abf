internal import CLibArchive
internal import PostboxCore

/// The text of a file packed as zst, bz2 or xz, or of the one file inside a zip.
final class ArchiveText: UnpackedText {
    private let archive: Archive
    private let file: PackedFile
    private let packing: Packing
    /// Nil: there is nothing inside.
    private var isOpen: Bool

    /// `member`: a pattern for the file inside a zip that is meant. Throws `FileProblem` and `DiskError`.
    init(_ file: PackedFile, _ packing: Packing, member: String?) throws {
        self.file = file
        self.packing = packing
        guard try Self.hasMark(file, packing) else { throw FileProblem.notPacked(packing) }
        if packing == .zip {
            // All there is of a zip that holds nothing, which libarchive takes for no zip.
            if try file.bytes(at: 0, count: 4) == [0x50, 0x4B, 5, 6] {
                throw FileProblem(
                    reason: "archive_members", what: "The zip holds no file.", hint: "Nothing can be read of it.")
            }
            archive = try ZipMembers(file).open(member)
            isOpen = true
            return
        }
        var windows = packing == .xz ? XzWindows() : nil
        let watch = { (bytes: UnsafeRawBufferPointer) throws(FileProblem) in
            guard windows?.take(bytes) == false else { return }
            throw FileProblem(
                reason: "expands_too_far", what: "To unpack the file a dictionary of more than 128 MB is needed.",
                hint: "Pack it with a smaller one: `xz -9` needs 64 MB.")
        }
        archive = try Archive(file, isSeekable: false, watch: watch) { archive in
            archive_read_support_format_raw(archive)
            archive_read_support_format_empty(archive)
            switch packing {
            case .zst: archive_read_support_filter_zstd(archive)
            case .bz2: archive_read_support_filter_bzip2(archive)
            default: archive_read_support_filter_xz(archive)
            }
        }
        guard archive_filter_count(archive.archive) == 2 else { throw FileProblem.notPacked(packing) }
        isOpen = try archive.next() != nil
    }

    func read(into bytes: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = isOpen ? try archive.read(into: bytes) : 0
        // libarchive takes what is no packed data for the end.
        if count < bytes.count, packing != .zip, archive.consumed != file.size {
            throw FileProblem.damaged("Something that is not packed stands behind the packed data.")
        }
        return count
    }

    /// Whether the file begins as such files do.
    private static func hasMark(_ file: PackedFile, _ packing: Packing) throws(DiskError) -> Bool {
        let head = try file.bytes(at: 0, count: 6)
        switch packing {
        // The second one is a frame to skip, which some packers write first.
        case .zst:
            return head.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
                || head.count > 3 && head[0] & 0xF0 == 0x50 && head[1...3].elementsEqual([0x2A, 0x4D, 0x18])
        case .bz2: return head.starts(with: Array("BZh".utf8))
        case .xz: return head.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0])
        case .zip: return head.starts(with: [0x50, 0x4B])
        case .gz: return head.starts(with: [0x1F, 0x8B])
        }
    }
}

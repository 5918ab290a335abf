internal import CLibArchive
internal import Glibc
internal import PostboxCore

/// One reading of a packed file by libarchive, which sees the file through calls back to here.
final class Archive {
    /// What the calls back need: its address is given to libarchive.
    private final class Input {
        let file: PackedFile
        /// Sees all bytes before libarchive does, one after the other.
        let watch: (UnsafeRawBufferPointer) throws(FileProblem) -> Void
        var offset = 0
        var trouble: (any Error)?
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)

        init(_ file: PackedFile, _ watch: @escaping (UnsafeRawBufferPointer) throws(FileProblem) -> Void) {
            self.file = file
            self.watch = watch
        }

        deinit {
            buffer.deallocate()
        }
    }

    /// A file inside, as the archive tells of it.
    struct Member {
        /// Never used as a path.
        var name: String
        var isDirectory: Bool
        var isRegular: Bool
        var isEncrypted: Bool
    }

    let archive: OpaquePointer
    private let input: Input

    /// `watch` sees the file's bytes before they are unpacked, once and in order where the file is not seekable. `setUp` names what
    /// is to be read, and adds nothing that opens other files. Throws as `check`.
    init(
        _ file: PackedFile, isSeekable: Bool,
        watch: @escaping (UnsafeRawBufferPointer) throws(FileProblem) -> Void = { _ in },
        _ setUp: (OpaquePointer) -> Void
    ) throws {
        guard let archive = archive_read_new() else {
            throw DiskError(code: ENOMEM, call: "archive_read_new", path: file.path)
        }
        self.archive = archive
        input = Input(file, watch)
        setUp(archive)
        archive_read_set_callback_data(archive, Unmanaged.passUnretained(input).toOpaque())
        archive_read_set_read_callback(archive) { _, context, bytes in
            guard let context else { return -1 }
            let input = Unmanaged<Input>.fromOpaque(context).takeUnretainedValue()
            do {
                let got = try input.file.read(into: input.buffer, at: input.offset)
                try input.watch(UnsafeRawBufferPointer(rebasing: input.buffer[..<got]))
                input.offset += got
                bytes?.pointee = UnsafeRawPointer(input.buffer.baseAddress)
                return got
            } catch {
                input.trouble = error
                return -1
            }
        }
        if isSeekable {
            archive_read_set_seek_callback(archive) { _, context, offset, whence in
                guard let context else { return -1 }
                let input = Unmanaged<Input>.fromOpaque(context).takeUnretainedValue()
                let base =
                    switch whence {
                    case SEEK_CUR: input.offset
                    case SEEK_END: input.file.size
                    default: 0
                    }
                let (place, isTooFar) = base.addingReportingOverflow(Int(offset))
                guard !isTooFar, place >= 0 else { return -1 }
                input.offset = min(place, input.file.size)
                return Int64(input.offset)
            }
        }
        try check(archive_read_open1(archive))
    }

    /// A zip, from its first file on. Throws as `check`.
    convenience init(zip file: PackedFile) throws {
        try self.init(file, isSeekable: true) { archive in archive_read_support_format_zip_seekable(archive) }
    }

    deinit {
        archive_read_free(archive)
    }

    /// Throws what a call's result stands for: what the disk or `watch` threw, else `archive_damaged`. A warning is no fault.
    func check(_ result: Int32) throws {
        guard result < ARCHIVE_WARN else { return }
        throw trouble
    }

    /// The next file inside; nil: there are no more. Throws as `check`.
    func next() throws -> Member? {
        var entry: OpaquePointer?
        let result = archive_read_next_header(archive, &entry)
        if result == ARCHIVE_EOF { return nil }
        try check(result)
        guard let entry else { throw trouble }
        let kind = UInt32(archive_entry_filetype(entry))
        let name = archive_entry_pathname(entry) ?? archive_entry_pathname_utf8(entry)
        return Member(
            name: name.map { String(cString: $0) } ?? "", isDirectory: kind == S_IFDIR, isRegular: kind == S_IFREG,
            isEncrypted: archive_entry_is_encrypted(entry) != 0)
    }

    /// Fills `bytes` with what the file inside holds; fewer than there is room for mean its end. Throws as `check`, also for a
    /// checksum that does not fit.
    func read(into bytes: UnsafeMutableRawBufferPointer) throws -> Int {
        var count = 0
        while count < bytes.count {
            let got = archive_read_data(archive, bytes.baseAddress.map { $0 + count }, bytes.count - count)
            // Whoever warns here has seen a checksum or a length that is not so.
            guard got >= 0 else { throw trouble }
            if got == 0 { break }
            count += got
        }
        return count
    }

    /// Bytes of the file that what was read stood in.
    var consumed: Int { Int(archive_filter_bytes(archive, -1)) }

    private var trouble: any Error {
        if let trouble = input.trouble { return trouble }
        let said = archive_error_string(archive).map { String(cString: $0) } ?? "no words for it"
        let words = VisibleText.line(said.filter { !$0.isNewline })
        if words.contains("too much memory") {
            return FileProblem(
                reason: "expands_too_far", what: "To unpack the file a window of more than 128 MB is needed.",
                hint: "Pack it without `--long`, or with at most `--long=27`.")
        }
        return FileProblem.damaged("The packed file is damaged or cut off: \(words).")
    }
}

internal import CLibArchive
internal import CZlib
internal import Foundation
internal import PostboxCore

/// Packs price files, and unpacks them with nothing but the library, which is the least that reading them can take.
enum Packer {
    /// The ending of the file's name, `gz` or another one, tells how: beside the plain file, under its name with that behind it.
    static func pack(_ file: PriceFile, _ ending: String) throws -> PriceFile {
        let name = (file.path as NSString).lastPathComponent
        let path = "\(file.path).\(ending)"
        try write(path, ending) { archive in
            try Self.add(archive, name) { body in try read(file.path, body) }
        }
        return PriceFile(path: path, rows: file.rows, bytes: try size(path))
    }

    /// A workbook of so many rows, whose texts stand in their cells.
    static func workbook(_ path: String, rows count: Int) throws -> PriceFile {
        try write(path, "zip") { archive in
            for (name, text) in parts { try add(archive, name) { try $0(Array(text.utf8)) } }
            try add(archive, "xl/worksheets/sheet1.xml") { body in
                var rows = PriceRows(seed: 1)
                var text = PriceText(.xlsx, hasHeader: false)
                text.startSheet()
                for _ in 0..<count {
                    text.appendToSheet(rows.next())
                    if text.bytes.count > 1 << 18 { try text.drain(body) }
                }
                text.finishSheet()
                try text.drain(body)
            }
        }
        return PriceFile(path: path, rows: count, bytes: try size(path))
    }

    /// CPU seconds that the library alone takes to unpack a file: zlib for gz, libarchive with its libraries for others.
    static func secondsToUnpack(_ path: String) throws -> Double {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { room.deallocate() }
        let start = Usage.ownThread()
        if path.hasSuffix(".gz") { try inflateAll(path, into: room) } else { try unpackAll(path, into: room) }
        return Usage.ownThread() - start
    }

    private static func inflateAll(_ path: String, into room: UnsafeMutableRawBufferPointer) throws {
        guard let out = room.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        var stream = z_stream()
        try withUnsafeMutablePointer(to: &stream) { stream in
            guard postbox_inflate_init_gzip(stream) == Z_OK else { throw BenchError("zlib does not start") }
            defer { inflateEnd(stream) }
            try read(path) { bytes in
                try bytes.withUnsafeBufferPointer { bytes in
                    stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                    stream.pointee.avail_in = UInt32(bytes.count)
                    while stream.pointee.avail_in > 0 {
                        stream.pointee.next_out = out
                        stream.pointee.avail_out = UInt32(room.count)
                        let result = inflate(stream, Z_NO_FLUSH)
                        guard result == Z_OK || result == Z_STREAM_END else { throw BenchError("\(path) is damaged") }
                    }
                }
            }
        }
    }

    private static func unpackAll(_ path: String, into room: UnsafeMutableRawBufferPointer) throws {
        let archive = archive_read_new()
        defer { archive_read_free(archive) }
        archive_read_support_filter_all(archive)
        archive_read_support_format_raw(archive)
        archive_read_support_format_zip_seekable(archive)
        var entry: OpaquePointer?
        guard archive_read_open_filename(archive, path, 128 << 10) == ARCHIVE_OK,
            archive_read_next_header(archive, &entry) == ARCHIVE_OK
        else { throw BenchError("\(path) cannot be unpacked") }
        var count = 1
        while count > 0 { count = archive_read_data(archive, room.baseAddress, room.count) }
        guard count == 0 else { throw BenchError("\(path) cannot be unpacked") }
    }

    private static func write(_ path: String, _ ending: String, _ body: (OpaquePointer) throws -> Void) throws {
        guard let archive = archive_write_new() else { throw BenchError("no memory") }
        defer { archive_write_free(archive) }
        let filter =
            switch ending {
            case "gz": archive_write_add_filter_gzip(archive)
            case "zst": archive_write_add_filter_zstd(archive)
            case "bz2": archive_write_add_filter_bzip2(archive)
            case "xz": archive_write_add_filter_xz(archive)
            default: ARCHIVE_OK
            }
        let format = ending == "zip" ? archive_write_set_format_zip(archive) : archive_write_set_format_raw(archive)
        // Its usual dictionary would make this process's own peak larger than that of the program, which then could not be told.
        if ending == "xz" { archive_write_set_filter_option(archive, "xz", "compression-level", "1") }
        guard filter == ARCHIVE_OK, format == ARCHIVE_OK, archive_write_open_filename(archive, path) == ARCHIVE_OK
        else {
            throw BenchError("\(path) cannot be packed")
        }
        try body(archive)
        guard archive_write_close(archive) == ARCHIVE_OK else { throw BenchError("\(path) cannot be written") }
        // What is measured afterwards must not wait for these bytes.
        if let file = FileHandle(forWritingAtPath: path) { try file.synchronize() }
    }

    /// A file inside; `body` hands its bytes over, piece by piece.
    private static func add(
        _ archive: OpaquePointer, _ name: String, _ body: (([UInt8]) throws -> Void) throws -> Void
    ) throws {
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, name)
        // A regular file; the macro is in too many modules.
        archive_entry_set_filetype(entry, 0o100000)
        archive_entry_set_perm(entry, 0o644)
        guard archive_write_header(archive, entry) == ARCHIVE_OK else { throw BenchError("\(name) cannot be packed") }
        try body { bytes in
            let written = bytes.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
            guard written == bytes.count else { throw BenchError("\(name) cannot be packed") }
        }
    }

    private static func read(_ path: String, _ body: ([UInt8]) throws -> Void) throws {
        guard let file = fopen(path, "r") else { throw BenchError("\(path) cannot be read") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 128 << 10)
        while true {
            let count = fread(&bytes, 1, bytes.count, file)
            if count == 0 { return }
            if count == bytes.count { try body(bytes) } else { try body(Array(bytes[..<count])) }
        }
    }

    private static func size(_ path: String) throws -> Int {
        guard let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else {
            throw BenchError("\(path) is not there")
        }
        return size
    }

    /// Those of a workbook before its sheet.
    private static let parts = [
        (
            "_rels/.rels",
            "<Relationships><Relationship Id='1' Type='http://x/officeDocument' Target='xl/workbook.xml'/></Relationships>"
        ),
        (
            "xl/workbook.xml",
            "<workbook xmlns:r='urn:r'><sheets><sheet name='Prices' sheetId='1' r:id='a'/></sheets></workbook>"
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id='a' Type='http://x/worksheet' Target='worksheets/sheet1.xml'/></Relationships>"
        ),
    ]
}

extension PriceText {
    /// Begins a workbook's sheet with its header.
    mutating func startSheet() {
        put("<worksheet><sheetData><row>")
        for name in ["RIC", "BID", "ASK", "TRDPRC_1", "GEN_TEXT16"] {
            put("<c t='inlineStr'><is><t>\(name)</t></is></c>")
        }
        put("</row>")
    }

    mutating func appendToSheet(_ row: PriceRows.Row) {
        put("<row><c t='inlineStr'><is><t>")
        put(row.ric)
        put("</t></is></c>")
        for price in [row.bid, row.ask, row.last] {
            put("<c>")
            if let price {
                put("<v>")
                put(price)
                put("</v>")
            }
            put("</c>")
        }
        put("<c t='inlineStr'><is><t>")
        put(row.text)
        put("</t></is></c></row>")
    }

    mutating func finishSheet() { put("</sheetData></worksheet>") }
}

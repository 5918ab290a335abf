import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@Suite(
    "Zips that two programs would read differently", .computing,
    .enabled(if: PackingTool.endings.contains("zip"), "python3 is missing: nothing can be packed"))
struct ZipDirectoryTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static let small = Data("Instrument,bid\nALFA.TST,1.25\nBRAV.TST,2.5\n".utf8)

    /// A zip of Python's making, in which `entries` writes the text `t` to `z`, changed by `changes` as the bytes `d`. `list` is where its
    /// list of contents begins, `last` where its end does.
    private func zip(_ entries: String = "z.writestr('eod.csv', t)", _ changes: String = "") throws -> Data {
        try PackingTool.python(
            """
            import zipfile, io
            t = i.read()
            class Stream(io.RawIOBase):
                def __init__(self): self.b = io.BytesIO()
                def writable(self): return True
                def write(self, x): return self.b.write(x)
            s = Stream()
            b = io.BytesIO()
            z = zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED)
            \(entries)
            z.close()
            d = bytearray(s.b.getvalue() or b.getvalue())
            last = d.rfind(b'PK\\5\\6')
            list = int.from_bytes(d[last + 16:last + 20], 'little')
            def put(at, n, width=4): d[at:at + width] = n.to_bytes(width, 'little')
            def number(at, width=4): return int.from_bytes(d[at:at + width], 'little')
            \(changes)
            o.write(d)
            """, Self.small)
    }

    private func problem(_ packed: Data) throws -> FileProblem? {
        let path = folder.path("eod.csv.zip")
        try Spawning.write(packed, to: URL(fileURLWithPath: path))
        let source = try SourceFile(path: path, wrapping: .packed(.zip, ContainerRule()))
        var text = Data()
        do {
            try source.eachChunk { _, bytes, _ in text.append(contentsOf: bytes) }
        } catch let problem as FileProblem {
            return problem
        }
        #expect(text == Self.small)
        return nil
    }

    @Test(
        "However a zip is written, it is read when its list of contents and its files agree",
        arguments: [
            "z.writestr('eod.csv', t)", "z.comment = b'prices of the day'; z.writestr('eod.csv', t)",
            "z.writestr('d/', b''); z.writestr('d/eod.csv', t)", "z.writestr('eod.csv', t, zipfile.ZIP_STORED)",
            "f = z.open('eod.csv', 'w', force_zip64=True); f.write(t); f.close()",
            "z = zipfile.ZipFile(s, 'w', zipfile.ZIP_DEFLATED); z.writestr('eod.csv', t)",
            "z = zipfile.ZipFile(s, 'w', zipfile.ZIP_STORED); f = z.open('eod.csv', 'w', force_zip64=True); f.write(t); f.close()",
            "z.writestr('Märkte.csv', t)",
            "j = zipfile.ZipInfo('e.csv'); j.extra = b'\\xfe\\xca\\0\\0'; z.writestr(j, t)",
        ])
    func sound(_ entries: String) throws {
        #expect(try problem(zip(entries)) == nil)
    }

    @Test("A long end, which has numbers of eight bytes, is read")
    func longEnd() throws {
        let long =
            "end = b'PK\\6\\6' + (44).to_bytes(8, 'little') + b'\\x2d\\0\\x2d\\0' + bytes(8)\n"
            + "end += (1).to_bytes(8, 'little') * 2 + (last - list).to_bytes(8, 'little') + list.to_bytes(8, 'little')\n"
            + "end += b'PK\\6\\7' + bytes(4) + last.to_bytes(8, 'little') + (1).to_bytes(4, 'little')\n"
            + "put(last + 16, 0xFFFFFFFF)\nd[last:last] = end"
        #expect(try problem(zip(changes: long)) == nil)
        #expect(
            try problem(zip(changes: long + "\nput(last + 32, 2, 8); put(last + 24, 2, 8)"))?.reason
                == "archive_damaged")
    }

    private func zip(changes: String) throws -> Data { try zip("z.writestr('eod.csv', t)", changes) }

    @Test(
        "A zip whose list of contents and whose files differ is refused, and it is said in what",
        arguments: [
            ("z.writestr('eod.csv', t)", "d[30:37] = b'eox.csv'", "another name"),
            ("z.writestr('eod.csv', t)", "put(22, number(22) - 1)", "size of eod.csv"),
            ("z.writestr('eod.csv', t)", "put(18, number(18) + 1)", "size of eod.csv"),
            ("z.writestr('eod.csv', t)", "put(list + 16, number(list + 16) ^ 1)", "size of eod.csv"),
            ("z.writestr('eod.csv', t)", "put(8, 0, 2)", "how eod.csv is packed"),
            ("z.writestr('eod.csv', t)", "put(6, 0x800, 2)", "how eod.csv is packed"),
            // The count alone, and a file that the list leaves out.
            (
                "z.writestr('a.csv', t); z.writestr('b.csv', t)", "put(last + 8, 1, 2); put(last + 10, 1, 2)",
                "more files than it counts"
            ),
            ("z.writestr('a.csv', t)", "put(last + 8, 2, 2); put(last + 10, 2, 2)", "cut off"),
            (
                "z.writestr('a.csv', t); z.writestr('b.csv', t)",
                "n = (last - list) // 2; put(last + 8, 1, 2); put(last + 10, 1, 2); put(last + 12, n); del d[list + n:last]",
                "to no file"
            ),
            (
                "z.writestr('a.csv', t); z.writestr('b.csv', t)",
                "n = (last - list) // 2; put(last + 8, 1, 2); put(last + 10, 1, 2); put(last + 12, n); del d[list:list + n]",
                "to no file"
            ),
            // One that only the list knows.
            (
                "z.writestr('a.csv', t)",
                "e = bytearray(d[list:last]); e[46:51] = b'b.csv'; put(last + 8, 2, 2); put(last + 10, 2, 2); put(last + 12, 2 * len(e)); d[last:last] = e",
                "overlap"
            ),
            ("z.writestr('a.csv', t); z.writestr('b.csv', t)", "put(list + (last - list) // 2 + 42, 0)", "overlap"),
            (
                "z.writestr('a.csv', t); z.writestr('b.csv', t)",
                "put(list + 20, number(list + 20) + 40); put(18, number(18) + 40)", "overlap"
            ),
            ("z.writestr('a.csv', t)", "put(list + 42, number(list + 42) + 1)", "to no file"),
            ("z.writestr('a.csv', t)", "put(list + 20, 99999); put(18, 99999)", "longer than"),
            ("z.writestr('a.csv', t); z.writestr('a.csv', t)", "", "twice"),
            // Programs that look for the list from the end would take the one, others the other.
            ("z.writestr('a.csv', t)", "d[0:0] = b'PK-more'", "something stands before"),
            ("z.writestr('a.csv', t)", "d += b'more'", "not at its end"),
            (
                "z.writestr('a.csv', t)", "e = d[last:]; put(last + 20, 22, 2); d += e", "two lists of contents"
            ),
            (
                "z = zipfile.ZipFile(s, 'w', zipfile.ZIP_DEFLATED); z.writestr('a.csv', t)", "put(list - 4, 7)",
                "another size or checksum"
            ),
            (
                "z.writestr('a.csv', t)", "put(last + 4, 1, 2)", "several parts"
            ),
            // By its attributes in Unix, and in DOS: libarchive goes by these.
            (
                "z.writestr('a.csv', t); z.writestr('b.csv', t)", "put(list + 38, 0o40755 << 16)",
                "a.csv in the zip is a file by its name, and a folder"
            ),
            (
                "z.writestr('a.csv', t); z.writestr('b.csv', t)", "put(list + 4, 20, 2); put(list + 38, 0x10)",
                "a.csv in the zip is a file by its name, and a folder"
            ),
            (
                "z.writestr('d/', b''); z.writestr('b.csv', t)", "put(list + 38, 0o100644 << 16)",
                "d/ in the zip is a folder by its name, and a file"
            ),
        ])
    func different(_ entries: String, _ changes: String, _ words: String) throws {
        let found = try #require(try problem(zip(entries, changes)))
        #expect(found.reason == "archive_damaged")
        #expect(found.what.contains(words), "\(found.text)")
    }

    @Test("More files than 65,535 are refused before their list is kept anywhere")
    func many() throws {
        let found = try problem(
            zip(changes: "put(last + 8, 65535, 2); put(last + 10, 65535, 2); put(last + 12, 99 << 20)"))
        #expect(found?.reason == "archive_members")
    }

    @Test("A workbook with a part twice, in whatever case, is refused")
    func parts() throws {
        let path = folder.path("book.xlsx")
        let book = try zip("z.writestr('xl/workbook.xml', t); z.writestr('XL/Workbook.xml', t)")
        try Spawning.write(book, to: URL(fileURLWithPath: path))
        let found = #expect(throws: FileProblem.self) {
            try SourceFile(path: path, wrapping: .workbook(ContainerRule(), delimiter: 0x2C)).eachChunk { _, _, _ in }
        }
        #expect(found?.what.contains("twice") == true)
    }

    @Test(
        "A part of a workbook that is no regular file is not one that is missing: without styles a date would be a number"
    )
    func oddPart() throws {
        let path = folder.path("book.xlsx")
        let book = try zip("z.writestr('_rels/.rels', t)", "put(list + 38, 0o140600 << 16)")
        try Spawning.write(book, to: URL(fileURLWithPath: path))
        let found = #expect(throws: FileProblem.self) {
            try SourceFile(path: path, wrapping: .workbook(ContainerRule(), delimiter: 0x2C)).eachChunk { _, _, _ in }
        }
        #expect(found?.reason == "archive_damaged" && found?.what.contains("no regular file") == true)
    }
}

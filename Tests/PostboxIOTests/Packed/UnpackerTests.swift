import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@Suite(
    "Packed files", .computing,
    .enabled(if: PackingTool.endings.count == 5, "python3 or zstd is missing: nothing can be packed"))
struct UnpackerTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static let small = Data("Instrument,bid\nALFA.TST,1.25\nBRAV.TST,2.5\n".utf8)

    /// Rows that pack well, and yet no two alike.
    private static let large = Data((0..<60_000).map { "R\($0).TST,\($0 % 977).\($0 % 10)\n" }.joined().utf8)

    private func source(
        _ packed: Data, _ ending: String, _ rule: ContainerRule = ContainerRule(), chunkBytes: Int = 64 << 10
    ) throws -> SourceFile {
        let path = folder.path("eod.csv.\(ending)")
        try Spawning.write(packed, to: URL(fileURLWithPath: path))
        let packing = try #require(Packing(fileName: path))
        return try SourceFile(path: path, chunkBytes: chunkBytes, wrapping: .packed(packing, rule))
    }

    private func text(_ source: SourceFile) throws -> Data {
        var text = Data()
        try source.eachChunk { _, bytes, _ in text.append(contentsOf: bytes) }
        return text
    }

    private func problem(_ packed: Data, _ ending: String, _ rule: ContainerRule = ContainerRule()) throws
        -> FileProblem?
    {
        do {
            _ = try text(source(packed, ending, rule))
            return nil
        } catch let problem as FileProblem {
            return problem
        }
    }

    @Test(
        "Both passes give the text, the digests are of the text and of the file as it lies there",
        arguments: PackingTool.endings)
    func bothPasses(_ ending: String) throws {
        for content in [Self.small, Self.large, Data()] {
            let packed = try PackingTool.pack(content, ending)
            for chunkBytes in [1000, 64 << 10, max(64, content.count), content.count + 1] {
                let source = try source(packed, ending, chunkBytes: chunkBytes)
                var (first, ends): (Data, [Bool]) = (Data(), [])
                let digests = try source.readAll { bytes, isLast in
                    first.append(contentsOf: bytes)
                    ends.append(isLast)
                }
                #expect(first == content)
                #expect(ends == Array(repeating: false, count: ends.count - 1) + [true])
                #expect(digests.size == packed.count)
                #expect(digests.sha256 == SHA256Text.of(Array(packed)))
                #expect(digests.chunks.count == ends.count * SourceFile.digestBytes)
                #expect(ends.count == max(1, (content.count + chunkBytes - 1) / chunkBytes))
                let reading = try SecondReading(source, digests)
                var second = Data()
                while let (bytes, _) = try reading.next() { second.append(contentsOf: bytes) }
                #expect(second == content)
            }
        }
    }

    @Test(
        "Cut off at any byte it is damaged, and so is one in which something stands behind the end",
        arguments: PackingTool.endings)
    func cutOff(_ ending: String) throws {
        let packed = try PackingTool.pack(Self.small, ending)
        for count in 0..<packed.count {
            let found = try problem(packed.prefix(count), ending)
            #expect(
                found?.reason == "archive_damaged",
                "cut to \(count) of \(packed.count) bytes: \(String(describing: found))")
        }
        // A zip's list of contents is looked for from its end.
        guard ending != "zip" else { return }
        for tail in ["x", "more text\n", "\0\0\0\0\0\0"] {
            #expect(try problem(packed + Data(tail.utf8), ending)?.reason == "archive_damaged")
        }
        for count in 1..<packed.count {
            #expect(
                try problem(packed + packed.prefix(count), ending)?.reason == "archive_damaged",
                "\(count) bytes of a second one")
        }
    }

    @Test("Several members or frames are one file", arguments: PackingTool.endings.filter { $0 != "zip" })
    func severalMembers(_ ending: String) throws {
        let packed = try PackingTool.pack(Self.large, ending)
        let empty = try PackingTool.pack(Data(), ending)
        #expect(try text(source(empty + packed + empty + packed, ending)) == Self.large + Self.large)
        // However many: they cost nothing.
        var endless = Data()
        for _ in 0..<5000 { endless.append(empty) }
        #expect(try text(source(endless + packed, ending)) == Self.large)
    }

    @Test("No byte of the packed data can change the text unseen", arguments: PackingTool.endings)
    func wrongChecksum(_ ending: String) throws {
        let packed = try PackingTool.pack(Self.small, ending)
        for index in packed.indices {
            var damaged = packed
            damaged[index] ^= 0x41
            do {
                #expect(try text(source(damaged, ending)) == Self.small, "byte \(index)")
            } catch let problem as FileProblem {
                #expect(
                    ["archive_damaged", "archive_members", "expands_too_far"].contains(problem.reason), "byte \(index)")
            }
        }
    }

    @Test(
        "Plain content under a packed name is damaged, and so is one packed otherwise", arguments: PackingTool.endings)
    func notPacked(_ ending: String) throws {
        #expect(try problem(Self.small, ending)?.reason == "archive_damaged")
        #expect(try problem(Data(), ending)?.reason == "archive_damaged")
        for other in PackingTool.endings where other != ending {
            #expect(try problem(PackingTool.pack(Self.small, other), ending)?.reason == "archive_damaged", "\(other)")
        }
    }

    @Test("A bomb is refused as soon as it goes beyond its bounds", arguments: PackingTool.endings)
    func bombs(_ ending: String) throws {
        let packed = try PackingTool.pack(Self.large, ending)
        #expect(try problem(packed, ending, ContainerRule(maxExpanded: Self.large.count)) == nil)
        #expect(
            try problem(packed, ending, ContainerRule(maxExpanded: Self.large.count - 1))?.reason == "expands_too_far")
        #expect(Wrapping.textMax(ContainerRule(), packedSize: 3) == 3000)
        #expect(Wrapping.textMax(ContainerRule(), packedSize: .max) == 20_000_000_000)
        // One byte over and over packs to less than a thousandth.
        guard ["zst", "bz2", "xz"].contains(ending) else { return }
        #expect(try problem(PackingTool.pack(Data(count: 30_000_000), ending), ending)?.reason == "expands_too_far")
    }

    @Test("A window or dictionary above 128 MB is refused, one of 128 MB is not")
    func windows() throws {
        func xz(_ megabytes: Int) throws -> Data {
            try PackingTool.python(
                "import lzma; o.write(lzma.compress(i.read(), filters=[{'id': lzma.FILTER_LZMA2, 'dict_size': \(megabytes) << 20}]))",
                Self.small)
        }
        #expect(try problem(xz(256), "xz")?.reason == "expands_too_far")
        #expect(try text(source(xz(128), "xz")) == Self.small)
        // Not in the first block alone: in another stream, and in another block of the same one.
        let (mild, greedy) = (try xz(1), try xz(256))
        #expect(try problem(mild + Data(count: 8) + greedy, "xz")?.reason == "expands_too_far")
        #expect(try text(source(mild + Data(count: 8) + mild, "xz")) == Self.small + Self.small)
        for (second, expected) in [(greedy, "expands_too_far"), (mild, nil)] {
            #expect(try problem(oneStream(mild, second), "xz")?.reason == expected)
        }
        // A frame whose header names a window of 2 GB.
        let frame = Data([0x28, 0xB5, 0x2F, 0xFD, 0, 21 << 3, 1, 0, 0])
        #expect(try problem(frame, "zst")?.reason == "expands_too_far")
    }

    /// One stream of the blocks of two, each of which has one.
    private func oneStream(_ first: Data, _ second: Data) throws -> Data {
        try PackingTool.python(
            """
            import binascii
            def parts(x):
                n = (int.from_bytes(x[-8:-4], 'little') + 1) * 4
                index, at = x[-12 - n:-12], 2
                for _ in range(2):
                    while index[at] & 0x80: at += 1
                    at += 1
                return x[12:-12 - n], index[2:at]
            def checked(b): return b + binascii.crc32(b).to_bytes(4, 'little')
            d = i.read()
            a, b = d[:\(first.count)], d[\(first.count):]
            (one, record), (two, other) = parts(a), parts(b)
            index = b'\\0\\2' + record + other
            index = checked(index + bytes(-len(index) % 4))
            size = (len(index) // 4 - 1).to_bytes(4, 'little')
            o.write(a[:12] + one + two + index + binascii.crc32(size + a[6:8]).to_bytes(4, 'little') + size + a[6:8] + b'YZ')
            """, first + second)
    }

    // MARK: - Zips

    private func zip(_ entries: String) throws -> Data {
        try PackingTool.python(
            """
            import zipfile, io, stat
            t = i.read()
            b = io.BytesIO()
            z = zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED)
            \(entries)
            z.close()
            o.write(b.getvalue())
            """, Self.small)
    }

    @Test("A zip's one file is read, whatever it is called, directories aside")
    func oneFile() throws {
        for name in ["../../etc/passwd", "/etc/passwd", "a/b/c.csv", "Märkte.csv", "-rf", ".."] {
            let zip = try zip("z.writestr('../d/', b''); z.writestr('\(name)', t)")
            // Of no use as a path: it is compared and told, no more.
            #expect(try text(source(zip, "zip")) == Self.small, "\(name)")
        }
        #expect(FileManager.default.names(in: URL(fileURLWithPath: folder.path)) == ["eod.csv.zip"])
    }

    @Test("Of several files the one is read that `member` fits; else the zip is refused with their names")
    func members() throws {
        let two = try zip(
            "z.writestr('x/eod.csv', t); z.writestr('__MACOSX/x/._eod.csv', b'y'); z.writestr('read.me', b'z')")
        let found = try problem(two, "zip")
        #expect(found?.reason == "archive_members" && found?.what.contains("x/eod.csv") == true)
        for pattern in ["*.csv", "eod*", "x/*.csv", "e?d.[c]sv"] {
            #expect(try text(source(two, "zip", ContainerRule(member: pattern))) == Self.small, "\(pattern)")
        }
        for pattern in ["*", "*.txt", "x/*.me", "EOD.CSV"] {
            #expect(try problem(two, "zip", ContainerRule(member: pattern))?.reason == "archive_members", "\(pattern)")
        }
        #expect(try problem(zip("z.writestr('d/', b'')"), "zip")?.reason == "archive_members")
        let link =
            "i = zipfile.ZipInfo('a.csv'); i.create_system = 3; i.external_attr = (stat.S_IFLNK | 0o777) << 16; z.writestr(i, '/etc/passwd')"
        #expect(try problem(zip(link), "zip")?.reason == "archive_members")
    }

    @Test("What is encrypted, or packed by a method that may want any amount of memory, is refused in words")
    func unreadable() throws {
        let encrypted = try PackingTool.python(
            """
            import zipfile, io
            b = io.BytesIO()
            z = zipfile.ZipFile(b, 'w'); z.writestr('a.csv', b'0' * 40); z.close()
            d = bytearray(b.getvalue())
            # The flag that says so, in the entry and in the list of contents.
            d[6] |= 1
            d[d.rfind(b'PK\\1\\2') + 8] |= 1
            o.write(d)
            """)
        #expect(try problem(encrypted, "zip")?.what.contains("encrypted") == true)
        let lzma = try zip("z.writestr('a.csv', t, zipfile.ZIP_LZMA)")
        #expect(try problem(lzma, "zip")?.what.contains("method") == true)
        for reason in try [problem(encrypted, "zip"), problem(lzma, "zip")] {
            #expect(reason?.reason == "archive_damaged")
        }
        #expect(try text(source(zip("z.writestr('a.csv', t, zipfile.ZIP_STORED)"), "zip")) == Self.small)
    }

    @Test("A size that is not so is damage")
    func wrongSize() throws {
        let wrong = try PackingTool.python(
            """
            import zipfile, io
            b = io.BytesIO()
            z = zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED); z.writestr('a.csv', i.read()); z.close()
            d = bytearray(b.getvalue())
            for at in (22, d.rfind(b'PK\\1\\2') + 24): d[at] = 10
            o.write(d)
            """, Self.small)
        #expect(try problem(wrong, "zip")?.reason == "archive_damaged")
    }

    @Test(
        "A packed file that becomes another one between the passes, or while it is read, is a changed file",
        arguments: PackingTool.endings)
    func changed(_ ending: String) throws {
        let packed = try PackingTool.pack(Self.large, ending)
        let digests = try source(packed, ending).readAll { _, _ in }
        var damaged = packed
        damaged[packed.count / 2] ^= 1
        let second = try SecondReading(source(damaged, ending), digests)
        #expect(throws: SourceFile.Changed.self) { while try second.next() != nil {} }
        let cut = try self.source(packed, ending)
        try FileHandle(forWritingTo: URL(fileURLWithPath: cut.path)).truncate(atOffset: 100)
        #expect(throws: SourceFile.Changed.self) { _ = try cut.readAll { _, _ in } }
    }
}

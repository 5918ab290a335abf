import Foundation
import PostboxIO
import Testing

@Suite("System calls on files")
struct DiskTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("A new name replaces nothing, and a plain rename does")
    func renames() throws {
        let (a, b) = (try folder.write("a", to: "a"), try folder.write("b", to: "b"))
        #expect(try Disk.renameNew(a, b) == false)
        #expect(try folder.text("a") == "a")
        #expect(try folder.text("b") == "b")
        #expect(try Disk.renameNew(a, folder.path("c")) == true)
        #expect(try folder.text("c") == "a")
        #expect(!folder.exists("a"))
        #expect(throws: DiskError(code: ENOENT, call: "renameat2", path: a)) {
            try Disk.renameNew(a, folder.path("d"))
        }
        try Disk.rename(b, folder.path("c"))
        #expect(try folder.text("c") == "b")
    }

    @Test("A status tells what a name is, and no name is no error")
    func status() throws {
        try folder.write("12345", to: "file")
        try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "file")
        let file = try #require(try Disk.status(folder.path("file")))
        #expect(file.isRegular && !file.isDirectory && !file.isSymbolicLink)
        #expect(file.size == 5)
        #expect(abs(file.changedAt / 1000 - Clock.wall()) < 60_000_000)
        let link = try #require(try Disk.status(folder.path("link")))
        #expect(link.isSymbolicLink && !link.isRegular)
        #expect(try Disk.status(folder.path)?.isDirectory == true)
        #expect(try Disk.status(folder.path("none")) == nil)
        #expect(try Disk.status(folder.path("file/below")) == nil)
        #expect(try !Disk.exists(folder.path("none")))
    }

    @Test("Folders are made with their parents, twice as well, and not where a file stands")
    func folders() throws {
        try Disk.makeDirectory(folder.path("x/y/z"))
        try Disk.makeDirectory(folder.path("x/y/z"))
        #expect(try Disk.status(folder.path("x/y/z"))?.isDirectory == true)
        try folder.write("", to: "file")
        #expect(throws: DiskError(code: ENOTDIR, call: "mkdir", path: folder.path("file"))) {
            try Disk.makeDirectory(folder.path("file"))
        }
        try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "x")
        try Disk.makeDirectory(folder.path("link"))
        try Disk.syncDirectory(folder.path("x"))
        #expect(throws: DiskError(code: ENOENT, call: "open", path: folder.path("none"))) {
            try Disk.syncDirectory(folder.path("none"))
        }
        #expect(throws: DiskError(code: ENOTEMPTY, call: "rmdir", path: folder.path("x"))) {
            try Disk.removeDirectory(folder.path("x"))
        }
        try Disk.removeDirectory(folder.path("x/y/z"))
        try Disk.removeDirectory(folder.path("x/y/z"))
        #expect(!folder.exists("x/y/z"))
    }

    @Test("A listing has every name, counts those that are no text, and leaves out the folder itself")
    func names() throws {
        try Disk.makeDirectory(folder.path("in"))
        for name in ["a.csv", ".hidden", "Kürs.csv"] { try folder.write("", to: "in/" + name) }
        let bytes = Array((folder.path("in") + "/x").utf8).map { CChar(bitPattern: $0) } + [CChar(bitPattern: 0xff), 0]
        let descriptor = open(bytes, O_WRONLY | O_CREAT, 0o600)
        #expect(descriptor >= 0)
        close(descriptor)
        let (names, unreadable) = try Disk.names(in: folder.path("in"))
        #expect(names.sorted() == [".hidden", "Kürs.csv", "a.csv"].sorted())
        #expect(unreadable == [#"x\xff"#])
        #expect(throws: DiskError(code: ENOENT, call: "opendir", path: folder.path("none"))) {
            try Disk.names(in: folder.path("none"))
        }
    }

    @Test("Writes and reads are whole, links and removals can be repeated")
    func bytes() throws {
        let path = folder.path("file")
        let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        let descriptor = try Disk.open(path, O_RDWR | O_CREAT)
        try Disk.write(descriptor, content, path: path)
        try Disk.fdatasync(descriptor, path: path)
        var tail = [UInt8](repeating: 0, count: 50)
        let got = try tail.withUnsafeMutableBytes { try Disk.read(descriptor, into: $0, at: 99_980, path: path) }
        #expect(got == 20)
        #expect(Array(tail[..<20]) == Array(content[99_980...]))
        try Disk.close(descriptor, path: path)
        #expect(throws: DiskError(code: EBADF, call: "close", path: path)) { try Disk.close(9999, path: path) }
        #expect(try Disk.contents(path) == content)
        try Disk.link(path, folder.path("second"))
        try Disk.link(path, folder.path("second"))
        try Disk.remove(path)
        try Disk.remove(path)
        #expect(try Disk.contents(folder.path("second")) == content)
    }

    @Test("An error names the call, the path and what to do")
    func words() {
        #expect(
            DiskError(code: ENOSPC, call: "write", path: "/spool/a").description
                == "write(2) failed for /spool/a: No space left on device; free some space, work goes on by itself")
        #expect(DiskError(code: EXDEV, call: "rename", path: "/a").description.contains("one file system"))
        #expect(DiskError(code: EACCES, call: "open", path: "/a").description.hasSuffix("to read and write there"))
    }
}

import Foundation
import PostboxCore
import PostboxIO
import Testing

@Suite("Markers and checksums that come with a file")
struct CompanionFilesTests {
    private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    private let folder: TemporaryFolder
    private let companions: CompanionFiles

    init() throws {
        folder = try TemporaryFolder()
        for name in ["inbox", "work/7", "done"] { try Disk.makeDirectory(folder.path(name)) }
        companions = CompanionFiles(in: folder.path("work/7"))
        try folder.write("", to: "inbox/eod.csv.ok")
        try folder.write(Self.abc + "  eod.csv\n", to: "inbox/eod.csv.sha256")
    }

    private func take(needed: [String] = ["eod.csv.ok"]) throws -> Bool {
        try companions.take(
            needed: needed, possible: ["eod.csv.ok", "eod.csv.sha256", "eod.csv.none"], from: folder.path("inbox"))
            != nil
    }

    private func inbox() throws -> [String] { try Disk.names(in: folder.path("inbox")).names.sorted() }

    @Test("What is there is taken, hidden beside the file, and can be put back")
    func takeAndPutBack() throws {
        #expect(try take())
        #expect(try inbox() == [])
        #expect(try companions.names() == ["eod.csv.ok", "eod.csv.sha256"])
        #expect(try companions.suffixes(of: "eod.csv") == [".ok", ".sha256"])
        #expect(try Disk.names(in: folder.path("work/7")).names.allSatisfy { $0.hasPrefix(".") })
        try companions.putBack(to: folder.path("inbox"))
        try companions.putBack(to: folder.path("inbox"))
        #expect(try inbox() == ["eod.csv.ok", "eod.csv.sha256"])
        #expect(try companions.names() == [])
    }

    @Test("A needed one that is missing, or no regular file, is told")
    func missing() throws {
        #expect(try !take(needed: ["eod.csv.none"]))
        try companions.putBack(to: folder.path("inbox"))
        try Disk.remove(folder.path("inbox/eod.csv.ok"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("inbox/eod.csv.ok"), withDestinationPath: folder.path("inbox/eod.csv.sha256"))
        #expect(try !take())
    }

    @Test("One that came anew to the inbox in the meantime stays as it is there")
    func cameAnew() throws {
        #expect(try take())
        try folder.write("new", to: "inbox/eod.csv.sha256")
        try companions.putBack(to: folder.path("inbox"))
        #expect(try folder.text("inbox/eod.csv.sha256") == "new")
        #expect(try inbox() == ["eod.csv.ok", "eod.csv.sha256"])
        #expect(try companions.names() == [])
    }

    @Test("They move with their file, under the name that it gets, and a name is free only with theirs")
    func move() throws {
        #expect(try take())
        try folder.write("prices", to: "work/7/eod.csv")
        try folder.write("", to: "work/7/" + FileMover.Part.summary)
        try folder.write("", to: "done/eod.csv.ok")
        let mover = FileMover()
        let suffixes = try companions.suffixes(of: "eod.csv")
        #expect(
            try mover.freeName("eod.csv", in: folder.path("done"), suffixes: suffixes) { _ in false } == "eod.2.csv")
        for _ in 1...2 {
            _ = try mover.move(
                FileMover.Moved(drop: 7, name: "eod.csv", destinations: ["cache"]), from: folder.path("work/7"),
                to: folder.path("done"), as: "eod.2.csv", summary: [])
        }
        #expect(
            try Disk.names(in: folder.path("done")).names.sorted() == [
                "eod.2.csv", "eod.2.csv.ok", "eod.2.csv.sha256", "eod.2.csv.summary.json", "eod.csv.ok",
            ])
        #expect(!folder.exists("work/7"))
    }

    @Test("What was taken is known, and may have been moved by an earlier try")
    func known() throws {
        #expect(try take())
        try folder.write("prices", to: "work/7/eod.csv")
        let file = FileMover.Moved(
            drop: 7, name: "eod.csv", destinations: ["cache"], companions: ["eod.csv.ok", "eod.csv.sha256"])
        let known = CompanionFiles(in: folder.path("work/7"), known: file.companions)
        #expect(try known.problem(sha256: Self.abc, of: "eod.csv", isNeeded: true) == nil)
        for _ in 1...2 {
            try FileMover().moveUnsynced(file, from: folder.path("work/7"), to: folder.path("done"), as: "eod.csv")
        }
        #expect(
            try Disk.names(in: folder.path("done")).names.sorted() == ["eod.csv", "eod.csv.ok", "eod.csv.sha256"])
        let none = CompanionFiles(in: folder.path("work/7"), known: [])
        #expect(try none.problem(sha256: Self.abc, of: "eod.csv", isNeeded: false) == nil)
        #expect(try none.suffixes(of: "eod.csv") == [])
    }

    @Test("A checksum is held against the file's")
    func problems() throws {
        #expect(try companions.problem(sha256: Self.abc, of: "eod.csv", isNeeded: false) == nil)
        #expect(
            try companions.problem(sha256: Self.abc, of: "eod.csv", isNeeded: true)?.reason == "checksum_unreadable")
        #expect(try take())
        #expect(try companions.problem(sha256: Self.abc, of: "eod.csv", isNeeded: true) == nil)
        let other = String(repeating: "0", count: 64)
        #expect(try companions.problem(sha256: other, of: "eod.csv", isNeeded: false)?.reason == "checksum_mismatch")
        let long = String(repeating: Self.abc + "\n", count: 1100)
        for text in ["", "no checksum\n", long] {
            let path = try folder.write(text, to: "other.sha256")
            #expect(
                try CompanionFiles.problem(at: path, called: "other.sha256", sha256: Self.abc, of: "other")?.reason
                    == "checksum_unreadable")
        }
    }
}

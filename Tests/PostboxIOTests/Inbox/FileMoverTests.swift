import Foundation
import PostboxIO
import Testing

@Suite("Moving a settled drop where it belongs")
struct FileMoverTests {
    private let folder: TemporaryFolder
    private let mover = FileMover()
    private let drop = FileMover.Moved(drop: 7, name: "eod.csv", destinations: ["cache"])

    init() throws {
        folder = try TemporaryFolder()
        try Disk.makeDirectory(folder.path("work/7"))
        try Disk.makeDirectory(folder.path("failed"))
        try folder.write("prices", to: "work/7/eod.csv")
        try folder.write("result", to: "work/7/" + FileMover.Part.result)
        try folder.write("rejects", to: "work/7/" + FileMover.Part.rejects)
        try folder.write("summary", to: "work/7/" + FileMover.Part.summary)
    }

    private func move() throws {
        #expect(
            try mover.move(
                drop, from: folder.path("work/7"), to: folder.path("failed"), as: "eod.2.csv",
                summary: Array("summary".utf8)))
    }

    @Test("What somebody else put into the drop's directory stays there, and the drop is moved all the same")
    func foreign() throws {
        try folder.write("mine", to: "work/7/notes.txt")
        #expect(
            try !mover.move(
                drop, from: folder.path("work/7"), to: folder.path("failed"), as: "eod.csv", summary: []))
        #expect(try Disk.names(in: folder.path("work/7")).names == ["notes.txt"])
        #expect(try Disk.exists(folder.path("failed/eod.csv")))
    }

    /// Everything that a drop leaves, and nothing else.
    private func check() throws {
        #expect(
            try Disk.names(in: folder.path("failed")).names.sorted() == [
                "eod.2.csv", "eod.2.csv.result.csv", "eod.2.csv.summary.json", "eod.csv.rejects-7.csv",
            ])
        #expect(try folder.text("failed/eod.2.csv") == "prices")
        #expect(try folder.text("failed/eod.2.csv.result.csv") == "result")
        #expect(try folder.text("failed/eod.csv.rejects-7.csv") == "rejects")
        #expect(try folder.text("failed/eod.2.csv.summary.json") == "summary")
        #expect(!folder.exists("work/7"))
    }

    @Test("Result, rejects, file and summary get the names that were settled, and the drop's folder goes")
    func whole() throws {
        try move()
        try check()
        // A crash after the last step repeats all of them.
        try move()
        try check()
    }

    @Test(
        "A summary that was placed and taken away does not come a second time, also while the drop's folder is still there"
    )
    func takenAway() throws {
        try move()
        for name in try Disk.names(in: folder.path("failed")).names { try Disk.remove(folder.path("failed/" + name)) }
        try Disk.makeDirectory(folder.path("work/7"))
        try move()
        #expect(try Disk.names(in: folder.path("failed")).names.isEmpty)
        #expect(!folder.exists("work/7"))
    }

    @Test("Broken off after any step, another call does the rest", arguments: 0...6)
    func repeated(steps: Int) throws {
        let parts = [
            ("work/7/" + FileMover.Part.result, "failed/eod.2.csv.result.csv"),
            ("work/7/" + FileMover.Part.rejects, "failed/eod.csv.rejects-7.csv"),
            ("work/7/eod.csv", "failed/eod.2.csv"),
        ]
        for (from, to) in parts.prefix(steps) { try Disk.rename(folder.path(from), folder.path(to)) }
        // A summary that was half written.
        if steps >= 4 { try folder.write("summ", to: "work/7/" + FileMover.Part.summary) }
        if steps >= 5 {
            try folder.write("summary", to: "work/7/" + FileMover.Part.summary)
            try Disk.rename(
                folder.path("work/7/" + FileMover.Part.summary), folder.path("failed/eod.2.csv.summary.json"))
        }
        if steps >= 6 { try Disk.removeDirectory(folder.path("work/7")) }
        try move()
        try check()
    }

    @Test(
        "With several destinations each has the rejects that lie there for it, and a name that is taken all the same gets a number"
    )
    func severalRejects() throws {
        let drop = FileMover.Moved(drop: 7, name: "eod.csv", destinations: ["cache", "a/b", "rcc"])
        try Disk.remove(folder.path("work/7/" + FileMover.Part.rejects))
        try folder.write("one", to: "work/7/" + FileMover.Part.rejects(of: "a/b"))
        try folder.write("two", to: "work/7/" + FileMover.Part.rejects(of: "rcc"))
        try folder.write("older", to: "failed/eod.csv.rejects-7@rcc.csv")
        #expect(
            try mover.move(drop, from: folder.path("work/7"), to: folder.path("failed"), as: "eod.csv", summary: []))
        #expect(try folder.text("failed/eod.csv.rejects-7@a%2Fb.csv") == "one")
        #expect(try folder.text("failed/eod.csv.rejects-7@rcc.csv") == "older")
        #expect(try folder.text("failed/eod.csv.rejects-7@rcc.2.csv") == "two")
        #expect(!folder.exists("work/7"))
    }

    @Test("A file without rejects has none, and a folder that is missing is made")
    func noRejects() throws {
        try Disk.remove(folder.path("work/7/" + FileMover.Part.rejects))
        _ = try mover.move(
            drop, from: folder.path("work/7"), to: folder.path("done/2026-11-21"), as: "eod.csv", summary: [])
        #expect(
            try Disk.names(in: folder.path("done/2026-11-21")).names.sorted() == [
                "eod.csv", "eod.csv.result.csv", "eod.csv.summary.json",
            ])
    }

    @Test("What stands at the target is never overwritten, and nothing is lost")
    func taken() throws {
        try folder.write("older", to: "failed/eod.2.csv")
        #expect(throws: DiskError(code: EEXIST, call: "renameat2", path: folder.path("failed/eod.2.csv"))) {
            try move()
        }
        #expect(try folder.text("failed/eod.2.csv") == "older")
        #expect(try folder.text("work/7/eod.csv") == "prices")
        #expect(!folder.exists("failed/eod.2.csv.summary.json"))
        try Disk.remove(folder.path("failed/eod.2.csv"))
        try move()
        try check()
    }

    @Test("A name is free when nothing that would lie beside it is there, and nobody else has it")
    func freeName() throws {
        func free(_ reserved: [String] = []) throws -> String {
            try mover.freeName("eod.csv", in: folder.path("failed")) { reserved.contains($0) }
        }
        #expect(try free() == "eod.csv")
        for (beside, next) in [
            ("eod.csv", "eod.2.csv"), ("eod.2.csv.result.csv", "eod.3.csv"), ("eod.3.csv.summary.json", "eod.4.csv"),
        ] {
            try folder.write("x", to: "failed/" + beside)
            #expect(try free() == next)
        }
        #expect(try free([folder.path("failed/eod.4.csv"), folder.path("failed/eod.5.csv")]) == "eod.6.csv")
    }
}

import PostboxCore
import PostboxIO
import Testing

@Suite("What rules' last files looked like, on the disk")
struct LayoutFilesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("The newest drop's stays, of each rule by itself, and is read as it was kept")
    func kept() throws {
        let files = LayoutFiles(state: folder.path)
        #expect(try files.last(ofRule: "a/*.csv") == .none)
        let first = SeenLayout(columns: [.init(name: "RIC", kind: .text)], lineBytes: 80)
        let second = SeenLayout(columns: [.init(name: "BID", kind: .number)], isUnordered: true)
        try files.keep(first, ofRule: "a/*.csv", drop: 5, file: "a.csv")
        #expect(try files.last(ofRule: "a/*.csv") == .known(first, file: "a.csv", drop: 5))
        #expect(try files.last(ofRule: "b*.csv") == .none)
        try files.keep(second, ofRule: "a/*.csv", drop: 7, file: "b.csv")
        // Again after a crash, and an older one that ended later.
        try files.keep(second, ofRule: "a/*.csv", drop: 7, file: "b.csv")
        try files.keep(first, ofRule: "a/*.csv", drop: 6, file: "c.csv")
        #expect(try files.last(ofRule: "a/*.csv") == .known(second, file: "b.csv", drop: 7))
        #expect(try Disk.names(in: folder.path("layouts")).names.count == 1)
    }

    @Test("What cannot be read is said, and replaced by the next good file's")
    func unreadable() throws {
        let files = LayoutFiles(state: folder.path)
        let layout = SeenLayout(columns: [])
        try files.keep(layout, ofRule: "*.csv", drop: 5, file: "a.csv")
        let name = try #require(try Disk.names(in: folder.path("layouts")).names.first)
        try folder.write("{\"rule\": \"*.csv\"", to: "layouts/" + name)
        guard case .unreadable(let why) = try files.last(ofRule: "*.csv") else {
            Issue.record("it was read")
            return
        }
        #expect(why.contains(name))
        try files.keep(layout, ofRule: "*.csv", drop: 6, file: "b.csv")
        #expect(try files.last(ofRule: "*.csv") == .known(layout, file: "b.csv", drop: 6))
    }
}

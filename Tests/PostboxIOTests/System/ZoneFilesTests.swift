import Foundation
import PostboxCore
import Testing

@testable import PostboxIO

@Suite("The system's time zones")
struct ZoneFilesTests {
    @Test("A zone is read by its name, and no name leads out of the database", .enabled(if: isInstalled, "no tzdata"))
    func names() throws {
        _ = try ZoneFiles.rules("Europe/Zurich")
        #expect(try ZoneFiles.rules("Etc/UTC") == .utc)
        for name in ["Europe/Zürich", "europe/zurich", "Europe", "../../../etc/passwd", "/etc/passwd", "tzdata.zi", ""]
        {
            #expect(throws: SettingsMistake.self, "\(name)") { try ZoneFiles.rules(name) }
        }
    }

    private static let isInstalled = FileManager.default.fileExists(atPath: "\(ZoneFiles.folder)/Europe/Zurich")

    @Test("Without a database the package is named")
    func missing() throws {
        let mistake = #expect(throws: SettingsMistake.self) { try ZoneFiles.rules("Europe/Zurich", in: "/nowhere") }
        #expect(mistake?.expected.contains("tzdata") == true)
    }

    @Test("A folder and a file that is no zone are none")
    func noZone() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/Europe", withIntermediateDirectories: true)
        try Data("TZif2".utf8).write(to: URL(filePath: "\(folder.path)/Short"))
        for name in ["Europe", "Short", "Missing"] {
            #expect(throws: SettingsMistake.self, "\(name)") { try ZoneFiles.rules(name, in: folder.path) }
        }
    }

    @Test(
        "The machine's zone is what TZ names, else what its file is, else UTC; one that cannot be read is not UTC",
        .enabled(if: isInstalled, "no tzdata"))
    func local() throws {
        let zurich = try ZoneFiles.rules("Europe/Zurich")
        let file = "\(ZoneFiles.folder)/Europe/Zurich"
        #expect(try ZoneFiles.local("Europe/Zurich", file: "/nowhere") == zurich)
        #expect(try ZoneFiles.local(":Europe/Zurich", file: "/nowhere") == zurich)
        #expect(try ZoneFiles.local(file, file: "/nowhere") == zurich)
        #expect(try ZoneFiles.local(nil, file: file) == zurich)
        #expect(try ZoneFiles.local(nil, file: "/nowhere") == .utc)
        for name in ["", "UTC", ":UTC"] { #expect(try ZoneFiles.local(name, file: file) == .utc) }
        for name in ["CET-1CEST,M3.5.0,M10.5.0/3", "Europe/Zürich", "/nowhere"] {
            #expect(throws: SettingsMistake.self, "\(name)") { try ZoneFiles.local(name, file: file) }
        }
        let folder = try TemporaryFolder()
        try Data("TZif2".utf8).write(to: URL(filePath: "\(folder.path)/localtime"))
        #expect(throws: SettingsMistake.self) { try ZoneFiles.local(nil, file: "\(folder.path)/localtime") }
    }
}

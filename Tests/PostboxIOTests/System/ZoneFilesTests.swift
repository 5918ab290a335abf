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
}

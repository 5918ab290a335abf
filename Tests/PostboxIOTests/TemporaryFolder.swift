import Foundation
import TestSupport

/// A folder of a test's own; gone when nobody holds it any more.
final class TemporaryFolder: Sendable {
    /// Absolute, without a slash at the end.
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "postbox-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func path(_ name: String) -> String { path + "/" + name }

    /// Writes a file and gives back its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Spawning.write(Data(text.utf8), to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
}

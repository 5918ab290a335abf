internal import Foundation
internal import Glibc
package import PostboxCore

/// What the last good file of each rule looked like: a small file a rule in `state/layouts`, replaced as a whole. It is there for
/// rules that ask (`layout: unchanged`).
package struct LayoutFiles: Sendable {
    /// What stands in such a file.
    private struct Kept: Codable {
        /// The rule's `match`, for people.
        var rule: String
        var drop: Int
        var file: String
        var layout: SeenLayout
    }

    private let folder: String

    /// - Parameter state: The directory `state/`.
    package init(state: String) { folder = state + "/layouts" }

    /// What the last good file of a rule looked like, by the rule's `match`. Throws `DiskError`.
    package func last(ofRule match: String) throws(DiskError) -> RulePast.Layout {
        let path = path(match)
        guard try Disk.exists(path) else { return .none }
        let bytes = try Disk.contents(path)
        guard let kept = try? JSONDecoder().decode(Kept.self, from: Data(bytes)) else {
            return .unreadable("\(path) holds something else")
        }
        return .known(kept.layout, file: kept.file, drop: kept.drop)
    }

    /// Keeps what a good file looked like, durably, unless that of a newer drop is kept. To be called again after a crash. Throws
    /// `DiskError`.
    package func keep(_ layout: SeenLayout, ofRule match: String, drop: Int, file: String) throws {
        if case .known(_, _, let kept) = try last(ofRule: match), kept > drop { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let bytes = try encoder.encode(Kept(rule: match, drop: drop, file: file, layout: layout))
        try Disk.makeDirectory(folder)
        // Drops of one rule may end at the same time.
        let part = path(match) + ".\(drop).part"
        try FileMover().write(Array(bytes), to: part, mode: 0o600)
        try Disk.rename(part, path(match))
        try Disk.syncDirectory(folder)
    }

    private func path(_ match: String) -> String { folder + "/" + SHA256Text.of(Array(match.utf8)) + ".json" }
}

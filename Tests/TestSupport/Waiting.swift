package import Foundation

/// Something did not come about in time.
package struct TimedOut: Error, CustomStringConvertible {
    package var description: String
}

/// Waits until `condition` holds: looks again every few milliseconds, and throws ``TimedOut`` when the time is over.
///
/// - Parameters:
///   - what: what is waited for, for the failure's text.
///   - limit: far beyond what a healthy run needs; only a broken one waits that long.
package func eventually(
    _ what: String, within limit: Duration = .seconds(300), _ condition: () throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while try !condition() {
        guard clock.now < end else { throw TimedOut(description: "not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

extension FileManager {
    /// The names in a folder, sorted; none when there is no such folder.
    package func names(in folder: URL) -> [String] {
        ((try? contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }
}

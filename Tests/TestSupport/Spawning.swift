package import Foundation
import Synchronization

/// Keeps files that are being written and children that are being started apart.
///
/// A child has every open file of its parent until it runs its own program. A file that is written at that moment is closed for
/// good only then: after its rename into a watched folder, say, where nobody expects a close any more.
package enum Spawning {
    private static let lock = Mutex(())

    /// Writes a file that no child holds open afterwards.
    package static func write(_ content: Data, to file: URL) throws {
        try lock.withLock { _ in try content.write(to: file) }
    }

    package static func start(_ process: Process) throws {
        try lock.withLock { _ in try process.run() }
    }
}

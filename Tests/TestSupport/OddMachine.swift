package import Foundation

/// A machine that is short of watches, has an inbox on another file system, or has its clock set: what the library between
/// the program and its disk pretends. See `Tests/DiskFaults/DiskFaults.c`.
package struct OddMachine {
    private let unwatched: URL
    private let clock: URL

    /// `folder`: where the files lie that steer it.
    package init(in folder: URL) {
        unwatched = folder.appendingPathComponent("unwatched-\(UUID().uuidString)")
        clock = folder.appendingPathComponent("clock-\(UUID().uuidString)")
    }

    /// What the program is to be started with.
    ///
    /// - Parameters:
    ///   - errno: what the kernel says while it gives no watch.
    ///   - inbox: the magic number of the file system below the inbox; nil: the real one.
    package func environment(errno: Int32 = ENOSPC, inbox magic: Int? = nil) throws -> [String: String] {
        let library = try BuiltProgram.postbox().deletingLastPathComponent().appendingPathComponent("libDiskFaults.so")
        guard FileManager.default.fileExists(atPath: library.path) else {
            throw BuiltProgram.Missing(description: "there is no \(library.path)")
        }
        var out = [
            "LD_PRELOAD": library.path, "DISK_FAULTS_WATCH": unwatched.path, "DISK_FAULTS_WATCH_ERRNO": "\(errno)",
            "DISK_FAULTS_CLOCK": clock.path,
        ]
        if let magic {
            out["DISK_FAULTS_FS"] = "\(magic)"
            out["DISK_FAULTS_FS_PATH"] = "/inbox"
        }
        return out
    }

    /// The kernel gives no watch from now on.
    package func refuseWatches() throws { try Data().write(to: unwatched) }

    /// The kernel gives watches again.
    package func grantWatches() throws { try FileManager.default.removeItem(at: unwatched) }

    /// Sets the clock that many seconds ahead of the real one.
    package func setClock(ahead seconds: Int) throws { try Data("\(seconds)".utf8).write(to: clock, options: .atomic) }
}

package import Foundation

/// A file system of a few megabytes in memory, mounted at a folder: it can really be full. Only root may mount one; it is gone
/// when nobody holds it any more.
package final class SmallDisk {
    private let folder: URL

    /// Mounts it over a folder that is there; what lay in the folder is hidden.
    package init(at folder: URL, bytes: Int) throws {
        self.folder = folder
        let code = try Self.run(["mount", "-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", folder.path])
        guard code == 0 else {
            throw BuiltProgram.Missing(description: "a tmpfs cannot be mounted at \(folder.path)")
        }
    }

    deinit {
        _ = try? Self.run(["umount", "--lazy", folder.path])
    }

    private static func run(_ words: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardError = FileHandle.nullDevice
        try Spawning.start(process)
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Whether this user and this machine can have one.
    package static let isPossible: Bool = {
        guard geteuid() == 0 else { return false }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("postbox-\(UUID().uuidString)")
        guard (try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)) != nil else {
            return false
        }
        defer { try? FileManager.default.removeItem(at: folder) }
        return (try? SmallDisk(at: folder, bytes: 1 << 16)) != nil
    }()

    /// Writes until not a byte more goes in.
    package func fill() throws {
        let path = folder.appendingPathComponent("filler").path
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { close(descriptor) }
        for size in [1 << 16, 4096, 1] {
            let block = [UInt8](repeating: 1, count: size)
            while write(descriptor, block, block.count) > 0 {}
        }
        guard errno == ENOSPC else { throw CocoaError(.fileWriteUnknown) }
    }
}

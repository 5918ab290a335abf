internal import Glibc
package import PostboxCore

/// What checks against last accepted values found in a drop's file: `.checks` in its directory. It is there whole or not at all.
package final class FindingsFile: Sendable {
    private let path: String
    private let descriptor: Int32

    private init(path: String) throws(DiskError) {
        self.path = path
        descriptor = try Disk.open(path, O_RDONLY | O_NOFOLLOW)
    }

    deinit {
        // Only read from: nothing can be lost by closing it.
        _ = Glibc.close(descriptor)
    }

    /// What lies in a drop's directory, read through once; nil: nothing was found yet. Throws `DiskError`, and
    /// `LastFindings.Damaged`.
    package static func open(in directory: String, destinations: [String]) throws -> LastFindings? {
        let path = directory + "/" + FileMover.Part.lastFindings
        guard try Disk.exists(path) else { return nil }
        let file = try FindingsFile(path: path)
        let size = try Disk.status(of: file.descriptor, path: path).size
        let findings = try LastFindings(destinations: destinations, size: size) { at, room in
            try Disk.read(file.descriptor, into: room, at: at, path: file.path)
        }
        try findings.check()
        return findings
    }

    /// Writes the file of a drop.
    package struct Writer: ~Copyable {
        private let directory: String
        private let path: String
        private let descriptor: Int32
        private var isOpen = true

        /// `mode`: its permission bits. Throws `DiskError`.
        package init(in directory: String, mode: UInt32) throws(DiskError) {
            self.directory = directory
            path = directory + "/" + FileMover.Part.newLastFindings
            descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
        }

        deinit {
            // What is not finished counts for nothing.
            if isOpen { _ = Glibc.close(descriptor) }
        }

        /// Throws `DiskError`.
        package mutating func write(_ bytes: [UInt8]) throws(DiskError) {
            try Disk.write(descriptor, bytes, path: path)
        }

        /// From here on it counts, whatever happens. Throws `DiskError`.
        package mutating func finish() throws(DiskError) {
            try Disk.fsync(descriptor, path: path)
            isOpen = false
            try Disk.close(descriptor, path: path)
            try Disk.rename(path, directory + "/" + FileMover.Part.lastFindings)
            try Disk.syncDirectory(directory)
        }
    }
}

package import Foundation

/// The library that stands between the program and its disk: it counts and logs the calls that change a spool, and makes
/// chosen ones fail. See `Tests/DiskFaults/DiskFaults.c`.
package struct WatchedDisk {
    /// What is to fail.
    package struct Fault: Sendable, CustomStringConvertible {
        /// The number of the call, from 1.
        package var at: Int
        /// What it fails with; 0: a write writes half of its bytes.
        package var errno: Int32
        /// All later calls fail as well, until ``WatchedDisk/mend()``.
        package var lasts: Bool
        /// Only calls of that name fail; nil: any.
        package var call: String?

        package init(at: Int, errno: Int32, lasts: Bool = false, call: String? = nil) {
            self.at = at
            self.errno = errno
            self.lasts = lasts
            self.call = call
        }

        package var description: String {
            let what = errno == 0 ? "half a write" : String(cString: strerror(errno))
            return "call \(at)\(call.map { " (\($0))" } ?? ""): \(what), \(lasts ? "until mended" : "once")"
        }
    }

    /// A call that changed the disk, or failed.
    package struct Entry: Sendable {
        package var number: Int
        /// As its man page calls it; `create` and `truncate` for open(2).
        package var call: String
        /// 0: it went well.
        package var errno: Int32
        /// Bytes; the new size of a truncated file.
        package var offset: Int
        package var length: Int
        /// From the watched folder.
        package var path: String
        /// The second name of a rename or a link.
        package var target: String
        /// What was written, where the log holds it.
        package var bytes: Data
    }

    private let root: URL
    private let log: URL
    private let mended: URL
    private let broken: URL

    /// - Parameters:
    ///   - root: the folder to be watched; it is there.
    ///   - folder: where the log is written.
    package init(_ root: URL, in folder: URL) {
        self.root = root.resolvingSymlinksInPath()
        log = folder.appendingPathComponent("disk-\(UUID().uuidString).log")
        broken = folder.appendingPathComponent("broken-\(UUID().uuidString)")
        mended = folder.appendingPathComponent("mended-\(UUID().uuidString)")
    }

    /// What the program is to be started with.
    package func environment(_ fault: Fault? = nil, withData: Bool = false) throws -> [String: String] {
        let library = try BuiltProgram.postbox().deletingLastPathComponent().appendingPathComponent("libDiskFaults.so")
        guard FileManager.default.fileExists(atPath: library.path) else {
            throw BuiltProgram.Missing(description: "there is no \(library.path)")
        }
        var out = ["LD_PRELOAD": library.path, "DISK_FAULTS_ROOT": root.path, "DISK_FAULTS_LOG": log.path]
        if withData { out["DISK_FAULTS_DATA"] = "1" }
        if let fault {
            out["DISK_FAULTS_AT"] = "\(fault.at)"
            out["DISK_FAULTS_ERRNO"] = "\(fault.errno)"
            if fault.lasts { out["DISK_FAULTS_MENDED"] = mended.path }
            if let call = fault.call { out["DISK_FAULTS_CALL"] = call }
        }
        return out
    }

    /// What the program is to be started with for a disk that is well until ``breakDown()``, and fails then.
    package func environment(onceBroken errno: Int32) throws -> [String: String] {
        try environment().merging(["DISK_FAULTS_WHILE": broken.path, "DISK_FAULTS_ERRNO": "\(errno)"]) { $1 }
    }

    /// Every call fails from now on, until ``mend()``.
    package func breakDown() throws {
        try Data().write(to: broken)
    }

    /// The lasting fault is over.
    package func mend() throws {
        try Data().write(to: mended)
        if FileManager.default.fileExists(atPath: broken.path) { try FileManager.default.removeItem(at: broken) }
    }

    /// What happened so far, in order.
    package func entries() throws -> [Entry] {
        guard FileManager.default.fileExists(atPath: log.path) else { return [] }
        let bytes = try Data(contentsOf: log)
        var out: [Entry] = []
        var at = bytes.startIndex
        while let end = bytes[at...].firstIndex(of: 0x0a) {
            let words = String(decoding: bytes[at..<end], as: UTF8.self).split(separator: " ", maxSplits: 5)
            guard words.count == 6, let number = Int(words[0]), let errno = Int32(words[2]),
                let offset = Int(words[3]), let length = Int(words[4])
            else { throw BuiltProgram.Missing(description: "no line of the disk's log: \(words)") }
            let paths = words[5].split(separator: "\t").map { String($0.dropFirst(root.path.count + 1)) }
            var entry = Entry(
                number: number, call: String(words[1]), errno: errno, offset: offset, length: length, path: paths[0],
                target: paths.count > 1 ? paths[1] : "", bytes: Data())
            at = end + 1
            if entry.call.contains("write"), errno == 0, at + length < bytes.endIndex, bytes[at + length] == 0x0a,
                isWithData
            {
                entry.bytes = Data(bytes[at..<at + length])
                at += length + 1
            }
            out.append(entry)
        }
        return out
    }

    /// Whether the log holds what was written.
    package var isWithData = false

    /// Whether a call was made to fail so far.
    package func hasFailed() throws -> Bool { try entries().contains { $0.errno != 0 } }
}

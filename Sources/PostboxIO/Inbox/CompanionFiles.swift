internal import Glibc
package import PostboxCore

/// The marker and the checksum that came with a claimed file, in its directory below `work/`: hidden, so that the file is the
/// only one there with a plain name, and under their own names, so that they find back into the inbox by themselves.
///
/// They leave the inbox before their file: whatever is killed, no marker is left there that would vouch for another file.
package struct CompanionFiles: Sendable {
    private static let prefix = ".companion."
    /// More bytes than this are no checksum.
    private static let bytesMax = 1 << 16

    private let directory: String
    private let known: [String]?

    /// `directory`: the drop's own, `work/N`. `known`: what was taken into it by this run; nil: the directory is looked at.
    package init(in directory: String, known: [String]? = nil) {
        self.directory = directory
        self.known = known
    }

    /// Names as they were in the inbox. Throws `DiskError`.
    package func names() throws(DiskError) -> [String] {
        if let known { return known }
        guard try Disk.exists(directory) else { return [] }
        return try Disk.names(in: directory).names.filter { $0.hasPrefix(Self.prefix) }
            .map { String($0.dropFirst(Self.prefix.count)) }.sorted()
    }

    /// What comes behind the price file's name in each of them. Throws `DiskError`.
    package func suffixes(of name: String) throws(DiskError) -> [String] {
        try names().filter { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
    }

    /// Moves those of `possible` out of the inbox that are there as regular files, and returns their names. nil: one of `needed`
    /// is not there. Throws `DiskError`; what was moved stays moved.
    package func take(needed: [String], possible: [String], from inbox: String) throws(DiskError) -> [String]? {
        var taken: [String] = []
        for name in possible {
            guard try Disk.status(inbox + "/" + name)?.isRegular == true else {
                if needed.contains(name) { return nil }
                continue
            }
            try Disk.rename(inbox + "/" + name, path(name))
            taken.append(name)
        }
        return taken.sorted()
    }

    /// Moves them back into the inbox; one that came anew there in the meantime counts. Throws `DiskError`; may be called again.
    package func putBack(to inbox: String) throws(DiskError) {
        for name in try names() where try !Disk.renameNew(path(name), inbox + "/" + name) {
            try Disk.remove(path(name))
        }
    }

    /// What is wrong with a price file of that SHA-256 (small letters) by the checksum that came with it; nil: nothing, or there
    /// is none and none is needed. Throws `DiskError`.
    package func problem(sha256: String, of name: String, isNeeded: Bool) throws(DiskError) -> FileProblem? {
        let companion = name + InboxNames.checksumSuffix
        let isThere = if let known { known.contains(companion) } else { try Disk.exists(path(companion)) }
        guard isNeeded || isThere else { return nil }
        return try Self.problem(at: path(companion), called: companion, sha256: sha256, of: name)
    }

    /// The same by a companion that lies anywhere. Throws `DiskError`.
    package static func problem(
        at path: String, called companion: String, sha256: String, of name: String
    ) throws(DiskError) -> FileProblem? {
        func unreadable(_ what: String) -> FileProblem {
            FileProblem(
                reason: "checksum_unreadable", what: "\(companion) \(what)",
                hint: "it holds one line as sha256sum writes it: the digest, or the digest and the file's name")
        }
        guard let status = try Disk.status(path) else { return unreadable("is missing") }
        guard status.isRegular, status.size <= bytesMax else { return unreadable("is no checksum's file") }
        let bytes: [UInt8]
        do throws(DiskError) {
            bytes = try Disk.contents(path)
        } catch {
            guard [EACCES, EPERM, ENOENT, ELOOP].contains(error.code) else { throw error }
            return unreadable("cannot be read: \(error)")
        }
        guard let said = PostboxCore.sha256(inCompanion: bytes, of: name) else {
            return unreadable("holds no SHA-256 of \(name)")
        }
        guard said != sha256 else { return nil }
        return FileProblem(
            reason: "checksum_mismatch", what: "\(companion) says \(said), the file's SHA-256 is \(sha256)",
            hint: "the file was damaged or cut off on its way, or the checksum is another file's")
    }

    /// Moves them beside the file that goes to `folder` as `target`. Throws `DiskError`; may be called again.
    func move(of name: String, to folder: String, as target: String) throws(DiskError) {
        for suffix in try suffixes(of: name) {
            // Known is what was taken: an earlier try may have moved it.
            if known != nil, try !Disk.exists(path(name + suffix)) { continue }
            guard try Disk.renameNew(path(name + suffix), folder + "/" + target + suffix) else {
                throw DiskError(code: EEXIST, call: "renameat2", path: folder + "/" + target + suffix)
            }
        }
    }

    /// Copies what lies beside the finished file at `finished` into it, as what came with the file `name`: those with these suffixes
    /// that are there. Throws `DiskError`.
    package func copy(of name: String, _ suffixes: [String], from finished: String) throws(DiskError) {
        for suffix in suffixes {
            guard let status = try Disk.status(finished + suffix), status.isRegular, status.size <= Self.bytesMax
            else { continue }
            try FileMover().write(try Disk.contents(finished + suffix), to: path(name + suffix), mode: 0o600)
        }
    }

    private func path(_ name: String) -> String { directory + "/" + Self.prefix + name }
}

internal import CLinux
internal import Glibc
package import PostboxCore
internal import Synchronization

/// File system calls with their errors checked, close included. Paths are absolute.
package enum Disk {
    /// What a file is and when it changed.
    package struct Status: Sendable, Equatable {
        package var isRegular: Bool
        package var isDirectory: Bool
        package var isSymbolicLink: Bool
        /// The permission bits, as chmod(2) takes them.
        package var mode: UInt32
        /// Bytes.
        package var size: Int
        /// Nanoseconds since 1970.
        package var modifiedAt: Int64
        /// Of the inode; nanoseconds since 1970. No program can set it back.
        package var changedAt: Int64
        package var inode: UInt64
        package var device: UInt64
    }

    /// lstat(2); nil: there is no such file.
    package static func status(_ path: String) throws(DiskError) -> Status? {
        var s = postbox_status()
        let code = -postbox_stat(path, 0, &s)
        guard code == 0 else {
            if code == ENOENT || code == ENOTDIR { return nil }
            throw DiskError(code: code, call: "lstat", path: path)
        }
        return Status(s)
    }

    package static func status(of descriptor: Int32, path: String) throws(DiskError) -> Status {
        var s = postbox_status()
        let code = -postbox_fstat(descriptor, &s)
        guard code == 0 else { throw DiskError(code: code, call: "fstat", path: path) }
        return Status(s)
    }

    /// stat(2): as `status`, of what a symbolic link leads to.
    package static func target(_ path: String) throws(DiskError) -> Status? {
        var s = postbox_status()
        let code = -postbox_stat(path, 1, &s)
        guard code == 0 else {
            if code == ENOENT || code == ENOTDIR { return nil }
            throw DiskError(code: code, call: "stat", path: path)
        }
        return Status(s)
    }

    package static func exists(_ path: String) throws(DiskError) -> Bool { try status(path) != nil }

    /// File descriptors that are left to the libraries. libdispatch ends the program when it cannot open one of its own files,
    /// which it does once a second.
    private static let spareDescriptors = 8

    /// open(2) with close-on-exec. Throws EMFILE where it would take one of the last descriptors.
    package static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0o644) throws(DiskError) -> Int32 {
        // What may make a file, or empty it, is looked at before it does.
        if flags & (O_CREAT | O_TRUNC) != 0, postbox_free_descriptors(-1) <= spareDescriptors {
            throw DiskError(code: EMFILE, call: "open", path: path)
        }
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw DiskError(code: errno, call: "open", path: path) }
        // A new descriptor is the lowest that was free.
        if flags & (O_CREAT | O_TRUNC) == 0, postbox_free_descriptors(descriptor) <= spareDescriptors {
            _ = Glibc.close(descriptor)
            throw DiskError(code: EMFILE, call: "open", path: path)
        }
        return descriptor
    }

    /// Opens a file for writing past the page cache: whole pages from and to places that are multiples of a page. Throws EINVAL
    /// where the file system cannot.
    static func openDirectly(_ path: String) throws(DiskError) -> Int32 {
        try open(path, O_WRONLY | postbox_direct_flag())
    }

    package static func close(_ descriptor: Int32, path: String) throws(DiskError) {
        guard Glibc.close(descriptor) == 0 else { throw DiskError(code: errno, call: "close", path: path) }
    }

    /// Writes every byte.
    package static func write(_ descriptor: Int32, _ bytes: [UInt8], path: String) throws(DiskError) {
        var at = 0
        while at < bytes.count {
            let n = bytes.withUnsafeBytes { raw in
                Glibc.write(descriptor, raw.baseAddress.map { $0 + at }, raw.count - at)
            }
            if n < 0 {
                if errno == EINTR { continue }
                throw DiskError(code: errno, call: "write", path: path)
            }
            at += n
        }
    }

    /// Writes every byte at its place, whatever stands there.
    package static func write(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int, path: String
    ) throws(DiskError) {
        var done = 0
        while done < bytes.count {
            let n = pwrite(
                descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            if n < 0 {
                if errno == EINTR { continue }
                throw DiskError(code: errno, call: "pwrite", path: path)
            }
            done += n
        }
    }

    /// Reads at a place; fewer bytes than asked for mean the end of the file.
    package static func read(
        _ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int, path: String
    ) throws(DiskError) -> Int {
        var got = 0
        while got < bytes.count {
            let n = pread(descriptor, bytes.baseAddress.map { $0 + got }, bytes.count - got, off_t(offset + got))
            if n < 0 {
                if errno == EINTR { continue }
                throw DiskError(code: errno, call: "pread", path: path)
            }
            if n == 0 { break }
            got += n
        }
        return got
    }

    /// The bytes at a place; fewer than asked for mean the end of the file.
    package static func read(
        _ descriptor: Int32, at offset: Int, count: Int, path: String
    ) throws(DiskError) -> [UInt8] {
        var fault: DiskError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { room, got in
            do throws(DiskError) {
                got = try read(descriptor, into: UnsafeMutableRawBufferPointer(room), at: offset, path: path)
            } catch {
                fault = error
            }
        }
        if let fault { throw fault }
        return bytes
    }

    /// A whole small file.
    package static func contents(_ path: String) throws(DiskError) -> [UInt8] {
        let descriptor = try open(path, O_RDONLY)
        defer { _ = Glibc.close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: try status(of: descriptor, path: path).size)
        let got = try readAll(descriptor, &bytes, path)
        bytes.removeSubrange(got...)
        return bytes
    }

    private static func readAll(_ descriptor: Int32, _ bytes: inout [UInt8], _ path: String) throws(DiskError) -> Int {
        var result: Result<Int, DiskError> = .success(0)
        bytes.withUnsafeMutableBytes { raw in
            do throws(DiskError) {
                result = .success(try read(descriptor, into: raw, at: 0, path: path))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    package static func fsync(_ descriptor: Int32, path: String) throws(DiskError) {
        guard isDurable else { return }
        synced.add(1, ordering: .relaxed)
        guard Glibc.fsync(descriptor) == 0 else { throw DiskError(code: errno, call: "fsync", path: path) }
    }

    /// Tells the kernel that these bytes of a file, which are durable, will not be read soon. It may not heed that.
    static func release(_ descriptor: Int32, _ range: Range<Int>) {
        guard isDurable else { return }
        _ = posix_fadvise(descriptor, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_DONTNEED)
    }

    package static func fdatasync(_ descriptor: Int32, path: String) throws(DiskError) {
        guard isDurable else { return }
        synced.add(1, ordering: .relaxed)
        guard Glibc.fdatasync(descriptor) == 0 else { throw DiskError(code: errno, call: "fdatasync", path: path) }
    }

    /// Makes renames, links and new names in a directory durable.
    package static func syncDirectory(_ path: String) throws(DiskError) { try sync(path, O_DIRECTORY) }

    /// Makes a file's bytes, or a directory's names, durable.
    package static func sync(_ path: String) throws(DiskError) { try sync(path, O_NOFOLLOW) }

    /// syncfs(2): everything on the file system of an open file.
    package static func syncFileSystem(_ descriptor: Int32, path: String) throws(DiskError) {
        guard isDurable else { return }
        synced.add(1, ordering: .relaxed)
        let code = -postbox_syncfs(descriptor)
        guard code == 0 else { throw DiskError(code: code, call: "syncfs", path: path) }
    }

    private static func sync(_ path: String, _ flags: Int32) throws(DiskError) {
        guard isDurable else { return }
        synced.add(1, ordering: .relaxed)
        let descriptor = try open(path, O_RDONLY | flags)
        let code = Glibc.fsync(descriptor) == 0 ? 0 : errno
        try close(descriptor, path: path)
        guard code == 0 else { throw DiskError(code: code, call: "fsync", path: path) }
    }

    /// Creates a directory and its parents, durably; one that is there already is fine. Others than its owner and group have no
    /// right to it. `asAbove`: it is as open as the directory above it. `syncing` false: the caller syncs that one.
    package static func makeDirectory(
        _ path: String, asAbove: Bool = false, syncing: Bool = true
    ) throws(DiskError) {
        let mode = asAbove ? try target(above(path))?.mode ?? 0o750 : 0o750
        if mkdir(path, mode & 0o777) == 0 {
            if syncing { try syncDirectory(above(path)) }
            return
        }
        switch errno {
        case EEXIST:
            guard try status(path)?.isDirectory ?? false || isDirectoryBehindLink(path) else {
                throw DiskError(code: ENOTDIR, call: "mkdir", path: path)
            }
        case ENOENT:
            let above = above(path)
            guard above != "/" else { throw DiskError(code: ENOENT, call: "mkdir", path: path) }
            try makeDirectory(above)
            guard mkdir(path, 0o750) == 0 || errno == EEXIST else {
                throw DiskError(code: errno, call: "mkdir", path: path)
            }
            try syncDirectory(above)
        default:
            throw DiskError(code: errno, call: "mkdir", path: path)
        }
    }

    private static func above(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func isDirectoryBehindLink(_ path: String) -> Bool {
        var s = postbox_status()
        return postbox_stat(path, 1, &s) == 0 && s.kind == 2
    }

    /// rename(2) within one file system; what stands at the target is replaced.
    package static func rename(_ from: String, _ to: String) throws(DiskError) {
        guard Glibc.rename(from, to) == 0 else { throw DiskError(code: errno, call: "rename", path: to) }
    }

    /// renameat2(2) that replaces nothing. False: the target's name is taken.
    package static func renameNew(_ from: String, _ to: String) throws(DiskError) -> Bool {
        let code = -postbox_rename_noreplace(from, to)
        if code == 0 { return true }
        if code == EEXIST { return false }
        throw DiskError(code: code, call: "renameat2", path: code == ENOENT ? from : to)
    }

    /// link(2); a name that is there already is fine.
    package static func link(_ from: String, _ to: String) throws(DiskError) {
        guard Glibc.link(from, to) == 0 || errno == EEXIST else {
            throw DiskError(code: errno, call: "link", path: to)
        }
    }

    /// unlink(2); a file that is not there is fine.
    package static func remove(_ path: String) throws(DiskError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw DiskError(code: errno, call: "unlink", path: path) }
    }

    /// rmdir(2); a directory that is not there is fine.
    package static func removeDirectory(_ path: String) throws(DiskError) {
        guard rmdir(path) == 0 || errno == ENOENT else { throw DiskError(code: errno, call: "rmdir", path: path) }
    }

    /// Names in a directory, in no order, without `.` and `..`. A name that is no UTF-8 stands among the unreadable ones, with `\xNN`
    /// for every byte that is not plain ASCII.
    package static func names(in path: String) throws(DiskError) -> (names: [String], unreadable: [String]) {
        let descriptor: Int32
        do throws(DiskError) {
            descriptor = try open(path, O_RDONLY | O_DIRECTORY)
        } catch {
            throw DiskError(code: error.code, call: "opendir", path: path)
        }
        guard let directory = fdopendir(descriptor) else {
            let code = errno
            _ = Glibc.close(descriptor)
            throw DiskError(code: code, call: "opendir", path: path)
        }
        var names: [String] = []
        var unreadable: [String] = []
        errno = 0
        while let entry = readdir(directory) {
            let (name, escaped) = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { text -> (String?, String) in
                    let name = String(validatingCString: text)
                    return (name, name == nil ? Self.escaped(text) : "")
                }
            }
            if let name {
                if name != "." && name != ".." { names.append(name) }
            } else {
                unreadable.append(escaped)
            }
            errno = 0
        }
        let code = errno
        closedir(directory)
        guard code == 0 else { throw DiskError(code: code, call: "readdir", path: path) }
        return (names, unreadable)
    }

    private static func escaped(_ name: UnsafePointer<CChar>) -> String {
        var out = ""
        var at = name
        while at.pointee != 0 {
            let byte = UInt8(bitPattern: at.pointee)
            if (0x20...0x7e).contains(byte), byte != UInt8(ascii: "\\") {
                out.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                out += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            at += 1
        }
        return out
    }

    /// What file system the path lies on.
    package static func fileSystem(_ path: String) -> FileSystemKind { FileSystemKind(magic: postbox_fs_type(path)) }

    /// Bytes that a program without special rights may still write where a path lies (statvfs(3)). Throws where it cannot be asked.
    package static func freeBytes(_ path: String) throws(DiskError) -> Int { try room(path).free }

    /// The same, and what the file system has in all for such a program.
    package static func room(_ path: String) throws(DiskError) -> (free: Int, size: Int) {
        var s = Glibc.statvfs()
        guard statvfs(path, &s) == 0 else { throw DiskError(code: errno, call: "statvfs", path: path) }
        let unit = Int(s.f_frsize)
        // What is kept back for root is neither free nor ever used.
        return (Int(s.f_bavail) * unit, (Int(s.f_blocks) - Int(s.f_bfree) + Int(s.f_bavail)) * unit)
    }

    /// Where the file system that a path lies on is mounted; nil: it cannot be told.
    package static func mountPoint(of path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        let path = String(cString: resolved)
        guard let table = try? contents("/proc/self/mountinfo", atMost: 1 << 20) else { return nil }
        var best: String?
        for line in String(decoding: table, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 5)
            guard words.count > 4 else { continue }
            let point = words[4].replacing("\\040", with: " ")
            guard point == "/" || path == point || path.hasPrefix(point + "/") else { continue }
            // A later one lies over an earlier one.
            if point.utf8.count >= best?.utf8.count ?? 0 { best = String(point) }
        }
        return best
    }

    /// What can be read of a file that has no size of its own, such as those of proc(5).
    package static func contents(_ path: String, atMost most: Int) throws(DiskError) -> [UInt8] {
        let descriptor = try open(path, O_RDONLY)
        defer { _ = Glibc.close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: most)
        let got = try readAll(descriptor, &bytes, path)
        bytes.removeSubrange(got...)
        return bytes
    }

    /// False only for measuring what durability costs.
    package static let isDurable = getenv("POSTBOX_UNSAFE_NO_SYNC") == nil

    /// Files and directories that were synced since the process began; the ledger's own syncs are not among them.
    package static var syncs: Int { synced.load(ordering: .relaxed) }

    private static let synced = Atomic(0)
}

extension Disk.Status {
    fileprivate init(_ s: postbox_status) {
        isRegular = s.kind == 1
        isDirectory = s.kind == 2
        isSymbolicLink = s.kind == 3
        mode = s.mode
        size = Int(s.size)
        modifiedAt = s.modified_at
        changedAt = s.changed_at
        inode = s.inode
        device = s.device
    }
}

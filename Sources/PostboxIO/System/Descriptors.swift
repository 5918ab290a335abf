internal import CLinux
internal import Glibc

/// The files that the process writes lines to: its standard streams, and what a signal asks to be opened again.
package enum Descriptors {
    /// Gives standard input, output and error a place when whoever started the program closed them: else the next file that is
    /// opened would get their numbers, and lines for people would be written into it. Returns what had to be opened.
    @discardableResult
    package static func openStandard() -> [Int32] {
        var opened: [Int32] = []
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
            guard fcntl(descriptor, F_GETFD) == -1, errno == EBADF else { continue }
            // The lowest free number is this one: those below it are open.
            guard Glibc.open("/dev/null", O_RDWR) == descriptor else { return opened }
            opened.append(descriptor)
        }
        return opened
    }

    /// Where the regular file lies that a descriptor writes to; nil: it is none, or it has no name any more.
    package static func path(of descriptor: Int32) -> String? {
        var status = postbox_status()
        guard postbox_fstat(descriptor, &status) == 0, status.kind == 1 else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
        guard count > 0, count < buffer.count,
            let path = String(validating: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        else { return nil }
        var there = postbox_status()
        // A file that was removed is called `NAME (deleted)`.
        guard postbox_stat(path, 1, &there) == 0, there.inode == status.inode, there.device == status.device else {
            return nil
        }
        return path
    }

    /// Makes a descriptor write to the end of the file at a path, which is created with the rights of the present one when it is
    /// missing: the present one may have been renamed. `inherited`: programs that are started get it, too.
    package static func reopen(_ descriptor: Int32, at path: String, inherited: Bool) throws(DiskError) {
        let mode = try Disk.status(of: descriptor, path: path).mode
        let new = try Disk.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: mode)
        let code = -postbox_replace_descriptor(new, descriptor, inherited ? 1 : 0)
        try Disk.close(new, path: path)
        guard code == 0 else { throw DiskError(code: code, call: "dup3", path: path) }
    }
}

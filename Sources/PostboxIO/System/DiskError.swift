internal import Glibc

/// A system call on a file or directory failed: what was tried, on which path, and what to do.
package struct DiskError: Error, Sendable, Equatable, CustomStringConvertible {
    /// errno.
    package var code: Int32
    /// The system call, as its man page is called.
    package var call: String
    package var path: String

    package init(code: Int32, call: String, path: String) {
        self.code = code
        self.call = call
        self.path = path
    }

    /// There is no room left.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }

    package var description: String {
        "\(call)(2) failed for \(path): \(words)\(advice)"
    }

    /// What went wrong, in the system's words.
    package var words: String { String(cString: strerror(code)) }

    /// It says something about one file; of another one the same call may go well.
    package var isOfOneFile: Bool {
        ![ENOSPC, EDQUOT, EIO, EROFS, EMFILE, ENFILE, ENOMEM, EINTR, EEXIST].contains(code)
    }

    private var advice: String {
        switch code {
        case ENOSPC, EDQUOT: "; free some space, work goes on by itself"
        case EROFS: "; make the file system writable again, work goes on by itself"
        case EACCES, EPERM: "; give this user the right to read and write there"
        case EXDEV: "; all folders of the spool must lie on one file system"
        case EMFILE, ENFILE: "; raise the limit of open files (ulimit -n)"
        default: ""
        }
    }
}

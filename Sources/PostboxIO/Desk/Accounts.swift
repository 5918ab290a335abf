internal import Glibc

/// The accounts of this machine.
package enum Accounts {
    /// The account that this process runs under.
    package static var own: UInt32 { geteuid() }

    /// The name of an account; nil: it has none. Asks whatever the machine is set up to ask, a directory service perhaps: it may
    /// take long.
    package static func name(of uid: UInt32) -> String? {
        var size = 1024
        while size <= 1 << 20 {
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            var buffer = [CChar](repeating: 0, count: size)
            let code = getpwuid_r(uid, &entry, &buffer, size, &found)
            if code == ERANGE {
                size *= 4
                continue
            }
            // Read while the buffer that it lies in is there.
            return buffer.withUnsafeBufferPointer { _ in
                guard code == 0, found != nil, let name = entry.pw_name else { return nil }
                return String(validatingCString: name)
            }
        }
        return nil
    }
}

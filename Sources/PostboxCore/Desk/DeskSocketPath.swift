/// Where the control socket lies.
package enum DeskSocketPath {
    /// Bytes of a path at which a socket may lie: the kernel has no room for more (`sun_path` of unix(7)).
    package static let most = 107

    /// Of a spool whose configuration does not say otherwise.
    package static func usual(state: String) -> String { state + "/postbox.sock" }

    /// What is wrong with it, behind the key's name; nil: nothing.
    package static func fault(_ path: String) -> String? {
        let count = path.utf8.count
        guard count > most else { return nil }
        return
            "the control socket's path is too long (\(count) bytes; a socket's path has \(most) at most): \(path); set `socket` to a shorter one"
    }
}

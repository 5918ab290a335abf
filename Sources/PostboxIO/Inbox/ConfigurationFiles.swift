/// The configurations that were in use, kept in `state/configurations`, each under the SHA-256 of its file's bytes. Passwords that stood
/// in the file are none in the copy (`ConfigurationCopy`), which then has another hash than its name.
package struct ConfigurationFiles: Sendable {
    private let copies: KeptCopies

    package init(state: String) { copies = KeptCopies(folder: state + "/configurations") }

    /// Where the copy of the configuration of that hash lies, or would.
    package func path(_ sha256: String) -> String { copies.path(sha256) }

    /// Keeps a copy, unless there is one. Throws `DiskError`.
    package func keep(_ text: String, of sha256: String) throws {
        var text = text
        try copies.keep(sha256) { write in try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) } }
    }

    /// A copy's text; nil: there is none. Throws `DiskError`.
    package func text(_ sha256: String) throws(DiskError) -> String? {
        guard try Disk.exists(path(sha256)) else { return nil }
        return String(decoding: try Disk.contents(path(sha256)), as: UTF8.self)
    }

    /// Removes copies that nobody needs. Throws `DiskError`.
    package func remove(besides needed: Set<String>) throws(DiskError) { try copies.remove(besides: needed) }
}

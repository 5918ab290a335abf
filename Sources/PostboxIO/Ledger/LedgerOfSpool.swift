package import PostboxCore

extension Ledger {
    /// Opens or creates the ledger of a spool, as the other initializer does a ledger by itself. Throws `LedgerError`.
    package init(
        in directories: Settings.Directories, version: String? = nil, firstNumber: @autoclosure () throws -> Int
    ) throws {
        try self.init(
            path: directories.ledger, folders: KeptFolders(directories), version: version, firstNumber: firstNumber())
    }
}

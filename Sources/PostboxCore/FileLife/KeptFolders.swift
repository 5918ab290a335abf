/// Folders of finished files as the ledger keeps them: without the spool's own path where they lie in it. So a spool that was copied or moved
/// finds its own files, and never those of the one that it was copied from.
package struct KeptFolders: Sendable, Equatable {
    private let directories: Settings.Directories

    package init(_ directories: Settings.Directories) { self.directories = directories }

    /// Where drops in work lie.
    package var work: String { directories.work }

    /// As the ledger keeps a folder; empty: there is none yet.
    package func kept(_ folder: String) -> String {
        Self.rest(of: folder, below: directories.spool) ?? folder
    }

    /// The folder that the ledger keeps so.
    package func folder(_ kept: String) -> String {
        kept.isEmpty || kept.hasPrefix("/") ? kept : directories.spool + "/" + kept
    }

    /// Where the files of a folder may lie here that an earlier version kept by the path that it had, of another spool, or from where the
    /// program was started; none: it is of this one, or like none of it.
    package func elsewhere(_ folder: String) -> [String] {
        let own = [directories.done, directories.failed]
        let isOwn = ([directories.spool] + own).contains { $0 == folder || Self.rest(of: folder, below: $0) != nil }
        guard !isOwn else { return [] }
        let parts = folder.split(separator: "/").map(String.init)
        return own.flatMap { here -> [String] in
            guard let name = here.split(separator: "/").last.map(String.init) else { return [] }
            // `archive: day` has a folder a day.
            return (parts.last == name ? [here] : [])
                + (parts.dropLast().last == name ? [here + "/" + (parts.last ?? "")] : [])
        }
    }

    private static func rest(of path: String, below folder: String) -> String? {
        path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : nil
    }
}

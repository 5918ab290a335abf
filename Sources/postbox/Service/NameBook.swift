internal import PostboxIO

/// Names given out in `done/` and `failed/` whose files have not arrived there yet.
actor NameBook {
    private var reserved: Set<String> = []
    private let mover = FileMover()

    /// A free name in the folder, kept for the caller until `release`; with those suffixes it is free as well. Throws
    /// `DiskError`.
    func reserve(_ name: String, in folder: String, suffixes: [String]) throws -> String {
        try Disk.makeDirectory(folder, asAbove: true)
        let free = try mover.freeName(name, in: folder, suffixes: suffixes) { reserved.contains($0) }
        reserved.insert(folder + "/" + free)
        return free
    }

    /// Keeps a name that an earlier run chose.
    func keep(_ name: String, in folder: String) {
        reserved.insert(folder + "/" + name)
    }

    func release(_ name: String, in folder: String) {
        reserved.remove(folder + "/" + name)
    }
}

internal import Logging
internal import PostboxCore
internal import PostboxIO

/// The last steps of a settled drop: the same whether it was settled just now or before a crash.
struct Closing: Sendable {
    let context: Context

    /// Moves everything to where it belongs and closes the drop in the ledger. Throws; may be called again.
    func finish(
        drop: Int, name: String, directory: String, folder: String, target: String, summary: [UInt8]
    ) async throws {
        let guardFolder = GuardFolder(context.settings.directories.work)
        if try await context.ledger.hasOpen(before: drop) { try guardFolder.keep(drop: drop, from: directory) }
        FailPoint.reach("guarded")
        try FileMover().move(name, from: directory, to: folder, as: target, summary: summary)
        FailPoint.reach("moved")
        try await context.ledger.close([drop])
        await context.names.release(target, in: folder)
        do {
            try guardFolder.forget(upTo: try await context.ledger.firstOpen())
        } catch {
            // The drop is closed; the next one that is closes forgets these, too.
            context.logger.warning("\(error)", metadata: ["event": "disk_fault", "drop": "\(drop)"])
        }
        FailPoint.reach("closed")
    }
}

/// `work/guard/`: results of drops that finished while an older one was open, by hard link, for as long as it is.
struct GuardFolder: Sendable {
    private let work: String

    /// `work`: the directory of that name.
    init(_ work: String) {
        self.work = work
    }

    private var path: String { work + "/guard" }

    /// Keeps a drop's complete result.
    func keep(drop: Int, from directory: String) throws {
        let result = directory + "/" + FileMover.Part.result
        guard try Disk.exists(result) else { return }
        try Disk.makeDirectory(path)
        try Disk.link(result, path + "/\(drop).csv")
        try Disk.syncDirectory(path)
    }

    /// Forgets drops that no open drop is older than. nil: none is open.
    func forget(upTo firstOpen: Int?) throws {
        guard try Disk.exists(path) else { return }
        for name in try Disk.names(in: path).names {
            guard let drop = Int(FileNames.split(name).stem), drop < firstOpen ?? .max else { continue }
            try Disk.remove(path + "/" + name)
        }
    }

    /// Journals that may hold newer accepted rows than a drop's: its own, those of newer drops in work, and the kept ones.
    func journals(from drop: Int) throws -> [(drop: Int, path: String)] {
        var out: [(drop: Int, path: String)] = []
        for name in try Disk.names(in: work).names {
            if let number = Int(name), number >= drop {
                out.append((number, work + "/\(name)/" + FileMover.Part.result))
            }
        }
        if try Disk.exists(path) {
            for name in try Disk.names(in: path).names {
                if let number = Int(FileNames.split(name).stem), number > drop {
                    out.append((number, path + "/" + name))
                }
            }
        }
        return out.sorted { $0.drop < $1.drop }
    }
}

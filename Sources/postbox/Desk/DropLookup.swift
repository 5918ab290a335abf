internal import PostboxCore
internal import PostboxIO

/// Drops as the ledger and the folders have them: read beside a running service.
struct DropLookup {
    private let directories: Settings.Directories
    /// nil: there is none yet.
    private let ledger: LedgerReading?

    /// Throws `LedgerError`, `DiskError`.
    init(in directories: Settings.Directories) throws {
        self.directories = directories
        ledger = try LedgerReading(in: directories)
    }

    /// A page of drops. Throws `LedgerError`.
    func list(_ query: DropQuery) throws -> DropList {
        var list = try ledger?.list(query) ?? DropList(drops: [], next: nil)
        for index in list.drops.indices { fill(&list.drops[index]) }
        return list
    }

    /// How many files ended badly that nothing has corrected, of a page's. Throws `LedgerError`.
    func openFailures() throws -> Int { try ledger?.list(DropQuery(state: .open)).drops.count ?? 0 }

    /// The ledger forgets a summary when it lies beside its file. One that is gone, or cannot be read, tells nothing.
    private func fill(_ line: inout DropLine) {
        guard line.verdict != nil, let path = paths(of: .summary, line).first, let bytes = try? Disk.contents(path)
        else { return }
        line.take(summary: String(decoding: bytes, as: UTF8.self))
    }

    /// One drop, with those that were made of its rows; nil: there is none of that number. Throws `LedgerError`.
    func detail(of drop: Int) throws -> DropDetail? {
        guard var line = try ledger?.line(of: drop) else { return nil }
        fill(&line)
        let corrections = try ledger?.corrections(of: drop) ?? []
        return DropDetail(line: line, corrections: corrections.map(\.number))
    }

    /// Opens a file that belongs to a drop; nil: there is none. Throws `LedgerError`, `DiskError`.
    func open(_ file: DeskCall.DropFile, of drop: Int) throws -> (name: String, file: DeskFile)? {
        guard let line = try ledger?.line(of: drop) else { return nil }
        for path in paths(of: file, line) {
            guard let found = try DeskFile(path) else { continue }
            let name = line.target.isEmpty ? line.name : line.target
            switch file {
            case .result: return (FileNames.result(name), found)
            case .summary: return (FileNames.summary(name), found)
            case .rejects(let destination): return (Self.rejects(line, destination), found)
            }
        }
        return nil
    }

    private static func rejects(_ line: DropLine, _ destination: String?) -> String {
        RejectsName(original: line.name, drop: line.drop, destination: destination).text
    }

    /// Where it may lie. The result of a drop in work is read as it grows.
    private func paths(of file: DeskCall.DropFile, _ line: DropLine) -> [String] {
        let place = line.folder + "/" + line.target
        switch file {
        case .result:
            let growing = "\(directories.work)/\(line.drop)/" + FileMover.Part.result
            return line.target.isEmpty ? [growing] : [FileNames.result(place), growing]
        case .summary: return line.target.isEmpty ? [] : [FileNames.summary(place)]
        case .rejects(let destination):
            return line.folder.isEmpty ? [] : [line.folder + "/" + Self.rejects(line, destination)]
        }
    }
}

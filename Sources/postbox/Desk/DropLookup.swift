internal import PostboxCore
internal import PostboxIO

/// Drops as the ledger and the folders have them: read beside a running service.
struct DropLookup {
    private let directories: Settings.Directories
    /// nil: there is none yet.
    private let ledger: LedgerReading?
    private let failures: FailureLookup?

    /// - Parameter known: What earlier looks at failures found.
    ///
    /// Throws `LedgerError`, `DiskError`.
    init(in directories: Settings.Directories, known: KnownFailures = KnownFailures()) throws {
        self.directories = directories
        ledger = try LedgerReading(in: directories)
        failures = ledger.map { FailureLookup($0, in: directories, known: known) }
    }

    /// A page of the drops that are looked for, the last one first. Throws `LedgerError`.
    func list(_ query: DropQuery) throws -> DropList {
        let found = try failures?.list(LedgerReading.Choice(query)) ?? []
        var list = DropList(drops: Array(found.prefix(DropQuery.pageSize)), next: nil)
        if found.count > DropQuery.pageSize { list.next = list.drops.last?.drop }
        for index in list.drops.indices { fill(&list.drops[index]) }
        return list
    }

    /// How many files ended badly and have rows that are not put right, of a page's. Throws `LedgerError`.
    func openFailures() throws -> Int {
        min(DropQuery.pageSize, try failures?.list(LedgerReading.Choice(DropQuery(state: .open))).count ?? 0)
    }

    /// The ledger forgets a summary when it lies beside its file. One that is gone, or cannot be read, tells nothing.
    private func fill(_ line: inout DropLine) {
        guard line.verdict != nil, let path = paths(of: .summary, line).first, let bytes = try? Disk.contents(path)
        else { return }
        line.take(summary: String(decoding: bytes, as: UTF8.self))
        if line.isOpen, line.left == nil { line.left = RowsLeft(rows: line.badCount) }
    }

    /// One drop, with those that were made of its rows and those that withdraw it; nil: there is none of that number. Throws `LedgerError`.
    func detail(of drop: Int) throws -> DropDetail? {
        guard var line = try ledger?.line(of: drop) else { return nil }
        line = try failures?.judged(line) ?? line
        fill(&line)
        let withdrawals = try ledger?.withdrawals(of: drop) ?? DropWithdrawals()
        // What withdraws it has none of its rows.
        let corrections = try ledger?.corrections(of: drop).map(\.number) ?? []
        return DropDetail(
            line: line, corrections: corrections.filter { !withdrawals.numbers.contains($0) }, withdrawals: withdrawals)
    }

    /// These drops, by number; those that the ledger does not have are not there. Throws `LedgerError`.
    func lines(of drops: some Sequence<Int>) throws -> [Int: DropLine] {
        var found: [Int: DropLine] = [:]
        for drop in drops {
            guard var line = try ledger?.line(of: drop) else { continue }
            fill(&line)
            found[drop] = line
        }
        return found
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

/// What the service has told of its drops and files, and tells of its progress.
struct Talk: Sendable {
    var said = SaidOnce()
    var waiting = WaitingForDestination()
    var report = ProgressReport(every: 60_000_000_000)
    /// Files of which it was told that they wait for a table.
    private var withoutTable: Set<String> = []
    /// Holds that were told to be overdue, by their commands and beginnings.
    private var toldOverdue: Set<String> = []

    /// A file waits for a table, where one was found that it waits for: told once of each file, of many files of the first ones only.
    mutating func waits(_ name: String, for table: String?, _ tables: TableBook) -> Told? {
        guard let table, withoutTable.count <= LeftFiles.namedMax, withoutTable.insert(name).inserted else {
            return nil
        }
        let isMany = withoutTable.count > LeftFiles.namedMax
        var facts = ["why": tables.why(table)]
        if !isMany { facts["file"] = name }
        return .line(
            LogLine(
                .info, event: .waiting,
                "\(isMany ? "more files wait in the inbox for their tables" : "\(name) waits in the inbox for its table")",
                facts: facts))
    }

    /// The file was claimed.
    mutating func waitsNoMore(_ name: String) {
        if !withoutTable.isEmpty { withoutTable.remove(name) }
    }

    /// A file is in work.
    static func claimed(_ drop: DropBook.Drop) -> [LogLine] {
        let facts = ["file": drop.name, "drop": "\(drop.number)"]
        let line = LogLine(.info, event: .claimed, "claimed", facts: facts)
        guard RejectsName.isMistakable(drop.name) else { return [line] }
        let hint = LogLine(
            .notice, event: .notRejects,
            "\(drop.name) is contributed as a file of its own: rejects put an earlier file right only under the name that Postbox gave them, such as eod.csv.rejects-812.csv",
            facts: facts)
        return [line, hint]
    }

    /// Holds that were to be over by now, microseconds since 1970: each once.
    mutating func overdue(_ standing: Standing, at now: Int64) -> [DeskHold] {
        standing.overdue(at: now).filter { toldOverdue.insert($0.command.fileName + " \($0.since)").inserted }
    }

    /// How far the drops in work are, when it is time to tell.
    mutating func progress(
        of open: some Collection<Int>, settled: Int, expected: Int, at now: Int64
    ) -> Told? {
        guard let line = report.look(isBusy: !open.isEmpty, settled: settled, expected: expected, at: now) else {
            return nil
        }
        var facts = [
            "files": "\(open.count)", "rows": "\(line.rows)", "of": "\(line.of)", "rate": "\(line.rate)",
            "drops": open.sorted().prefix(8).map(String.init).joined(separator: ","),
        ]
        if let remaining = line.remaining { facts["remaining"] = "\(remaining)s" }
        return .line(
            LogLine(
                .info, event: .progress,
                "\(line.rows) of \(Plural.text(line.of, "row")) \(Plural.word(line.rows, "is", "are")) settled",
                facts: facts))
    }
}

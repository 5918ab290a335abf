internal import PostboxCore
internal import PostboxIO

/// A drop as it is listed.
struct DropText {
    let drop: DropLine
    /// What the desk holds.
    var holds: [DeskHold] = []
    /// Destinations that it waits for while it is in work.
    var waits: [DestinationWait] = []

    /// What the desk holds by now. Throws `DiskError`.
    static func holds(in directories: Settings.Directories) throws -> [DeskHold] {
        try ControlFolder(stateDirectory: directories.state).holds()
    }

    /// The hold that keeps it from going on; nil: none does.
    var hold: DeskHold? { drop.hold(among: holds) }

    /// How it stands, in a word: its verdict once it has one.
    var state: String { drop.verdict?.rawValue ?? drop.stage.rawValue + (hold == nil ? "" : ", held") }

    /// Where its file lies; empty: not yet known.
    var path: String { drop.target.isEmpty ? "" : drop.folder + "/" + drop.target }

    /// An object on one line.
    var json: String {
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        func time(_ value: Int64?) -> String { value.map { $0 > 0 ? quoted(TimeText.text($0)) : "null" } ?? "null" }
        let members = [
            "\"drop\":\(drop.drop)", "\"file\":\(quoted(drop.name))", "\"stage\":\"\(drop.stage.rawValue)\"",
            "\"verdict\":\(drop.verdict.map { "\"\($0.rawValue)\"" } ?? "null")", "\"rule\":\(quoted(drop.rule))",
            "\"rows\":\(drop.rows)", "\"claimed_at\":\(time(drop.claimedAt))",
            "\"settled_at\":\(time(drop.settledAt))", "\"path\":\(path.isEmpty ? "null" : quoted(path))",
            drop.original.map { "\"original\":\($0)" }, drop.noAction.map { "\"no_action\":\($0.json)" },
            drop.removedAt.map { "\"removed_at\":\(time($0))" }, hold.map { "\"hold\":\($0.json)" },
            waits.isEmpty ? nil : "\"waits_for\":[\(waits.map(\.json).joined(separator: ","))]",
            drop.left.map {
                "\"bad_rows_left\":\($0.rows),\"bad_rows_held\":\($0.held),\"bad_rows_again\":\($0.again)"
            },
        ]
        return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }

    static let header = ["drop", "settled at", "state", "rows", "file", "path"]

    /// Cells of a table below `header`.
    var cells: [String] {
        let at = drop.settledAt > 0 ? String(TimeText.text(drop.settledAt).prefix(19)) + "Z" : ""
        let note =
            drop.noAction != nil
            ? " (no action)" : drop.isCorrected ? " (corrected)" : drop.waitsForRelease ? " (held)" : ""
        return ["\(drop.drop)", at, state + note, "\(drop.rows)", drop.name, path]
    }

    /// Rows of a table, each column as wide as it has to be.
    static func lines(_ rows: [[String]]) -> [String] {
        let rows = rows.map { $0.map { VisibleText.line($0) } }
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { index, cell in
                index == row.count - 1 ? cell.0 : cell.0.padded(cell.1)
            }.joined(separator: "  ")
        }
    }
}

/// What the record tells of one drop, for people.
struct DropStory {
    /// Lines about a drop, in their order. Throws what keeps record or ledger from being read.
    static func lines(of drop: Int, in directories: Settings.Directories) throws -> [RecordLine] {
        var found: [RecordLine] = []
        let file = RecordFile(folder: directories.recordFolder)
        if try Disk.exists(file.path) {
            try file.eachLine { text, _, _ in
                if let line = Self.line(text, of: drop) { found.append(line) }
                return true
            }
        }
        let pending = try LedgerReading(in: directories)?.recordState()?.pending ?? []
        for line in pending.compactMap({ Self.line($0.line, of: drop) })
        where !found.contains(where: { $0.number == line.number }) { found.append(line) }
        return found
    }

    /// Most lines are of other drops, and need not be read as JSON to be known as such.
    private static func line(_ text: String, of drop: Int) -> RecordLine? {
        guard text.utf8.count < 1 << 20, text.contains("\(drop)"), let line = RecordLine(text) else { return nil }
        return switch line.entry {
        case .settled(let settled): settled.drop == drop ? line : nil
        case .made(let made, let original): made == drop || original == drop ? line : nil
        case .act(let act): act.drop == drop ? line : nil
        case .removed(let removed, _): removed == drop ? line : nil
        case .forgotten(let forgotten): forgotten == drop ? line : nil
        case .began, .reserved, .inUse, .clock, .signed: nil
        }
    }

    /// A line in a sentence. `withdrawals`: drops around it that were made to withdraw another one.
    static func text(_ line: RecordLine, withdrawals: Set<Int>) -> String {
        var at = line.at
        if case .act(let act) = line.entry { at = act.givenAt ?? at }
        let words: String =
            switch line.entry {
            case .settled(let settled): "ended \(settled.verdict.rawValue)"
            case .made(let drop, let original?):
                "drop \(drop) was made \(withdrawals.contains(drop) ? "to withdraw" : "of rows of") drop \(original)"
            case .made(let drop, nil): "drop \(drop) was made of the last accepted values"
            case .act(let act):
                "\(act.words) by \(act.by) (\(act.from))" + (act.rows.map { ", \($0)" } ?? "")
                    + (act.why.map { ": \($0)" } ?? "")
            case .removed(_, let files):
                "\(Plural.text(files.count, "file was", "files were")) removed, \(Plural.word(files.count, "its", "their")) time was over"
            case .forgotten: "its claim came to nothing"
            case .began, .reserved, .inUse, .clock, .signed: line.entry.what
            }
        return "\(TimeText.text(at))  \(words)"
    }
}

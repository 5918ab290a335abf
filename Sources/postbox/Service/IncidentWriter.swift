internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// Completes the list of what a withdrawal replaces: until when each wrong value held is known when its rows have their outcomes.
struct IncidentWriter: Sendable {
    let file: ClaimedFile
    let context: Context

    /// The drop replaces wrong values.
    static func isWanted(of snapshot: DropSnapshot) -> Bool { snapshot.asked?.act == DeskVerb.withdraw.rawValue }

    private var notes: String { file.directory + "/" + FileMover.Part.incidentNotes }

    /// Writes the list beside the drop's other parts, durably but for its name; false: there are no notes that it could be made of. Throws
    /// on a fault of ledger or disk.
    func write() async throws -> Bool {
        let (isThere, until, lost) = try await context.disk.run { try look() }
        guard isThere else { return false }
        // What other drops had accepted meanwhile stands in place of rows that came to nothing.
        let open = lost.isEmpty ? [] : try await context.ledger.open()
        try await context.disk.run { try write(until, lost, open) }
        return true
    }

    /// By the withdrawal's rows, when they were accepted; and RICs of which one was not, by their hashes.
    private func look() throws -> (isThere: Bool, until: [Int: String], lost: Set<UInt64>) {
        guard try Disk.exists(notes) else { return (false, [:], []) }
        var until: [Int: String] = [:]
        if let result = try ResultBytes(path: file.directory + "/" + FileMover.Part.result) {
            var lines = ResultRows(resultOf: file.drop)
            try result.eachPiece(&lines) { _, line, text, _ in
                let row = AuditRow(
                    resultLine: UnsafeRawBufferPointer(rebasing: text[line]), drop: file.drop, file: file.name)
                if let row, row[.outcome] == PostOutcome.acked.word { until[row.row] = row[.settledAt] }
            }
        }
        var lost: Set<UInt64> = []
        try eachNote { note in
            guard note.row > 0, until[note.row] == nil else { return }
            _ = Array(note.ric.utf8).withUnsafeBytes { lost.insert(RICHash.of($0)) }
        }
        return (true, until, lost)
    }

    private func write(_ until: [Int: String], _ lost: Set<UInt64>, _ open: [DropRecord]) throws {
        let destination = file.rule.destinations.first ?? ""
        var history: ValueHistory?
        if !lost.isEmpty {
            let directories = context.settings.directories
            let drops = try LedgerReading(in: directories)?.lineage() ?? []
            history = try ValueHistory(
                DropLineage(drops, withdrawing: Set(file.snapshot.original.map { [$0] } ?? [])),
                growing: try LastImages.growing(of: open, in: directories), at: [destination], in: directories,
                isWanted: { lost.contains($0) })
        }
        let writer = try WireFileWriter(file.directory + "/" + FileMover.Part.incident)
        try writer.add(Array(Incident.header.utf8))
        var last: (ric: String, service: String, story: ValueStory)?
        try eachNote { note in
            let line: String
            if note.row == 0 {
                line = note.line()
            } else if let until = until[note.row] {
                line = note.line(until: until)
            } else {
                if let history, last.map({ ($0.ric, $0.service) != (note.ric, note.service) }) ?? true {
                    let story = try history.story(
                        of: Array(note.ric.utf8), at: destination, service: note.service, holding: [])
                    last = (note.ric, note.service, story)
                }
                line = note.line(replaced: last?.story.next(note.field, after: note.from, besides: file.drop))
            }
            try writer.add(Array(line.utf8))
        }
        try writer.close()
    }

    private func eachNote(_ body: (IncidentNote) throws -> Void) throws {
        let source = try SourceFile(path: notes)
        var rest: [UInt8] = []
        try source.eachChunk { _, chunk, _ in
            rest += chunk
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let note = rest[start..<end].withUnsafeBytes { IncidentNote($0) }
                if let note { try body(note) }
                start = end + 1
            }
            rest.removeFirst(start)
        }
    }
}

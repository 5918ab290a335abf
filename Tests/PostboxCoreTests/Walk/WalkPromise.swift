import PostboxCore

/// The promise as a model of a few lines: what every row went through, and what may not be.
final class WalkPromise {
    struct Row {
        var note: RowNote
        var key: String
        var place: DropPlace
        var id: RowID
        var isRejected: Bool
        /// The server refuses it for good, whenever it comes.
        var isHopeless: Bool
        var sends = 0
        /// The server read it.
        var receipts = 0
        /// The server applied it.
        var isAccepted = false
        var isAckSent = false
        var isRefused = false
        /// What makes another try allowed, since it was sent last.
        var mayGoAgain = false
        /// The last thing known of it was a lost connection or a kill.
        var isInDoubt = false
        /// Its end, as the running program knows it, or a journal.
        var outcome: PostOutcome?
        /// An older row was sent again before it, both being in doubt: it may stand under that one's value.
        var isYielding = false

        /// Its values are newer.
        func isNewer(than other: Row) -> Bool {
            place == other.place ? id.row > other.id.row : place.isNewer(than: other.place)
        }
    }

    private(set) var rows: [RowID: Row] = [:]
    private var byKey: [String: [RowID]] = [:]
    private(set) var faults: [String] = []
    private(set) var outcomes: [PostOutcome: Int] = [:]
    private(set) var doubles = 0
    /// Older rows that went again before a newer one in doubt that does not cover them.
    private(set) var yields = 0
    /// Successors that were acked and ended otherwise, the line of their Ack having been lost.
    private(set) var strays = 0
    private var wasKilled = false

    func fault(_ text: String) { faults.append(text) }

    func words(_ id: RowID) -> String {
        rows[id].map {
            "\($0.note.ric) \($0.note.service) \($0.note.post.word) \($0.note.fields.joined(separator: ","))"
        } ?? "?"
    }

    func claimed(_ drop: Int, _ place: DropPlace, _ file: WalkFile) {
        for (offset, note) in file.notes.enumerated() {
            let id = RowID(drop: drop, row: offset + 1)
            let key = "\(note.ric) \(note.service)"
            rows[id] = Row(
                note: note, key: key, place: place, id: id, isRejected: file.rejected.contains(offset + 1),
                isHopeless: file.hopeless.contains(offset + 1))
            byKey[key, default: []].append(id)
        }
    }

    func forgotten(_ drop: Int) {
        for row in rows.values where row.id.drop == drop {
            if row.sends > 0 || row.outcome != nil { fault("\(row.id) was forgotten") }
            rows[row.id] = nil
            byKey[row.key]?.removeAll { $0 == row.id }
        }
    }

    /// The program sends a row.
    func sends(_ id: RowID, inFlight: some Collection<RowID>, resend: Destination.Resend) {
        guard let row = rows[id] else { return fault("sent \(id), which is no row") }
        if row.outcome != nil { fault("sent \(id), which had ended") }
        if row.sends > 0 {
            doubles += 1
            if !row.mayGoAgain { fault("sent \(id) again without a reason") }
            if resend == .never, row.isInDoubt { fault("sent \(id) again although it was in doubt") }
        }
        for other in byKey[row.key] ?? [] {
            guard let newer = rows[other], newer.isNewer(than: row) else { continue }
            if inFlight.contains(other) { fault("sent \(id) while the newer \(other) was in flight") }
            guard newer.isAccepted else { continue }
            if let outcome = newer.outcome {
                fault("sent \(id) after the newer \(other) was accepted, which ended \(outcome.word)")
            } else if !row.isInDoubt && !row.isRefused {
                fault("sent \(id), never sent before, although the newer \(other) was accepted and is in doubt")
            } else if newer.note.covers(row.note) {
                fault("sent \(id) although the newer \(other) covers it and was accepted")
            } else {
                yields += 1
                rows[other]?.isYielding = true
            }
        }
        rows[id]?.sends += 1
        rows[id]?.mayGoAgain = false
        rows[id]?.isInDoubt = false
    }

    func received(_ id: RowID, isAccepted: Bool) {
        rows[id]?.receipts += 1
        if isAccepted { rows[id]?.isAccepted = true }
    }

    func ackSent(_ id: RowID) { rows[id]?.isAckSent = true }

    func refused(_ id: RowID, isFinal: Bool) {
        rows[id]?.isRefused = true
        if !isFinal { rows[id]?.mayGoAgain = true }
    }

    /// It was in flight when a connection ended.
    func lost(_ id: RowID) {
        rows[id]?.mayGoAgain = true
        rows[id]?.isInDoubt = true
    }

    func settled(_ id: RowID, _ outcome: PostOutcome) {
        if let other = rows[id]?.outcome { fault("\(id) ended \(other.word) and then \(outcome.word)") }
        rows[id]?.outcome = outcome
    }

    /// The program ended: what it knew and did not write down is forgotten.
    func ended(_ disk: PretendDisk) {
        wasKilled = true
        var known: [RowID: PostOutcome] = [:]
        for line in disk.results.flatMap({ Self.lines($0) }) { known[line.id] = line.outcome }
        for id in rows.keys {
            rows[id]?.outcome = known[id]
            if known[id] == nil, id.row <= disk.ledger[id.drop]?.through ?? 0 {
                rows[id]?.mayGoAgain = true
                rows[id]?.isInDoubt = true
            }
        }
    }

    // MARK: - The end

    func check(_ disk: PretendDisk, _ server: PretendServer) {
        var ends: [RowID: ResultText] = [:]
        for (drop, file) in disk.moved {
            for line in Self.lines(file) {
                if line.id.drop != drop || rows[line.id] == nil {
                    fault("a line of \(line.id) in the result of \(drop)")
                }
                if ends.updateValue(line, forKey: line.id) != nil { fault("\(line.id) has two lines") }
            }
        }
        for row in rows.values.sorted(by: { $0.id < $1.id }) {
            guard let end = ends[row.id] else {
                fault("\(row.id) has no line")
                continue
            }
            outcomes[end.outcome, default: 0] += 1
            check(row, end, ends)
            let isFinal = end.outcome == .acked || (end.outcome == .unknown && !row.isYielding)
            guard row.isAccepted, isFinal else { continue }
            let item = server.items[row.key] ?? PretendServer.Item()
            for field in row.note.fields {
                let writers = [item.fields[field], item.refresh].compactMap { $0.flatMap { rows[$0] } }
                if !writers.contains(where: { $0.id == row.id || $0.isNewer(than: row) }) {
                    fault(
                        "\(field) of \(row.key) is \(writers.map(\.id)), older than \(row.id), which ended \(end.outcome.word)"
                    )
                }
            }
        }
        if !disk.guards.isEmpty { fault("results are still kept: \(disk.guards.keys.map(\.drop))") }
    }

    private func check(_ row: Row, _ end: ResultText, _ ends: [RowID: ResultText]) {
        switch end.outcome {
        case .acked: if !row.isAckSent { fault("\(row.id) ended acked without an Ack") }
        case .nacked: if !row.isRefused { fault("\(row.id) ended nacked without a refusal") }
        case .unsent: if row.sends > 0 || row.isRejected { fault("\(row.id) ended unsent, sent \(row.sends) times") }
        case .rejected: if row.sends > 0 || !row.isRejected { fault("\(row.id) ended rejected") }
        case .unknown: if row.isRejected { fault("\(row.id) is rejected and ended unknown") }
        case .superseded:
            guard let successor = end.supersededBy, let newer = rows[successor] else {
                return fault("\(row.id) has no successor")
            }
            if !newer.isAckSent { fault("\(row.id)'s successor \(successor) got no Ack") }
            // A kill may fall between the two lines, which lie in two files: then the successor was in doubt once more.
            if ends[successor]?.outcome != .acked {
                strays += 1
                if !wasKilled || successor.drop == row.id.drop {
                    fault("\(row.id)'s successor \(successor) ended \(ends[successor]?.outcome.word ?? "never")")
                }
            }
            if !newer.isNewer(than: row) { fault("\(row.id)'s successor \(successor) is older") }
            if newer.key != row.key || !newer.note.covers(row.note) { fault("\(successor) does not cover \(row.id)") }
        }
    }

    struct ResultText {
        var id: RowID
        var outcome: PostOutcome
        var supersededBy: RowID?
    }

    /// Whole lines of a result file, read without any of the program's readers.
    static func lines(_ file: JournalFile) -> [ResultText] {
        guard let last = file.bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        return file.bytes[..<last].split(separator: UInt8(ascii: "\n")).dropFirst().compactMap { line in
            var cells: [String] = [""]
            var isQuoted = false
            for byte in line {
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                if byte == UInt8(ascii: ","), !isQuoted {
                    if cells.count == 12 { break }
                    cells.append("")
                } else {
                    cells[cells.count - 1].unicodeScalars.append(Unicode.Scalar(byte))
                }
            }
            guard cells.count == 12, let drop = Int(cells[0]), let row = Int(cells[1]),
                let outcome = PostOutcome(word: cells[7])
            else { return nil }
            let names = cells[11].split(separator: ":").compactMap { Int($0) }
            return ResultText(
                id: RowID(drop: drop, row: row), outcome: outcome,
                supersededBy: names.count == 2 ? RowID(drop: names[0], row: names[1]) : nil)
        }
    }
}

extension PretendDisk {
    /// Every result file, wherever it lies.
    var results: [JournalFile] {
        var found = Array(moved.values)
        for file in Array(guards.values) + work.values.compactMap(\.result)
        where !found.contains(where: { $0 === file }) {
            found.append(file)
        }
        return found
    }
}

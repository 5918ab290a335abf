internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Reads back what destinations store of a file's accepted rows, destination by destination, and writes down what that shows. The
/// one who does.
///
/// An Ack is no proof of a value: a server acknowledges many a value that it stores otherwise (What servers do §2.5).
struct ReadBack: Sendable {
    /// What reading back showed.
    struct Seen: Sendable {
        var counts = ReadBackCounts()
        /// Sentences for the summary.
        var warnings: [String] = []
        /// The file of lines; nil: there is none.
        var path: String?

        var hasLines: Bool { path != nil }
        /// What has to be durable before the drop is settled.
        var files: [String] { path.map { [$0] } ?? [] }

        func tell(_ summary: inout FileSummary) {
            summary.verified = counts.total > 0 ? counts : nil
            summary.warnings += warnings
        }
    }

    enum Outcome: Sendable {
        /// The program stops: the next start begins anew.
        case stopped
        case seen(Seen)
    }

    private let file: ClaimedFile
    private let drop: OpenDrop
    private let context: Context
    /// The lanes of destinations whose rows are read back, in the rule's order.
    private let lanes: [PostingLane]

    /// nil: nothing of the file is read back.
    init?(_ file: ClaimedFile, _ drop: OpenDrop, in context: Context) {
        self.file = file
        self.drop = drop
        self.context = context
        lanes = file.rule.destinations.compactMap { context.lanes[$0] }.filter { $0.destination.verify != .none }
        if lanes.isEmpty { return nil }
    }

    /// Does all of it. Throws on a fault of the disk.
    func run() async throws -> Outcome {
        context.logger.info(
            "reading back", metadata: ["event": .event(.verifying), "drop": "\(file.drop)", "file": "\(file.name)"])
        let (lines, dictionary) = try await context.disk.run { [file, context] in
            (
                try ReadBackFile(file.directory + "/" + FileMover.Part.readBack, mode: try file.mode()),
                try context.shelves.dictionaries.dictionary(of: file)
            )
        }
        var seen = Seen()
        for lane in lanes {
            let one = OneReadBack(
                file: file, drop: drop, context: context, lane: lane, services: await lane.words.services,
                lines: lines, comparison: StoredFields(dictionary))
            guard try await one.run(into: &seen) else { return .stopped }
        }
        if lines.size > ReadBackLines.header.utf8.count {
            seen.path = lines.path
        } else {
            try await context.disk.run { try Disk.remove(lines.path) }
        }
        tell(&seen)
        return .seen(seen)
    }

    /// Tells the desk what did not go well.
    private func tell(_ seen: inout Seen) {
        let counts = seen.counts
        let facts = ["drop": "\(file.drop)", "file": file.name]
        if counts.bad > 0 {
            context.alerts.send(
                Alert(
                    event: .storedDifferently,
                    message:
                        "\(file.name): of \(Plural.text(counts.total, "accepted row")) the server stores \(counts.differs) otherwise than \(Plural.word(counts.differs, "it was", "they were")) sent, and \(counts.absent) not at all; its \(FileNames.readBackSuffix) names them",
                    facts: facts, reasons: ["differs": counts.differs, "absent": counts.absent].filter { $0.value > 0 }
                ).of(rule: file.rule.match, badRows: counts.bad))
        }
        let late = counts.unverified - counts.unsure
        if late > 0 {
            seen.warnings.append("\(Plural.text(late, "row was", "rows were")) not read back in time (verify_within)")
            context.alerts.send(
                Alert(
                    event: .verifyIncomplete, isError: false,
                    message:
                        "\(file.name): \(late) of \(Plural.text(counts.total, "accepted row")) \(Plural.word(late, "was", "were")) not read back in time",
                    facts: facts
                ).of(rule: file.rule.match, badRows: late))
        }
        if counts.unsure > 0 {
            seen.warnings.append(
                "of \(Plural.text(counts.unsure, "row")) it cannot be told whether \(Plural.word(counts.unsure, "it is", "they are")) stored as sent: with a `dictionary` it can"
            )
        }
    }
}

/// The same at one destination.
private struct OneReadBack {
    let file: ClaimedFile
    let drop: OpenDrop
    let context: Context
    let lane: PostingLane
    /// Names by their index in rows.
    let services: [String]
    let lines: ReadBackFile
    let comparison: StoredFields

    /// Rows whose values differ, until it is known what newer rows say.
    private struct Differing {
        var rows = PostBatch()
        var stored: [[UInt8]] = []
    }

    /// Jobs at the lane at once: while one is answered the next one is read.
    private static let jobsMax = 2
    /// Rows that differ are held against newer ones as soon as there are so many.
    private static let differingMax = 12_000

    private var name: String { lane.destination.name }

    /// False: the program stops.
    func run(into seen: inout ReadBack.Seen) async throws -> Bool {
        guard await !lane.lacksRequests else {
            seen.warnings.append(lacking)
            return true
        }
        let before = (size: lines.size, counts: seen.counts)
        let deadline = Clock.monotonic() + lane.destination.verifyWithin.nanoseconds
        let accepted = try await context.disk.run { [file, lane, services] in
            try RowsToReadBack(
                file.directory + "/" + FileMover.Part.result, drop: file.drop, destination: lane.destination.name,
                services: services, share: lane.destination.verify)
        }
        var differing = Differing()
        let isWhole = try await withThrowingTaskGroup(of: (PostBatch, [StoredRow]).self) { group in
            var isRead = false
            var jobs = 0
            while true {
                while !isRead, jobs < Self.jobsMax {
                    guard let rows = try await context.disk.run({ try accepted.next() }) else {
                        isRead = true
                        break
                    }
                    if rows.rows.isEmpty { continue }
                    jobs += 1
                    // Nobody waits for what was cancelled.
                    let until = drop.givenUp?.reason == Reason.cancelled.word ? 0 : deadline
                    group.addTask { [lane, comparison] in
                        (rows, await lane.readBack(ItemRequests.Job(rows: rows, comparison: comparison), until: until))
                    }
                }
                guard let (rows, stored) = try await group.next() else { return true }
                jobs -= 1
                if await lane.isEnding { return false }
                try await take(rows, stored, &differing, &seen)
                if differing.stored.count >= Self.differingMax { try await judge(&differing, deadline, &seen) }
            }
        }
        guard isWhole else { return false }
        if await lane.lacksRequests {
            // It was found out meanwhile: nothing that was written here tells anything.
            try await context.disk.run { [lines] in try lines.cut(to: before.size) }
            seen.counts = before.counts
            seen.warnings.append(lacking)
            return true
        }
        try await judge(&differing, deadline, &seen)
        return await !lane.isEnding
    }

    private var lacking: String { "\(name) answers no request for an item: nothing was read back there" }

    /// Writes down what is certain; what differs is looked at later.
    private func take(
        _ rows: PostBatch, _ stored: [StoredRow], _ differing: inout Differing, _ seen: inout ReadBack.Seen
    ) async throws {
        var certain: [(MappedRow, SeenRow)] = []
        var others: [MappedRow] = []
        for (row, stored) in zip(rows.rows, stored) {
            switch stored {
            case .same: certain.append((row, .same))
            case .absent: certain.append((row, .absent))
            case .unsure: certain.append((row, .unsure))
            case .unanswered: certain.append((row, .unanswered))
            case .differs(let fields):
                others.append(row)
                differing.stored.append(fields)
            }
        }
        for var row in others {
            let text =
                rows.bytes[row.ricStart..<row.ricStart + row.ricLength]
                + rows.bytes[row.fieldsStart..<row.fieldsStart + row.fieldsLength]
            row.ricStart = differing.rows.bytes.count
            row.fieldsStart = row.ricStart + row.ricLength
            differing.rows.bytes += text
            differing.rows.rows.append(row)
        }
        try await write(certain, in: rows, &seen)
    }

    private func write(
        _ rows: [(MappedRow, SeenRow)], in batch: PostBatch, _ seen: inout ReadBack.Seen
    ) async throws {
        guard !rows.isEmpty else { return }
        let renderer = ReadBackLines(drop: file.drop, destination: name, services: services)
        var buffer = LineBuffer()
        for (row, what) in rows {
            seen.counts.add(what)
            renderer.append(row, in: batch, what, to: &buffer)
        }
        let text = buffer.bytes
        try await context.disk.run { [lines] in try lines.append(text) }
    }

    /// Of the rows that differ: whether newer rows explain it, later ones of the file or those of newer drops.
    private func judge(
        _ differing: inout Differing, _ deadline: Int64, _ seen: inout ReadBack.Seen
    ) async throws {
        let found = differing
        differing = Differing()
        guard !found.stored.isEmpty else { return }
        let journals = context.guardBook.journals(for: file.place)
        // A newer row may be stored already, and its answer still be on its way.
        if journals.contains(where: { $0.drop != file.drop }) { await awaitAnswers(deadline) }
        let wanted = Set(found.rows.rows.map(\.keyHash))
        let guarded = Guarded(
            file.place, destination: name, services: services, book: context.guardBook, own: [:],
            known: file.snapshot.known)
        let judged = try await context.disk.run { [context, file] in
            var guarded = guarded
            try guarded.load(context.guardBook.journals(for: file.place)) { wanted.contains($0) }
            return try zip(found.rows.rows, found.stored).map { row, fields in
                (
                    row,
                    try guarded.explains(fields, of: row, in: found.rows)
                        ? SeenRow.overwritten(fields) : SeenRow.differs(fields)
                )
            }
        }
        try await write(judged, in: found.rows, &seen)
    }

    /// Waits until everything that was sent before now is answered, and written down.
    private func awaitAnswers(_ deadline: Int64) async {
        let now = Clock.monotonic()
        do {
            while await lane.hasUnanswered(before: now), Clock.monotonic() < deadline {
                try await Task.sleep(for: .milliseconds(20))
            }
            try await Task.sleep(for: .milliseconds(50))
        } catch {
            // The program stops, which is told elsewhere.
        }
    }
}

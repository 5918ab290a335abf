/// Writes the lines of `NAME.result.csv`: the row journal while a file is in work, the auditor's record afterwards.
package struct ResultLines: Sendable {
    /// The header line. Columns are only ever appended.
    package static let header =
        "drop,row,line,destination,ric,service,post,outcome,nak_code,reason,text,superseded_by,post_id,attempts,sent_at,settled_at,fields\n"
    /// The column of what is said against rows that go all the same; it is there where the rule may warn.
    package static let warningsColumn = "check_warnings"
    static let headerWithWarnings = String(header.dropLast()) + ",\(warningsColumn)\n"

    /// `DROP,`
    private let lead: [UInt8]
    /// `,DESTINATION,`
    private let afterLine: [UInt8]
    private let services: [[UInt8]]
    /// What stands between RIC and PostID of a row that was acked without more to say: for each service Refresh, Update.
    private let acked: LinePieces
    /// Rows of a JSON array on one line have no line number of their own.
    private let hasLines: Bool
    private let hasWarnings: Bool
    private var rowText = CountingText()
    private var lineText = CountingText()
    private var postIDText = CountingText()
    private var sentClock = TimeText()
    private var settledClock = TimeText()

    /// - Parameters:
    ///   - hasLines: Rows have line numbers of their own.
    ///   - hasWarnings: Rows may go although something is said against them.
    package init(drop: Int, destination: String, services: [String], hasLines: Bool, hasWarnings: Bool = false) {
        self.hasWarnings = hasWarnings
        lead = Array("\(drop),".utf8)
        afterLine = [UInt8(ascii: ",")] + Self.quoted(destination) + [UInt8(ascii: ",")]
        let services = services.map(Self.quoted)
        self.services = services
        acked = LinePieces(
            services.flatMap { service in
                [PostKind.refresh, .update].map { post in
                    Self.afterRIC(service, post.word) + Self.words[Int(PostOutcome.acked.rawValue)] + Self.blanks
                }
            })
        self.hasLines = hasLines
    }

    /// The header line of the drop's file.
    package var header: String { hasWarnings ? Self.headerWithWarnings : Self.header }

    private static func afterRIC(_ service: [UInt8], _ post: String) -> [UInt8] {
        [UInt8(ascii: ",")] + service + Array(",\(post),".utf8)
    }

    /// Appends a line for each settled row of a run.
    package mutating func append(_ run: SettledRun, to out: inout LineBuffer) {
        let handover = run.handover
        let details = run.details.map { Self.render($0) }
        let warnings = hasWarnings ? Self.warnings(of: run) : [:]
        handover.batch.bytes.withUnsafeBytes { bytes in
            handover.rows.withUnsafeBufferPointer { rows in
                var most = 0
                for settled in run.rows {
                    most += bytesMax(rows[settled.index], settled.detail < 0 ? 0 : details[settled.detail].count)
                }
                for text in warnings.values { most += text.count }
                out.append(most) { line in
                    for settled in run.rows {
                        let row = rows[settled.index]
                        write(
                            row, bytes: bytes, outcome: settled.outcome,
                            detail: settled.detail < 0 ? nil : details[settled.detail],
                            postID: handover.postID(of: row.row), attempts: settled.attempts, sentAt: settled.sentAt,
                            settledAt: settled.settledAt, warnings: warnings.isEmpty ? nil : warnings[row.row],
                            to: &line)
                    }
                }
            }
        }
    }

    /// Appends a line for a row that never reached the lane: rejected, unsent, or in doubt since an earlier run.
    /// `postIDBase`: the drop's, for what that run may have sent.
    package mutating func append(
        _ row: MappedRow, in batch: PostBatch, outcome: PostOutcome, detail: OutcomeDetail, settledAt: Int64,
        postIDBase: UInt32? = nil, to out: inout LineBuffer
    ) {
        let mayBeSent = outcome == .unknown || detail.reason == OutcomeDetail.mayHaveBeenSent
        let postID = mayBeSent ? postIDBase.map { Postbox.postID(base: $0, row: row.row) } ?? 0 : 0
        let detail = Self.render(detail)
        if outcome == .rejected, let (shown, text) = Self.visible(row, in: batch) {
            text.withUnsafeBytes { bytes in
                out.append(bytesMax(shown, detail.count)) { line in
                    write(
                        shown, bytes: bytes, outcome: outcome, detail: detail, postID: 0, attempts: 0, sentAt: 0,
                        settledAt: settledAt, to: &line)
                }
            }
            return
        }
        let warnings = hasWarnings ? batch.warnings[row.row].map(Self.render) : nil
        batch.bytes.withUnsafeBytes { bytes in
            out.append(bytesMax(row, detail.count) + (warnings?.count ?? 0)) { line in
                write(
                    row, bytes: bytes, outcome: outcome, detail: detail, postID: postID, attempts: mayBeSent ? 1 : 0,
                    sentAt: 0, settledAt: settledAt, warnings: warnings, to: &line)
            }
        }
    }

    /// More than a line of that row can take: every byte of RIC and Fields doubled, seven numbers and two times.
    @inline(__always)
    private func bytesMax(_ row: MappedRow, _ detail: Int) -> Int {
        let service = row.service >= 0 && row.service < services.count ? services[row.service].count : 0
        return lead.count + afterLine.count + service + detail + 2 * (row.ricLength + row.fieldsLength) + 256
    }

    /// A rejected row whose RIC holds what would break its line, as it can be shown, with its bytes; nil: it does not.
    private static func visible(_ row: MappedRow, in batch: PostBatch) -> (MappedRow, [UInt8])? {
        let ric = String(decoding: batch.bytes[row.ricStart..<row.ricStart + row.ricLength], as: UTF8.self)
        guard !VisibleText.isVisible(ric) else { return nil }
        let text = Array(VisibleText.line(ric).utf8)
        var shown = row
        shown.ricStart = 0
        shown.ricLength = text.count
        shown.fieldsStart = text.count
        return (shown, text + batch.bytes[row.fieldsStart..<row.fieldsStart + row.fieldsLength])
    }

    @inline(__always)
    private mutating func write(
        _ row: MappedRow, bytes: UnsafeRawBufferPointer, outcome: PostOutcome, detail: [UInt8]?, postID: UInt32,
        attempts: Int, sentAt: Int64, settledAt: Int64, warnings: [UInt8]? = nil, to line: inout LineBytes
    ) {
        let comma = UInt8(ascii: ",")
        var postID = postID
        line.append(lead)
        line.append(row.row, &rowText)
        line.append(comma)
        if hasLines, row.line > 0 { line.append(row.line, &lineText) }
        line.append(afterLine)
        line.appendQuoted(bytes, row.ricStart, row.ricLength)
        if outcome == .acked, detail == nil, row.service >= 0, row.service < services.count {
            line.append(acked, row.service * 2 + (row.post == .update ? 1 : 0))
        } else {
            line.append(comma)
            if row.service >= 0, row.service < services.count { line.append(services[row.service]) }
            line.append(comma)
            // A row that could not be read again has no service, and nothing is known of its post.
            if row.service >= 0 { line.append(row.post == .update ? Self.update : Self.refresh) }
            line.append(comma)
            line.append(Self.words[Int(outcome.rawValue)])
            line.append(detail ?? Self.blanks)
            // It was given a PostID that never went on the wire.
            if outcome == .unsent { postID = 0 }
        }
        if postID > 0 { line.append(Int(postID), &postIDText) }
        line.append(comma)
        line.append(attempts)
        line.append(comma)
        if sentAt > 0 { line.append(sentAt, &sentClock) }
        line.append(comma)
        line.append(settledAt, &settledClock)
        line.append(comma)
        line.appendJSON(bytes, row.fieldsStart, row.fieldsLength)
        if hasWarnings {
            line.append(comma)
            if let warnings { line.append(warnings) }
        }
        line.append(UInt8(ascii: "\n"))
    }

    private static let update = Array("Update".utf8)
    private static let refresh = Array("Refresh".utf8)
    private static let blanks = Array(",,,,".utf8)
    private static let words = PostOutcome.allCases.map { Array(($0.word + ",").utf8) }

    /// The four columns from `nak_code` to `superseded_by`, each with its comma.
    private static func render(_ detail: OutcomeDetail) -> [UInt8] {
        var out: [UInt8] = []
        let texts = [
            freeText(detail.nakCode), detail.reason, freeText(detail.text), detail.supersededBy,
        ]
        for text in texts {
            out.append(contentsOf: quoted(text))
            out.append(UInt8(ascii: ","))
        }
        return out
    }

    /// Of the rows of a run, by their numbers: what stands in their warnings' column.
    private static func warnings(of run: SettledRun) -> [Int: [UInt8]] {
        let (batch, rows) = (run.handover.batch, run.handover.rows)
        guard !batch.warnings.isEmpty else { return [:] }
        var texts: [Int: [UInt8]] = [:]
        for settled in run.rows {
            let row = rows[settled.index].row
            if let problems = batch.warnings[row] { texts[row] = render(problems) }
        }
        return texts
    }

    private static func render(_ warnings: [RowProblem]) -> [UInt8] {
        quoted(freeText(warnings.map { "\($0.reason): \($0.what)" }.joined(separator: " ")))
    }

    /// A text for people, part of which may come from a server or a file: one line, and no formula to a spreadsheet.
    private static func freeText(_ text: String) -> String {
        let isFormula = text.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) } ?? false
        return (isFormula ? "'" : "") + VisibleText.line(text)
    }

    /// RFC 4180: quoted when it holds a separator, a quote or a line end.
    private static func quoted(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        // With room for whole words.
        var out = [UInt8](repeating: 0, count: bytes.count * 2 + 32)
        let used = out.withUnsafeMutableBytes { raw -> Int in
            guard let base = raw.baseAddress else { return 0 }
            var line = LineBytes(at: base)
            bytes.withUnsafeBytes { line.appendQuoted($0, 0, $0.count) }
            return line.at - base
        }
        out.removeLast(out.count - used)
        return out
    }
}

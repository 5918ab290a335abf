/// Writes the lines of `NAME.result.csv`: the row journal while a file is in work, the auditor's record afterwards.
package struct ResultLines: Sendable {
    /// The header line. Columns are only ever appended.
    package static let header =
        "drop,row,line,destination,ric,service,post,outcome,nak_code,reason,text,superseded_by,post_id,attempts,sent_at,settled_at,fields\n"

    private let drop: [UInt8]
    private let destination: [UInt8]
    private let services: [[UInt8]]
    /// Rows of a JSON array on one line have no line number of their own.
    private let hasLines: Bool
    private var clock = TimeText()

    package init(drop: Int, destination: String, services: [String], hasLines: Bool) {
        self.drop = Array("\(drop),".utf8)
        self.destination = Self.quoted(destination)
        self.services = services.map(Self.quoted)
        self.hasLines = hasLines
    }

    /// Appends a line for each settled row of a run.
    package mutating func append(_ run: SettledRun, to out: inout [UInt8]) {
        let lot = run.lot
        lot.batch.bytes.withUnsafeBytes { bytes in
            for settled in run.rows {
                let row = lot.rows[settled.index]
                append(
                    row, bytes: bytes, outcome: settled.outcome,
                    detail: settled.detail < 0 ? nil : run.details[settled.detail], postID: lot.postID(of: row.row),
                    attempts: settled.attempts, sentAt: settled.sentAt, settledAt: settled.settledAt, to: &out)
            }
        }
    }

    /// Appends a line for a row that never reached the lane: rejected or unsent.
    package mutating func append(
        _ row: MappedRow, in batch: PostBatch, outcome: PostOutcome, detail: OutcomeDetail, settledAt: Int64,
        to out: inout [UInt8]
    ) {
        batch.bytes.withUnsafeBytes { bytes in
            append(
                row, bytes: bytes, outcome: outcome, detail: detail, postID: 0, attempts: 0, sentAt: 0,
                settledAt: settledAt, to: &out)
        }
    }

    private mutating func append(
        _ row: MappedRow, bytes: UnsafeRawBufferPointer, outcome: PostOutcome, detail: OutcomeDetail?,
        postID: UInt32, attempts: Int, sentAt: Int64, settledAt: Int64, to out: inout [UInt8]
    ) {
        let comma = UInt8(ascii: ",")
        out.append(contentsOf: drop)
        Self.append(row.row, to: &out)
        out.append(comma)
        if hasLines, row.line > 0 { Self.append(row.line, to: &out) }
        out.append(comma)
        out.append(contentsOf: destination)
        out.append(comma)
        Self.appendQuoted(bytes, row.ricStart, row.ricLength, to: &out)
        out.append(comma)
        if row.service >= 0, row.service < services.count { out.append(contentsOf: services[row.service]) }
        out.append(comma)
        // A row that could not be read again has no service, and nothing is known of its post.
        if row.service >= 0 { out.append(contentsOf: row.post == .update ? Self.update : Self.refresh) }
        out.append(comma)
        out.append(contentsOf: Self.words[Int(outcome.rawValue)])
        if let detail {
            out.append(contentsOf: Self.quoted(detail.nakCode))
            out.append(comma)
            out.append(contentsOf: Self.quoted(detail.reason))
            out.append(comma)
            out.append(contentsOf: Self.quoted(oneLine(detail.text)))
            out.append(comma)
            out.append(contentsOf: Array(detail.supersededBy.utf8))
            out.append(comma)
        } else {
            out.append(contentsOf: Self.blanks)
        }
        if postID > 0 { Self.append(Int(postID), to: &out) }
        out.append(comma)
        Self.append(attempts, to: &out)
        out.append(comma)
        if sentAt > 0 { clock.append(sentAt, to: &out) }
        out.append(comma)
        clock.append(settledAt, to: &out)
        out.append(comma)
        Self.appendQuoted(bytes, row.fieldsStart, row.fieldsLength, to: &out)
        out.append(UInt8(ascii: "\n"))
    }

    private static let update = Array("Update".utf8)
    private static let refresh = Array("Refresh".utf8)
    private static let blanks = Array(",,,,".utf8)
    private static let words = PostOutcome.allCases.map { Array(($0.word + ",").utf8) }

    /// Control characters become spaces, so that a line is a line.
    private func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f || $0.value == 0x85 ? " " : $0 }))
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { appendQuoted($0, 0, $0.count, to: &out) }
        return out
    }

    /// RFC 4180: quoted when it holds a separator, a quote or a line end.
    private static func appendQuoted(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int, to out: inout [UInt8]
    ) {
        guard length > 0 else { return }
        let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
        var quotes = 0
        var needs = false
        for byte in piece {
            if byte == UInt8(ascii: "\"") { quotes += 1 }
            if byte == UInt8(ascii: ",") || byte == 0x0a || byte == 0x0d { needs = true }
        }
        guard needs || quotes > 0 else {
            out.append(contentsOf: piece)
            return
        }
        let end = out.count
        out.append(contentsOf: repeatElement(UInt8(ascii: "\""), count: length + quotes + 2))
        out.withUnsafeMutableBytes { raw in
            guard let base = raw.baseAddress else { return }
            var at = end + 1
            for byte in piece {
                base.storeBytes(of: byte, toByteOffset: at, as: UInt8.self)
                at += byte == UInt8(ascii: "\"") ? 2 : 1
            }
        }
    }

    private static func append(_ number: Int, to out: inout [UInt8]) {
        guard number >= 10 else {
            out.append(UInt8(ascii: "0") + UInt8(max(0, number)))
            return
        }
        let start = out.count
        var rest = number
        while rest > 0 {
            out.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        out[start...].reverse()
    }
}

/// Times as RFC 3339 in UTC with microseconds; the date and second are kept from one to the next.
package struct TimeText: Sendable {
    private var second: Int64 = .min
    private var prefix: [UInt8] = []

    package init() {}

    /// Appends a time given in microseconds since 1970.
    package mutating func append(_ microseconds: Int64, to out: inout [UInt8]) {
        var seconds = microseconds / 1_000_000
        var fraction = microseconds % 1_000_000
        if fraction < 0 {
            fraction += 1_000_000
            seconds -= 1
        }
        if seconds != second {
            second = seconds
            prefix = Self.render(seconds)
        }
        out.append(contentsOf: prefix)
        var divisor: Int64 = 100_000
        while divisor > 0 {
            out.append(UInt8(ascii: "0") + UInt8(fraction / divisor % 10))
            divisor /= 10
        }
        out.append(UInt8(ascii: "Z"))
    }

    package static func text(_ microseconds: Int64) -> String {
        var out: [UInt8] = []
        var clock = TimeText()
        clock.append(microseconds, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Microseconds since 1970 of a text that this type wrote; nil: it is none.
    package static func microseconds(_ text: String) -> Int64? {
        let parts = text.split(whereSeparator: { "-T:.Z".contains($0) }).map { Int64($0) }
        guard parts.count == 7, !parts.contains(nil) else { return nil }
        let p = parts.compactMap { $0 }
        // The reverse of `render`: years that begin in March, in eras of 400.
        let year = p[1] <= 2 ? p[0] - 1 : p[0]
        let era = (year >= 0 ? year : year - 399) / 400
        let dayOfYear = (153 * (p[1] > 2 ? p[1] - 3 : p[1] + 9) + 2) / 5 + p[2] - 1
        let yearOfEra = year - era * 400
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return (days * 86400 + p[3] * 3600 + p[4] * 60 + p[5]) * 1_000_000 + p[6]
    }

    /// `2026-11-21` of a time in microseconds since 1970.
    package static func day(_ microseconds: Int64) -> String {
        String(text(microseconds).prefix(10))
    }

    private static func render(_ seconds: Int64) -> [UInt8] {
        // Days to a civil date, counted in eras of 400 years that begin on the first of March.
        var days = seconds / 86400
        var rest = seconds % 86400
        if rest < 0 {
            rest += 86400
            days -= 1
        }
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return Array(
            "\(year)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)).".utf8)
    }
}

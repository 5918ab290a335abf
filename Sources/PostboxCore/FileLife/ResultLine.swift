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
        let details = run.details.map { Self.render($0) }
        var most = 0
        for settled in run.rows {
            most += bytesMax(lot.rows[settled.index], settled.detail < 0 ? 0 : details[settled.detail].count)
        }
        lot.batch.bytes.withUnsafeBytes { bytes in
            Self.room(most, in: &out) { line in
                for settled in run.rows {
                    let row = lot.rows[settled.index]
                    write(
                        row, bytes: bytes, outcome: settled.outcome,
                        detail: settled.detail < 0 ? Self.blanks : details[settled.detail],
                        postID: lot.postID(of: row.row), attempts: settled.attempts, sentAt: settled.sentAt,
                        settledAt: settled.settledAt, to: &line)
                }
            }
        }
    }

    /// Appends a line for a row that never reached the lane: rejected or unsent.
    package mutating func append(
        _ row: MappedRow, in batch: PostBatch, outcome: PostOutcome, detail: OutcomeDetail, settledAt: Int64,
        to out: inout [UInt8]
    ) {
        let detail = Self.render(detail)
        batch.bytes.withUnsafeBytes { bytes in
            Self.room(bytesMax(row, detail.count), in: &out) { line in
                write(
                    row, bytes: bytes, outcome: outcome, detail: detail, postID: 0, attempts: 0, sentAt: 0,
                    settledAt: settledAt, to: &line)
            }
        }
    }

    /// More than a line of that row can take: every byte of RIC and Fields doubled, seven numbers and two times.
    private func bytesMax(_ row: MappedRow, _ detail: Int) -> Int {
        let service = row.service >= 0 && row.service < services.count ? services[row.service].count : 0
        return drop.count + destination.count + service + detail + 2 * (row.ricLength + row.fieldsLength) + 256
    }

    /// Makes room for that many bytes at the end, has them written, and gives back what was not needed: one check a run, not
    /// one a piece.
    private static func room(_ most: Int, in out: inout [UInt8], _ body: (inout LineBytes) -> Void) {
        let start = out.count
        out.append(contentsOf: repeatElement(0, count: most))
        let used = out.withUnsafeMutableBytes { raw -> Int in
            guard let base = raw.baseAddress else { return 0 }
            var line = LineBytes(at: base + start)
            body(&line)
            return line.at - base
        }
        out.removeLast(out.count - used)
    }

    private mutating func write(
        _ row: MappedRow, bytes: UnsafeRawBufferPointer, outcome: PostOutcome, detail: [UInt8], postID: UInt32,
        attempts: Int, sentAt: Int64, settledAt: Int64, to line: inout LineBytes
    ) {
        let comma = UInt8(ascii: ",")
        line.append(drop)
        line.append(row.row)
        line.append(comma)
        if hasLines, row.line > 0 { line.append(row.line) }
        line.append(comma)
        line.append(destination)
        line.append(comma)
        line.appendQuoted(bytes, row.ricStart, row.ricLength)
        line.append(comma)
        if row.service >= 0, row.service < services.count { line.append(services[row.service]) }
        line.append(comma)
        // A row that could not be read again has no service, and nothing is known of its post.
        if row.service >= 0 { line.append(row.post == .update ? Self.update : Self.refresh) }
        line.append(comma)
        line.append(Self.words[Int(outcome.rawValue)])
        line.append(detail)
        if postID > 0 { line.append(Int(postID)) }
        line.append(comma)
        line.append(attempts)
        line.append(comma)
        if sentAt > 0 { line.append(sentAt, &clock) }
        line.append(comma)
        line.append(settledAt, &clock)
        line.append(comma)
        line.appendQuoted(bytes, row.fieldsStart, row.fieldsLength)
        line.append(UInt8(ascii: "\n"))
    }

    private static let update = Array("Update".utf8)
    private static let refresh = Array("Refresh".utf8)
    private static let blanks = Array(",,,,".utf8)
    private static let words = PostOutcome.allCases.map { Array(($0.word + ",").utf8) }

    /// The four columns from `nak_code` to `superseded_by`, each with its comma.
    private static func render(_ detail: OutcomeDetail) -> [UInt8] {
        var out: [UInt8] = []
        for text in [detail.nakCode, detail.reason, oneLine(detail.text), detail.supersededBy] {
            out.append(contentsOf: quoted(text))
            out.append(UInt8(ascii: ","))
        }
        return out
    }

    /// Control characters become spaces, so that a line is a line.
    private static func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f || $0.value == 0x85 ? " " : $0 }))
    }

    /// RFC 4180: quoted when it holds a separator, a quote or a line end.
    private static func quoted(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        var out = [UInt8](repeating: 0, count: bytes.count * 2 + 2)
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

/// Bytes being written one after the other into room that is known to be enough.
private struct LineBytes {
    var at: UnsafeMutableRawPointer

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        at.storeBytes(of: byte, as: UInt8.self)
        at += 1
    }

    @inline(__always)
    mutating func append(_ piece: [UInt8]) {
        piece.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            at.copyMemory(from: base, byteCount: raw.count)
        }
        at += piece.count
    }

    @inline(__always)
    mutating func append(_ number: Int) {
        var digits = 1
        var rest = UInt64(max(0, number))
        var power: UInt64 = 10
        while rest >= power, digits < 19 {
            digits += 1
            power &*= 10
        }
        for place in stride(from: digits - 1, through: 0, by: -1) {
            at.storeBytes(of: UInt8(ascii: "0") + UInt8(rest % 10), toByteOffset: place, as: UInt8.self)
            rest /= 10
        }
        at += digits
    }

    @inline(__always)
    mutating func append(_ microseconds: Int64, _ clock: inout TimeText) {
        at += clock.write(microseconds, to: at)
    }

    @inline(__always)
    mutating func appendQuoted(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int) {
        guard length > 0, let base = bytes.baseAddress else { return }
        let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
        var needs = false
        for byte in piece {
            let isSpecial = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: ",") || byte == 0x0a || byte == 0x0d
            needs = needs || isSpecial
        }
        guard needs else {
            at.copyMemory(from: base + start, byteCount: length)
            at += length
            return
        }
        append(UInt8(ascii: "\""))
        for byte in piece {
            at.storeBytes(of: byte, as: UInt8.self)
            at += 1
            if byte == UInt8(ascii: "\"") {
                at.storeBytes(of: byte, as: UInt8.self)
                at += 1
            }
        }
        append(UInt8(ascii: "\""))
    }
}

/// Times as RFC 3339 in UTC with microseconds; the date and second are kept from one to the next.
package struct TimeText: Sendable {
    private var second: Int64 = .min
    private var prefix: [UInt8] = []

    package init() {}

    /// Appends a time given in microseconds since 1970.
    package mutating func append(_ microseconds: Int64, to out: inout [UInt8]) {
        var room = [UInt8](repeating: 0, count: 64)
        let count = room.withUnsafeMutableBytes { raw in raw.baseAddress.map { write(microseconds, to: $0) } ?? 0 }
        out.append(contentsOf: room[..<count])
    }

    /// Writes a time given in microseconds since 1970 and returns its bytes; there is room for 64.
    mutating func write(_ microseconds: Int64, to out: UnsafeMutableRawPointer) -> Int {
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
        prefix.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            out.copyMemory(from: base, byteCount: raw.count)
        }
        let start = prefix.count
        for place in stride(from: 5, through: 0, by: -1) {
            out.storeBytes(
                of: UInt8(ascii: "0") + UInt8(fraction % 10), toByteOffset: start + place, as: UInt8.self)
            fraction /= 10
        }
        out.storeBytes(of: UInt8(ascii: "Z"), toByteOffset: start + 6, as: UInt8.self)
        return start + 7
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

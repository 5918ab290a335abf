/// What checks against last accepted values found in a file, as it is kept beside the file from before its first post until it is
/// closed: for each row that fails or of which nothing is known, the value that was accepted last then.
///
/// Nothing is judged by anything newer: every reading of the file makes the same of the same value. Rows stand in their order, and
/// a row is read when its turn comes, so that however many fail, no more than a piece is in memory.
package struct LastFindings: Sendable {
    /// Reads bytes from a place on; 0: there are no more. It waits for the disk.
    package typealias Read = @Sendable (_ at: Int, UnsafeMutableRawBufferPointer) throws -> Int

    /// What was found does not read as it was written.
    package struct Damaged: Error, CustomStringConvertible {
        package init() {}

        package var description: String {
            "what checks against last accepted values said of the file cannot be read any more"
        }
    }

    /// What a check found at a row.
    struct Finding: Sendable, Equatable {
        var row: Int
        /// Index into the rule's `checks`.
        var check: Int
        /// Index into `destinations`.
        var destination: Int
        /// nil: no value was accepted there.
        var seen: LastSeen?
    }

    /// The rule's, in its order.
    package let destinations: [String]
    /// Of the file that was looked at.
    package let sha256: String
    private let read: Read
    private let start: Int

    /// Findings that were written whole. `size`: bytes of all. Throws `Damaged`, and what `read` throws.
    package init(destinations: [String], size: Int, read: @escaping Read) throws {
        self.destinations = destinations
        self.read = read
        var head = try Self.bytes(at: 0, read)
        guard head.number == Self.magic else { throw Damaged() }
        start = head.at
        // Behind the last finding stand the file's digest and a sum.
        let foot = try Self.bytes(at: max(0, size - Self.footBytes), read).text
        guard foot.count == Self.footBytes else { throw Damaged() }
        sha256 = String(decoding: foot[..<Self.digestBytes], as: UTF8.self)
    }

    fileprivate static let digestBytes = 64
    private static let footBytes = digestBytes + 8

    /// In memory.
    package init(destinations: [String], bytes: [UInt8]) throws {
        try self.init(destinations: destinations, size: bytes.count) { at, room in
            let count = max(0, min(room.count, bytes.count - at))
            if count > 0 { room.copyBytes(from: bytes[at..<at + count]) }
            return count
        }
    }

    fileprivate static let magic: UInt64 = 0x3143_4250
    private static let pieceBytes = 1 << 16

    private static func bytes(at place: Int, _ read: Read) throws -> PackedNumbers {
        var text = [UInt8](repeating: 0, count: pieceBytes)
        let count = try text.withUnsafeMutableBytes { try read(place, $0) }
        text.removeLast(text.count - count)
        return PackedNumbers(text)
    }

    /// Reads them through: whether they are what was written. Throws as `init`.
    package func check() throws {
        var sum = RawSum()
        var at = 0
        var last: [UInt8] = []
        while true {
            let piece = try Self.bytes(at: at, read).text
            guard !piece.isEmpty else { break }
            at += piece.count
            // The last eight bytes are the sum itself.
            last += piece
            let whole = max(0, last.count - 8) / 8 * 8
            last[..<whole].withUnsafeBytes { sum.take($0) }
            last.removeFirst(whole)
        }
        guard last.count >= 8 else { throw Damaged() }
        let tail = last.count - 8
        last[..<tail].withUnsafeBytes { sum.take($0) }
        let written = last[tail...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard written == sum.value else { throw Damaged() }
    }

    /// Reads them in the order of rows.
    struct Cursor: Sendable {
        private let findings: LastFindings
        private var text = PackedNumbers([])
        /// Bytes that were read.
        private var place: Int
        private var row = 0
        private var isAtEnd = false
        /// The next one; nil: there are no more, or it was not read yet.
        private var next: Finding?
        /// The row that was asked for last.
        private var asked = 0
        /// Why nothing more is known; whoever asked for rows has to throw it.
        private(set) var fault: (any Error)?

        init(_ findings: LastFindings) {
            self.findings = findings
            place = findings.start
        }

        /// What was found at a row: mostly nothing. To be asked for rows in their order.
        mutating func found(at row: Int) -> [Finding] {
            if row < asked { self = Cursor(findings) }
            asked = row
            var found: [Finding] = []
            while let finding = peek(), finding.row <= row {
                if finding.row == row { found.append(finding) }
                next = nil
            }
            return found
        }

        private mutating func peek() -> Finding? {
            if let next { return next }
            guard fault == nil, !isAtEnd else { return nil }
            do {
                next = try readNext()
                isAtEnd = next == nil
            } catch {
                fault = error
            }
            return next
        }

        private mutating func readNext() throws -> Finding? {
            while true {
                var rest = text
                if let step = rest.number {
                    if step == 0 { return nil }
                    if let finding = rest.finding(row: row + Int(truncatingIfNeeded: step) - 1) {
                        text = rest
                        row = finding.row
                        guard finding.destination < findings.destinations.count else { throw Damaged() }
                        return finding
                    }
                }
                let more = try LastFindings.bytes(at: place, findings.read).text
                guard !more.isEmpty else { throw Damaged() }
                place += more.count
                text.add(more)
            }
        }
    }
}

/// Writes findings, in the order of rows.
package struct LastFindingsWriter: ~Copyable {
    private var text: [UInt8] = []
    private var sum = RawSum()
    private var row = 0

    package init() { add(LastFindings.magic) }

    private mutating func add(_ number: UInt64) {
        var rest = number
        while rest > 0x7F {
            text.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        text.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func add(_ finding: LastFindings.Finding) {
        precondition(finding.row >= row, "findings are written in the order of rows")
        add(UInt64(finding.row - row + 1))
        row = finding.row
        add(UInt64(finding.check))
        add(UInt64(finding.destination))
        guard let seen = finding.seen else { return add(0) }
        add(UInt64(seen.json.count + 1))
        text += seen.json
        add(UInt64(truncatingIfNeeded: seen.drop))
        add(UInt64(bitPattern: seen.acceptedAt))
        add(UInt64(truncatingIfNeeded: seen.run))
    }

    /// Bytes that are not written yet.
    package var count: Int { text.count }

    /// The bytes so far, but for a rest.
    package mutating func take() -> [UInt8] {
        let whole = text.count / 8 * 8
        let bytes = Array(text[..<whole])
        text.removeFirst(whole)
        bytes.withUnsafeBytes { sum.take($0) }
        return bytes
    }

    /// The last bytes. `sha256`: of the file that was looked at, in hexadecimal.
    package mutating func finish(sha256: String) -> [UInt8] {
        let digest = Array(sha256.utf8)
        precondition(digest.count == LastFindings.digestBytes, "a file's SHA-256 has 64 digits")
        add(0)
        text += digest
        text.withUnsafeBytes { sum.take($0) }
        var bytes = text
        text = []
        withUnsafeBytes(of: sum.value.littleEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }
}

/// Numbers in as few bytes as they need, seven bits each, the lowest first, and texts between them.
private struct PackedNumbers: Sendable {
    private(set) var text: [UInt8]
    private(set) var at = 0

    init(_ text: [UInt8]) { self.text = text }

    /// The bytes that were read count no more, and these follow.
    mutating func add(_ more: [UInt8]) {
        text.removeFirst(at)
        at = 0
        text += more
    }

    /// nil: it is not whole.
    var number: UInt64? {
        mutating get {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while at < text.count, shift < 64 {
                let byte = text[at]
                at += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            return nil
        }
    }

    /// The next so many bytes; nil: they are not all there.
    mutating func text(_ count: UInt64) -> ArraySlice<UInt8>? {
        guard count <= UInt64(text.count - at) else { return nil }
        defer { at += Int(count) }
        return text[at..<at + Int(count)]
    }

    /// What follows a row's number; nil: it is not whole.
    mutating func finding(row: Int) -> LastFindings.Finding? {
        guard let check = number, let destination = number, let size = number else { return nil }
        var finding = LastFindings.Finding(
            row: row, check: Int(truncatingIfNeeded: check), destination: Int(truncatingIfNeeded: destination))
        guard size > 0 else { return finding }
        guard let json = text(size - 1), let drop = number, let acceptedAt = number, let run = number else {
            return nil
        }
        finding.seen = LastSeen(
            json: Array(json), drop: Int(truncatingIfNeeded: drop), acceptedAt: Int64(bitPattern: acceptedAt),
            run: Int(truncatingIfNeeded: run))
        return finding
    }
}

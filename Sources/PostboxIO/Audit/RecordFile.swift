internal import Glibc
package import PostboxCore

/// `record.jsonl`: the record as it lies beside `done/`. It is only ever appended to; what a kill left of a line is written over with
/// the same line.
package struct RecordFile: Sendable {
    package static let name = "record.jsonl"

    package let path: String

    /// - Parameter folder: The one that `done` lies in.
    package init(folder: String) { path = folder + "/" + Self.name }

    /// What was found where lines were to be appended.
    package enum Found: Sendable, Equatable {
        /// The file ended where it should.
        case whole
        /// Bytes are missing at its end that were durable there, or others stand there than Postbox wrote. Nothing of that was touched.
        case altered
    }

    /// Appends lines, durably.
    ///
    /// - Parameters:
    ///   - lines: Without their line feeds.
    ///   - expected: How many bytes of the file are known to be durable; what stands behind them is no line yet.
    /// - Returns: How many bytes the file has then, and how it was found. Throws `DiskError`.
    package func append(_ lines: [String], behind expected: Int) throws(DiskError) -> (bytes: Int, found: Found) {
        var text: [UInt8] = []
        for line in lines {
            text += line.utf8
            text.append(UInt8(ascii: "\n"))
        }
        let isNew = try !Disk.exists(path)
        let descriptor = try Disk.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o640)
        var isOpen = true
        do throws(DiskError) {
            let size = try Disk.status(of: descriptor, path: path).size
            var at = expected
            var found = Found.whole
            if size != expected {
                let left =
                    size > expected
                    ? try Disk.read(descriptor, at: expected, count: min(size - expected, 16 << 20), path: path) : []
                // Lines that a kill cut short or that no sync was seen of; of what was not synced a power cut leaves zeros, which no line
                // has.
                let isOurs =
                    size > expected && left.count == size - expected
                    && (isBeginning(left, of: text) || left.contains(0))
                if !isOurs {
                    found = .altered
                    at = size
                    let last = size > 0 ? try Disk.read(descriptor, at: size - 1, count: 1, path: path) : []
                    if let last = last.first, last != UInt8(ascii: "\n") { text.insert(UInt8(ascii: "\n"), at: 0) }
                }
            }
            try text.span.withUnsafeBytes { (bytes) throws(DiskError) in
                try Disk.write(descriptor, bytes, at: at, path: path)
            }
            if size > at + text.count, found == .whole {
                guard ftruncate(descriptor, off_t(at + text.count)) == 0 else {
                    throw DiskError(code: errno, call: "ftruncate", path: path)
                }
            }
            try Disk.fsync(descriptor, path: path)
            if isNew { try Disk.syncDirectory(String(path.dropLast(Self.name.utf8.count + 1))) }
            isOpen = false
            try Disk.close(descriptor, path: path)
            return (at + text.count, found)
        } catch {
            if isOpen { _ = Glibc.close(descriptor) }
            throw error
        }
    }

    /// Of two texts one begins with the other, or both are the same so far: more may be pending now than was when it was written.
    private func isBeginning(_ left: [UInt8], of text: [UInt8]) -> Bool {
        let count = min(left.count, text.count)
        return left[..<count] == text[..<count] && left.count <= text.count
    }

    /// The end of a record that an earlier ledger wrote, which is lost. What stands behind its last line end is no line. Throws
    /// `DiskError`.
    package func tail() throws -> RecordTail {
        var tail = RecordTail()
        guard try Disk.exists(path) else { return tail }
        try eachLine { text, sha256, end in
            if let line = RecordLine(text) { tail.number = line.number }
            tail.sha256 = sha256
            tail.bytes = end
            return true
        }
        return tail
    }

    /// Gives `body` each whole line: its text, the SHA-256 of it with its line feed, and where it ends in the file. `body` returns false
    /// when it has seen enough. Returns how many bytes stand behind the last line feed. Throws `DiskError`, and what `body` throws.
    @discardableResult
    package func eachLine(_ body: (_ text: String, _ sha256: String, _ end: Int) throws -> Bool) throws -> Int {
        try eachLine(from: 0, body)
    }

    /// Gives `body` each whole line that lies in the last bytes of the file: its text, and the SHA-256 of it with its line feed. Throws
    /// `DiskError`, and what `body` throws.
    package func eachLastLine(within bytes: Int, _ body: (_ text: String, _ sha256: String) throws -> Void) throws {
        guard let size = try Disk.status(path)?.size else { return }
        // The byte before tells whether a line begins there.
        var isPart = size > bytes
        try eachLine(from: isPart ? size - bytes - 1 : 0) { text, sha256, _ in
            if isPart { isPart = false } else { try body(text, sha256) }
            return true
        }
    }

    @discardableResult
    private func eachLine(
        from start: Int, _ body: (_ text: String, _ sha256: String, _ end: Int) throws -> Bool
    ) throws -> Int {
        let descriptor = try Disk.open(path, O_RDONLY)
        defer { _ = Glibc.close(descriptor) }
        var rest: [UInt8] = []
        var at = start
        while true {
            let piece = try Disk.read(descriptor, at: at, count: 1 << 18, path: path)
            guard !piece.isEmpty else { return rest.count }
            let before = at - rest.count
            at += piece.count
            rest += piece
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(rest[start...end])
                start = end + 1
                let text = String(decoding: line.dropLast(), as: UTF8.self)
                guard try body(text, SHA256Text.of(line), before + start) else { return 0 }
            }
            rest.removeFirst(start)
        }
    }
}

/// Goes over the record line by line and knows what it proves: that each line is the one that followed the one before, and what it
/// says about every drop.
package struct RecordChain: Sendable {
    /// The first thing that is not as it was written.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        /// The line of the file, from 1 on; nil: it is about no line of its own.
        package var line: Int?
        /// A sentence for people.
        package var text: String

        package init(line: Int? = nil, _ text: String) {
            self.line = line
            self.text = text
        }

        package var description: String { (line.map { "line \($0) of the record: " } ?? "") + text }
    }

    /// Where the chain has got to.
    package private(set) var number = 0
    package private(set) var hash = RecordLine.noHash
    /// Every drop that was settled, with the line that says so.
    package private(set) var settled: [Int: (line: Int, at: Int64, entry: RecordEntry.Settled)] = [:]
    /// What was removed because its time was over.
    package private(set) var removed: Set<String> = []
    /// Numbers that nothing was done under.
    private var unused: Set<Int> = []
    /// Up to here numbers were given before the record began; those that were open then are `open`.
    package private(set) var before = 0
    private var open: Set<Int> = []
    private var lines = 0
    /// Hashes of the lines that a signature may be about.
    private var hashes: [Int: String] = [:]

    package init() {}

    /// Takes the next line.
    ///
    /// - Parameters:
    ///   - sha256: Of the line with its line feed.
    ///   - isSigned: Whether a signature in hexadecimal digits is that key's of a text.
    package mutating func take(
        _ text: String, sha256: String, isSigned: (_ signature: String, _ key: String, _ text: String) -> Bool
    ) throws(Fault) -> RecordLine {
        lines += 1
        guard let line = RecordLine(text) else { throw Fault(line: lines, "it is no line of a record") }
        guard line.number == number + 1 else {
            throw Fault(
                line: lines,
                line.number <= number
                    ? "it has the number \(line.number), which stood there before: a line was put in or moved"
                    : "it has the number \(line.number) where \(number + 1) is due: lines were removed")
        }
        guard line.previous == hash else {
            throw Fault(
                line: lines,
                number == 0
                    ? "it is the first and names a line before it: the beginning was removed"
                    : "it does not follow from line \(lines - 1), which was altered or exchanged since")
        }
        if case .signed(let day, let about, let signedHash, let key, let signature) = line.entry {
            guard let known = hashes[about] else {
                throw Fault(line: lines, "it signs line \(about) for \(day), which is no line before it")
            }
            guard known == signedHash, isSigned(signature, key, signedHash) else {
                throw Fault(
                    line: lines, "its signature for \(day) is not one of line \(about) by the key that it names")
            }
        }
        try take(line)
        number = line.number
        hash = sha256
        hashes[number] = sha256
        // A day's last line is signed soon after; hundreds of thousands of hashes would be no use.
        if hashes.count > 200_000 { hashes = hashes.filter { $0.key > number - 100_000 } }
        return line
    }

    private mutating func take(_ line: RecordLine) throws(Fault) {
        switch line.entry {
        case .began(let last, let open, _):
            before = max(before, last)
            self.open = Set(open)
        case .settled(let entry):
            if let known = settled[entry.drop], known.entry.path != entry.path {
                throw Fault(
                    line: lines, "drop \(entry.drop) is settled for the second time; the first is line \(known.line)")
            }
            settled[entry.drop] = (line.number, line.at, entry)
        case .forgotten(let drop): unused.insert(drop)
        case .reserved(let first, let last):
            guard first <= last, last - first < 1 << 20 else { throw Fault(line: lines, "it reserves no numbers") }
            unused.formUnion(first...last)
        case .made(let drop, _): unused.remove(drop)
        case .removed(_, let files): removed.formUnion(files)
        case .act, .inUse, .clock, .signed: break
        }
    }

    /// Whether a drop's number is accounted for: it is settled, or nothing was ever done under it. `isOpen`: the ledger says that it is
    /// in work or held.
    package func accounts(for drop: Int, isOpen: Bool) -> Bool {
        settled[drop] != nil || unused.contains(drop) || isOpen || (drop <= before && !open.contains(drop))
    }

    /// Whether a drop ended before there was a record of it.
    package func isBeforeRecord(_ drop: Int) -> Bool { drop <= before && settled[drop] == nil && !open.contains(drop) }
}

/// The end of the record as its file has it.
package struct RecordTail: Sendable, Equatable {
    /// Of the last line; 0: there is none.
    package var number: Int
    package var sha256: String
    /// Of the file, up to that line's end.
    package var bytes: Int

    package init(number: Int = 0, sha256: String = RecordLine.noHash, bytes: Int = 0) {
        self.number = number
        self.sha256 = sha256
        self.bytes = bytes
    }
}

/// A short look at the end of the record: whether its last lines follow from each other and end where the ledger says. Lines before them,
/// results, summaries and price files are not looked at; whoever wants these proved has all of it gone over (`postbox audit verify`).
package struct RecordLook: Sendable, Equatable {
    /// A day whose last line was signed.
    package struct Signature: Sendable, Equatable {
        package var day: String
        /// The public key, in hexadecimal digits.
        package var key: String

        package init(day: String, key: String) {
            self.day = day
            self.key = key
        }
    }

    /// Bytes of the record that are looked at.
    package static let bytes = 256 << 10
    /// Acts that are kept, the last ones.
    private static let actsMax = 8

    /// The lines that were looked at; 0: there are none.
    package private(set) var first = 0
    package private(set) var last = 0
    /// When they were written: microseconds since 1970.
    package private(set) var firstAt: Int64 = 0
    package private(set) var lastAt: Int64 = 0
    /// Of the last line.
    package private(set) var hash = RecordLine.noHash
    /// The last signature among them; nil: there is none.
    package private(set) var signature: Signature?
    /// What people did, the last one first.
    package private(set) var acts: [DayReport.Act] = []
    /// The first thing that is not as it was written, in a sentence; nil: nothing was found.
    package private(set) var fault: String?
    /// The record's end as the ledger has it; nil: the ledger is gone.
    private let end: RecordTail?
    /// Hashes of lines that a signature may be about.
    private var hashes: [Int: String] = [:]

    /// - Parameter end: The record's end as the ledger has it; nil: the ledger is gone.
    package init(end: RecordTail?) { self.end = end }

    /// One that did not come about. `why`: for people.
    package init(unread why: String) {
        self.init(end: nil)
        fault = "it cannot be read: \(why)"
    }

    /// Whether its end was held against the ledger.
    package var isHeldAgainstLedger: Bool { end != nil }

    /// Takes the next line.
    ///
    /// - Parameters:
    ///   - sha256: Of the line with its line feed.
    ///   - isSigned: Whether a signature in hexadecimal digits is that key's of a text.
    package mutating func take(
        _ text: String, sha256: String, isSigned: (_ signature: String, _ key: String, _ text: String) -> Bool
    ) {
        guard fault == nil else { return }
        guard let line = RecordLine(text) else {
            fault = last > 0 ? "behind line \(last) stands what is no line of it" : "it ends with what is no line of it"
            return
        }
        fault = wrong(with: line, sha256, isSigned)
        if last == 0 { (first, firstAt) = (line.number, line.at) }
        (last, lastAt, hash) = (line.number, line.at, sha256)
        hashes[last] = sha256
        switch line.entry {
        case .signed(let day, _, _, let key, _): signature = Signature(day: day, key: key)
        case .act(let act):
            acts.insert(DayReport.Act(at: act.givenAt ?? line.at, act: act), at: 0)
            if acts.count > Self.actsMax { acts.removeLast() }
        default: break
        }
    }

    private func wrong(
        with line: RecordLine, _ sha256: String,
        _ isSigned: (_ signature: String, _ key: String, _ text: String) -> Bool
    ) -> String? {
        if last > 0, line.number != last + 1 {
            return line.number <= last
                ? "line \(line.number) stands behind line \(last): a line was put in or moved"
                : "behind line \(last) stands line \(line.number): lines were removed"
        }
        if last > 0 || line.number == 1, line.previous != hash {
            return last == 0
                ? "line 1 names a line before it: the beginning was removed"
                : "line \(line.number) does not follow from line \(last), which was altered or exchanged since"
        }
        if case .signed(let day, let about, let signedHash, let key, let signature) = line.entry,
            let known = hashes[about], known != signedHash || !isSigned(signature, key, signedHash)
        {
            return "the signature of \(day) in line \(line.number) is not one of line \(about) by the key that it names"
        }
        if let end, line.number == end.number, sha256 != end.sha256 {
            return "line \(end.number) is not the one that the ledger knows: the record was written anew"
        }
        return nil
    }

    /// No line follows.
    package mutating func finish() {
        guard fault == nil, let end, end.number > last else { return }
        fault =
            last == 0
            ? "its lines are gone; the ledger knows that it had \(end.number)"
            : "it ends with line \(last), the ledger knows line \(end.number): lines were removed"
    }
}

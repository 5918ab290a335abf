/// Whether a claimed file is posted: everything that can stand against a file as a whole, in the order in which it counts.
///
/// Facts about a file cost more and more: its name nothing, opening it a little, reading it through seconds, the ledger's memory of
/// other files a question each. So they are asked for one after the other (`Finding`, in the order of its cases), and each
/// finding is judged as soon as it is there: either it decides, or the next one is looked for. A file against which nothing stands
/// is posted.
///
/// A file of which rows may have been sent is never refused: it goes on, or its rows end without being read.
package struct Admission: Sendable, Equatable {
    /// What an earlier run left of the drop.
    package enum Past: Sendable, Equatable {
        /// Nothing: it was claimed just now.
        case new
        /// It was claimed, and nothing of it sent. `starts`: times that reading it was begun and not seen to end.
        case claimed(starts: Int)
        /// The same, but the ledger was lost since: what came with the file may be gone, and its journal may tell of rows. `starts`: as
        /// above.
        case adopted(starts: Int)
        /// Rows of it may have been sent, and this is what it held then: bytes, and their SHA-256 in hexadecimal. `starts`: as above,
        /// of reading it and of sending its first rows.
        case posting(starts: Int, size: Int, sha256: String)
        /// Every row has its outcome.
        case settled
    }

    /// What the first pass found in a file that can be read.
    package struct Reading: Sendable, Equatable {
        /// Bytes.
        package var size: Int
        /// Of the whole file, in hexadecimal.
        package var sha256: String
        package var rows: Int
        /// Rows of these that do not count.
        package var skipped: Int
        /// Rows rejected at the destination that rejects most.
        package var rejected: Int
        /// What the file's trailer says against it.
        package var control: FileProblem?
        /// What the rule's checks say against it as a whole.
        package var implausible: FileProblem?

        /// Rows that count.
        var counted: Int { rows - skipped }

        package init(
            size: Int, sha256: String, rows: Int, skipped: Int = 0, rejected: Int, control: FileProblem?,
            implausible: FileProblem? = nil
        ) {
            self.size = size
            self.sha256 = sha256
            self.rows = rows
            self.skipped = skipped
            self.rejected = rejected
            self.control = control
            self.implausible = implausible
        }
    }

    /// What was found out last, each at the cost of the one before and its own.
    package enum Finding: Sendable, Equatable {
        /// The claim itself. `refusal`: why no rule is for it.
        case claim(refusal: FileTrouble?)
        /// It was opened. `hasFormat`: its rule or its name tells how it is written. `hasDestinations`: the configuration still has
        /// all that it was claimed for.
        case opened(isRegular: Bool, hasFormat: Bool, hasDestinations: Bool)
        /// It was read through. `damage`: what its checksum says against it, of no interest where it goes on.
        case read(Reading, damage: FileProblem?)
        /// Of a correction: names of newer finished files whose results are gone.
        case newerResults(missing: [String])
        /// It says again what that drop said last, and this is what the settings have for such a file.
        case repetition(of: Int, Settings.Duplicates)
    }

    /// What kept a file from being read to its end.
    package enum Obstacle: Sendable, Equatable {
        /// It is gone from `directory`, or nobody may open it; `why`: what the system says.
        case cannotOpen(directory: String, why: String)
        /// It holds something that cannot be read. `damage`: as of a file that was read.
        case unreadable(FileProblem, damage: FileProblem?)
        /// It changed while it was read.
        case changed(String)
    }

    /// What becomes of a file that is not posted.
    package enum End: Sendable, Equatable {
        /// Every row has its outcome: only its moves are left.
        case moveOn
        /// Nothing is sent. `withRows`: it was read, and each of its rows gets its line.
        case refuse(FileTrouble, withRows: Bool)
        /// It has no rows, as its rule allows.
        case closeEmpty
        /// Rows without a line end by their numbers alone: unknown where they may have been sent, else unsent. `isThere`: the file
        /// may still be the one that was read; it is only that nobody posts it any more.
        case endBare(FileTrouble, isThere: Bool)
    }

    /// Times a file may be begun: one that brought the program down that often is set aside.
    package static let startsMax = 3

    private let name: String
    private let past: Past
    private let rule: MappingRule

    /// - Parameters:
    ///   - name: The file's own name.
    ///   - past: What an earlier run left of the drop.
    ///   - rule: The rule that it was claimed under.
    package init(name: String, past: Past, rule: MappingRule) {
        self.name = name
        self.past = past
        self.rule = rule
    }

    /// Rows of it may have been sent: it is not judged anew.
    package var goesOn: Bool { if case .posting = past { true } else { false } }

    /// A file without the checksum that its rule wants is damaged. One whose claim the ledger lost may have come without.
    package var needsChecksum: Bool {
        if case .adopted = past { return false }
        return rule.checksum != nil
    }

    /// Judges what was found out. nil: nothing stands against the file so far.
    ///
    /// - Parameter givenUp: Why nothing more of it is to be sent, as it is known now; nil: it is wanted.
    package func end(_ finding: Finding, givenUp: FileTrouble?) -> End? {
        switch finding {
        case .claim(let refusal):
            if past == .settled { return .moveOn }
            return refusal.map { .refuse($0, withRows: false) }
        case .opened(let isRegular, let hasFormat, let hasDestinations):
            return opened(
                isRegular: isRegular, hasFormat: hasFormat, hasDestinations: hasDestinations, givenUp: givenUp)
        case .read(let reading, let damage):
            return read(reading, damage: damage, givenUp: givenUp)
        case .newerResults where goesOn, .repetition where goesOn:
            return nil
        case .newerResults(let missing):
            return Self.text(ofMissing: missing).map { refused(.resultsMissing, $0, withRows: true) }
        case .repetition(let earlier, let duplicates):
            guard duplicates == .reject else { return nil }
            return refused(.duplicate, Self.text(ofRepeated: earlier), withRows: true)
        }
    }

    /// What becomes of a file that cannot be read to its end.
    package func end(at obstacle: Obstacle) -> End {
        switch obstacle {
        case .cannotOpen(let directory, let why):
            goesOn ? bare(.fileMissing, "the file is gone from \(directory)") : refused(.unreadable, why)
        case .unreadable(let problem, let damage):
            // What had sent rows could be read before. Else what was damaged on its way may be broken anywhere: then the damage is
            // the reason.
            goesOn
                ? bare(.changedWhileRead, problem.text)
                : .refuse(FileTrouble(damage ?? problem), withRows: false)
        case .changed(let text):
            goesOn ? bare(.changedWhileRead, text) : refused(.changedWhileRead, text)
        }
    }

    /// What becomes of a file that nobody wants any more and that cannot be read, as its tables are gone. `why`: as `givenUp`.
    package func endUnread(_ why: FileTrouble) -> End {
        goesOn ? .endBare(why, isThere: true) : .refuse(why, withRows: false)
    }

    private func opened(
        isRegular: Bool, hasFormat: Bool, hasDestinations: Bool, givenUp: FileTrouble?
    ) -> End? {
        guard isRegular else { return refused(.notAFile, "\(name) is no regular file") }
        guard hasFormat else { return refused(.unknownFormat, PriceFileFormat.unknown) }
        switch past {
        case .claimed(let starts) where starts >= Self.startsMax, .adopted(let starts) where starts >= Self.startsMax:
            return .refuse(Self.crashed, withRows: false)
        default: break
        }
        if let givenUp, goesOn, !hasDestinations { return .endBare(givenUp, isThere: true) }
        return nil
    }

    private func read(_ reading: Reading, damage: FileProblem?, givenUp: FileTrouble?) -> End? {
        // Not the chunks' digests: how a file is cut into chunks may change from one version to the next.
        if case .posting(_, let size, let sha256) = past, (reading.size, reading.sha256) != (size, sha256) {
            return bare(.changedWhileRead, "the file holds other bytes than when it was first read")
        }
        if !goesOn, let problem = damage ?? reading.control {
            return .refuse(FileTrouble(problem), withRows: true)
        }
        if let problem = rule.problem(ofRows: reading.rows, skipped: reading.skipped) {
            return .refuse(FileTrouble(problem), withRows: false)
        }
        if reading.counted == 0 { return .closeEmpty }
        guard !goesOn else { return nil }
        if let givenUp { return .refuse(givenUp, withRows: true) }
        if let limit = rule.maxRejected, !limit.allows(reading.rejected, of: reading.counted) {
            return refused(
                .tooManyRejected,
                "\(reading.rejected) of \(Plural.text(reading.counted, "row")) \(Plural.word(reading.rejected, "is", "are")) rejected, more than the rule allows",
                withRows: true
            )
        }
        return reading.implausible.map { .refuse(FileTrouble($0), withRows: true) }
    }

    /// Why nothing more is sent of a file that is about to go on; nil: rows that were never sent are sent.
    package func setAside(givenUp: FileTrouble?) -> FileTrouble? {
        if case .posting(let starts, _, _) = past, starts >= Self.startsMax { return Self.crashed }
        return givenUp
    }

    // MARK: - Words

    /// Of a file that brought the program down whenever it was begun.
    package static let crashed = FileTrouble(
        .crashed, "its contribution was begun \(startsMax) times and brought the program down each time")

    /// What is said of a file that says again what an earlier drop said last.
    package static func text(ofRepeated earlier: Int) -> String {
        "the same file was contributed before, as drop \(earlier)"
    }

    private static func text(ofMissing names: [String]) -> String? {
        guard let first = names.first else { return nil }
        return
            "the results of \(Plural.word(names.count, "a newer file (\(first))", "\(names.count) newer files (\(first) the first)")) are no longer where Postbox put them, "
            + "so that nobody can tell which of these rows are older than what was accepted since; put the results back, or drop "
            + "the rows under another name to post them as new"
    }

    private func refused(_ reason: Reason, _ text: String, withRows: Bool = false) -> End {
        .refuse(FileTrouble(reason, text), withRows: withRows)
    }

    /// The file is gone, or no longer the one that was read.
    private func bare(_ reason: Reason, _ text: String) -> End {
        .endBare(FileTrouble(reason, text), isThere: false)
    }
}

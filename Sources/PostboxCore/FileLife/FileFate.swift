/// How a file ended.
package enum Verdict: String, Sendable, Equatable, CaseIterable, Codable {
    /// No bad row, or only bad rows that the rule tolerates.
    case done
    /// Some rows good, some bad.
    case partial
    /// No row good.
    case failed
    /// Nothing was sent.
    case refused
}

/// How many result lines ended how, and which NakCodes and reasons the bad ones had.
package struct OutcomeCounts: Sendable, Equatable {
    package private(set) var counts: [Int] = Array(repeating: 0, count: PostOutcome.allCases.count)
    /// Bad lines by NakCode, or by reason where there is none.
    package private(set) var bad: [String: Int] = [:]

    package init() {}

    package subscript(_ outcome: PostOutcome) -> Int { counts[Int(outcome.rawValue)] }

    package var total: Int { counts.reduce(0, +) }
    package var good: Int { self[.acked] + self[.superseded] }
    /// Lines whose rows did not go well, whatever was wrong.
    package var badLines: Int { total - good }

    /// Bad lines by NakCode or reason, for people: the most frequent words, and all others together. A server's words may be any
    /// and very many.
    package var reasons: [String: Int] {
        let named = bad.filter { !$0.key.isEmpty && $0.value > 0 }
        let most = 100
        guard named.count > most else { return named }
        let sorted = named.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
        var out = Dictionary(uniqueKeysWithValues: sorted.prefix(most - 1).map { ($0.key, $0.value) })
        out["others", default: 0] += sorted.dropFirst(most - 1).reduce(0) { $0 + $1.value }
        return out
    }

    package mutating func add(_ outcome: PostOutcome, word: String = "", count: Int = 1) {
        counts[Int(outcome.rawValue)] += count
        if !outcome.isGood { bad[word, default: 0] += count }
    }
}

/// Why a file as a whole did not go as it was meant to: what its summary says beside its rows.
package struct FileTrouble: Sendable, Equatable {
    package var reason: Reason
    /// For people, with its place in the file where it has one.
    package var text: String

    package init(_ reason: Reason, _ text: String) {
        self.reason = reason
        self.text = text
    }

    /// A file that cannot be read, or is not what it ought to be.
    package init(_ problem: FileProblem) {
        self.init(Reason(problem.reason), problem.text)
    }

    /// What is said of rows that are not sent is said of their file.
    package init(_ detail: OutcomeDetail) {
        self.init(Reason(detail.reason), detail.text)
    }

    /// The same, said of a row.
    package var detail: OutcomeDetail { OutcomeDetail(reason: reason.word, text: text) }
}

/// How a file ended, and why where that is not told by its rows.
package struct FileFate: Sendable, Equatable {
    /// How it came to its end.
    package enum Course: Sendable, Equatable {
        /// It was posted, as far as that went.
        case posted(FileTrouble?)
        /// It was refused before its first post.
        case refused(FileTrouble)
    }

    package var verdict: Verdict
    package var trouble: FileTrouble?

    /// - Parameters:
    ///   - outcomes: Of all its rows at all destinations.
    ///   - tolerate: Its rule's tolerance, by NakCode (name or number) or reason.
    package init(_ course: Course, outcomes: OutcomeCounts, tolerate: [String: RowLimit]) {
        var isRefused = false
        switch course {
        case .refused(let why):
            trouble = why
            isRefused = true
        case .posted(let why):
            trouble = why
        }
        if trouble?.reason == .cancelled {
            // It came too late, or early enough for nothing to be sent. A file that was refused unread has no lines at all.
            if outcomes.badLines == 0, !isRefused || outcomes.total > 0 {
                trouble = nil
                isRefused = false
            } else if outcomes[.rejected] + outcomes[.unsent] == outcomes.total {
                isRefused = true
            }
        }
        verdict = isRefused ? .refused : Self.verdict(outcomes, tolerate: tolerate)
    }

    /// The same when rows of it were read back: what a server stores otherwise, or not at all, did not go well.
    package mutating func readBack(_ counts: ReadBackCounts) {
        if verdict == .done, counts.bad > 0 { verdict = .partial }
    }

    /// As an earlier run settled it: why is told already.
    package init(settledAs verdict: Verdict) {
        self.verdict = verdict
    }

    /// The verdict on a file that was posted.
    private static func verdict(_ outcomes: OutcomeCounts, tolerate: [String: RowLimit]) -> Verdict {
        let total = outcomes.total
        let isClean = outcomes.bad.allSatisfy { word, count -> Bool in
            // A rule may name a NakCode by its number.
            // No rule makes good of what was not posted.
            if word == Reason.rehearsed.word { return count == 0 }
            let limit = tolerate[word] ?? NakCode(name: word).number.flatMap { tolerate[String($0)] }
            return limit?.allows(count, of: total) ?? (count == 0)
        }
        if isClean { return .done }
        return outcomes.good > 0 ? .partial : .failed
    }

    /// Why a file that was posted did not go through, when several things held: that it changed under us goes first, as its later rows
    /// are lost; then what `Admission.setAside` said at its beginning, and what was said since.
    package static func trouble(changed: String?, setAside: FileTrouble?, givenUp: FileTrouble?) -> FileTrouble? {
        changed.map { FileTrouble(.changedWhileRead, $0) } ?? setAside ?? givenUp
    }
}

extension OutcomeCounts {
    /// Whether a row was or may have been sent.
    ///
    /// - Parameters:
    ///   - sentLines: Result lines of rows that were sent.
    ///   - presents: Rows may have been sent by a run that ended, and a superseded one may be among them.
    package func hasSent(sentLines: Int, presents: Bool) -> Bool {
        sentLines > 0 || self[.acked] + self[.nacked] + self[.unknown] > 0 || presents && self[.superseded] > 0
    }
}

/// What the program's exit code says about files.
package enum ExitCode {
    package static let ok: Int32 = 0
    /// Of a comparison alone: something is not the same.
    package static let differs: Int32 = 1
    package static let partial: Int32 = 2
    package static let failed: Int32 = 3
    package static let unknownRow: Int32 = 4
    package static let usage: Int32 = 64
    package static let noDestination: Int32 = 69
    package static let internalFault: Int32 = 70
    package static let spool: Int32 = 74
    package static let interrupted: Int32 = 75
    package static let notAllowed: Int32 = 77
    package static let configuration: Int32 = 78

    /// The worse of two codes about files: 75 before 4 before 3 before 2 before 0.
    package static func worse(_ left: Int32, _ right: Int32) -> Int32 {
        max(left, right)
    }

    /// The code of one file.
    package static func code(_ verdict: Verdict, unknown: Int) -> Int32 {
        if unknown > 0 { return unknownRow }
        return switch verdict {
        case .done: ok
        case .partial: partial
        case .failed, .refused: failed
        }
    }
}

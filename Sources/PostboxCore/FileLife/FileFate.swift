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

/// The verdict on a file that was contributed: a pure function of its outcomes and its rule's tolerance.
///
/// `refused`: it was refused before its first post.
package func verdict(_ outcomes: OutcomeCounts, tolerate: [String: RowLimit], refused: Bool) -> Verdict {
    if refused { return .refused }
    let total = outcomes.total
    let isClean = outcomes.bad.allSatisfy { word, count -> Bool in
        // A rule may name a NakCode by its number.
        let limit = tolerate[word] ?? NakCode(name: word).number.flatMap { tolerate[String($0)] }
        return limit?.allows(count, of: total) ?? (count == 0)
    }
    if isClean { return .done }
    return outcomes.good > 0 ? .partial : .failed
}

/// What the program's exit code says about files.
package enum ExitCode {
    package static let ok: Int32 = 0
    package static let partial: Int32 = 2
    package static let failed: Int32 = 3
    package static let unknownRow: Int32 = 4
    package static let usage: Int32 = 64
    package static let noDestination: Int32 = 69
    package static let internalFault: Int32 = 70
    package static let spool: Int32 = 74
    package static let interrupted: Int32 = 75
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

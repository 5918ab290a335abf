/// A drop of whose rows not all have a line in a result, so that nobody can tell from lines whether it has a row of a RIC. It is held as a
/// whole, or was refused before its rows got lines: then none has, and nothing of it was sent. Or it is in work: a row of it has its line once
/// it has its outcome.
package struct UnlistedDrop: Sendable, Equatable {
    package enum State: String, Sendable, Equatable, CaseIterable {
        case work, held, refused
    }

    package var drop: Int
    package var file: String
    package var state: State
    /// Since when it is in work or held, or when it was refused: microseconds since 1970.
    package var since: Int64
    /// Why it is held or was refused, for people; empty: nobody can tell any more, or it is in work.
    package var why: String
    /// It has a row of the RIC that was asked for and that has no line, for certain; false: it may have one.
    package var hasRow: Bool

    package init(drop: Int, file: String, state: State, since: Int64, why: String, hasRow: Bool = false) {
        self.drop = drop
        self.file = file
        self.state = state
        self.since = since
        self.why = why
        self.hasRow = hasRow
    }

    /// Refused ones whose reason is looked up, the newest; the others are named without it.
    package static let explained = 100

    /// Whether a held drop has a row of a RIC, as far as those of its rows tell that need a look; nil: it may.
    ///
    /// - Parameters:
    ///   - shown: Rows of it that need a look.
    ///   - count: Rows of it in all; nil: that is not known.
    package static func hasRow(of ric: String, in shown: [HeldRow], of count: Int?) -> Bool? {
        if shown.contains(where: { $0.ric == ric }) { return true }
        // Each of its rows is among them: there are no others.
        guard let count, count > 0, shown.allSatisfy({ !$0.ric.isEmpty }), Set(shown.map(\.row)).count == count else {
            return nil
        }
        return false
    }

    /// For people, on one line. `ric`: the one that was asked for; nil: none was.
    package func text(ofRIC ric: String?) -> String {
        let stands =
            switch state {
            case .work: "is in work since"
            case .held: "is held since"
            case .refused: "was refused as a whole at"
            }
        return "\(VisibleText.line(file)) (drop \(drop)) \(stands) \(TimeText.text(since))"
            + (why.isEmpty ? "" : ": \(VisibleText.line(why))") + "; \(VisibleText.line(outlook(ofRIC: ric)))"
    }

    /// What that says of a RIC; nil: of none.
    func outlook(ofRIC ric: String?) -> String {
        let sent: String
        switch state {
        case .work:
            return "rows of it are shown once they have their outcomes"
                + (ric.map { ", and those that have none yet may be of \($0)" } ?? "")
        case .held: sent = "nothing of it is sent"
        case .refused: sent = "nothing of it was sent"
        }
        guard let ric else { return sent }
        return sent + (hasRow ? ", and it has a row of \(ric)" : ", and it may have rows of \(ric)")
    }

    /// Drops that are named in a list for people; the others are counted.
    private static let named = 20

    /// Such drops, a line each: those that are in work or held before those for which it is over.
    package static func lines(_ drops: [UnlistedDrop], ofRIC ric: String?) -> [String] {
        let drops = drops.filter { $0.state != .refused } + drops.filter { $0.state == .refused }
        let lines = drops.prefix(named).map { $0.text(ofRIC: ric) }
        guard drops.count > named else { return lines }
        let more = drops.count - named
        let files = Plural.word(
            more, "file that is in work or held, or was refused as a whole",
            "files that are in work or held, or were refused as a whole")
        return lines + ["and \(more) more \(files)"]
    }

    /// An object, as the API answers it.
    var json: String {
        let quoted = VisibleText.quoted
        return "{\"drop\":\(drop),\"file\":\(quoted(file)),\"state\":\"\(state.rawValue)\","
            + "\"since\":\(quoted(TimeText.text(since))),\"why\":\(quoted(why)),\"has_row\":\(hasRow)}"
    }
}

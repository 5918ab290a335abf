/// How figures, times and states are written on the page.
enum PageWords {
    /// `1,200,000`
    static func count(_ number: Int) -> String {
        var digits = Array(String(number.magnitude))
        var at = digits.count - 3
        while at > 0 {
            digits.insert(",", at: at)
            at -= 3
        }
        return (number < 0 ? "-" : "") + String(digits)
    }

    /// `1 row`, `1,200 rows`
    static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(count(number)) \(Plural.word(number, one, many))"
    }

    /// Rows, each of which counts at each destination: `1 row`, `6 rows at 2 destinations`.
    static func rows(_ number: Int, at destinations: [String]) -> String {
        count(number, "row") + (destinations.count > 1 ? " at \(destinations.count) destinations" : "")
    }

    /// `17:31:42` on the same day, else with its date. Microseconds since 1970.
    static func time(_ time: Int64, at now: Int64) -> String {
        guard time > 0 else { return "" }
        let text = TimeText.text(time)
        let clock = String(text.dropFirst(11).prefix(8))
        return TimeText.day(time) == TimeText.day(now) ? clock : TimeText.day(time) + " " + clock
    }

    /// For people, with the whole time for programs.
    static func timeElement(_ time: Int64, at now: Int64) -> HTML {
        time > 0 ? "<time datetime=\"\(TimeText.text(time))\">\(self.time(time, at: now))</time>" : ""
    }

    /// `11 min 50 s`, `1 h 42 min`, `3 d 4 h`
    static func duration(seconds: Int) -> String {
        let seconds = max(0, seconds)
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min" + (seconds % 60 == 0 ? "" : " \(seconds % 60) s")
        case ..<86_400: return "\(seconds / 3600) h" + (seconds / 60 % 60 == 0 ? "" : " \(seconds / 60 % 60) min")
        default: return "\(seconds / 86_400) d" + (seconds / 3600 % 24 == 0 ? "" : " \(seconds / 3600 % 24) h")
        }
    }

    /// How long it is until a deadline, or how long ago it was: `in 12 min`, `passed 3 min ago`.
    static func distance(to time: Int64, at now: Int64) -> String {
        let seconds = Int((time - now) / 1_000_000)
        return seconds > 0 ? "in \(duration(seconds: seconds))" : "passed \(duration(seconds: -seconds)) ago"
    }

    /// `48.2 MB`
    static func size(_ bytes: Int) -> String {
        func tenths(_ unit: Int) -> String { "\(bytes / unit).\(bytes % unit * 10 / unit)" }
        switch bytes {
        case ..<1000: return "\(bytes) B"
        case ..<1_000_000: return "\(bytes / 1000) KB"
        case ..<1_000_000_000: return tenths(1_000_000) + " MB"
        default: return tenths(1_000_000_000) + " GB"
        }
    }

    /// `41 %`; never 100 before all is done.
    static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "" }
        return part >= whole ? "100 %" : "\(min(99, part * 100 / whole)) %"
    }

    /// `99.55 %`
    static func exactPercent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "" }
        let hundredths = Int((Double(part) * 10_000 / Double(whole)).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) %"
    }

    /// Figures with their points below each other.
    static func decimal(_ text: String) -> HTML {
        guard let point = text.firstIndex(of: ".") else { return "\(text)" }
        return "\(text[..<point])<span class=\"fr\">\(text[point...])</span>"
    }

    /// How much a value moves: `+9,900 %`; empty: these are no numbers, or there is nothing to compare with.
    static func move(from old: String?, to new: String?) -> String {
        guard let old = old.flatMap(Double.init), let new = new.flatMap(Double.init), old != 0, old.isFinite,
            new.isFinite
        else { return "" }
        let percent = (new - old) / old.magnitude * 100
        guard percent.magnitude < 1e12 else { return "" }
        let tenths = Int((percent.magnitude * 10).rounded())
        return (percent < 0 ? "−" : "+") + count(tenths / 10)
            + (tenths >= 10_000 || tenths % 10 == 0 ? "" : ".\(tenths % 10)")
            + " %"
    }

    /// A state: its form and its word.
    static func lamp(_ kind: Lamp, _ word: String) -> HTML {
        "<span class=\"lamp \(kind.rawValue)\">\(word)</span>"
    }

    enum Lamp: String {
        case ok, warn, down, held, wait
    }

    static func verdict(_ verdict: Verdict, isCorrected: Bool = false, isHeld: Bool = false) -> HTML {
        if isCorrected, verdict != .done { return lamp(.ok, "\(verdict.rawValue), corrected") }
        if isHeld { return lamp(.held, "\(verdict.rawValue), held") }
        return switch verdict {
        case .done: lamp(.ok, "done")
        case .partial: lamp(.warn, "partial")
        case .failed, .refused: lamp(.down, verdict.rawValue)
        }
    }

    /// An outcome with its badge.
    static func outcome(_ outcome: PostOutcome, word: Bool = true) -> HTML {
        "<span class=\"oc \(outcome.word)\" data-l=\"\(letter(outcome))\">\(word ? outcome.word : "")</span>"
    }

    /// The same of a row that may have been skipped, which is none.
    static func outcome(orSkipped outcome: PostOutcome?) -> HTML {
        outcome.map { self.outcome($0) }
            ?? "<span class=\"oc skipped\" data-l=\"·\">\(AuditRow.skippedWord)</span>"
    }

    private static func letter(_ outcome: PostOutcome) -> String {
        switch outcome {
        case .acked: "A"
        case .superseded: "S"
        case .nacked: "N"
        case .rejected: "R"
        case .unknown: "?"
        case .unsent: "–"
        }
    }

    /// What a file in the inbox waits for.
    static func waiting(_ file: StatusBoard.Waiting) -> String {
        switch file.why {
        case "turn": "waits for its turn"
        case "writer": "still being written"
        default: "waits for " + StatusText.waits(file.why, held: file.held)
        }
    }

    /// Who holds something, since when, until when and why: ` by alice since 17:31:42, until 18:00:00, overdue: a test`. Empty: nobody
    /// knows.
    static func hold(_ hold: DeskHold?, _ facts: PageFacts) -> HTML {
        guard let hold else { return "" }
        let by: HTML? = hold.by.map { " by \(ReleaseRule.name($0))" }
        let until: HTML? = hold.until.map { time -> HTML in
            ", until \(facts.time(time))\(time < facts.now ? ", overdue" : "")"
        }
        let why: HTML? = hold.why.map { ": \($0)" }
        return "\(by) since \(facts.time(hold.since))\(until)\(why)"
    }
}

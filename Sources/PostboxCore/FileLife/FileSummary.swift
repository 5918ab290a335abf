/// What `NAME.summary.json` says: the file's whole story in one object. Its appearing means that the file is finished.
package struct FileSummary: Sendable {
    package var drop: Int
    package var file: String
    /// Bytes.
    package var size: Int
    package var sha256: String
    package var format: String
    /// The rule's `match`; empty: the plain mapping.
    package var rule: String
    package var destinations: [String]
    /// By destination: how it was logged in.
    package var login: [(destination: String, text: [(String, String)])]
    package var verdict: Verdict
    /// Why, when the file as a whole went wrong: a stable word.
    package var reason: String
    /// The same for people, with its place.
    package var text: String
    package var rows: Int
    /// Rows of these that do not count, and have no result line; nil: the rule has nothing by which one would not.
    package var skipped: Int?
    package var outcomes: OutcomeCounts
    /// Result lines of rows that were sent.
    package var sent: Int
    /// Microseconds since 1970; 0: never.
    package var claimedAt: Int64
    package var firstSentAt: Int64
    package var settledAt: Int64
    package var version: String
    package var configSHA256: String
    /// SHA-256 of the tables that the file's values were looked up in, by name.
    package var tables: [String: String] = [:]
    /// The dictionary that the file's values were held to; nil: none.
    package var dictionary: DictionaryCopy?
    /// What reading back showed; nil: no row was read back.
    package var verified: ReadBackCounts?
    /// How often which warning of the rule's checks was given to a row that was to go; nil: the rule has no checks.
    package var checkWarnings: [String: Int]?
    /// The drop that its rows were in before; nil: none.
    package var original: Int?
    /// Drops of the rows that are held.
    package var heldAs: [HeldPart] = []
    /// Who had it made of rows of another drop; nil: nobody.
    package var asked: AskedFor?
    /// Why it was held, and who decided what; nil: it never was.
    package var hold: Hold?
    /// Lines for people about the set-up, such as a TLS verification that is off.
    package var warnings: [String]

    /// Rows that are held, as a drop of their own.
    package struct HeldPart: Sendable, Equatable {
        package var drop: Int
        package var destinations: [String]
        package var rows: Int

        package init(drop: Int, destinations: [String], rows: Int) {
            self.drop = drop
            self.destinations = destinations
            self.rows = rows
        }
    }

    package init(
        drop: Int, file: String, size: Int = 0, sha256: String = "", format: String = "", rule: String = "",
        destinations: [String] = [], login: [(destination: String, text: [(String, String)])] = [],
        verdict: Verdict = .refused, reason: String = "", text: String = "", rows: Int = 0,
        outcomes: OutcomeCounts = OutcomeCounts(), sent: Int = 0,
        claimedAt: Int64 = 0, firstSentAt: Int64 = 0, settledAt: Int64 = 0, version: String = "",
        configSHA256: String = "", warnings: [String] = []
    ) {
        self.drop = drop
        self.file = file
        self.size = size
        self.sha256 = sha256
        self.format = format
        self.rule = rule
        self.destinations = destinations
        self.login = login
        self.verdict = verdict
        self.reason = reason
        self.text = text
        self.rows = rows
        self.outcomes = outcomes
        self.sent = sent
        self.claimedAt = claimedAt
        self.firstSentAt = firstSentAt
        self.settledAt = settledAt
        self.version = version
        self.configSHA256 = configSHA256
        self.warnings = warnings
    }

    /// Words with their counts, the most frequent first.
    package static func byCount(_ reasons: [String: Int]) -> [(word: String, count: Int)] {
        reasons.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.map {
            (word: $0.key, count: $0.value)
        }
    }

    /// How often what was wrong, in a summary's bytes.
    package static func reasons(in json: [UInt8]) -> [String: Int] {
        guard case .object(let members)? = json.withUnsafeBytes({ JSONValue.parse($0) })?["reasons"] else { return [:] }
        return Dictionary(members.map { ($0.key, $0.value.integer ?? 0) }, uniquingKeysWith: +).filter { $0.value > 0 }
    }

    /// The counts of outcomes in a summary's bytes, without the words of bad ones.
    package static func outcomes(in json: [UInt8]) -> OutcomeCounts {
        outcomes(of: json.withUnsafeBytes { JSONValue.parse($0) })
    }

    /// The counts of outcomes of a summary, without the words of bad ones; nil: nothing is counted.
    package static func outcomes(of summary: JSONValue?) -> OutcomeCounts {
        var counts = OutcomeCounts()
        let object = summary?["outcomes"]
        for outcome in PostOutcome.allCases {
            if let count = object?[outcome.word]?.integer, count > 0 { counts.add(outcome, count: count) }
        }
        return counts
    }

    /// The warning that the file no longer is what was read.
    package static let writtenLater =
        "the file was written to after it was read; the result file tells what was posted"

    /// Whether a summary says that the file beside it is not the one that its hash is of: that one is gone, or was written to.
    package static func tellsOfAnotherFile(_ summary: JSONValue?) -> Bool {
        let words = [Reason.changedWhileRead, .fileMissing].map(\.word)
        return words.contains(summary?["reason"]?.text ?? "")
            || summary?["warnings"]?.items.contains { $0.text == writtenLater } == true
    }

    /// How a destination was logged in, as an object.
    package static func text(
        ofLogin facts: [(String, String)], _ quoted: (String) -> String = { JSONText.quoted($0) }
    ) -> String {
        "{" + facts.map { quoted($0.0) + ": " + quoted($0.1) }.joined(separator: ", ") + "}"
    }

    /// What `text(ofLogin:)` wrote; nothing for any other text.
    package static func login(ofText text: String) -> [(String, String)] {
        guard case .object(let members) = JSONValue.parse(text) else { return [] }
        return members.compactMap { member in member.value.text.map { (member.key, $0) } }
    }

    /// Rows that were sent, a second, from the first post to the last answer; 0 when nothing was sent.
    package var rowsPerSecond: Double {
        guard firstSentAt > 0, settledAt > firstSentAt else { return 0 }
        return Double(sent) * 1_000_000 / Double(settledAt - firstSentAt)
    }

    /// The object, indented by two, with a line end.
    package var json: String {
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        func time(_ value: Int64) -> String { value > 0 ? quoted(TimeText.text(value)) : "null" }
        let counts = PostOutcome.allCases.map { "\"\($0.word)\": \(outcomes[$0])" }.joined(separator: ", ")
        let reasons = Self.byCount(outcomes.reasons).map { quoted($0.word) + ": \($0.count)" }.joined(separator: ", ")
        let logins = login.map { quoted($0.destination) + ": " + Self.text(ofLogin: $0.text, quoted) }
            .joined(separator: ", ")
        let tenths = Int((rowsPerSecond * 10).rounded())
        var lines = [
            "\"schema\": 1",
            "\"drop\": \(drop)",
            "\"file\": \(quoted(file))",
            "\"size\": \(size)",
            "\"sha256\": \(quoted(sha256))",
            "\"format\": \(quoted(format))",
            "\"rule\": \(quoted(rule))",
            "\"destinations\": [\(destinations.map(quoted).joined(separator: ", "))]",
            "\"login\": {\(logins)}",
            "\"verdict\": \(quoted(verdict.rawValue))",
            "\"reason\": \(quoted(reason))",
            "\"text\": \(quoted(text))",
            "\"rows\": \(rows)",
            skipped.map { "\"skipped\": \($0)" },
            "\"outcomes\": {\(counts)}",
            "\"reasons\": {\(reasons)}",
            verified.map { "\"verified\": {\($0.text)}" },
            "\"claimed_at\": \(time(claimedAt))",
            "\"first_sent_at\": \(time(firstSentAt))",
            "\"settled_at\": \(time(settledAt))",
            "\"rows_per_second\": \(tenths / 10).\(tenths % 10)",
            "\"postbox\": \(quoted(version))",
            "\"config_sha256\": \(quoted(configSHA256))",
        ].compactMap { $0 }
        if let checkWarnings {
            let counts = Self.byCount(checkWarnings).map { quoted($0.word) + ": \($0.count)" }
            lines.append("\"check_warnings\": {\(counts.joined(separator: ", "))}")
        }
        if !tables.isEmpty {
            let texts = tables.sorted { $0.key < $1.key }.map { quoted($0.key) + ": " + quoted($0.value) }
            lines.append("\"tables\": {\(texts.joined(separator: ", "))}")
        }
        if let dictionary {
            func part(_ name: String, _ version: String, _ sha256: String) -> String {
                "\(quoted(name)): {\"version\": \(quoted(version)), \"sha256\": \(quoted(sha256))}"
            }
            let parts = [
                part("fields", dictionary.versions.fields, dictionary.fields),
                part("enums", dictionary.versions.enums, dictionary.enums),
            ]
            lines.append("\"dictionary\": {\(parts.joined(separator: ", "))}")
        }
        if let original { lines.append("\"original\": \(original)") }
        if !heldAs.isEmpty {
            let parts = heldAs.map { part in
                "{\"drop\": \(part.drop), \"destinations\": [\(part.destinations.map(quoted).joined(separator: ", "))], "
                    + "\"rows\": \(part.rows)}"
            }
            lines.append("\"held\": [\(parts.joined(separator: ", "))]")
        }
        if let asked { lines.append("\"asked\": {\(asked.members(quoted).joined(separator: ", "))}") }
        if let hold { lines.append("\"hold\": {\(Self.members(of: hold, quoted).joined(separator: ", "))}") }
        if !warnings.isEmpty { lines.append("\"warnings\": [\(warnings.map(quoted).joined(separator: ", "))]") }
        return "{\n" + lines.map { "  " + $0 }.joined(separator: ",\n") + "\n}\n"
    }

    /// What a summary tells of a hold.
    private static func members(of hold: Hold, _ quoted: (String) -> String) -> [String] {
        func time(_ value: Int64) -> String { quoted(TimeText.text(value)) }
        var members = [
            "\"reason\": \(quoted(hold.reason))", "\"text\": \(quoted(hold.text))", "\"since\": \(time(hold.since))",
            "\"until\": \(time(hold.until))",
        ]
        switch hold.decision {
        case .released(let by, let proposedBy, let at, let rows, let isNew):
            if let proposedBy { members.append("\"proposed_by\": \(quoted(proposedBy))") }
            members += [
                "\"released_by\": \(quoted(by))", "\"released_at\": \(time(at))", "\"rows\": \(quoted(rows.words))",
                "\"as_new\": \(isNew)",
            ]
        case .refused(let by, let at, let why):
            members += [
                "\"refused_by\": \(quoted(by))", "\"refused_at\": \(time(at))", "\"why\": \(quoted(why))",
            ]
        case .timedOut(let at): members.append("\"timed_out_at\": \(time(at))")
        case nil: break
        }
        return members
    }
}

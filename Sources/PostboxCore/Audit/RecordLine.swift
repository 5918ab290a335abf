/// A line of `record.jsonl`: an object that holds the hash of the line before it, so that none can be altered, removed or put in
/// without all that follow showing it.
package struct RecordLine: Sendable, Equatable {
    /// What the first line has in the place of a hash.
    package static let noHash = String(repeating: "0", count: 64)

    /// From 1 on.
    package var number: Int
    /// SHA-256 of the line before, its line feed included, in 64 hexadecimal digits.
    package var previous: String
    /// Microseconds since 1970.
    package var at: Int64
    package var entry: RecordEntry

    package init(number: Int, previous: String, at: Int64, entry: RecordEntry) {
        self.number = number
        self.previous = previous
        self.at = at
        self.entry = entry
    }

    /// The line, without its line feed.
    package var text: String {
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        var members = [
            "\"n\":\(number)", "\"prev\":\"\(previous)\"", "\"at\":\"\(TimeText.text(at))\"",
            "\"what\":\"\(entry.what)\"",
        ]
        switch entry {
        case .began(let last, let open, let version):
            members += [
                "\"last\":\(last)", "\"open\":[\(open.map(String.init).joined(separator: ","))]",
                "\"postbox\":\(quoted(version))",
            ]
        case .settled(let settled):
            members += [
                "\"drop\":\(settled.drop)", "\"file\":\(quoted(settled.file))",
                "\"verdict\":\"\(settled.verdict.rawValue)\"", "\"path\":\(quoted(settled.path))",
                "\"summary_sha256\":\"\(settled.summarySHA256)\"", "\"result_sha256\":\"\(settled.resultSHA256)\"",
            ]
        case .forgotten(let drop): members.append("\"drop\":\(drop)")
        case .reserved(let first, let last): members += ["\"first\":\(first)", "\"last\":\(last)"]
        case .made(let drop, let original):
            members.append("\"drop\":\(drop)")
            if let original { members.append("\"original\":\(original)") }
        case .act(let act):
            members.append("\"act\":\(quoted(act.act))")
            if let drop = act.drop { members.append("\"drop\":\(drop)") }
            if let subject = act.subject { members.append("\"subject\":\(quoted(subject))") }
            if let rows = act.rows { members.append("\"rows\":\(quoted(rows))") }
            members += ["\"by\":\(quoted(act.by))", "\"from\":\(quoted(act.from))"]
            if let why = act.why { members.append("\"why\":\(quoted(why))") }
            if let given = act.givenAt { members.append("\"given_at\":\"\(TimeText.text(given))\"") }
        case .inUse(_, let name, let sha256, let loading):
            if !name.isEmpty { members.append("\"name\":\(quoted(name))") }
            members.append("\"sha256\":\"\(sha256)\"")
            if let by = loading?.by { members.append("\"by\":\(quoted(by))") }
            if let from = loading?.from { members.append("\"from\":\(quoted(from))") }
            if let why = loading?.why { members.append("\"why\":\(quoted(why))") }
            if let by = loading?.approvedBy { members.append("\"approved_by\":\(quoted(by))") }
        case .clock(let clock):
            members += [
                "\"synchronised\":\(clock.isSynchronised)", "\"estimated_error_us\":\(clock.estimatedError)",
            ]
        case .signed(let day, let line, let sha256, let key, let signature):
            members += [
                "\"day\":\"\(day)\"", "\"line\":\(line)", "\"sha256\":\"\(sha256)\"", "\"key\":\"\(key)\"",
                "\"signature\":\"\(signature)\"",
            ]
        case .removed(let drop, let files):
            members += ["\"drop\":\(drop)", "\"files\":[\(files.map(quoted).joined(separator: ","))]"]
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// Reads a line; nil: it is none of the record's. Members that are not known are passed over: a later version may write more.
    package init?(_ text: String) {
        let value = JSONValue.parse(text)
        guard let number = value?["n"]?.integer, let previous = value?["prev"]?.text, previous.utf8.count == 64,
            let at = value?["at"]?.text.flatMap(TimeText.microseconds), let what = value?["what"]?.text, let value,
            let entry = RecordEntry(what, value)
        else { return nil }
        self.init(number: number, previous: previous, at: at, entry: entry)
    }
}

extension RecordEntry {
    fileprivate init?(_ what: String, _ value: JSONValue) {
        func text(_ key: String) -> String? { value[key]?.text }
        func number(_ key: String) -> Int? { value[key]?.integer }
        func list(_ key: String) -> [JSONValue]? { if case .array(let items)? = value[key] { items } else { nil } }
        switch what {
        case "began":
            guard let last = number("last"), let open = list("open") else { return nil }
            self = .began(last: last, open: open.compactMap(\.integer), version: text("postbox") ?? "")
        case "settled":
            guard let drop = number("drop"), let file = text("file"),
                let verdict = text("verdict").flatMap(Verdict.init(rawValue:)), let path = text("path"),
                let summary = text("summary_sha256"), let result = text("result_sha256")
            else { return nil }
            self = .settled(
                Settled(
                    drop: drop, file: file, verdict: verdict, path: path, summarySHA256: summary, resultSHA256: result))
        case "forgotten":
            guard let drop = number("drop") else { return nil }
            self = .forgotten(drop: drop)
        case "reserved":
            guard let first = number("first"), let last = number("last") else { return nil }
            self = .reserved(first: first, last: last)
        case "made":
            guard let drop = number("drop") else { return nil }
            self = .made(drop: drop, original: number("original"))
        case "act":
            guard let act = text("act"), let by = text("by"), let from = text("from") else { return nil }
            var told = RecordAct(
                RecordAct.word(of: act), subject: text("subject"), drop: number("drop"), by: by, from: from,
                why: text("why"),
                rows: text("rows"))
            told.givenAt = text("given_at").flatMap(TimeText.microseconds)
            self = .act(told)
        case "clock":
            guard let flag = value["synchronised"]?.flag, let error = number("estimated_error_us") else { return nil }
            self = .clock(ClockState(isSynchronised: flag, estimatedError: error))
        case "signed":
            guard let day = text("day"), let line = number("line"), let sha256 = text("sha256"),
                let key = text("key"), let signature = text("signature")
            else { return nil }
            self = .signed(day: day, line: line, sha256: sha256, key: key, signature: signature)
        case "removed":
            guard let drop = number("drop"), let files = list("files") else { return nil }
            self = .removed(drop: drop, files: files.compactMap(\.text))
        default:
            guard let thing = RecordedThing(rawValue: what), let sha256 = text("sha256") else { return nil }
            self = .inUse(
                thing, name: text("name") ?? "", sha256: sha256,
                by: text("from").map {
                    Loading(by: text("by"), from: $0, why: text("why"), approvedBy: text("approved_by"))
                })
        }
    }
}

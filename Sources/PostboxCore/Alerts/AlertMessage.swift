/// An alert on its way to people, with all that its templates tell.
package struct AlertMessage: Sendable, Equatable {
    package var alert: Alert
    /// By which `postbox ack` names it; nil: it is an all-clear of which nothing stands.
    package var id: Int?
    /// Microseconds since 1970.
    package var at: Int64
    /// How often it has been told by now; 1: for the first time.
    package var times: Int
    /// The machine that tells it.
    package var host: String

    package init(_ alert: Alert, id: Int?, at: Int64, times: Int = 1, host: String) {
        self.alert = alert
        self.id = id
        self.at = at
        self.times = times
        self.host = host
    }

    /// As `alert_command` gets it: a line of JSON, its line feed included.
    package var line: String { "{" + members.joined(separator: ",") + "}\n" }

    /// The body that is posted. `missed`: so many earlier ones could not be delivered.
    package func body(_ template: AlertWebhook.Template, missed: Int) -> String {
        switch template {
        case .object:
            let more = ["\"host\":\(VisibleText.quoted(host))"] + (missed > 0 ? ["\"missed\":\(missed)"] : [])
            return "{" + (members + more).joined(separator: ",") + "}"
        case .slack:
            let lines = ["*\(Self.slack(headline))*"] + details(missed: missed).map(Self.slack)
            return "{\"text\":\(VisibleText.quoted(lines.joined(separator: "\n")))}"
        case .teams: return teams(missed: missed)
        }
    }

    private var members: [String] {
        let quoted = VisibleText.quoted
        var members = [
            ("event", alert.event.word), ("level", alert.isError ? "error" : "warning"), ("message", alert.message),
            ("time", TimeText.text(at)),
        ].map { "\(quoted($0.0)):\(quoted($0.1))" }
        members += alert.facts.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
        if let rule = alert.rule, alert.facts["rule"] == nil { members.append("\"rule\":\(quoted(rule))") }
        if let id { members.append("\"alert\":\(id)") }
        if times > 1 { members.append("\"times\":\(times)") }
        if !alert.reasons.isEmpty {
            let counts = FileSummary.byCount(alert.reasons).map { "\(quoted($0.word)):\($0.count)" }
            members.append("\"reasons\":{\(counts.joined(separator: ","))}")
        }
        return members
    }

    /// `Postbox on desk1: eod.csv is partial`
    private var headline: String { "Postbox on \(host): \(VisibleText.line(alert.message))" }

    private func details(missed: Int) -> [String] {
        var lines = [
            "\(alert.event.word) at \(TimeText.text(at))"
                + (id.map { ", alert \($0)" } ?? "") + (times > 1 ? ", told \(times) times" : "")
        ]
        let facts = alert.facts.sorted { $0.key < $1.key }.map { "\($0.key): \(VisibleText.line($0.value))" }
        if !facts.isEmpty { lines.append(facts.joined(separator: " · ")) }
        if !alert.reasons.isEmpty {
            let counts = FileSummary.byCount(alert.reasons).map { "\($0.word) \($0.count)" }
            lines.append(VisibleText.line(counts.joined(separator: ", ")))
        }
        if let id, alert.event.ends.isEmpty { lines.append("postbox ack \(id) --why TEXT: somebody has it") }
        if missed > 0 {
            lines.append(
                "\(Plural.text(missed, "earlier alert was", "earlier alerts were")) not delivered; the log has \(Plural.word(missed, "it", "them"))"
            )
        }
        return lines
    }

    /// What Slack would read as a link or a call to everybody is a text to it.
    private static func slack(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    /// An Adaptive Card of text runs, which are shown as they are: names of files are no Markdown.
    private func teams(missed: Int) -> String {
        func block(_ text: String, isBold: Bool = false) -> String {
            let weight = isBold ? ",\"weight\":\"Bolder\"" : ""
            return
                "{\"type\":\"RichTextBlock\",\"inlines\":[{\"type\":\"TextRun\",\"text\":\(VisibleText.quoted(text))\(weight)}]}"
        }
        let blocks = [block(headline, isBold: true)] + details(missed: missed).map { block($0) }
        return """
            {"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","contentUrl":null,"content":\
            {"$schema":"http://adaptivecards.io/schemas/adaptive-card.json","type":"AdaptiveCard","version":"1.4","body":\
            [\(blocks.joined(separator: ","))]}}]}
            """
    }
}

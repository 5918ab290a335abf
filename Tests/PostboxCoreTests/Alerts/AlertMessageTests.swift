import PostboxCore
import Testing

@Suite("What an alert's message says")
struct AlertMessageTests {
    private static let name = "a\n\"b\"\u{1b}[2J\u{202e}<!channel>&[x](http://evil.example).csv"

    private static func message(times: Int = 1) -> AlertMessage {
        AlertMessage(
            Alert(
                event: .filePartial, isError: false, message: "\(name) is partial", facts: ["file": name, "drop": "7"],
                reasons: ["no_ric": 2, "not_a_decimal": 12]
            ).of(rule: "eod_*", badRows: 14), id: 12, at: 1_795_000_000_000_001, times: times, host: "desk1")
    }

    @Test("As JSON it is one line whose values read back as they were, counts by reason as numbers")
    func json() throws {
        let line = Self.message().line
        #expect(line.hasSuffix("}\n") && line.filter(\.isNewline).count == 1)
        #expect(VisibleText.isVisible(String(line.dropLast())))
        let tree = try #require(JSONValue.parse(line))
        #expect(tree["event"]?.text == "file_partial" && tree["level"]?.text == "warning")
        #expect(tree["file"]?.text == Self.name && tree["rule"]?.text == "eod_*" && tree["alert"]?.integer == 12)
        #expect(tree["time"]?.text == "2026-11-18T11:06:40.000001Z" && tree["times"] == nil)
        #expect(tree["reasons"]?["not_a_decimal"]?.integer == 12 && tree["reasons"]?["no_ric"]?.integer == 2)
        let body = try #require(JSONValue.parse(Self.message(times: 3).body(.object, missed: 4)))
        #expect(body["host"]?.text == "desk1" && body["missed"]?.integer == 4 && body["times"]?.integer == 3)
    }

    @Test("To Slack a file's name is a text: it calls nobody and links nowhere")
    func slack() throws {
        let text = try #require(JSONValue.parse(Self.message(times: 2).body(.slack, missed: 1))?["text"]?.text)
        #expect(!text.contains("<") && text.contains("&lt;!channel&gt;&amp;"))
        #expect(text.hasPrefix("*Postbox on desk1: a\\n") && text.contains("alert 12, told 2 times"))
        #expect(text.contains("not_a_decimal 12, no_ric 2") && text.contains("postbox ack 12 --why TEXT"))
        #expect(text.hasSuffix("1 earlier alert was not delivered; the log has it"))
    }

    @Test("To Teams it is a card of plain text runs, which are no Markdown")
    func teams() throws {
        let tree = try #require(JSONValue.parse(Self.message().body(.teams, missed: 0)))
        #expect(tree["type"]?.text == "message")
        let card = tree["attachments"]?.items.first
        #expect(card?["contentType"]?.text == "application/vnd.microsoft.card.adaptive")
        let blocks = card?["content"]?["body"]?.items ?? []
        #expect(blocks.count >= 4 && blocks.allSatisfy { $0["type"]?.text == "RichTextBlock" })
        let runs = blocks.flatMap { $0["inlines"]?.items ?? [] }
        #expect(runs.allSatisfy { $0["type"]?.text == "TextRun" } && runs[0]["weight"]?.text == "Bolder")
        #expect(runs[0]["text"]?.text?.contains("[x](http://evil.example)") == true)
    }

    @Test("An all-clear asks nobody to have it")
    func allClear() {
        let clear = AlertMessage(
            Alert(event: .destinationUp, isError: false, message: "up"), id: 3, at: 0, host: "desk1")
        #expect(!clear.body(.slack, missed: 0).contains("postbox ack"))
    }
}

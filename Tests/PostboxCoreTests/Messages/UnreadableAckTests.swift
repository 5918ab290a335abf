import PostboxCore
import Testing

@Suite("An Ack that may be a refusal is never an acceptance")
struct UnreadableAckTests {
    private static func scan(_ frame: String) throws -> [InboundMessage] {
        var messages: [InboundMessage] = []
        try Array(frame.utf8).withUnsafeBytes { raw in try MessageScanner().scan(raw) { messages.append($0) } }
        return messages
    }

    private static func plain(_ frame: String) -> [UInt32]? {
        var ids: [UInt32] = []
        return Array(frame.utf8).withUnsafeBytes { MessageScanner().scanAcks($0, into: &ids) } ? ids : nil
    }

    /// What the Ack with these members says; nil: it answers no post.
    private static func verdict(_ members: String, start: String = "{") throws -> Ack? {
        let messages = try scan("[\(start)\(members)}]")
        guard messages.count == 1, case .ack(let ack) = messages[0] else { return nil }
        return ack
    }

    @Test(
        "A NakCode that is no name and no number cannot be read",
        arguments: [
            "{}", #"{"Code":10}"#, "[]", #"["SymbolUnknown"]"#, "true", "false", "\"\"", #""  ""#, "-1", "1.5", "1e1",
            "010", "0.0", "-0", "1x", "123456789012345678901", #""a\nb""#, #""\u0000""#, #""\u202eX""#,
            "\"" + String(repeating: "x", count: 65) + "\"",
        ])
    func oddCodes(literal: String) throws {
        let ack = try Self.verdict(#""ID":1,"Type":"Ack","AckID":7,"NakCode":\#(literal)"#)
        #expect(ack?.ackID == 7)
        #expect(ack?.verdict == .unreadable)
        #expect(Self.plain(#"[{"ID":1,"Type":"Ack","AckID":7,"NakCode":\#(literal)}]"#) == nil)
    }

    @Test("The answer is kept as it came, on one line and not without end")
    func text() throws {
        let ack = try Self.verdict("\"Type\":\"Ack\",\n\t\"AckID\":7,\"Text\":\"no\",\"NakCode\":[\"a\\nb\"]")
        #expect(ack?.text == #"{"Type":"Ack", "AckID":7,"Text":"no","NakCode":["a\nb"]}"#)
        let long = try Self.verdict(#""Type":"Ack","AckID":7,"NakCode":["\#(String(repeating: "é", count: 9999))"]"#)
        #expect(long?.text.count == 301)
        #expect(long?.text.hasSuffix("é…") == true)
    }

    @Test(
        "What a NakCode's absence, null, None and 0 say is an acceptance; a name and a number are a refusal",
        arguments: [
            ("", nil), (#","NakCode":null"#, nil), (#","NakCode":"None""#, nil), (#","NakCode":0"#, nil),
            (#","NakCode":null,"NakCode":null"#, nil), (#","Text":{"a":1}"#, nil), (#","Text":7"#, nil),
            (#","NakCode":"SymbolUnknown""#, "SymbolUnknown"), (#","NakCode":10"#, "SymbolUnknown"),
            (#","NakCode":"10""#, "10"), (#","NakCode":999"#, "999"), (#","NakCode":"Novel Code""#, "Novel Code"),
            (#","Nak\u0043ode":"DeniedBySrc""#, "DeniedBySrc"), (#","NakCode":10,"NakCode":10"#, "SymbolUnknown"),
            (#","NakCode":99999999999999999999"#, "99999999999999999999"),
        ])
    func readable(more: String, code: String?) throws {
        let ack = try Self.verdict(#""ID":1,"Type":"Ack","AckID":7\#(more)"#)
        #expect(ack?.verdict == code.map { .refused(NakCode(name: $0)) } ?? .accepted)
    }

    @Test(
        "Members that stand twice and differ, and a name that is nearly right, cannot be read",
        arguments: [
            #""Type":"Ack","AckID":7,"NakCode":null,"NakCode":"SymbolUnknown""#,
            #""Type":"Ack","AckID":7,"NakCode":"SymbolUnknown","NakCode":null"#,
            #""Type":"Ack","AckID":7,"NakCode":"SymbolUnknown","Nak\u0043ode":null"#,
            #""Type":"Ack","AckID":7,"NakCode":"SymbolUnknown","NakCode":"NotOpen""#,
            #""Type":"Error","AckID":7,"Type":"Ack""#, #""Type":"Ack","AckID":7,"Type":"Status""#,
            #""Type":"Ack","AckID":7,"Type":null"#, #""Type":"Ack","AckID":7,"nakCode":"SymbolUnknown""#,
            #""Type":"Ack","AckID":7,"NAKCODE":null"#,
        ])
    func contradictions(members: String) throws {
        let ack = try Self.verdict(members)
        #expect(ack?.ackID == 7)
        #expect(ack?.verdict == .unreadable)
        #expect(Self.plain("[{\(members)}]") == nil)
    }

    @Test(
        "An Ack that names no post, or two, answers none; nor does what does not say that it is an Ack",
        arguments: [
            #""Type":"Ack""#, #""Type":"Ack","AckID":"x""#, #""Type":"Ack","AckID":7.0"#, #""Type":"Ack","AckID":7e0"#,
            #""Type":"Ack","AckID":null"#, #""Type":"Ack","AckID":[7]"#, #""Type":"Ack","AckID":true"#,
            #""Type":"Ack","AckID":-7"#, #""Type":"Ack","AckID":4294967296"#, #""Type":"Ack","AckID":7,"AckID":8"#,
            #""Type":"Ack","AckID":99999999999,"AckID":7"#, #""AckID":7"#, #""Type":null,"AckID":7"#,
            #""Type":["Ack"],"AckID":7"#, #""Type":"ack","AckID":7"#, #""Type":true,"AckID":7"#,
        ])
    func nobody(members: String) throws {
        guard case .other = try Self.scan("[{\(members)}]").first else {
            Issue.record("taken for an answer")
            return
        }
        #expect(Self.plain("[{\(members)}]") == nil)
    }

    @Test("An AckID may be a text, and may stand twice when both say the same")
    func ids() throws {
        #expect(try Self.verdict(#""Type":"Ack","AckID":"7""#)?.ackID == 7)
        #expect(try Self.verdict(#""Type":"Ack","AckID":7,"AckID":7"#) == Ack(ackID: 7))
        #expect(try Self.verdict(#""Typ\u0065":"\u0041ck","AckID":7,"NakCode":[]"#)?.verdict == .unreadable)
    }

    @Test(
        "A Key that does not end where it seems to hides no refusal",
        arguments: [
            #"{"Type":"Ack","AckID":7,"Key":{"Name":"A},"NakCode":"DeniedBySrc"}}"#,
            #"{"Type":"Ack","AckID":7,"Key":{x}}"#, #"{"Type":"Ack","AckID":7,"Key":{"Name"}}"#,
            #"{"Type":"Ack","AckID":7,"Key":{"A":1 "NakCode":2}}"#, #"{"Type":"Ack","AckID":7,"Key":{"A":}}"#,
        ])
    func hiddenByKey(message: String) {
        #expect(Self.plain("[\(message)]") == nil)
    }

    @Test("Read where it lies or as a tree, a generated answer says the same, and a refusal is never an acceptance")
    func generated() throws {
        var random = SplitMix64(seed: 21)
        let types = [#""Type":"Ack""#, #""Type":"Ack""#, #""Type":"Ack""#, #""Type":6"#, #""Type":"Error""#]
        let ids = [
            #""AckID":7"#, #""AckID":7"#, #""AckID":"7""#, #""AckID":8"#, #""AckID":7.0"#, #""AckID":4294967296"#,
        ]
        let codes = [
            #""NakCode":null"#, #""NakCode":"None""#, #""NakCode":0"#, #""NakCode":10"#, #""NakCode":"NotOpen""#,
            #""NakCode":{}"#, #""NakCode":[1]"#, #""NakCode":true"#, #""NakCode":"""#, #""Nak\u0043ode":"NotOpen""#,
            #""nakcode":10"#,
        ]
        let others = [
            #""ID":1"#, #""ID":-1"#, #""Key":{"Service":1,"Name":"A.TST"}"#, #""Key":{"Name":"}],{"}"#, #""Key":{}"#,
            #""Key":{"NakCode":"NotOpen"}"#, #""Text":"x""#, #""Text":["NakCode"]"#, #""SeqNumber":77"#,
        ]
        var accepted = 0
        var plain = 0
        for _ in 0..<20_000 {
            var members = [types.randomElement(using: &random) ?? "", ids.randomElement(using: &random) ?? ""]
            if Int.random(in: 0..<12, using: &random) == 0 { members.append(ids.randomElement(using: &random) ?? "") }
            var named: [String] = []
            for _ in 0..<[0, 0, 0, 0, 1, 1, 2][Int.random(in: 0..<7, using: &random)] {
                named.append(codes.randomElement(using: &random) ?? "")
            }
            members += named
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                members.append(others.randomElement(using: &random) ?? "")
            }
            members.shuffle(using: &random)
            let text = members.joined(separator: ",")
            let quick = try Self.verdict(text)
            let tree = try Self.verdict(text, start: "{ ")
            #expect(quick?.ackID == tree?.ackID && quick?.verdict == tree?.verdict, "\(text)")
            if let ids = Self.plain("[{\(text)}]") {
                plain += 1
                #expect(ids == [tree?.ackID ?? 0] && tree?.verdict == .accepted, "\(text)")
            }
            guard tree?.verdict == .accepted else { continue }
            accepted += 1
            let harmless = [#""NakCode":null"#, #""NakCode":"None""#, #""NakCode":0"#]
            #expect(named.allSatisfy { harmless.contains($0) }, "\(text)")
        }
        // The walk is worth something only as long as it sees all of it.
        #expect(accepted > 3000 && plain > 1000)
    }

    @Test("An excerpt is one line without controls, and says that there was more")
    func excerpts() {
        #expect(excerpt("".utf8) == "")
        #expect(excerpt(" a\r\n\tb\u{0}\u{1b}c\u{85}d\u{2028} ".utf8) == "a b c d")
        #expect(excerpt("abcdef".utf8, most: 3) == "abc…")
        #expect(excerpt([0x61, 0xff, 0x62]) == "a\u{fffd}b")
    }

    @Test("A message of more than a million values is not read")
    func manyValues() {
        let frame = #"[{"Type":"Ack","AckID":7,"X":["# + String(repeating: "1,", count: 1 << 20) + "1]}]"
        #expect(throws: MessageScanner.Broken.self) { try Self.scan(frame) }
    }
}

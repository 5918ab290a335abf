import Testing

@testable import Simulator

@Suite("Errors, as a real server answers them (What servers do §2.4)")
struct ErrorTests {
    private static func post(_ change: (String, String)) -> String {
        RawClient.post(23).replacing(change.0, with: change.1)
    }

    private static func field(_ fields: String) -> String {
        RawClient.post(23, fields: fields)
    }

    @Test(
        "A fault that the converter finds draws its Error, and the session goes on",
        arguments: [
            (field(#"{"nope":1}"#), "JSON Unexpected FID. Received 'nope' for key 'Fields'"),
            (field(#"{"22":1}"#), "JSON Unexpected FID. Received '22' for key 'Fields'"),
            (field(#"{"bid":1}"#), "JSON Unexpected FID. Received 'bid' for key 'Fields'"),
            (field(#"{"\u0042ID":1}"#), #"JSON Unexpected FID. Received '\u0042ID' for key 'Fields'"#),
            (post(("NIPROV", "NOSUCH")), "JSON Unexpected Value. Received 'NOSUCH' for key 'Service'"),
            (
                post((#""Ack""#, #""Domain":"Nonsense","Ack""#)),
                "JSON Unexpected Value. Received 'Nonsense' for key 'Domain'"
            ),
            (post((#""Post""#, #""post""#)), "JSON Unexpected Value. Received 'post' for key 'Type'"),
            (post((#""Post""#, #""Bogus""#)), "JSON Unexpected Value. Received 'Bogus' for key 'Type'"),
            (post((#""ID":0,"#, "")), "JSON Missing required key 'ID'"),
            (post((#""Type":"Update","#, "")), "JSON Missing required key 'Key'"),
            (
                post((#""PostID":23"#, #""PostID":4294967296"#)),
                "JSON Converter Token Type error: Expected 'PRIMITIVE' for key 'PostID' Received 'PRIMITIVE'"
            ),
            (
                post((#""PostID":23"#, #""PostID":9007199254740992"#)),
                "Expected 'PRIMITIVE' for key 'PostID' Received 'PRIMITIVE'"
            ),
            (post((#""PostID":23"#, #""PostID":-1"#)), "Expected 'PRIMITIVE' for key 'PostID' Received 'PRIMITIVE'"),
            (post((#""PostID":23"#, #""PostID":1.5"#)), "Expected 'PRIMITIVE' for key 'PostID' Received 'PRIMITIVE'"),
            (post((#""PostID":23"#, #""PostID":null"#)), "Expected 'PRIMITIVE' for key 'PostID' Received 'PRIMITIVE'"),
            (post((#""PostID":23"#, #""PostID":true"#)), "Expected 'PRIMITIVE' for key 'PostID' Received 'PRIMITIVE'"),
            (post((#""PostID":23"#, #""PostID":"23""#)), "Expected 'PRIMITIVE' for key 'PostID' Received 'STRING'"),
            (
                RawClient.post(23, more: #","SeqNumber":4294967296"#),
                "Expected 'PRIMITIVE' for key 'SeqNumber' Received 'PRIMITIVE'"
            ),
            (
                RawClient.post(23, more: #","PostUserInfo":{"Address":"myhost","UserID":7}"#),
                "JSON RSSL Conversion Error. RSSL error code : 0"
            ),
            (
                RawClient.post(23, more: #","PostUserInfo":{"Address":"::1","UserID":7}"#),
                "JSON RSSL Conversion Error. RSSL error code : 0"
            ),
            (
                RawClient.post(23, more: #","PostUserInfo":{"Address":"10.1.2.999","UserID":7}"#),
                "JSON RSSL Conversion Error. RSSL error code : 0"
            ),
            (
                RawClient.post(23, more: #","PostUserInfo":{"Address":"10.1.2.9","UserID":"7"}"#),
                "for key 'UserID' Received 'STRING'"
            ),
            (
                RawClient.post(23, more: #","PostUserInfo":{"Address":"10.1.2.9","UserID":4294967296}"#),
                "for key 'UserID' Received 'PRIMITIVE'"
            ),
            (
                RawClient.post(23, more: #","PostUserInfo":{"Address":"10.1.2.9"}"#),
                "JSON Missing required key 'UserID' for 'PostUserInfo'"
            ),
            (RawClient.post(23, ric: String(repeating: "N", count: 256)), "RSSL error code : -29"),
            (RawClient.post(23, ric: #"K\u00e9"#), #"JSON Unexpected Value. Received 'K\u00e9'"#),
            (RawClient.post(23, more: #","Fields":{}"#), "No error code."),
            (field("null"), "Expected 'OBJECT' for key 'Fields' Received 'PRIMITIVE'"),
        ])
    func error(frame: String, text: String) async throws {
        try await withSimulator { (server, client) async throws in
            _ = try client.logIn()
            try client.sendText(frame)
            let error = try client.messages(1)[0]
            #expect(error["Type"] as? String == "Error")
            #expect((error["Text"] as? String)?.contains(text) == true, "\(error)")
            let debug = try #require(error["Debug"] as? [String: Any])
            #expect(debug["Message"] as? String == frame)
            let isPlaced = !text.contains("Missing") && !text.contains("RSSL") && !text.contains("No error")
            #expect((debug["Offset"] != nil) == isPlaced)
            #expect(try client.ask(RawClient.post(24)).contains(#""AckID":24"#))
            #expect(server.report().errors == 1)
        }
    }

    @Test(
        "The stream of an Error is what could be told of it",
        arguments: [
            (#""ID":"1""#, 0), (#""ID":1.0"#, 1), (#""ID":2147483648"#, 214_748_364), ("", 0),
        ])
    func streamID(id: String, stream: Int) async throws {
        try await withSimulator { (_, client) async throws in
            _ = try client.logIn()
            let whole = RawClient.post(1)
            let text = "{" + (id.isEmpty ? "" : id + ",") + whole.dropFirst(#"{"ID":1,"#.count)
            #expect(try client.ask(text).hasPrefix(#"[{"ID":\#(stream),"Type":"Error""#))
        }
    }

    @Test("PostID 0 and 4294967295, and a RIC of 255 bytes or in raw UTF-8, are fine")
    func limits() async throws {
        try await withSimulator { (_, client) async throws in
            _ = try client.logIn()
            #expect(try client.ask(RawClient.post(0)).contains(#""AckID":0,"Key""#))
            #expect(try client.ask(RawClient.post(4_294_967_295)).contains(#""AckID":4294967295,"Key""#))
            #expect(try !client.ask(RawClient.post(1, ric: String(repeating: "N", count: 255))).contains("Error"))
            #expect(try client.ask(RawClient.post(1, ric: "Ké")).contains(#""Name":"Ké""#))
        }
    }

    @Test(
        "What is no JSON closes the connection with 1000 and no Error, and nothing of the frame is done",
        arguments: [
            #"[{"ID":1,"Type":"Post","Ack":true,"PostID":155,"Key":{"Name":"A"},"Fields":{}},{"ID":1,"#,
            RawClient.post(1, fields: #"{"BID":NaN}"#), RawClient.post(1, fields: #"{"BID":Infinity}"#),
            RawClient.post(1, fields: #"{"BID":+1}"#), RawClient.post(1, fields: #"{"BID":.5}"#),
            RawClient.post(1, fields: #"{"GEN_TEXT16":"\x"}"#), "\u{FEFF}" + RawClient.post(1), "hello", "null",
            #"{"Type":"Error"}"#,
        ])
    func broken(frame: String) async throws {
        try await withSimulator { (server, client) async throws in
            _ = try client.logIn()
            try client.sendText(frame)
            #expect(try client.next() == .close(1000))
            #expect(try client.next() == .end(reset: false))
            #expect(server.report().posts == 0)
            #expect(server.report().violationCount == 1)
        }
    }

    @Test("Missing commas and colons, superfluous commas and odd numbers are accepted")
    func tolerant() async throws {
        try await withSimulator { (server, client) async throws in
            _ = try client.logIn()
            let frame =
                #"{"ID":1 "Type":"Post","Ack":true,"PostID":01,"Key" {"Name":"A","Service":"NIPROV",},"Fields":{"BID":1.,"ASK":1e}}"#
            #expect(try client.ask(frame).contains(#""AckID":1,"#))
            #expect(server.values(of: "A") == ["BID": "1", "ASK": "1"])
        }
    }
}

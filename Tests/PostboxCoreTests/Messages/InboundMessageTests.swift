import PostboxCore
import Testing

/// The messages of one frame.
private func scan(_ frame: String) throws -> [InboundMessage] {
    try scan(Array(frame.utf8))
}

private func scan(_ frame: [UInt8]) throws -> [InboundMessage] {
    var messages: [InboundMessage] = []
    try frame.withUnsafeBytes { raw in try MessageScanner().scan(raw) { messages.append($0) } }
    return messages
}

@Suite("What servers say")
struct InboundMessageTests {
    @Test(
        "An Ack in every shape that was seen",
        arguments: [
            #"[{"ID":1,"Type":"Ack","AckID":1,"Key":{"Service":1,"Name":"KNOWN.TST"}}]"#,
            #"[{"ID":1,"Type":"Ack","AckID":1}]"#, #"{"ID":1,"Type":"Ack","AckID":1}"#,
            #"[{"ID":1,"Type":"Ack","AckID":1,"SeqNumber":77,"Key":{"Service":1,"Name":"KNOWN.TST"}}]"#,
            #"[{"ID":1,"Type":"Ack","AckID":1,"Text":"[1]: Contribution Accepted"}]"#,
            #"[{"ID":1,"Type":"Ack","AckID":1,"NakCode":"None"}]"#, #"[{"ID":1,"Type":"Ack","AckID":1,"NakCode":0}]"#,
            #" [ { "ID" : 1 , "Type" : "Ack" , "AckID" : 1 } ] "#, #"[{"AckID":1,"Type":6,"ID":1}]"#,
            #"[{"ID":1,"Type":"Ack","AckID":1,"Key":{"Name":"a}b\"c","Service":"X"}}]"#,
            #"[{"ID":1,"Type":"Ack","AckID":1,"Key":{"Name":"a}b]c,{","Service":"X"}}]"#,
        ])
    func acks(frame: String) throws {
        let messages = try scan(frame)
        #expect(messages.count == 1)
        guard case .ack(let ack) = messages.first else {
            Issue.record("\(messages)")
            return
        }
        #expect(ack.ackID == 1)
        #expect(ack.nakCode == nil)
    }

    private static func ids(_ frame: String) -> [UInt32]? {
        var ids: [UInt32] = [7]
        let isTaken = Array(frame.utf8).withUnsafeBytes { MessageScanner().scanAcks($0, into: &ids) }
        #expect(ids.first == 7)
        #expect(isTaken || ids == [7])
        return isTaken ? Array(ids.dropFirst()) : nil
    }

    @Test("Plain Acks are read where they lie, whatever their Key's names are")
    func plainAcks() {
        for length in 0...40 {
            let name = String("A}b{c,[d]:e=ü.F".cycled(length))
            let acks = (1...3).map {
                #"{"ID":-1,"Type":"Ack","AckID":\#($0),"Key":{"Service":"S\#(name)","Name":"\#(name)"}}"#
            }
            #expect(Self.ids("[\(acks.joined(separator: ","))]") == [1, 2, 3])
            #expect(Self.ids(#"[{"AckID":4294967295,"Key":{"Name":"\#(name)"},"Type":"Ack"}]"#) == [4_294_967_295])
            #expect(Self.ids(#"[{"AckID":5,"Type":"Ack","Key":{"Name":"\#(name)\"q"}}]"#) == nil)
            #expect(Self.ids(#"[{"AckID":5,"Type":"Ack","Key":{"Name":"\#(name)"#) == nil)
        }
    }

    @Test(
        "Anything else than plain Acks is left to the longer way",
        arguments: [
            "[", "[]", "[{}]", #"[{"ID":1,"Type":"Ack"}]"#, #"[{"ID":1,"AckID":1}]"#, #"[{"AckID":1,"Type":"Ack"}"#,
            #"[{"AckID":1,"Type":"Ack"}]]"#, #"[{"AckID":1,"Type":"Ack"},]"#, #"[{"AckID":1,"AckID":1,"Type":"Ack"}]"#,
            #"[{"AckID":4294967296,"Type":"Ack"}]"#, #"[{"AckID":12345678901234,"Type":"Ack"}]"#,
            #"[{"AckID":1,"Type":"Ack","NakCode":"DeniedBySrc"}]"#, #"[{"AckID":1,"Type":"Acknowledge"}]"#,
            #"[{"AckID":1,"Type":"Ack"},{"Type":"Ping"}]"#, #"[{"AckID":1,"Type":"Ack","Key":{"A":{"B":1}}}]"#,
            #"[{"AckID":,"Type":"Ack"}]"#, #"[{"AckID":1,"Type":"Ac"#, #"{"AckID":1,"Type":"Ack"}"#,
        ])
    func otherAcks(frame: String) {
        #expect(Self.ids(frame) == nil)
    }

    @Test("Refusals as they were seen")
    func naks() throws {
        #expect(
            try scan(
                #"[{"ID":1,"Type":"Ack","AckID":4,"NakCode":"SymbolUnknown","Text":"F44: Unable to find item on post update.","Key":{"Service":1,"Name":"DAVE.TST"}}]"#
            ) == [.ack(Ack(ackID: 4, nakCode: .symbolUnknown, text: "F44: Unable to find item on post update."))])
        #expect(
            try scan(
                #"[{"ID":1,"Type":"Ack","AckID":9,"NakCode":"InvalidContent","Text":"Unknown field ID = 995 in post\n"}]"#
            ) == [.ack(Ack(ackID: 9, nakCode: .invalidContent, text: "Unknown field ID = 995 in post"))])
        #expect(
            try scan(#"[{"ID":1,"Type":"Ack","AckID":4294967295,"NakCode":10,"Text":"Symbol unknown"}]"#)
                == [.ack(Ack(ackID: 4_294_967_295, nakCode: .symbolUnknown, text: "Symbol unknown"))])
        #expect(
            try scan(#"[{"ID":1,"Type":"Ack","AckID":4,"NakCode":132,"Text":"[900]: Service Denied"}]"#)
                == [.ack(Ack(ackID: 4, nakCode: NakCode(name: "132"), text: "[900]: Service Denied"))])
    }

    @Test("Packed Acks come one by one, with a Ping among them")
    func packed() throws {
        #expect(
            try scan(
                #"[{"ID":1,"Type":"Ack","AckID":1,"Key":{"Service":1,"Name":"A"}},{"ID":1,"Type":"Ack","AckID":2},{"Type":"Ping"},{"ID":1,"Type":"Ack","AckID":4,"NakCode":"NoResources"},{"Type":"Pong"}]"#
            ) == [
                .ack(Ack(ackID: 1)), .ack(Ack(ackID: 2)), .ping, .ack(Ack(ackID: 4, nakCode: .noResources)), .pong,
            ])
    }

    @Test("An empty array, an empty and a blank frame say nothing", arguments: ["[]", "", " \n", "[ ]"])
    func empty(frame: String) throws {
        #expect(try scan(frame).isEmpty)
    }

    @Test("Two objects without an array are both read")
    func bare() throws {
        #expect(try scan(#"{"Type":"Ping"}{"ID":1,"Type":"Ack","AckID":2}"#) == [.ping, .ack(Ack(ackID: 2))])
    }

    @Test(
        "An Ack whose AckID is no uint32 is nobody's",
        arguments: ["4294967296", "-1", "1.5", "null", "99999999999999999999"])
    func oddAckID(literal: String) throws {
        guard case .other = try scan(#"[{"ID":1,"Type":"Ack","AckID":\#(literal)}]"#).first else {
            Issue.record("taken for an Ack")
            return
        }
    }

    @Test(
        "A frame that is no JSON is broken",
        arguments: [
            "[", "hello", #"[{"ID":1,"#, #"[{"ID":1,"Type":"Ack","AckID":1}"#, #"[{"a":}]"#, "[1]", "[[]]",
            #"{"ID":1,"Type":"Ack","AckID":1"#, #"[{"a":"b}]"#, #"[{"a":nope}]"#, #"[{"Type":"Ping"}x]"#,
        ])
    func broken(frame: String) {
        #expect(throws: MessageScanner.Broken.self) { try scan(frame) }
    }

    @Test("Bytes that are no UTF-8 do not break a message")
    func badUTF8() throws {
        let frame =
            Array(#"[{"ID":1,"Type":"Ack","AckID":3,"NakCode":"DeniedBySrc","Text":""#.utf8) + [0xe9]
            + Array("\"}]".utf8)
        #expect(try scan(frame) == [.ack(Ack(ackID: 3, nakCode: .deniedBySrc, text: "\u{fffd}"))])
    }

    @Test("The login of an ADS")
    func adsLogin() throws {
        let captured =
            #"[{"ID":1,"Type":"Refresh","Domain":"Login","Key":{"Name":"tester","Elements":{"ApplicationId":"256","Position":"127.0.0.1/net","SingleOpen":0,"SupportOMMPost":1}},"State":{"Stream":"Open","Data":"Ok","Text":"Login accepted by host rtsdk-local."}}]"#
        let state = StreamState(stream: "Open", data: "Ok", text: "Login accepted by host rtsdk-local.")
        #expect(try scan(captured) == [.loginRefresh(LoginRefresh(state: state, supportOMMPost: 1))])
        let full =
            #"[{"ID":1,"Type":"Refresh","Domain":"Login","Key":{"Name":"u","Elements":{"ApplicationName":"ADS","SupportOMMPost":1}},"State":{"Stream":"Open","Data":"Ok"},"Elements":{"MaxMsgSize":61430,"PingTimeout":30}}]"#
        #expect(
            try scan(full) == [
                .loginRefresh(
                    LoginRefresh(
                        state: StreamState(stream: "Open", data: "Ok"), maxMsgSize: 61430, pingTimeout: 30,
                        supportOMMPost: 1, applicationName: "ADS"))
            ])
    }

    @Test("The login of RCC")
    func rccLogin() throws {
        let frame =
            #"[{"ID":1,"Type":"Refresh","Domain":"Login","Key":{"Name":"x","Elements":{"TRCE:MaxMessagesPerSecond":1000}},"State":{"Stream":"Open","Data":"Ok","Text":""},"Private":true,"Solicited":false,"ClearCache":false,"DoNotCache":true}]"#
        #expect(
            try scan(frame) == [
                .loginRefresh(
                    LoginRefresh(state: StreamState(stream: "Open", data: "Ok"), maxMessagesPerSecond: 1000))
            ])
    }

    @Test("A login's Status, with words and with numbers")
    func loginStatus() throws {
        let busy = StreamState(stream: "Closed", data: "Suspect", code: "NoResources", text: "System busy")
        #expect(
            try scan(
                #"[{"ID":1,"Type":"Status","Domain":"Login","State":{"Stream":"Closed","Data":"Suspect","Code":"NoResources","Text":"System busy"},"Private":true}]"#
            ) == [.loginStatus(busy)])
        #expect(
            try scan(
                #"[{"ID":1,"Type":3,"Domain":1,"State":{"Stream":4,"Data":2,"Code":12,"Text":"System busy\n"}}]"#)
                == [.loginStatus(busy)])
        #expect(busy.words == #"Closed/Suspect NoResources "System busy""#)
    }

    @Test("A Status of another domain is none of the login's")
    func itemStatus() throws {
        guard
            case .other = try scan(#"[{"ID":2,"Type":"Status","State":{"Stream":"Closed","Data":"Suspect"}}]"#).first
        else {
            Issue.record("taken for the login's")
            return
        }
    }

    @Test("Names and numbers of NakCodes are one")
    func nakCodes() {
        #expect(NakCode(number: 10) == .symbolUnknown)
        #expect(NakCode.symbolUnknown.number == 10)
        #expect(NakCode(number: 132).name == "132")
        #expect(NakCode(number: 132).number == 132)
        #expect(NakCode(name: "Novel").number == nil)
    }
}

@Suite("Which post an Error answers")
struct ServerErrorTests {
    private static let frame =
        #"[{"ID":1,"Type":"Post","PostID":111,"Key":{"Name":"A"}},{"ID":1,"Type":"Post","PostID":112,"Message":{"Fields":{"NOPE":"a]b}"}}},{"ID":1,"Type":"Post","PostID":113}]"#

    private func postID(_ message: String, offset: Int? = nil) -> UInt32? {
        ServerError(text: "", message: message, offset: offset).postID
    }

    @Test("The Error as it was seen names the post of its frame")
    func captured() throws {
        let frame =
            #"[{"ID":1,"Type":"Error","Text":"JSON Unexpected FID. Received 'NOPE' for key 'Fields'\n","Debug":{"File":".../jsonToRwfSimple.C","Line":5182,"Offset":60,"Message":"{\"ID\":1,\"Type\":\"Post\",\"PostID\":112,\"Message\":{\"Fields\":{\"NOPE\":1}}}"}}]"#
        guard case .error(let error) = try scan(frame).first else {
            Issue.record("no Error")
            return
        }
        #expect(error.text == "JSON Unexpected FID. Received 'NOPE' for key 'Fields'")
        #expect(error.offset == 60)
        #expect(error.postID == 112)
    }

    @Test("In an array the offset points into the post")
    func array() {
        let bytes = Array(Self.frame.utf8)
        let second = Self.frame.utf8.count - #",{"ID":1,"Type":"Post","PostID":113}]"#.utf8.count - 5
        #expect(postID(Self.frame, offset: second) == 112)
        #expect(postID(Self.frame, offset: 1) == 111)
        #expect(postID(Self.frame, offset: bytes.count - 2) == 113)
    }

    @Test("What cannot be told is not guessed")
    func nobody() {
        #expect(ServerError(text: "x").postID == nil)
        #expect(postID(Self.frame) == nil)
        #expect(postID(Self.frame, offset: 0) == nil)
        #expect(postID(Self.frame, offset: 99_999) == nil)
        #expect(postID("nonsense", offset: 3) == nil)
        #expect(postID(#"{"ID":1,"Type":"Post"}"#) == nil)
        #expect(postID(#"{"PostID":4294967296}"#) == nil)
        #expect(postID("[]") == nil)
    }

    @Test("An array of one needs no offset")
    func single() {
        #expect(postID(#"[{"ID":1,"PostID":7}]"#) == 7)
    }
}

extension String {
    /// Its characters again and again.
    fileprivate func cycled(_ count: Int) -> [Character] {
        let all = Array(self)
        return (0..<count).map { all[$0 % all.count] }
    }
}

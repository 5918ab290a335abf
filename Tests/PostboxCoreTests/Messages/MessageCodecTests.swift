import PostboxCore
import Testing

@Suite("Posts on the wire")
struct MessageCodecTests {
    private static let info = (address: "10.1.2.3", userID: UInt32(7))

    private func row(
        _ ric: String, _ post: PostKind = .update, _ fields: String = #"{"BID":22.10}"#, service: Int = 0
    ) -> (row: MappedRow, batch: PostBatch) {
        var batch = PostBatch()
        batch.bytes = Array(("…" + ric + fields).utf8)
        let row = MappedRow(
            row: 1, line: 2, post: post, service: service, ricStart: 3, ricLength: ric.utf8.count,
            fieldsStart: 3 + ric.utf8.count, fieldsLength: fields.utf8.count, keyHash: 0)
        batch.rows = [row]
        return (row, batch)
    }

    private func json(_ codec: MessageCodec, _ mapped: (row: MappedRow, batch: PostBatch), postID: UInt32 = 1) -> String
    {
        String(decoding: codec.json(of: mapped.row, in: mapped.batch, postID: postID), as: UTF8.self)
    }

    @Test("An Update to an RTDS")
    func rtdsUpdate() {
        let codec = MessageCodec(profile: .rtds, services: ["NIPROV"], postUserInfo: Self.info)
        #expect(
            json(codec, row("KNOWN.TST"))
                == #"{"ID":1,"Type":"Post","Domain":"MarketPrice","Ack":true,"PostID":1,"PostUserInfo":{"Address":"10.1.2.3","UserID":7},"Key":{"Name":"KNOWN.TST","Service":"NIPROV"},"Message":{"ID":0,"Type":"Update","Fields":{"BID":22.10}}}"#
        )
    }

    @Test("A Refresh to an RTDS")
    func rtdsRefresh() {
        let codec = MessageCodec(profile: .rtds, services: ["NIPROV"], postUserInfo: nil)
        #expect(
            json(codec, row("A", .refresh), postID: 4_294_967_295)
                == #"{"ID":1,"Type":"Post","Domain":"MarketPrice","Ack":true,"PostID":4294967295,"Key":{"Name":"A","Service":"NIPROV"},"Message":{"ID":0,"Type":"Refresh","State":{"Stream":"Open","Data":"Ok"},"Solicited":false,"Fields":{"BID":22.10}}}"#
        )
    }

    @Test("RCC through an RTDS wants the same Key in the payload")
    func rccViaRTDS() {
        let codec = MessageCodec(profile: .rccViaRTDS, services: ["TRCC"], postUserInfo: Self.info)
        #expect(
            json(codec, row("ACME01=XX"))
                == #"{"ID":1,"Type":"Post","Domain":"MarketPrice","Ack":true,"PostID":1,"PostUserInfo":{"Address":"10.1.2.3","UserID":7},"Key":{"Name":"ACME01=XX","Service":"TRCC"},"Message":{"ID":0,"Type":"Update","Key":{"Name":"ACME01=XX","Service":"TRCC"},"Fields":{"BID":22.10}}}"#
        )
    }

    @Test("RCC directly gets the canonical post")
    func rcc() {
        let codec = MessageCodec(profile: .rcc, services: ["DDS_TRCE"], postUserInfo: nil)
        #expect(
            json(codec, row("ACME01=XX", .update, #"{"BID":1.25,"ASK":1.27}"#), postID: 77)
                == #"{"ID":1,"Type":"Post","Ack":true,"PostID":77,"Key":{"Name":"ACME01=XX","Service":"DDS_TRCE"},"Message":{"ID":0,"Type":"Update","Fields":{"BID":1.25,"ASK":1.27}}}"#
        )
    }

    @Test("Quote and backslash in a RIC and a service are escaped, other bytes stay as they are")
    func escapes() throws {
        let codec = MessageCodec(profile: .rccViaRTDS, services: ["", #"S"\"#], postUserInfo: nil)
        let text = json(codec, row(#"a"b\cé"#, service: 1))
        #expect(text.contains(#""Key":{"Name":"a\"b\\cé","Service":"S\"\\"},"Message""#))
        #expect(JSONValue.parse(text)?["Message"]?["Key"]?["Name"]?.text == #"a"b\cé"#)
        #expect(codec.service(1) == #"S"\"#)
    }

    @Test("Without a service the server's own default holds")
    func noService() {
        let codec = MessageCodec(profile: .rtds, services: [""], postUserInfo: nil)
        #expect(json(codec, row("A")).contains(#""Key":{"Name":"A"},"Message""#))
    }

    @Test("A frame is the header and the masked JSON, and the sizes told agree with its bytes")
    func frames() {
        var wrong: [String] = []
        for profile in Destination.Profile.allCases {
            let codec = MessageCodec(
                profile: profile, services: ["NIPROV", ""], postUserInfo: profile == .rtds ? Self.info : nil)
            for ric in ["A", #"a"b\c"#, String(repeating: "\"", count: 255)] {
                for fields in ["{}", "{\"T\":\"" + String(repeating: "x", count: 66_000) + "\"}"] {
                    for postID in [1, 9, 10, 999_999_999, 1_000_000_000, 4_294_967_295] as [UInt32] {
                        for post in [PostKind.update, .refresh] {
                            let mapped = row(ric, post, fields, service: Int(postID % 2))
                            let json = codec.json(of: mapped.row, in: mapped.batch, postID: postID)
                            let out = mapped.batch.bytes.withUnsafeBytes { bytes in
                                codec.withWriter(of: bytes) { writer in
                                    let room = 2 * writer.frameBytesMax(of: mapped.row)
                                    return [UInt8](unsafeUninitializedCapacity: room) { out, count in
                                        guard let base = UnsafeMutableRawPointer(out.baseAddress) else { return }
                                        var frames = PostFrames(at: base)
                                        for mask in [0x1234_5678, 0x9abc_def0] as [UInt32] {
                                            writer.writeFrame(of: mapped.row, postID: postID, mask: mask, to: &frames)
                                        }
                                        count = frames.finish() - base
                                    }
                                }
                            }
                            let expected = ([0x1234_5678, 0x9abc_def0] as [UInt32]).flatMap {
                                FrameCodec.frame(opcode: FrameCodec.Opcode.text, payload: json, mask: $0)
                            }
                            let digits = String(postID).utf8.count
                            if out != expected { wrong.append("frame \(profile) \(postID)") }
                            if codec.sizeMax(of: mapped.row, in: mapped.batch) != json.count + 10 - digits {
                                wrong.append("size \(profile) \(postID)")
                            }
                        }
                    }
                }
            }
        }
        #expect(wrong.isEmpty)
    }
}

@Suite("What a contributor says besides posts")
struct OutboundMessageTests {
    @Test("The login of a user, as it was seen to work")
    func user() {
        #expect(
            OutboundMessage.login(.user("tester"), applicationID: "256", position: "127.0.0.1/net")
                == #"{"ID":1,"Domain":"Login","Key":{"Name":"tester","Elements":{"ApplicationId":"256","Position":"127.0.0.1/net"}}}"#
        )
    }

    @Test("The login with a token, and a new token on a live session")
    func token() {
        #expect(
            OutboundMessage.login(.token("T"), applicationID: "256", position: "p")
                == #"{"ID":1,"Domain":"Login","Key":{"NameType":"AuthnToken","Elements":{"ApplicationId":"256","Position":"p","AuthenticationToken":"T"}}}"#
        )
        #expect(
            OutboundMessage.login(.token("T"), applicationID: "256", position: "p", isReissue: true)
                == #"{"ID":1,"Domain":"Login","Key":{"NameType":"AuthnToken","Elements":{"ApplicationId":"256","Position":"p","AuthenticationToken":"T"}},"Refresh":false}"#
        )
    }

    @Test("Text inside a login is escaped, never as \\u above ASCII")
    func escaped() {
        let text = OutboundMessage.login(.user("a\"\\\n\u{1}é"), applicationID: "", position: "")
        #expect(text.contains(#""Name":"a\"\\\u000a\u0001é""#))
    }

    @Test(
        "The fixed messages parse and name their domain",
        arguments: [OutboundMessage.loginClose, OutboundMessage.directoryRequest])
    func fixed(text: String) {
        #expect(JSONValue.parse(text)?["Domain"]?.text != nil)
    }

    @Test("Ping and Pong are what servers send themselves")
    func pings() throws {
        #expect(OutboundMessage.ping == #"{"Type":"Ping"}"#)
        #expect(OutboundMessage.pong == #"{"Type":"Pong"}"#)
    }
}

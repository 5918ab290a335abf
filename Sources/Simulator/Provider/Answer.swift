/// The messages of the server, each as the JSON object that stands in the array of a frame (What servers do §2).
enum Answer {
    static let ping = Array(#"{"Type":"Ping"}"#.utf8)
    static let pong = Array(#"{"Type":"Pong"}"#.utf8)

    /// What an Ack tells.
    struct Ack {
        var id: Int32
        var domain: Domain
        var postID: UInt32
        var nak: Refusal?
        var text = ""
        var sequenceNumber: UInt32?
        /// Name and service number of the item, where the Ack tells them.
        var key: (name: String, service: UInt16)?
    }

    /// Why a post is refused.
    struct Refusal {
        var code: NakCode
        var text: String
        /// What the scenario wants to be written instead; nil for what a server writes.
        var literal: Scenario.Nak.Literal?

        init(_ code: NakCode, _ text: String, literal: Scenario.Nak.Literal? = nil) {
            self.code = code
            self.text = text
            self.literal = literal
        }

        /// How the record names it; nil where the answer has no NakCode of its own.
        var recordedCode: String? {
            switch literal {
            case .nakCode(let json)?: json
            case .ack?: nil
            case nil: code.name ?? String(code.rawValue)
            }
        }
    }

    static func ack(_ ack: Ack, nakCodeForm: Scenario.NakCodeForm) -> [UInt8] {
        if case .ack(let text)? = ack.nak?.literal {
            return Array(text.replacing("$PostID", with: String(ack.postID)).utf8)
        }
        var json = JSONText()
        json.raw("{\"ID\":")
        json.number(ack.id)
        json.raw(",\"Type\":\"Ack\"")
        domain(ack.domain, &json)
        json.raw(",\"AckID\":")
        json.number(ack.postID)
        if let nak = ack.nak {
            json.raw(",\"NakCode\":")
            if case .nakCode(let text)? = nak.literal {
                json.raw(text.utf8)
            } else if nakCodeForm == .name, let name = nak.code.name {
                json.string(name)
            } else {
                json.number(nak.code.rawValue)
            }
        }
        let text = ack.nak?.text ?? ack.text
        if !text.isEmpty {
            json.raw(",\"Text\":")
            json.string(text)
        }
        if let number = ack.sequenceNumber {
            json.raw(",\"SeqNumber\":")
            json.number(number)
        }
        if let key = ack.key {
            json.raw(",\"Key\":{\"Service\":")
            json.number(key.service)
            json.raw(",\"Name\":")
            json.string(key.name)
            json.raw("}")
        }
        json.raw("}")
        return json.bytes
    }

    /// An Error repeats the whole frame that it answers (What servers do §2.4).
    static func error(_ error: ConversionError, id: Int32, frame: [UInt8]) -> [UInt8] {
        var json = JSONText()
        json.raw("{\"ID\":")
        json.number(id)
        json.raw(",\"Type\":\"Error\",\"Text\":")
        json.string(error.text)
        json.raw(",\"Debug\":{\"File\":\"Converter/jsonToRwfSimple.C\",\"Line\":")
        json.number(error.line)
        if let offset = error.offset {
            json.raw(",\"Offset\":")
            json.number(offset)
        }
        json.raw(",\"Message\":")
        json.string(frame)
        json.raw("}}")
        return json.bytes
    }

    // MARK: Login

    static func loginRefresh(_ request: LoginRequest, scenario: Scenario) -> [UInt8] {
        var json = JSONText()
        json.raw("{\"ID\":")
        json.number(request.id)
        json.raw(",\"Type\":\"Refresh\",\"Domain\":\"Login\"")
        switch scenario.login.shape {
        case .ads:
            loginKey(request, &json) { json in
                for (name, value) in [("ApplicationId", request.applicationID), ("Position", request.position)] {
                    guard case .text(let text)? = value else { continue }
                    json.string(name)
                    json.raw(":")
                    // As it stood in the request, so its escapes are in it already.
                    json.raw("\"")
                    json.raw(text.utf8)
                    json.raw("\",")
                }
                json.raw("\"ApplicationName\":\"ADS\",\"SingleOpen\":0")
                if scenario.items.takesBatches { json.raw(",\"SupportBatchRequests\":7") }
                if let supports = scenario.login.supportsOMMPost {
                    json.raw(supports ? ",\"SupportOMMPost\":1" : ",\"SupportOMMPost\":0")
                }
            }
        case .rcc:
            // The flags of the captured reply, and no more elements than it has (The wire §2.2).
            json.raw(",\"Solicited\":false,\"Private\":true,\"ClearCache\":false,\"DoNotCache\":true")
            loginKey(request, &json) { json in
                if scenario.maxMessagesPerSecond > 0 {
                    json.raw("\"TRCE:MaxMessagesPerSecond\":")
                    json.number(scenario.maxMessagesPerSecond)
                }
            }
        }
        json.raw(",\"State\":{\"Stream\":\"Open\",\"Data\":\"Ok\",\"Text\":\"Login accepted by host simulator.\"}")
        if scenario.login.shape == .ads {
            json.raw(",\"Elements\":{\"MaxMsgSize\":")
            json.number(scenario.login.maxMsgSize)
            json.raw(",\"PingTimeout\":")
            json.number(max(1, scenario.login.pingTimeout.components.seconds))
            json.raw("}")
        }
        json.raw("}")
        return json.bytes
    }

    private static func loginKey(_ request: LoginRequest, _ json: inout JSONText, elements: (inout JSONText) -> Void) {
        json.raw(",\"Key\":{")
        if request.nameType != 1 {
            json.raw("\"NameType\":")
            json.number(request.nameType)
            json.raw(",")
        }
        json.raw("\"Name\":")
        json.string(request.name ?? "simulated")
        json.raw(",\"Elements\":{")
        elements(&json)
        json.raw("}}")
    }

    /// A Status on the Login stream (The wire §2.3).
    static func loginStatus(
        id: Int32, stream: String, data: String, code: String?, text: String, isPrivate: Bool = false
    ) -> [UInt8] {
        var json = JSONText()
        json.raw("{\"ID\":")
        json.number(id)
        json.raw(",\"Type\":\"Status\",\"Domain\":\"Login\"")
        if isPrivate { json.raw(",\"Private\":true") }
        state(stream, data, code, text, &json)
        json.raw("}")
        return json.bytes
    }

    // MARK: Items

    /// What a snapshot is answered with, and nothing more of it, is not streaming.
    static func itemRefresh(
        id: Int32, domain itemDomain: Domain, name: String, service: UInt16, isStreaming: Bool, fields: [StoredField]
    ) -> [UInt8] {
        var json = JSONText()
        json.raw("{\"ID\":")
        json.number(id)
        json.raw(",\"Type\":\"Refresh\"")
        domain(itemDomain, &json)
        json.raw(",\"Key\":{\"Service\":")
        json.number(service)
        json.raw(",\"Name\":")
        json.string(name)
        json.raw("}")
        state(isStreaming ? "Open" : "NonStreaming", "Ok", nil, "", &json)
        json.raw(",\"Qos\":{\"Timeliness\":\"Realtime\",\"Rate\":\"TickByTick\"}")
        fieldList(fields, &json)
        json.raw("}")
        return json.bytes
    }

    /// The stream of a batch is closed, as each of its items has one of its own (The wire §9).
    static func batchStatus(id: Int32, domain itemDomain: Domain, count: Int) -> [UInt8] {
        var json = JSONText()
        json.raw("{\"ID\":")
        json.number(id)
        json.raw(",\"Type\":\"Status\"")
        domain(itemDomain, &json)
        state("Closed", "Ok", nil, "Processed \(count) total items from Batch Request.  \(count) Ok.", &json)
        json.raw("}")
        return json.bytes
    }

    static func itemUpdate(id: Int32, fields: [StoredField]) -> [UInt8] {
        var json = JSONText()
        json.raw("{\"ID\":")
        json.number(id)
        json.raw(",\"Type\":\"Update\",\"UpdateType\":\"Unspecified\"")
        json.raw(",\"PostUserInfo\":{\"Address\":\"0.0.0.0\",\"UserID\":0}")
        fieldList(fields, &json)
        json.raw("}")
        return json.bytes
    }

    static func itemStatus(id: Int32, domain itemDomain: Domain, code: String?, text: String) -> [UInt8] {
        var json = JSONText()
        json.raw("{\"ID\":")
        json.number(id)
        json.raw(",\"Type\":\"Status\"")
        domain(itemDomain, &json)
        state("Closed", "Suspect", code, text, &json)
        json.raw("}")
        return json.bytes
    }

    /// The Source directory: each service's Info and State, as the filter asks (The wire §10).
    static func directory(id: Int32, filter: UInt32, services: [String: Scenario.Service]) -> [UInt8] {
        var json = JSONText()
        json.raw("{\"ID\":")
        json.number(id)
        json.raw(",\"Type\":\"Refresh\",\"Domain\":\"Source\"")
        state("Open", "Ok", nil, "", &json)
        json.raw(",\"Map\":{\"KeyType\":\"UInt\",\"Entries\":[")
        for (index, (name, service)) in services.sorted(by: { $0.value.number < $1.value.number }).enumerated() {
            if index > 0 { json.raw(",") }
            json.raw("{\"Action\":\"Add\",\"Key\":")
            json.number(service.number)
            json.raw(",\"FilterList\":{\"Entries\":[")
            if filter & 1 != 0 {
                json.raw("{\"ID\":1,\"Action\":\"Set\",\"Elements\":{\"Name\":")
                json.string(name)
                json.raw(",\"Vendor\":\"Simulator\",\"IsSource\":1")
                json.raw(",\"Capabilities\":{\"Type\":\"UInt\",\"Data\":[6]}}}")
            }
            if filter & 2 != 0 {
                if filter & 1 != 0 { json.raw(",") }
                json.raw("{\"ID\":2,\"Action\":\"Set\",\"Elements\":")
                json.raw(
                    service.isUp
                        ? "{\"ServiceState\":1,\"AcceptingRequests\":1}}"
                        : "{\"ServiceState\":0,\"AcceptingRequests\":0}}")
            }
            json.raw("]}}")
        }
        json.raw("]}}")
        return json.bytes
    }

    // MARK: Parts

    /// MarketPrice is the default and is not written (The wire §2.2).
    private static func domain(_ domain: Domain, _ json: inout JSONText) {
        guard domain != .marketPrice else { return }
        json.raw(",\"Domain\":")
        if let name = domain.name { json.string(name) } else { json.number(domain.number) }
    }

    private static func state(_ stream: String, _ data: String, _ code: String?, _ text: String, _ json: inout JSONText)
    {
        json.raw(",\"State\":{\"Stream\":")
        json.string(stream)
        json.raw(",\"Data\":")
        json.string(data)
        if let code {
            json.raw(",\"Code\":")
            json.string(code)
        }
        if !text.isEmpty {
            json.raw(",\"Text\":")
            json.string(text)
        }
        json.raw("}")
    }

    private static func fieldList(_ fields: [StoredField], _ json: inout JSONText) {
        json.raw(",\"Fields\":{")
        for (index, field) in fields.enumerated() {
            if index > 0 { json.raw(",") }
            json.string(field.name)
            json.raw(":")
            json.raw(field.literal.utf8)
        }
        json.raw("}")
    }
}

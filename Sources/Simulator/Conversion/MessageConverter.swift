/// Turns the JSON of one frame into messages, refusing what the server's converter refuses (What servers do §2.4,
/// The wire §3).
struct MessageConverter {
    let json: JSONTokens
    let fields: FieldDictionary
    /// Service numbers by name.
    let services: [String: UInt16]

    /// Converts the message at a token; throws what the server answers with an Error message.
    func message(at index: Int) throws(ConversionError) -> ReceivedMessage {
        guard json.tokens[index].kind == .object else {
            throw .tokenType(
                expected: .object, key: nil, received: json.tokens[index].kind, offset: json.tokens[index].start)
        }
        let type = try messageType(of: index)
        switch type {
        case .ping: return .ping
        case .pong: return .pong
        case .error: return .error
        case .request: return try request(at: index)
        case .close: return .close(ids: try closedIDs(of: index), domain: try domain(of: index))
        case .post: return .post(try post(at: index))
        case .refresh, .status, .update, .ack, .generic:
            _ = try requiredID(of: index)
            return .ignored
        }
    }

    /// The stream that an Error for the message at a token is sent on: 0 when it cannot be told (The wire §5), and what
    /// was read of a number before it grew too large (What servers do §2.4: 2^31 gives 214748364).
    func streamID(of index: Int) -> Int32 {
        guard let id = json.member("ID", of: index), json.tokens[id].kind == .primitive else { return 0 }
        var value: Int32 = 0
        let digits = json.raw(id)
        let isNegative = digits.first == UInt8(ascii: "-")
        for byte in isNegative ? digits.dropFirst() : digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (next, isTooLargeStill) = tens.addingReportingOverflow(Int32(byte - UInt8(ascii: "0")))
            if isTooLarge || isTooLargeStill { break }
            value = next
        }
        return isNegative ? -value : value
    }

    // MARK: Requests

    private func request(at index: Int) throws(ConversionError) -> ReceivedMessage {
        let domain = try domain(of: index)
        guard let keyIndex = json.member("Key", of: index) else { throw .missingKey("Key") }
        let batch = try batch(of: keyIndex)
        let key = try key(at: keyIndex, domain: domain, isBatch: batch != nil)
        let id = try requiredID(of: index)
        switch domain {
        case .login:
            var token: String?
            if case .text(let text)? = key.elements["AuthenticationToken"] { token = text }
            return .login(
                LoginRequest(
                    id: id, name: key.name, nameType: key.nameType ?? 1, token: token,
                    applicationID: key.elements["ApplicationId"], position: key.elements["Position"],
                    wantsRefresh: boolean("Refresh", of: index) ?? true))
        case .source:
            return .directory(id: id, filter: key.filter ?? .max)
        default:
            return .item(
                ItemRequest(
                    id: id, domain: domain, key: key, batch: batch,
                    isStreaming: boolean("Streaming", of: index) ?? true))
        }
    }

    /// The names of a batch; nil where the Key names one item.
    private func batch(of key: Int) throws(ConversionError) -> [String]? {
        guard let list = json.member("Name", of: key), json.tokens[list].kind == .array else { return nil }
        var names: [String] = []
        names.reserveCapacity((json.tokens[list].next - list))
        for name in json.children(of: list) { names.append(try itemName(name)) }
        return names
    }

    // MARK: Posts

    private func post(at index: Int) throws(ConversionError) -> Post {
        let domain = try domain(of: index)
        var post = Post(
            id: 0, domain: domain, key: nil, wantsAck: false, postID: 0, sequenceNumber: nil,
            payload: Post.Payload(kind: .none, key: nil, fields: [], fieldsRange: nil))
        var payloads = 0
        var hasID = false
        var fieldsIndex: Int?
        var messageIndex: Int?
        for (name, value) in try members(of: index) {
            switch name {
            case "ID":
                post.id = try number(value, key: "ID", as: Int32.self)
                hasID = true
            case "Ack":
                guard json.tokens[value].kind == .primitive else { throw wrongType(value, expected: .primitive, "Ack") }
                post.wantsAck = json.bytes[json.tokens[value].start] == UInt8(ascii: "t")
            case "PostID": post.postID = try number(value, key: "PostID", as: UInt32.self)
            case "SeqNumber": post.sequenceNumber = try number(value, key: "SeqNumber", as: UInt32.self)
            case "PartNumber": _ = try number(value, key: "PartNumber", as: UInt16.self)
            case "PostUserRights": post.userRights = try number(value, key: "PostUserRights", as: UInt16.self)
            case "Complete":
                guard json.tokens[value].kind == .primitive else { throw wrongType(value, expected: .primitive, name) }
            case "Key": post.key = try key(at: value, domain: domain)
            case "PostUserInfo": try checkPostUserInfo(value)
            case "PermData", "ExtHdr":
                guard json.tokens[value].kind == .string else { throw wrongType(value, expected: .string, name) }
            case "Fields":
                if fieldsIndex == nil { payloads += 1 }
                fieldsIndex = value
            case "Message":
                if messageIndex == nil { payloads += 1 }
                messageIndex = value
            case "Elements", "Map", "FilterList", "Series", "Vector", "Opaque", "Xml", "Json":
                payloads += 1
            default:
                // Unknown members are ignored, as a server does that was not told to catch them (What servers do §2.4).
                break
            }
            // Payloads are converted where they stand, so that the first fault of the text is the one that is told.
            if name == "Fields" {
                (post.payload.fields, post.payload.fieldsRange) = try fieldList(at: value)
                post.payload.kind = .fields
            } else if name == "Message" {
                post.payload = try payload(at: value)
            }
        }
        if !hasID { throw .missingKey("ID") }
        if payloads > 1 { throw .noErrorCode }
        return post
    }

    /// The Message inside a Post, read by the same rules as one outside (The wire §3.4).
    private func payload(at index: Int) throws(ConversionError) -> Post.Payload {
        guard json.tokens[index].kind == .object else { throw wrongType(index, expected: .object, "Message") }
        let type = try messageType(of: index)
        let domain = try domain(of: index)
        var payload = Post.Payload(kind: .none, key: nil, fields: [], fieldsRange: nil)
        switch type {
        case .refresh: payload.kind = .refresh
        case .update: payload.kind = .update
        case .status: payload.kind = .status
        case .request where json.member("Key", of: index) == nil: throw .missingKey("Key")
        default: break
        }
        for (name, value) in try members(of: index) {
            switch name {
            case "ID": _ = try number(value, key: "ID", as: Int32.self)
            case "Key": payload.key = try key(at: value, domain: domain)
            case "SeqNumber": _ = try number(value, key: "SeqNumber", as: UInt32.self)
            case "PostUserInfo": try checkPostUserInfo(value)
            case "State" where type != .update:
                let closes = try closesStream(value)
                payload.closesItem = closes && type == .status
            case "UpdateType" where type == .update:
                _ = try numberOrName(value, key: name, names: MessageConverter.updateTypes)
            case "Fields": (payload.fields, payload.fieldsRange) = try fieldList(at: value)
            default: break
            }
        }
        _ = try requiredID(of: index)
        return payload
    }

    private func fieldList(at index: Int) throws(ConversionError) -> ([StoredField], Range<Int>) {
        guard json.tokens[index].kind == .object else { throw wrongType(index, expected: .object, "Fields") }
        var stored: [StoredField] = []
        for (name, value) in try members(of: index) {
            // Names are looked up as they stand, escapes and all (What servers do §2.4).
            guard let type = fields.type(of: name) else {
                throw .unexpectedFID(name, offset: keyOffset(before: value))
            }
            let token = json.tokens[value]
            let literal = FieldLiteral(name: name, kind: token.kind, bytes: json.raw(value), offset: token.start)
            stored.append(StoredField(name: name, literal: try type.stored(literal)))
        }
        return (stored, json.tokens[index].start..<json.tokens[index].end)
    }

    private func checkPostUserInfo(_ index: Int) throws(ConversionError) {
        guard json.tokens[index].kind == .object else { throw wrongType(index, expected: .object, "PostUserInfo") }
        var hasAddress = false
        var hasUserID = false
        for (name, value) in try members(of: index) {
            switch name {
            case "Address":
                hasAddress = true
                switch json.tokens[value].kind {
                case .primitive: _ = try number(value, key: name, as: UInt32.self)
                case .string:
                    // A dotted IPv4 address; a host name or an IPv6 address is no RSSL value (What servers do §2.4).
                    let parts = json.text(value).split(separator: ".", omittingEmptySubsequences: false)
                    guard parts.count == 4, parts.allSatisfy({ plainInteger($0.utf8, as: UInt8.self) != nil }) else {
                        throw .rssl(0)
                    }
                case .object, .array: throw wrongType(value, expected: .string, name)
                }
            case "UserID":
                hasUserID = true
                _ = try number(value, key: name, as: UInt32.self)
            default: break
            }
        }
        if !hasAddress { throw .missingKey("Address", in: "PostUserInfo") }
        if !hasUserID { throw .missingKey("UserID", in: "PostUserInfo") }
    }

    /// Reads a State; returns whether it closes the stream.
    private func closesStream(_ index: Int) throws(ConversionError) -> Bool {
        guard json.tokens[index].kind == .object else { throw wrongType(index, expected: .object, "State") }
        var closes = false
        for (name, value) in try members(of: index) {
            switch name {
            case "Stream":
                let stream = try numberOrName(
                    value, key: name,
                    names: ["Unspecified", "Open", "NonStreaming", "ClosedRecover", "Closed", "Redirected"])
                closes = ["ClosedRecover", "3", "Closed", "4"].contains(stream)
            case "Data": _ = try numberOrName(value, key: name, names: ["NoChange", "Ok", "Suspect"])
            default: break
            }
        }
        return closes
    }

    private static let updateTypes: Set<String> = [
        "Unspecified", "Quote", "Trade", "NewsAlert", "VolumeAlert", "OrderIndication", "ClosingRun", "Correction",
        "MarketDigest", "QuotesTrade", "Multiple", "Verify",
    ]

    // MARK: Parts

    private func messageType(of index: Int) throws(ConversionError) -> MessageType {
        guard let value = json.member("Type", of: index) else { return .request }
        switch json.tokens[value].kind {
        case .string:
            guard let type = MessageType(name: json.text(value)) else { throw unexpected(value, "Type") }
            return type
        case .primitive:
            guard let number = plainInteger(json.raw(value), as: UInt8.self), number <= 8,
                let type = MessageType(rawValue: number)
            else { throw unexpected(value, "Type") }
            return type
        case .object, .array: throw wrongType(value, expected: .string, "Type")
        }
    }

    private func domain(of index: Int) throws(ConversionError) -> Domain {
        guard let value = json.member("Domain", of: index) else { return .marketPrice }
        switch json.tokens[value].kind {
        case .string:
            guard let domain = Domain(name: json.text(value)) else { throw unexpected(value, "Domain") }
            return domain
        case .primitive:
            guard let number = plainInteger(json.raw(value), as: UInt8.self) else { throw unexpected(value, "Domain") }
            return Domain(number: number)
        case .object, .array: throw wrongType(value, expected: .string, "Domain")
        }
    }

    private func requiredID(of index: Int) throws(ConversionError) -> Int32 {
        guard let value = json.member("ID", of: index) else { throw .missingKey("ID") }
        // A batch names several streams; nothing here acts on more than the first.
        if json.tokens[value].kind == .array, let first = json.children(of: value).first {
            return try number(first, key: "ID", as: Int32.self)
        }
        return try number(value, key: "ID", as: Int32.self)
    }

    /// The streams of a Close: one, or several in a list.
    private func closedIDs(of index: Int) throws(ConversionError) -> [Int32] {
        guard let value = json.member("ID", of: index), json.tokens[value].kind == .array else {
            return [try requiredID(of: index)]
        }
        var ids: [Int32] = []
        for id in json.children(of: value) { ids.append(try number(id, key: "ID", as: Int32.self)) }
        return ids
    }

    private func itemName(_ index: Int) throws(ConversionError) -> String {
        guard json.tokens[index].kind == .string else { throw wrongType(index, expected: .string, "Name") }
        guard let bytes = TextValue.unescaped(json.raw(index)) else { throw unexpected(index, "Name") }
        guard bytes.count <= 255 else { throw .rssl(-29) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func key(at index: Int, domain: Domain, isBatch: Bool = false) throws(ConversionError) -> MessageKey {
        guard json.tokens[index].kind == .object else { throw wrongType(index, expected: .object, "Key") }
        var key = MessageKey(name: nil, nameType: nil, service: .absent, filter: nil, elements: [:])
        for (name, value) in try members(of: index) {
            switch name {
            case "Name" where isBatch: break
            case "Name": key.name = try itemName(value)
            case "NameType": key.nameType = try nameType(value, domain: domain)
            case "Service": key.service = try service(value)
            case "Filter": key.filter = try number(value, key: name, as: UInt32.self)
            case "Identifier": _ = try number(value, key: name, as: Int32.self)
            case "Elements": key.elements = try elements(value)
            default: break
            }
        }
        return key
    }

    private func service(_ value: Int) throws(ConversionError) -> ServiceReference {
        switch json.tokens[value].kind {
        case .string:
            guard let number = services[json.text(value)] else { throw unexpected(value, "Service") }
            return .known(number)
        case .primitive:
            let number = try number(value, key: "Service", as: UInt16.self)
            return services.values.contains(number) ? .known(number) : .unknownNumber(number)
        case .object, .array: throw wrongType(value, expected: .string, "Service")
        }
    }

    private func nameType(_ value: Int, domain: Domain) throws(ConversionError) -> UInt8 {
        switch json.tokens[value].kind {
        case .primitive: return try number(value, key: "NameType", as: UInt8.self)
        case .object, .array: throw wrongType(value, expected: .string, "NameType")
        case .string:
            switch json.text(value) {
            case "Unspecified" where domain != .login: return 0
            case "Ric" where domain != .login: return 1
            case "Name": return 1
            case "Contributor" where domain != .login: return 2
            case "EmailAddress" where domain == .login: return 2
            case "Token" where domain == .login: return 3
            case "Cookie" where domain == .login: return 4
            case "AuthnToken" where domain == .login: return 5
            default: throw unexpected(value, "NameType")
            }
        }
    }

    /// Strings and unsigned integers; a bare `null`, `true` or `false` is refused (The wire §2.1).
    private func elements(_ index: Int) throws(ConversionError) -> [String: ElementValue] {
        guard json.tokens[index].kind == .object else { throw wrongType(index, expected: .object, "Elements") }
        var elements: [String: ElementValue] = [:]
        for (name, value) in try members(of: index) {
            switch json.tokens[value].kind {
            case .string: elements[name] = .text(json.text(value))
            case .primitive:
                guard let number = plainInteger(json.raw(value), as: UInt64.self) else { throw unexpected(value, name) }
                elements[name] = .number(number)
            case .object, .array: elements[name] = .other
            }
        }
        return elements
    }

    // MARK: Tokens

    /// Names and value tokens of an object, in their order.
    private func members(of index: Int) throws(ConversionError) -> [(String, Int)] {
        var members: [(String, Int)] = []
        var key = index + 1
        while key < json.tokens[index].next {
            let value = json.tokens[key].next
            guard json.tokens[key].kind == .string, value < json.tokens[index].next else {
                throw .tokenType(
                    expected: .string, key: nil, received: json.tokens[key].kind, offset: json.tokens[key].start)
            }
            members.append((json.text(key), value))
            key = json.tokens[value].next
        }
        return members
    }

    private func keyOffset(before value: Int) -> Int {
        json.tokens[value - 1].start
    }

    private func boolean(_ name: StaticString, of index: Int) -> Bool? {
        json.member(name, of: index).map { json.bytes[json.tokens[$0].start] == UInt8(ascii: "t") }
    }

    private func number<Value: FixedWidthInteger>(
        _ index: Int, key: String, as type: Value.Type
    ) throws(ConversionError) -> Value {
        guard json.tokens[index].kind == .primitive, let value = plainInteger(json.raw(index), as: type) else {
            throw wrongType(index, expected: .primitive, key)
        }
        return value
    }

    private func numberOrName(_ index: Int, key: String, names: Set<String>) throws(ConversionError) -> String {
        switch json.tokens[index].kind {
        case .string:
            guard names.contains(json.text(index)) else { throw unexpected(index, key) }
            return json.text(index)
        case .primitive: return String(try number(index, key: key, as: UInt8.self))
        case .object, .array: throw wrongType(index, expected: .string, key)
        }
    }

    private func wrongType(_ index: Int, expected: JSONToken.Kind, _ key: String) -> ConversionError {
        .tokenType(expected: expected, key: key, received: json.tokens[index].kind, offset: json.tokens[index].start)
    }

    private func unexpected(_ index: Int, _ key: String) -> ConversionError {
        .unexpectedValue(json.text(index), key: key, offset: json.tokens[index].start)
    }
}

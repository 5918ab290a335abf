/// One message of a server, as far as a contributor has to understand it.
package enum InboundMessage: Sendable, Equatable {
    /// An answer to a post.
    case ack(Ack)
    /// A refusal that names no post (The wire §5).
    case error(ServerError)
    /// The login was accepted, or the login stream's state changed for the better.
    case loginRefresh(LoginRefresh)
    /// The login stream's state.
    case loginStatus(StreamState)
    case ping
    case pong
    /// A message of another domain or type: nothing that posting depends on.
    case other(JSONValue)
}

/// An answer to a post (The wire §4.1). Success is the absence of a NakCode; the text does not count.
package struct Ack: Sendable, Equatable {
    /// What became of the post.
    package enum Verdict: Sendable, Equatable {
        case accepted
        case refused(NakCode)
        /// It may be a refusal, and cannot be told.
        case unreadable
    }

    /// The PostID it answers.
    package var ackID: UInt32
    /// nil: accepted, or unreadable.
    package private(set) var nakCode: NakCode?
    private var isUnreadable: Bool
    /// The server's words, stripped of blanks at both ends; of an unreadable answer its beginning, as it came.
    package var text: String

    package init(ackID: UInt32, verdict: Verdict, text: String = "") {
        self.ackID = ackID
        if case .refused(let code) = verdict { nakCode = code }
        isUnreadable = verdict == .unreadable
        self.text = text
    }

    package init(ackID: UInt32, nakCode: NakCode? = nil, text: String = "") {
        self.ackID = ackID
        self.nakCode = nakCode
        isUnreadable = false
        self.text = text
    }

    package var verdict: Verdict { isUnreadable ? .unreadable : nakCode.map { .refused($0) } ?? .accepted }

    /// nil: it names no post, or more than one.
    fileprivate init?(_ message: JSONValue) {
        let ids = message.members("AckID")
        guard let id = ids.first?.integer.flatMap({ UInt32(exactly: $0) }), ids.allSatisfy({ $0 == ids[0] }) else {
            return nil
        }
        self.init(ackID: id, verdict: Self.verdict(message), text: bounded(message["Text"]))
    }

    /// A member that stands twice with two values, or whose name is nearly right, may hold the refusal.
    private static func verdict(_ message: JSONValue) -> Verdict {
        let types = message.members("Type")
        let codes = message.members("NakCode")
        guard types.allSatisfy({ $0 == types[0] }), codes.allSatisfy({ $0 == codes[0] }),
            message.keys.allSatisfy({ $0 == "NakCode" || $0.lowercased() != "nakcode" })
        else { return .unreadable }
        switch codes.first {
        case nil, .null: return .accepted
        case .some(let value):
            guard let code = NakCode(value) else { return .unreadable }
            return code == .none ? .accepted : .refused(code)
        }
    }
}

/// An Error message (The wire §5, What servers do §2.4).
package struct ServerError: Sendable, Equatable {
    package var text: String
    /// The frame it answers, as the server read it; nil where it was not told.
    package var message: String?
    /// The place in that frame, in bytes.
    package var offset: Int?

    package init(text: String, message: String? = nil, offset: Int? = nil) {
        self.text = text
        self.message = message
        self.offset = offset
    }

    /// The PostID of the post that was refused: of the single message of the frame, or of the element of its array that the
    /// offset points into (What servers do §2.4). nil: it cannot be told, and nothing may be failed by guess.
    package var postID: UInt32? {
        guard let message else { return nil }
        let bytes = Array(message.utf8)
        return bytes.withUnsafeBytes { raw -> UInt32? in
            guard let tree = JSONValue.parse(raw) else { return nil }
            switch tree {
            case .object:
                return tree["PostID"]?.integer.flatMap { UInt32(exactly: $0) }
            case .array(let items):
                if items.count == 1 { return items[0]["PostID"]?.integer.flatMap { UInt32(exactly: $0) } }
                guard let offset, let range = Self.element(of: raw, around: offset) else { return nil }
                return JSONValue.parse(UnsafeRawBufferPointer(rebasing: raw[range]))?["PostID"]?.integer
                    .flatMap { UInt32(exactly: $0) }
            default:
                return nil
            }
        }
    }

    /// The stream of the message that was refused, where it was the only one of its frame; nil: it cannot be told.
    package var streamID: Int32? {
        guard let message, let tree = JSONValue.parse(message) else { return nil }
        var only = tree
        if case .array(let items) = tree {
            guard items.count == 1 else { return nil }
            only = items[0]
        }
        return only["ID"]?.integer.flatMap { Int32(exactly: $0) }
    }

    /// The bytes of the array's element that holds a place.
    private static func element(of array: UnsafeRawBufferPointer, around offset: Int) -> Range<Int>? {
        var depth = 0
        var inString = false
        var start = 0
        var at = 0
        while at < array.count {
            let byte = array[at]
            if inString {
                if byte == UInt8(ascii: "\\") { at += 1 } else if byte == UInt8(ascii: "\"") { inString = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""): inString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    if depth == 2 { start = at }
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 2, (start...at).contains(offset) { return start..<at + 1 }
                    depth -= 1
                default: break
                }
            }
            at += 1
        }
        return nil
    }
}

/// A stream's state (The wire §2.4). Words are kept as they came; numbers become their words.
package struct StreamState: Sendable, Equatable {
    package var stream: String
    package var data: String
    /// Empty: None.
    package var code: String
    package var text: String

    package init(stream: String, data: String, code: String = "", text: String = "") {
        self.stream = stream
        self.data = data
        self.code = code
        self.text = text
    }

    package var isOpenOk: Bool { stream == "Open" && data == "Ok" }

    /// One line for people: `Closed/Suspect UserUnknownToPermSys "fred, unknown to system."`
    package var words: String {
        "\(stream)/\(data)" + (code.isEmpty ? "" : " \(code)") + (text.isEmpty ? "" : " \"\(text)\"")
    }

    init(_ value: JSONValue?) {
        func word(_ key: String, _ names: [Int: String]) -> String {
            guard let item = value?[key] else { return "" }
            if case .number(let literal) = item { return Int(literal).flatMap { names[$0] } ?? literal }
            return String((item.text ?? "").prefix(64))
        }
        stream = word(
            "Stream",
            [0: "Unspecified", 1: "Open", 2: "NonStreaming", 3: "ClosedRecover", 4: "Closed", 5: "Redirected"])
        data = word("Data", [0: "NoChange", 1: "Ok", 2: "Suspect"])
        let code = word("Code", Self.codes)
        self.code = code == "None" ? "" : code
        text = bounded(value?["Text"])
    }

    /// The number of each code of a state (The wire §2.4).
    private static let codes: [Int: String] = [
        0: "None", 1: "NotFound", 2: "Timeout", 3: "NotEntitled", 4: "InvalidArgument", 5: "UsageError",
        6: "Preempted", 7: "JitConflationStarted", 8: "RealtimeResumed", 9: "FailoverStarted",
        10: "FailoverCompleted", 11: "GapDetected", 12: "NoResources", 13: "TooManyItems", 14: "AlreadyOpen",
        15: "SourceUnknown", 16: "NotOpen", 19: "NonUpdatingItem", 20: "UnsupportedViewType", 21: "InvalidView",
        22: "FullViewProvided", 23: "UnableToRequestAsBatch", 26: "NoBatchViewSupportInReq",
        27: "ExceededMaxMountsPerUser", 28: "Error", 29: "DacsDown", 30: "UserUnknownToPermSys",
        31: "MaxLoginsReached", 32: "UserAccessToAppDenied", 34: "GapFill", 35: "AppAuthorizationFailed",
    ]
}

/// What a Login Refresh says (The wire §2.2). Everything but the state is optional: RCC sends next to nothing.
package struct LoginRefresh: Sendable, Equatable {
    package var state: StreamState
    /// Bytes of a whole frame.
    package var maxMsgSize: Int?
    /// Seconds.
    package var pingTimeout: Int?
    /// 0 or 1.
    package var supportOMMPost: Int?
    /// `TRCE:MaxMessagesPerSecond`: posts a second.
    package var maxMessagesPerSecond: Int?
    package var applicationName: String?

    package init(
        state: StreamState, maxMsgSize: Int? = nil, pingTimeout: Int? = nil, supportOMMPost: Int? = nil,
        maxMessagesPerSecond: Int? = nil, applicationName: String? = nil
    ) {
        self.state = state
        self.maxMsgSize = maxMsgSize
        self.pingTimeout = pingTimeout
        self.supportOMMPost = supportOMMPost
        self.maxMessagesPerSecond = maxMessagesPerSecond
        self.applicationName = applicationName
    }

    init(_ message: JSONValue) {
        /// Some servers put an element at the top, some in the Key (The wire §2.2); an element may be an object with
        /// its type.
        func element(_ name: String) -> JSONValue? {
            let item = message["Elements"]?[name] ?? message["Key"]?["Elements"]?[name]
            return item?["Data"] ?? item
        }
        state = StreamState(message["State"])
        maxMsgSize = element("MaxMsgSize")?.integer
        pingTimeout = element("PingTimeout")?.integer
        supportOMMPost = element("SupportOMMPost")?.integer
        maxMessagesPerSecond = element("TRCE:MaxMessagesPerSecond")?.integer
        applicationName = element("ApplicationName")?.text.map { String($0.prefix(200)) }
    }
}

extension JSONValue {
    /// It says that it answers a post, whatever else it says.
    package var isAck: Bool { members("Type").contains { $0.word == "Ack" || $0.word == "6" } }
}

extension InboundMessage {
    /// Understands one message's tree.
    package init(_ message: JSONValue) {
        let types = message.members("Type").map(\.word)
        let isLogin = message["Domain"]?.word == "Login" || message["Domain"]?.word == "1"
        // One that says both that it is an Ack and something else is looked at as an Ack.
        if message.isAck {
            self = Ack(message).map(InboundMessage.ack) ?? .other(message)
            return
        }
        switch types.last ?? nil {
        case "Ping": self = .ping
        case "Pong": self = .pong
        case "Error":
            self = .error(
                ServerError(
                    text: bounded(message["Text"]), message: message["Debug"]?["Message"]?.text,
                    offset: message["Debug"]?["Offset"]?.integer))
        case "Refresh", "2":
            self = isLogin ? .loginRefresh(LoginRefresh(message)) : .other(message)
        case "Status", "3":
            self = isLogin ? .loginStatus(StreamState(message["State"])) : .other(message)
        default:
            self = .other(message)
        }
    }
}

/// A server's words for people: the beginning is enough of a text that goes on and on.
private func bounded(_ value: JSONValue?) -> String { String(trimmed(value?.text ?? "").prefix(4096)) }

/// The beginning of what came from outside, on one line: for people, where something else was expected.
package func excerpt(_ bytes: some Collection<UInt8>, most: Int = 300) -> String {
    let text = String(decoding: bytes.prefix(most * 4), as: UTF8.self)
    let words = text.unicodeScalars.split { $0.properties.isWhitespace || $0.properties.generalCategory == .control }
    let line = words.map { String($0) }.joined(separator: " ")
    return line.count > most ? line.prefix(most) + "…" : line
}

/// Without blanks and line ends at both ends: stock servers end their texts with a line feed (What servers do §2.2).
func trimmed(_ text: String) -> String {
    var rest = Substring(text)
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return String(rest)
}

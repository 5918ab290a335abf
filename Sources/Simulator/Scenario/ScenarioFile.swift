import Yams

/// What is wrong with a scenario file, and where.
package struct ScenarioError: Error, Equatable, CustomStringConvertible {
    package let file: String
    /// Counted from 1.
    package let line: Int
    package let message: String

    package var description: String { "\(file):\(line): \(message)" }
}

extension ScenarioError {
    fileprivate init(yaml error: YamlError, file: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(file: file, line: mark.line, message: "this is not YAML: \(problem)")
        default:
            self.init(file: file, line: 1, message: "this is not YAML: \(error)")
        }
    }
}

extension Scenario {
    /// Reads a scenario from YAML. Keys that are left out keep their defaults; an empty text is the default scenario.
    /// - Parameters:
    ///   - yaml: the text.
    ///   - file: the name that errors give.
    /// - Throws: ``ScenarioError`` for broken YAML, an unknown key, a wrong type or a value out of range.
    package static func load(yaml: String, file: String) throws -> Scenario {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            throw ScenarioError(yaml: error, file: file)
        }
        var scenario = Scenario()
        guard let root, root.null == nil || root.mapping != nil else { return scenario }
        try scenario.read(try ScenarioSection(root, file: file, name: "the scenario"))
        return scenario
    }

    private mutating func read(_ section: ScenarioSection) throws {
        if let services = try section.section("services") {
            self.services = try services.entries { value, name in
                if let inner = try value.ifSection() {
                    let number = try inner.required("id") { try $0.integer(in: 0...65535) }
                    let isUp = try inner.value("up") { try $0.bool() } ?? true
                    try inner.finish()
                    return Service(number: UInt16(number), isUp: isUp)
                }
                return Service(number: UInt16(try value.integer(in: 0...65535)))
            }
        }
        if let value = section.take("default_service") {
            let name = try value.string()
            guard services[name] != nil else { throw value.problem("there is no service '\(name)'") }
            defaultService = name
        }
        if let value = section.take("known") {
            known = value.isText("all") ? .all : .matching(try value.strings())
        }
        unknown = try section.value("unknown") { try $0.strings() } ?? unknown
        naks = try section.value("naks") { try $0.list { try Scenario.nak($0) } } ?? naks
        silent = try section.value("silent") { try $0.strings() } ?? silent
        ackDelay = try section.value("ack_delay") { try $0.duration() } ?? ackDelay
        if let delays = try section.section("ack_delays") {
            ackDelays = try delays.orderedEntries { AckDelay(ric: $1, delay: try $0.duration()) }
        }
        loseAcksEvery = try section.value("lose_acks_every") { try $0.integer(in: 0...Int.max) } ?? loseAcksEvery
        duplicateAcksEvery =
            try section.value("duplicate_acks_every") { try $0.integer(in: 0...Int.max) } ?? duplicateAcksEvery
        if let inner = try section.section("reorder_acks") {
            let window = try inner.value("window") { try $0.integer(in: 1...1_000_000) } ?? 1
            let seed = try inner.value("seed") { try $0.integer(in: 0...Int.max) } ?? 1
            try inner.finish()
            reordering = window > 1 ? Reordering(window: window, seed: UInt64(seed)) : nil
        }
        packsAcks = try section.value("pack_acks") { try $0.bool() } ?? packsAcks
        keyInAck = try section.value("key_in_ack") { try $0.bool() } ?? keyInAck
        nakCodeForm = try section.value("nak_code_as") { try $0.choice(NakCodeForm.self) } ?? nakCodeForm
        ackText = try section.value("ack_text") { try $0.string() } ?? ackText
        answersOtherDomains = try section.value("domain_answers") { try $0.bool() } ?? answersOtherDomains
        if let inner = try section.section("disconnect") {
            disconnect = Disconnect(
                afterPosts: try inner.value("after_posts") { try $0.integer(in: 1...Int.max) },
                afterItems: try inner.value("after_items") { try $0.integer(in: 1...Int.max) },
                after: try inner.value("after") { try $0.duration() },
                times: try Scenario.connections(inner),
                manner: try inner.value("how") { try $0.choice(Disconnect.Manner.self) } ?? .reset)
            try inner.finish()
        }
        halfOpen = try Scenario.trouble(section.section("half_open"), lasts: false) ?? halfOpen
        if let inner = try section.section("oversize") {
            let manner = try inner.value("how") { try $0.choice(Oversize.Manner.self) } ?? .fragments
            oversize = Oversize(
                afterPosts: try inner.required("after_posts") { try $0.integer(in: 1...Int.max) }, manner: manner,
                bytes: try inner.value("bytes") {
                    try $0.integer(in: 0...(manner == .fragments ? 16 << 20 : Int.max))
                },
                times: try Scenario.connections(inner))
            try inner.finish()
        }
        stall = try Scenario.trouble(section.section("stall"), lasts: true) ?? stall
        suspect = try Scenario.trouble(section.section("suspect"), lasts: true) ?? suspect
        readLimit = try section.value("read_limit") { try $0.integer(in: 0...Int.max) } ?? readLimit
        readBufferBytes =
            try section.value("read_buffer") { try $0.integer(in: 0...100_000_000) } ?? readBufferBytes
        refusedConnections =
            try section.value("refuse_connections") { try $0.integer(in: 0...Int.max) } ?? refusedConnections
        maxMessagesPerSecond =
            try section.value("max_messages_per_second") { try $0.integer(in: 0...Int.max) } ?? maxMessagesPerSecond
        overRate = try section.value("over_rate") { try $0.choice(OverRate.self) } ?? overRate
        if let value = section.take("dictionary") {
            dictionary = try DictionaryFiles(value, scenario: section.file)
        }
        acceptsAnyField = try section.value("any_field") { try $0.bool() } ?? acceptsAnyField
        if let inner = try section.section("fields") {
            fields = try inner.entries { value, _ in try Scenario.fieldType(value) }
        }
        if let inner = try section.section("items") {
            try items.read(inner)
        }
        if let inner = try section.section("login") {
            try login.read(inner)
        }
        if let inner = try section.section("tls") {
            var tls = TLS()
            tls.names = try inner.value("names") { try $0.strings() } ?? tls.names
            tls.asksForClientCertificate = try inner.value("client_certificate") { try $0.bool() } ?? false
            try inner.finish()
            self.tls = tls
        }
        if let inner = try section.section("token_endpoint") {
            var endpoint = TokenEndpoint()
            try endpoint.read(inner)
            tokenEndpoint = endpoint
        }
        certificateAuthorityFile = try section.value("ca_file") { try $0.string() }
        if let inner = try section.section("proxy") {
            var proxy = Proxy()
            proxy.port = try inner.value("port") { try $0.integer(in: 0...65535) } ?? 0
            proxy.user = try inner.value("user") { try $0.string() }
            proxy.password = try inner.value("password") { try $0.string() } ?? ""
            try inner.finish()
            self.proxy = proxy
        }
        try section.finish()
    }

    private static func nak(_ value: ScenarioValue) throws -> Nak {
        let section = try value.section()
        var nak = Nak(
            ric: try section.required("ric") { try $0.string() },
            service: try section.value("service") { try $0.string() },
            text: try section.value("text") { try $0.string() } ?? "",
            times: try section.value("times") { try $0.integer(in: 0...Int.max) })
        let nakCode = try section.value("nak_code_json") { try $0.string() }
        let ack = try section.value("ack_json") { try $0.string() }
        nak.literal = ack.map { .ack($0) } ?? nakCode.map { .nakCode($0) }
        if nak.literal == nil {
            nak.code = try section.required("code") { try $0.nakCode() }
        }
        try section.finish()
        return nak
    }

    private static func trouble(_ section: ScenarioSection?, lasts: Bool) throws -> Trouble? {
        guard let section else { return nil }
        let trouble = Trouble(
            afterPosts: try section.required("after_posts") { try $0.integer(in: 1...Int.max) },
            duration: lasts ? try section.required("for") { try $0.duration() } : .zero,
            times: try connections(section))
        try section.finish()
        return trouble
    }

    /// For how many connections a trouble is meant: nil for all, 1 where nothing is said.
    private static func connections(_ section: ScenarioSection) throws -> Int? {
        guard let value = section.take("times") else { return 1 }
        return value.isText("all") ? nil : try value.integer(in: 0...Int.max)
    }

    private static func fieldType(_ value: ScenarioValue) throws -> FieldType {
        if let displays = try value.ifSection() {
            var table = EnumTable()
            _ = try displays.orderedEntries { value, display in
                table.add(UInt16(try value.integer(in: 0...65535)), display: Array(display.utf8))
            }
            return .enumeration(table)
        }
        switch try value.string() {
        case "real": return .real
        case "int": return .int
        case "uint": return .uint
        case "text": return .text
        case "ascii": return .ascii
        case "enum": return .enumeration(EnumTable())
        case "date": return .date
        case "time": return .time
        case "datetime": return .dateTime
        case "any": return .any
        case let other:
            throw value.problem(
                "'\(other)' is no field type: it is real, int, uint, text, ascii, enum, date, time, datetime, any, or a map of display texts"
            )
        }
    }
}

extension Scenario.TokenEndpoint {
    fileprivate mutating func read(_ section: ScenarioSection) throws {
        port = try section.value("port") { try $0.integer(in: 0...65535) } ?? port
        expiresIn = try section.value("expires_in") { value in
            try value.list { $0.isQuoted ? .text(try $0.string()) : .number(try $0.integer(in: 0...Int.max)) }
        }
        lifetime = try section.value("lifetime") { try $0.duration() }
        users = try section.section("users")?.entries { value, _ in try value.string() }
        clients = try section.section("clients")?.entries { value, _ in try value.string() }
        keys = try section.section("keys")?.entries { value, _ in try value.string() } ?? keys
        audience = try section.value("audience") { try $0.string() } ?? audience
        scope = try section.value("scope") { try $0.string() }
        evictsOpenSessions = try section.value("evict_open_sessions") { try $0.bool() } ?? evictsOpenSessions
        script = try section.value("script") { try $0.list { try Scenario.TokenEndpoint.scripted($0) } } ?? script
        try section.finish()
    }

    private static func scripted(_ value: ScenarioValue) throws -> Scripted {
        let section = try value.section()
        let scripted = Scripted(
            grant: try section.value("grant") { try $0.string() },
            status: try section.value("status") { try $0.integer(in: 100...599) },
            body: try section.value("body") { try $0.string() } ?? "",
            retryAfter: try section.value("retry_after") { try $0.string() },
            location: try section.value("location") { try $0.string() },
            contentType: try section.value("content_type") { try $0.string() },
            delay: try section.value("delay") { try $0.duration() } ?? .zero,
            hangs: try section.value("hang") { try $0.bool() } ?? false,
            times: try section.value("times") { try $0.integer(in: 0...Int.max) } ?? 1)
        try section.finish()
        return scripted
    }
}

extension Scenario.Login {
    fileprivate mutating func read(_ section: ScenarioSection) throws {
        shape = try section.value("shape") { try $0.choice(Shape.self) } ?? shape
        if let value = section.take("users") {
            users = value.isText("all") ? nil : try value.strings()
        }
        if let value = section.take("support_omm_post") {
            supportsOMMPost = value.isText("absent") ? nil : try value.bool()
        }
        maxMsgSize = try section.value("max_msg_size") { try $0.integer(in: 1000...100_000_000) } ?? maxMsgSize
        pingTimeout = try section.value("ping_timeout") { try $0.duration() } ?? pingTimeout
        isSilent = try section.value("silent") { try $0.bool() } ?? isSilent
        if let inner = try section.section("reject") {
            rejection = try Rejection(inner)
        }
        systemBusyTimes = try section.value("system_busy") { try $0.integer(in: 0...Int.max) } ?? systemBusyTimes
        requiresTokens = try section.value("tokens") { try $0.bool() } ?? requiresTokens
        try section.finish()
    }
}

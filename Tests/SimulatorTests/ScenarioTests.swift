import Testing

@testable import Simulator

@Suite("Scenario files")
struct ScenarioTests {
    @Test("An empty file is the default scenario")
    func empty() throws {
        #expect(try Scenario.load(yaml: "", file: "s.yaml") == Scenario())
        #expect(try Scenario.load(yaml: "# nothing\n", file: "s.yaml") == Scenario())
    }

    @Test("Every key is read")
    func everything() throws {
        let scenario = try Scenario.load(
            yaml: """
                services:
                  NIPROV: 1
                  OLD: {id: 9, up: false}
                default_service: OLD
                known: ["A*", B]
                unknown: [AX]
                naks:
                  - {ric: "BAD*", service: NIPROV, code: DeniedBySrc, text: no, times: 3}
                  - {ric: ODD, code: 132}
                  - {ric: LIT, nak_code_json: '[12]', text: "a\\u0007"}
                  - {ric: RAW, ack_json: '{"AckID":$PostID}'}
                silent: [MUTE]
                ack_delay: 5ms
                ack_delays: {"SLOW*": 2s}
                lose_acks_every: 7
                duplicate_acks_every: 8
                reorder_acks: {window: 4, seed: 9}
                pack_acks: true
                key_in_ack: false
                nak_code_as: number
                ack_text: fine
                domain_answers: false
                disconnect: {after_posts: 10, after_items: 20, after: 3s, times: 2, how: close}
                oversize: {after_posts: 14, how: header, bytes: 5, times: 2}
                half_open: {after_posts: 11, times: 1}
                stall: {after_posts: 12, for: 300ms, times: all}
                suspect: {after_posts: 13, for: 1s, times: 4}
                read_buffer: 70000
                read_limit: 1000
                refuse_connections: 2
                max_messages_per_second: 1000
                over_rate: nak
                any_field: true
                dictionary: {fields: F, enums: /e/E}
                fields:
                  MY_SIDE: {BUY: 1, SEL: 2}
                  MY_DATE: date
                  NOTE: ascii
                items:
                  batch: false
                  delay: 3ms
                  max_open: 500
                  gone: [X]
                  instead: [{ric: Y, field: BID, json: '1'}, {ric: Z, field: ASK}]
                  enum_texts: true
                  count_in_rate: true
                  reject: {code: NotEntitled, text: no, times: 2}
                  silent: true
                login:
                  shape: rcc
                  users: [umer]
                  support_omm_post: false
                  max_msg_size: 65535
                  ping_timeout: 1m
                  silent: true
                  reject: {code: DacsDown, text: later, times: 1}
                  system_busy: 3
                  tokens: true
                tls: {names: [sim.example, 10.1.2.3], client_certificate: true}
                ca_file: /tmp/ca.pem
                token_endpoint:
                  port: 8443
                  expires_in: ["600", 300]
                  lifetime: 5s
                  users: {GE-A-1: pw}
                  clients: {GE-1: secret}
                  keys: {GE-1: '{"kty":"EC"}'}
                  audience: https://aud.example
                  scope: s
                  evict_open_sessions: true
                  script:
                    - {grant: password, status: 503, body: no, retry_after: "2", times: 2}
                    - {status: 307, location: /other}
                    - {delay: 3s}
                    - {status: 200, body: <html>, content_type: text/html}
                    - {hang: true}
                proxy: {port: 3128, user: desk, password: pw}
                """, file: "s.yaml")
        var expected = Scenario()
        expected.services = ["NIPROV": .init(number: 1), "OLD": .init(number: 9, isUp: false)]
        expected.defaultService = "OLD"
        expected.known = .matching(["A*", "B"])
        expected.unknown = ["AX"]
        expected.naks = [
            .init(ric: "BAD*", service: "NIPROV", code: .deniedBySrc, text: "no", times: 3),
            .init(ric: "ODD", code: NakCode(rawValue: 132)),
            .init(ric: "LIT", text: "a\u{7}", literal: .nakCode("[12]")),
            .init(ric: "RAW", literal: .ack(#"{"AckID":$PostID}"#)),
        ]
        expected.silent = ["MUTE"]
        expected.ackDelay = .milliseconds(5)
        expected.ackDelays = [.init(ric: "SLOW*", delay: .seconds(2))]
        expected.loseAcksEvery = 7
        expected.duplicateAcksEvery = 8
        expected.reordering = .init(window: 4, seed: 9)
        expected.packsAcks = true
        expected.keyInAck = false
        expected.nakCodeForm = .number
        expected.ackText = "fine"
        expected.answersOtherDomains = false
        expected.disconnect = .init(afterPosts: 10, afterItems: 20, after: .seconds(3), times: 2, manner: .close)
        expected.oversize = .init(afterPosts: 14, manner: .header, bytes: 5, times: 2)
        expected.halfOpen = .init(afterPosts: 11, times: 1)
        expected.stall = .init(afterPosts: 12, duration: .milliseconds(300), times: nil)
        expected.suspect = .init(afterPosts: 13, duration: .seconds(1), times: 4)
        expected.readBufferBytes = 70000
        expected.readLimit = 1000
        expected.refusedConnections = 2
        expected.maxMessagesPerSecond = 1000
        expected.overRate = .nak
        expected.acceptsAnyField = true
        expected.fields = ["MY_SIDE": .enumeration(["BUY": 1, "SEL": 2]), "MY_DATE": .date, "NOTE": .ascii]
        expected.dictionary = .init(fields: "F", enums: "/e/E")
        expected.items.takesBatches = false
        expected.items.delay = .milliseconds(3)
        expected.items.maxOpen = 500
        expected.items.gone = ["X"]
        expected.items.instead = [.init(ric: "Y", field: "BID", json: "1"), .init(ric: "Z", field: "ASK", json: nil)]
        expected.items.showsEnumTexts = true
        expected.items.countsInRate = true
        expected.items.rejection = .init(code: "NotEntitled", text: "no", times: 2)
        expected.items.isSilent = true
        expected.login.shape = .rcc
        expected.login.users = ["umer"]
        expected.login.supportsOMMPost = false
        expected.login.maxMsgSize = 65535
        expected.login.pingTimeout = .seconds(60)
        expected.login.isSilent = true
        expected.login.rejection = .init(code: "DacsDown", text: "later", times: 1)
        expected.login.systemBusyTimes = 3
        expected.login.requiresTokens = true
        var tls = Scenario.TLS()
        tls.names = ["sim.example", "10.1.2.3"]
        tls.asksForClientCertificate = true
        expected.tls = tls
        expected.certificateAuthorityFile = "/tmp/ca.pem"
        var endpoint = Scenario.TokenEndpoint()
        endpoint.port = 8443
        endpoint.expiresIn = [.text("600"), .number(300)]
        endpoint.lifetime = .seconds(5)
        endpoint.users = ["GE-A-1": "pw"]
        endpoint.clients = ["GE-1": "secret"]
        endpoint.keys = ["GE-1": #"{"kty":"EC"}"#]
        endpoint.audience = "https://aud.example"
        endpoint.scope = "s"
        endpoint.evictsOpenSessions = true
        endpoint.script = [
            .init(grant: "password", status: 503, body: "no", retryAfter: "2", times: 2),
            .init(status: 307, location: "/other"), .init(delay: .seconds(3)),
            .init(status: 200, body: "<html>", contentType: "text/html"), .init(hangs: true),
        ]
        expected.tokenEndpoint = endpoint
        var proxy = Scenario.Proxy()
        proxy.port = 3128
        proxy.user = "desk"
        proxy.password = "pw"
        expected.proxy = proxy
        #expect(scenario == expected)
    }

    @Test(
        "What is wrong is told with file, line and words",
        arguments: [
            ("ack_dealy: 5ms", "s.yaml:1: unknown key 'ack_dealy'"),
            ("services: {A: 1}\nlogin:\n  shape: rtds", "s.yaml:3: 'rtds' is nothing that 'shape' can be"),
            ("ack_delay: 5", "s.yaml:1: '5' is no duration"),
            ("naks:\n  - {ric: A}", "s.yaml:2: 'naks' needs the key 'code'"),
            ("naks:\n  - {ric: A, code: Nope}", "s.yaml:2: 'Nope' is no NakCode"),
            ("oversize: {after_posts: 1, how: frames}", "s.yaml:1: 'frames' is nothing that 'how' can be"),
            (
                "oversize: {after_posts: 1, bytes: 16777217}",
                "s.yaml:1: 'bytes' is 16777217, and has to be between 0 and 16777216"
            ),
            ("items: {delay: 1s, batches: true}", "s.yaml:1: unknown key 'batches' in 'items'"),
            ("dictionary: {fields: F}", "s.yaml:1: 'dictionary' needs the key 'enums'"),
            ("pack_acks: 3", "s.yaml:1: 'pack_acks' has to be true or false"),
            ("login: 3", "s.yaml:1: 'login' has to be a map"),
            ("services: {A: 70000}", "s.yaml:1: 'A' is 70000, and has to be between 0 and 65535"),
            ("- a", "s.yaml:1: the scenario has to be a map"),
            ("a: [", "s.yaml:"),
        ])
    func problems(yaml: String, message: String) {
        do {
            _ = try Scenario.load(yaml: yaml, file: "s.yaml")
            Issue.record("taken: \(yaml)")
        } catch {
            #expect("\(error)".hasPrefix(message), "\(error)")
        }
    }

    @Test(
        "A dictionary that is not absolute lies beside the scenario",
        arguments: [
            ("dictionary: d", "a/b/s.yaml", "a/b/d/RDMFieldDictionary"),
            ("dictionary: d/", "s.yaml", "d/RDMFieldDictionary"),
            ("dictionary: /d", "a/s.yaml", "/d/RDMFieldDictionary"),
            ("dictionary: .", "/a/s.yaml", "/a/./RDMFieldDictionary"),
        ])
    func dictionary(yaml: String, file: String, fields: String) throws {
        #expect(try Scenario.load(yaml: yaml, file: file).dictionary?.fields == fields)
    }

    @Test("Globs know stars and question marks")
    func globs() {
        #expect(Glob.matches("*", ""))
        #expect(Glob.matches("A*B?D", "AxxBcD"))
        #expect(Glob.matches("*.TST", "KNOWN.TST"))
        #expect(!Glob.matches("A?", "A"))
        #expect(!Glob.matches("A", "AB"))
    }
}

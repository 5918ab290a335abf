import Foundation
import PostboxCore
import Testing

@testable import postbox

@Suite("Loading postbox.yaml")
struct SettingsLoaderTests {
    private static let head = "spool: /s\ndestinations:\n  a: {urls: ws://h, user: u, service: S}\n"

    private static func load(_ yaml: String, _ environment: [String: String] = [:]) throws(SettingsProblems) -> Settings
    {
        try SettingsLoader.parse(Array(yaml.utf8), file: "p.yaml", folder: "/etc/desk", environment: environment)
    }

    private static func problems(_ yaml: String, _ environment: [String: String] = [:]) -> [String] {
        do throws(SettingsProblems) {
            _ = try load(yaml, environment)
            return []
        } catch {
            return error.problems.map(\.text)
        }
    }

    /// A folder that is gone after `body`.
    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    @Test("The contract's example loads as it stands")
    func contract() throws {
        try Self.withFolder { folder in
            try "s3cret\n".write(toFile: folder + "/rdp", atomically: true, encoding: .utf8)
            let yaml = contractExample.replacingOccurrences(of: "/run/secrets/rdp", with: "rdp")
            try yaml.write(toFile: folder + "/postbox.yaml", atomically: true, encoding: .utf8)
            let loaded = try SettingsLoader.load(path: folder + "/postbox.yaml", environment: ["DACS": "umer.nalla"])
            #expect(loaded.sourceBytes == Array(yaml.utf8))
            let machine = "GE-A-00000000-1-0001"
            let cache = Destination(
                name: "cache",
                urls: [
                    .init(isTLS: false, host: "ads1", port: 15000, path: "/WebSocket"),
                    .init(isTLS: false, host: "ads2", port: 15000, path: "/WebSocket"),
                ],
                user: "umer.nalla", service: "NIPROV", maxPostsPerSecond: 5000)
            let rcc = Destination(
                name: "rcc", profile: .rcc,
                urls: [.init(isTLS: true, host: "contrib.example", port: 443, path: "/WebSocket")],
                service: "DDS_TRCE",
                token: .init(
                    url: "https://api.example/auth/oauth2/v1/token", clientID: machine,
                    grant: .password(username: machine, password: "s3cret")),
                tls: .init(caFile: "/etc/ssl/corp.pem"))
            var rule = MappingRule(
                match: "eod_*.csv", destinations: ["cache"], post: .refresh, ric: .column("Instrument"),
                fields: [
                    FieldRule(name: "BID", source: .column("bid")),
                    FieldRule(name: "ASK", source: .column("ask"), scale: "0.01"),
                    FieldRule(name: "GEN_TEXT16", source: .value("EOD", isText: true)),
                    FieldRule(name: "DSPLY_NAME", source: .column("name"), type: .text),
                ],
                empty: .skip, maxRejected: .rows(0), tolerate: ["SymbolUnknown": .percent(value: 1, decimals: 1)],
                maxAge: .seconds(86400))
            // It names its delimiter: a line `sep=;` is a line as any other.
            var lines = LineLayout()
            lines.hasOwnDelimiter = true
            rule.layout = FileLayout(lines: lines)
            let expected = Settings(
                directories: .init(spool: "/var/spool/postbox"), destinations: [cache, rcc], rules: [rule])
            #expect(loaded.settings == expected)
        }
    }

    @Test("The default service may stand among the others: it is there once")
    func defaultService() throws {
        let text = """
            spool: /s
            destinations:
              a: {urls: ws://h, user: u, service: S, services: [X, S, Y, S]}
            """
        #expect(try Self.load(text).destinations.first?.services == ["X", "Y"])
    }

    @Test("Every other key is read")
    func everyOtherKey() throws {
        let settings = try Self.load(everything)
        #expect(settings.directories.spool == "/etc/desk/spool")
        #expect(settings.directories.inbox == "/in")
        #expect(settings.directories.state == "/etc/desk/st")
        #expect(settings.archive == .day)
        #expect(settings.alertCommand == "mail ${USER}")
        #expect(settings.duplicates == .warn)
        let a = try #require(settings.destinations.first)
        #expect(a.urls.map(\.text) == ["ws://h:15000/WebSocket"])
        #expect(a.applicationID == "256")
        #expect(a.position == "10.0.0.1/net")
        #expect(a.services == ["X", "Y"])
        #expect(a.postUserInfo == .given(address: "10.1.2.3", userID: 4_294_967_295))
        #expect(a.token?.grant == .keyFile("/etc/desk/k.jwk"))
        #expect(a.token?.audience == "aud")
        #expect(a.tls == .init(certificateFile: "/c", keyFile: "/k", verify: false))
        #expect(a.proxy == "http://u:p@proxy:3128")
        #expect(a.failback)
        #expect(a.nakRules == [.init(code: "2", text: "find", nakClass: .stop)])
        #expect(a.attemptsMax == 3)
        #expect(a.ackTimeoutsBeforePause == 4)
        let rule = try #require(settings.rules.first)
        #expect(rule.destinations == ["a"])
        #expect(rule.post == .column("ACTION", refresh: ["NEW", "R"], update: ["CHG"]))
        #expect(rule.ric == .template([.column("isin"), .text(".TST")]))
        #expect(rule.delimiter == 9)
        #expect(rule.encoding == .utf16)
        #expect(rule.format == .xml)
        #expect(rule.rowElement == "quote")
        #expect(
            rule.fields == [
                FieldRule(name: "A", source: .value("1.10", isText: false)),
                FieldRule(name: "B", source: .value("1.10", isText: true)),
                FieldRule(name: "C", source: .value("7", isText: true), type: .text),
                FieldRule(name: "D", source: .column("d"), type: .enum, values: ["USD": 840]),
                FieldRule(name: "E", source: .column("e"), scale: "-0.10", round: 2),
            ])
    }

    @Test(
        "Each mistake is told with its line and what is expected",
        arguments: [
            ("setle: 5s", "unknown key `setle` in the top of the file; the nearest known key is `settle`"),
            (
                "settle: 5",
                "`settle` is \"5\", which is not a duration: the unit is missing, such as 250ms, 2s, 5m, 24h or 1d"
            ),
            ("rescan: 0s", "`rescan` is \"0s\", which is not a duration above zero"),
            ("settle: [5s]", "`settle` is a list, which is not a duration such as 5s"),
            ("settle:", "`settle` is without a value, which is not a duration such as 5s"),
            ("archive: dya", "`archive` is \"dya\", which is not one of flat, day; the nearest is `day`"),
            ("inbox: ~/in", "`inbox` is \"~/in\", which is not a path: `~` has no meaning here, write it out"),
            ("work: /s/inbox", "`inbox` and `work` must be folders apart, neither inside the other"),
            ("alert_command: ${env:NOPE}", "`alert_command` needs the environment variable `NOPE`, which is not set"),
            (
                "alert_command: ${file:nope}",
                "`alert_command` needs the file `nope`, which cannot be read (or is longer than 64 KiB)"
            ),
            (
                "alert_command: ${credential:rdp}",
                "`alert_command` needs the credential `rdp`, and the service manager gives none to this program (CREDENTIALS_DIRECTORY is not set)"
            ),
            (
                "alert_command: ${credential:../x}",
                "`alert_command` needs a credential by its name, without a folder: `${credential:NAME}`"
            ),
            (
                "alert_command: a ${env:X",
                "`alert_command` has `${` without `}`; write `$${` for the characters themselves"
            ),
            ("spool: /t", "`spool` stands twice in the mapping that begins or goes on here"),
            ("files: {match: x}", "`files` is a mapping, which is not a list of rules, each beginning with `- match:`"),
            ("files: [{post: update}]", "rule 1 of `files` lacks the required key `match`"),
            (
                "files: [{match: a/b}]",
                "`match` is \"a/b\", which is not a pattern for a file's name such as \"eod_*.csv\", without a folder"
            ),
            ("files: [{match: x, destination: b}]", "there is no destination `b`; the nearest is `a`"),
            (
                "files: [{match: x, ric: {template: TST}}]",
                "`template` is \"TST\", which is not a template with a column in braces such as {isin}.TST: every row would have the same text"
            ),
            (
                "files: [{match: x, fields: {bid: b}}]",
                "`bid` in `fields` is not a field's name, which is written in upper case: BID"
            ),
            ("files: [{match: x, fields: {BID: {}}}]", "a field needs `column` or `value`, one of them"),
            (
                "files: [{match: x, fields: {BID: {column: b, scale: 1e-2}}}]",
                "`scale` is \"1e-2\", which is not a plain decimal such as 0.01 (a dot, no exponent, no thousands separator, no plus sign)"
            ),
            (
                "files: [{match: x, fields: {BID: {value: 1e5}}}]",
                "`value` is \"1e5\", which is not a plain decimal; put it in quotes where text is meant"
            ),
            (
                "files: [{match: x, fields: {BID: {formula: (a + b}}}]",
                "`formula` is \"(a + b\", which is not a formula: at character 1, there is no `)` for this `(`"
            ),
            (
                "files: [{match: x, fields: {BID: {formula: 1 / a}}}]",
                "the formula divides: `round: N` says how many decimals are kept, or round(…, N) around each division"
            ),
            (
                "files: [{match: x, fields: {BID: {formula: a * b, rounding: down}}}]",
                "`rounding` goes with `round`, the decimals that are kept"
            ),
            (
                "files: [{match: x, fields: {BID: {formula: a * b, map: {x: y}}}}]",
                "`map` makes a text, a `formula` takes numbers: make a column of it in `let`, and name that in the formula"
            ),
            (
                "files: [{match: x, fields: {BID: {value: x, strip: y}}}]",
                "`strip` goes with `column`: a constant is sent as it stands there"
            ),
            (
                "files: [{match: x, fields: {BID: {column: b, date: yyyyMMdd, type: real}}}]",
                "`date` goes with `type: date`, `text` or `ascii`"
            ),
            (
                "files: [{match: x, fields: {BID: {column: b, time: HHmm, scale: 2}}}]",
                "`scale` goes with numbers: `type: real`, `int` or `uint`"
            ),
            (
                "files: [{match: x, fields: {BID: {column: b, indian: true}}}]",
                "`indian` goes with `thousands`, which says what parts the groups"
            ),
            (
                "files: [{match: x, fields: {BID: {column: b, fraction: 8, fraction_tail: eighths}}}]",
                "`fraction_tail` goes with `fraction: 32`: behind eighths stands one digit"
            ),
            (
                "files: [{match: x, fields: {BID: {column: b, nulls: ['-']}}}]",
                "unknown key `nulls` in `BID` in `fields`; it is a key of the whole rule"
            ),
            (
                "files: [{match: x, percent: true}]",
                "unknown key `percent` in rule 1 of `files`; it is a key of a field"
            ),
            (
                "files: [{match: x, zone: CEST}]",
                "`zone` is \"CEST\", which is not a time zone of the system's tz database such as Europe/Zurich, as its letters are written there"
            ),
            (
                "files: [{match: x, fields: {BID: {column: b, percent: true, type: real, default: '1.25'}}}]",
                "`default` of the field BID cannot be sent: \"1.25\" has no percent sign, and the field has `percent: true`"
            ),
            (
                "files: [{match: x, fields: {D: {column: d, date: dd.MM.yyyy, zone: Europe/Zuerich}}}]",
                "`zone` is \"Europe/Zuerich\", which is not a time zone of the system's tz database such as Europe/Zurich, as its letters are written there"
            ),
            (
                "files: [{match: x, fields: {D: {column: d, time: 'yyyy-MM-dd HH:mm', zone: UTC, to: CEST}}}]",
                "`to` is \"CEST\", which is not a time zone of the system's tz database such as Europe/Zurich, as its letters are written there"
            ),
            (
                "files: [{match: x, let: {$a: {column: $b}, $b: {template: '{$a}x'}}}]",
                "`let`: `$a`, `$b` cannot be made: one needs itself, or they need each other"
            ),
            (
                "files: [{match: x, take: {latest: d, date: dd.mm.yyyy}}]",
                "`date` is \"dd.mm.yyyy\", which is not a pattern such as dd.MM.yyyy or HH:mm:ss: the minute `mm` needs an hour `HH`; the month is `MM`"
            ),
            ("files: [{match: x, format: csv, row_element: r}]", "`row_element` goes with `format: xml` only"),
            (
                "files: [{match: x, max_rejected: 101%}]",
                "`max_rejected` is \"101%\", which is not a number of rows such as 5, or a percentage from 0% to 100% such as 0.1%"
            ),
        ])
    func mistake(line: String, expected: String) {
        // Duplicate keys are found while the mapping is composed, where the first of the two is known.
        let at = line.hasPrefix("spool") ? 1 : 4
        #expect(Self.problems(Self.head + line + "\n") == ["p.yaml:\(at): \(expected)"])
    }

    @Test("Markers, checksums, trailers and order are read")
    func completeness() throws {
        let settings = try Self.load(
            Self.head + """
                files:
                  - {match: "*.csv", ready: {suffix: .ok}, checksum: sha256, trailer: {match: TRL, count: 2, sum: {column: bid, field: 3}}, order: name}
                  - {match: "*", format: jsonl, trailer: {match: end, count: end.rows}, order: arrival}
                  - {match: "*.json", trailer: {match: 9}}

                """)
        #expect(settings.rules.map(\.readySuffix) == [".ok", nil, nil])
        #expect(settings.rules.map(\.checksum) == [.sha256, nil, nil])
        #expect(settings.rules.map(\.order) == [.name, .arrival, nil])
        #expect(
            settings.rules.map(\.trailer) == [
                TrailerRule(match: "TRL", count: .cell(2), sum: .init(column: "bid", field: .cell(3))),
                TrailerRule(match: "end", count: .member("end.rows")), TrailerRule(match: "9"),
            ])
        let lines = SettingsSummary.lines(settings).filter { $0.hasPrefix("files ") }
        #expect(
            lines.first?.hasSuffix(
                "taken with its marker .ok; taken with its checksum .sha256; trailer TRL, row count in cell 2, sum of bid in cell 3; in the order of names"
            ) == true)
        #expect(lines.dropFirst().first?.hasSuffix("trailer end, row count in member end.rows") == true)
    }

    @Test(
        "What is wrong with markers, checksums, trailers and order is told with its line",
        arguments: [
            (
                "ready: .ok",
                "`ready` is a text not shown here, which is not a mapping with the keys suffix"
            ),
            ("ready: {}", "`ready` lacks the required key `suffix`"),
            (
                "ready: {sufix: .ok, suffix: .ok}",
                "unknown key `sufix` in `ready`; the nearest known key is `suffix`"
            ),
            (
                "ready: {suffix: a/b}",
                "`suffix` is \"a/b\", which is not a marker's suffix such as .ok, without a folder"
            ),
            ("ready: {suffix: ''}", "`suffix` is empty, where a marker's suffix is expected"),
            (
                "ready: {suffix: .tmp}",
                "`suffix` is \".tmp\", which is not a marker's suffix such as .ok: names that end so are ignored in the inbox"
            ),
            (
                "ready: {suffix: .sha256}",
                "`suffix` is \".sha256\", which is not a marker's suffix other than .sha256, which is a checksum's: write `checksum: sha256`"
            ),
            ("checksum: sha1", "`checksum` is \"sha1\", which is not one of sha256"),
            ("order: nam", "`order` is \"nam\", which is not one of arrival, name; the nearest is `name`"),
            (
                "trailer: TRL",
                "`trailer` is a text not shown here, which is not a mapping with the keys match, count, sum"
            ),
            ("trailer: {count: 2}", "`trailer` lacks the required key `match`"),
            (
                "trailer: {match: T, cuont: 2}", "unknown key `cuont` in `trailer`; the nearest known key is `count`"
            ),
            ("trailer: {match: T, count: 1}", "`count` is \"1\", which is not a whole number, 2 to 100000"),
            ("trailer: {match: T, count: rows}", "`count` is \"rows\", which is not a whole number, 2 to 100000"),
            ("trailer: {match: T, sum: {column: BID}}", "`sum` lacks the required key `field`"),
            (
                "trailer: {match: T, sum: {colum: BID, field: 3, column: BID}}",
                "unknown key `colum` in `sum`; the nearest known key is `column`"
            ),
            (
                "trailer: {match: T, count: 3, sum: {column: BID, field: 3}}",
                "`count` and `sum` of a `trailer` stand at the same place"
            ),
            (
                "tolerate: {SymbolUnknwon: 1}",
                "`SymbolUnknwon` in `tolerate` is neither a NakCode's name or number nor a reason; the nearest is `SymbolUnknown`"
            ),
            (
                "tolerate: {no_decimal: 1%}",
                "`no_decimal` in `tolerate` is neither a NakCode's name or number nor a reason; the nearest is `not_a_decimal`"
            ),
            ("tolerate: {zzz: 1}", "`zzz` in `tolerate` is neither a NakCode's name or number nor a reason"),
            ("tolerate: {010: 1}", "`010` in `tolerate` is neither a NakCode's name or number nor a reason"),
            (
                "trailer: {match: T}, format: xml",
                "`trailer` goes with CSV, JSON, JSON lines, fixed columns and xlsx, not with XML"
            ),
        ])
    func completenessMistake(line: String, expected: String) {
        let yaml = Self.head + "files:\n  - {match: \"*.csv\", \(line)}\n"
        // A key of a mapping in one line has that line; what is missing is missing from the mapping.
        #expect(Self.problems(yaml) == ["p.yaml:5: \(expected)"])
    }

    @Test("A trailer needs to know how the file is written")
    func trailerFormat() {
        #expect(
            Self.problems(Self.head + "files:\n  - match: eod*\n    trailer: {match: T, count: 2}\n") == [
                "p.yaml:6: `trailer` needs a `format` (csv, json, jsonl, fixed or xlsx): the ending of `match` does not tell it"
            ])
    }

    @Test(
        "A destination's mistakes are told with their line",
        arguments: [
            ("window: 0", "`window` is \"0\", which is not a whole number, 1 to 100000"),
            ("window: \"9\"", "`window` is \"9\", which is not a whole number, 1 to 100000, without quotes"),
            ("failback: yes", "`failback` is \"yes\", which is not true or false"),
            ("profile: rcc", "the destination `a` needs a `token`: its profile rcc logs in with one"),
            (
                "token: {version: 3, url: https://t, client_id: c}",
                "`version` is \"3\", which is not a whole number, 1 to 2"
            ),
            (
                "token: {version: 2, url: https://t, client_id: c}",
                "a token of version 2 needs `client_secret` or `key_file`, one of them"
            ),
            (
                "token: {version: 1, url: http://t, client_id: c, username: u, password: p}",
                "`url` is a text not shown here, which is not a URL such as https://api.example/auth/oauth2/v1/token"
            ),
            ("tls: {cert_file: c}", "`cert_file` and `key_file` go together"),
            (
                "tls: x",
                "`tls` is a text not shown here, which is not a mapping with the keys ca_file, cert_file, key_file, verify"
            ),
            (
                "post_user_info: {address: host, user_id: 1}",
                "`address` is \"host\", which is not a dotted IPv4 address such as 10.1.2.3"
            ),
            ("nak_rules: [{code: 2}]", "`nak_rules`[1] lacks the required key `class`"),
            (
                "nak_rules: [{code: SymbolUnkown, class: final}]",
                "`code` is neither a NakCode's name or number nor Error; the nearest is `SymbolUnknown`"
            ),
            ("verify: 0%", "`verify` is \"0%\", which is not `all`, `none`, or a share above zero such as 1%"),
            (
                "verify_window: 10",
                "`verify_window` goes with `verify: all` or a share of the rows such as `verify: 1%`"
            ),
            ("frobnicate: X", "unknown key `frobnicate` in the destination `a`"),
            ("servise: X", "unknown key `servise` in the destination `a`; the nearest known key is `service`"),
        ])
    func destinationMistake(line: String, expected: String) {
        let yaml = "spool: /s\ndestinations:\n  a:\n    urls: [ws://h]\n    user: u\n    service: S\n    \(line)\n"
        // What is missing is missing from the destination.
        let at = line.hasPrefix("profile") ? 3 : 7
        #expect(Self.problems(yaml) == ["p.yaml:\(at): \(expected)"])
    }

    @Test("What tolerate and nak_rules may name: known NakCodes, their numbers and others', Error, and every reason")
    func knownWords() throws {
        let words = ["SymbolUnknown", "10", "132", "Error", "AccessDenied"]
        let tolerated = (words + Reason.words).map { "\($0): 1" }.joined(separator: ", ")
        let rules = words.map { "{code: \($0), class: final}" }.joined(separator: ", ")
        let settings = try Self.load(
            """
            spool: /s
            destinations:
              a: {urls: "ws://h", user: u, service: S, nak_rules: [\(rules)]}
            files:
              - {match: "*.csv", tolerate: {\(tolerated)}}
            """)
        #expect(settings.rules.first?.tolerate.count == words.count + Reason.words.count)
        #expect(settings.destinations.first?.nakRules.map(\.code) == words)
    }

    @Test("A pattern that begins with a star and has no quotes is told what to do", arguments: ["*.csv", "*eod"])
    func star(pattern: String) {
        let problems = Self.problems(Self.head + "files:\n  - match: \(pattern)\n")
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("p.yaml:5: this is not YAML: ") == true, "\(problems)")
        #expect(problems.first?.hasSuffix("put a pattern that begins with * in quotes: \"*.csv\"") == true)
    }

    @Test("A secret that stands in the file itself is warned of, with its line and without its value")
    func literalSecrets() throws {
        let yaml = """
            spool: /s
            destinations:
              a:
                urls: ws://h
                user: u
                service: S
                proxy: http://u:wombat@p:1
                token: {version: 1, url: "https://t", client_id: c, username: u, password: wombat}
              b:
                urls: ws://h
                user: u
                service: S
                proxy: http://u:${env:P}@p:1
                token:
                  version: 2
                  url: https://t
                  client_id: c
                  client_secret: wombat
              c:
                urls: ws://h
                user: u
                service: S
                token: {version: 2, url: "https://t", client_id: c, client_secret: "${env:P}"}
            files: [{match: "*", destination: a}]
            """
        let warnings = try SettingsLoader.read(
            Array(yaml.utf8), file: "p.yaml", folder: "/etc/desk", environment: ["P": "numbat"]
        ).warnings
        #expect(warnings.map(\.line) == [7, 8, 18])
        #expect(warnings.allSatisfy { $0.event == .literalSecret })
        #expect(warnings.map { $0.what.prefix { $0 != " " } } == ["`proxy`", "`password`", "`client_secret`"])
        #expect(warnings.allSatisfy { !$0.text.contains("wombat") && !$0.text.contains("numbat") })
    }

    @Test("All problems are told at once, in the order of lines")
    func allAtOnce() {
        let yaml = """
            settel: 5s
            rescan: 3
            destinations:
              a:
                profile: rcc_via_rtds
                urls: http://h
              b:
                profile: rdts
                urls: ws://h
            files:
              - match: "*"
                destination: a
                post: refresh
            """
        let lines = Self.problems(yaml).map { $0.split(separator: ":")[1] }
        #expect(lines == ["1", "1", "2", "4", "4", "6", "8", "13"])
    }

    @Test("A destination that cannot be read is not missing as well")
    func noFollowUps() {
        let rules = "files: [{match: x, destination: a}, {match: y, destination: b}]\n"
        #expect(Self.problems("spool: /s\ndestinations:\n  a: x\n" + rules).count == 1)
        let window = Self.head.replacingOccurrences(of: "service: S", with: "service: S, window: 0")
        #expect(Self.problems(window + rules).count == 2)
        #expect(Self.problems("spool: /s\n") == ["p.yaml:1: the top of the file lacks the required key `destinations`"])
    }

    @Test("What is no YAML, no text or nothing at all is said in one sentence")
    func noYAML() {
        let broken = Self.problems("spool: [MARKED")
        #expect(broken.count == 1 && broken.allSatisfy { $0.contains("this is not YAML") && !$0.contains("MARKED") })
        #expect(Self.problems("") == ["p.yaml: the configuration file is empty"])
        #expect(Self.problems("# only\n") == ["p.yaml: the configuration file is empty"])
        #expect(Self.problems("- a\n").first?.hasPrefix("p.yaml:1: the top of the file is a list") == true)
        #expect(throws: SettingsProblems.self) {
            try SettingsLoader.load(path: "/nonexistent/p.yaml", environment: [:])
        }
    }

    @Test("No secret is quoted in any problem")
    func secrets() {
        let yaml = """
            spool: /s
            window: MARKED
            settle: ${env:SECRET}
            archive: ${env:SECRET}
            alert_command: [MARKED]
            destinations:
              a:
                urls: ["ws://u:MARKED@h"]
                user: u
                service: S
                proxy: "https://u:MARKED@h:1"
                window: ${env:SECRET}
                post_user_info: ${env:SECRET}
                token: MARKED
              b:
                urls: ws://h
                user: u
                service: ${env:EMPTY}
                token: {version: 1, url: "https://u:MARKED@h", client_id: c, username: u, client_secret: MARKED, password: [MARKED]}
              MARKEDNOT:
                tls: MARKED
            files: MARKED2
            """
        let problems = Self.problems(yaml, ["SECRET": "MARKED", "EMPTY": ""])
        #expect(problems.count > 12)
        for problem in problems where !problem.contains("MARKEDNOT") && !problem.contains("MARKED2") {
            #expect(!problem.contains("MARKED"), "\(problem)")
        }
        let rule = Self.head + "files: [{match: x, destination: '${env:SECRET}'}]\n"
        #expect(
            Self.problems(rule, ["SECRET": "MARKED"]) == [
                "p.yaml:4: `destination` must name destinations that exist, each once"
            ])
        #expect(Self.problems("password: \"MARKED\n").allSatisfy { !$0.contains("MARKED") })
    }

    @Test("A credential is the file of its name in the folder that the service manager gave")
    func credentials() throws {
        try Self.withFolder { path in
            let folder = ["CREDENTIALS_DIRECTORY": path]
            try Data("numbat\n".utf8).write(to: URL(fileURLWithPath: path + "/rdp"))
            try Data([0xff, 0xfe]).write(to: URL(fileURLWithPath: path + "/odd"))
            let yaml = Self.head + "alert_command: \"page ${credential:rdp}!\"\n"
            #expect(try Self.load(yaml, folder).alertCommand == "page numbat!")
            for (name, why) in [("odd", "is not UTF-8 text"), ("gone", "cannot be read (or is longer than 64 KiB)")] {
                #expect(
                    Self.problems(Self.head + "settle: ${credential:\(name)}\n", folder) == [
                        "p.yaml:4: `settle` needs the credential `\(name)`, which \(why)"
                    ])
            }
            let problems = Self.problems(Self.head + "settle: ${credential:rdp}\n", folder)
            #expect(problems.count == 1 && problems.allSatisfy { !$0.contains("numbat") }, "\(problems)")
            let relative = Self.problems(Self.head + "settle: ${credential:rdp}\n", ["CREDENTIALS_DIRECTORY": "here"])
            #expect(relative.first?.contains("CREDENTIALS_DIRECTORY is not set") == true)
        }
    }

    @Test("Values are expanded, and what they bring in is not expanded again")
    func expansion() throws {
        let settings = try Self.load(
            "spool: /s/${env:A}\nalert_command: ${env:B}\ndestinations:\n"
                + "  a: {urls: \"ws://${env:A}\", user: u, service: S, window: 5, position: '${env:N}'}\n",
            ["A": "x", "B": "${env:A}", "N": "5"])
        #expect(settings.directories.spool == "/s/x")
        #expect(settings.alertCommand == "${env:A}")
        #expect(settings.destinations.first?.urls.first?.host == "x")
        #expect(settings.destinations.first?.position == "5")
        let number = try Self.load(
            Self.head.replacingOccurrences(
                of: "{urls: ws://h, user: u, service: S}",
                with: "\n    urls: ws://h\n    user: u\n    service: S\n    window: ${env:N}"), ["N": "5"])
        #expect(number.destinations.first?.window == 5)
    }

    /// A rule with these checks, and the table that they may name.
    private static func checked(_ checks: String, more: String = "") -> String {
        head.replacingOccurrences(of: "destinations:", with: "tables: {t: {file: /t.csv, key: K}}\ndestinations:")
            + "files:\n  - match: \"*.csv\"\n    fields: {BID: b, ASK: a, D: {column: d, type: date}, N: {column: n, type: text}}\n"
            + more + "    checks:\n" + checks.split(separator: "\n").map { "      - \($0)\n" }.joined()
    }

    @Test("Checks are read as they are written, several of one entry one by one")
    func checks() throws {
        let rule = try #require(
            try Self.load(
                Self.checked(
                    """
                    {field: BID, min: 0.0001, max: 100000}
                    {ordered: [BID, ASK], on_fail: warn}
                    {spread: [BID, ASK], max: 5%}
                    {field: BID, move: 10%, factor: 100, from: {table: t, by: RIC, take: C}, first: reject}
                    {field: BID, move: 0.5%, factor: 4, unchanged: 5}
                    {field: ASK, move: 10%, first: reject, on_fail: warn}
                    {field: N, unchanged: 2}
                    {field: D, age: 1bd, future: 2bd}
                    {universe: {table: t, key: R}, missing: 1%, extra: warn, on_fail: reject}
                    {rows: {min: 900, against_last: 10%}, on_fail: warn}
                    {layout: unchanged, on_fail: reject}
                    {layout: unchanged}
                    {universe: {table: t, key: R}, extra: hold}
                    {field: BID, max: 5, rows: {min: 5}}
                    {field: BID, move: 10%, from: {table: t, by: RIC, take: C}, first: hold, on_fail: hold}
                    """, more: "    ric: Code\n    zone: Europe/Zurich\n    max_nacked: 1%\n    hold_file_above: 20\n")
            ).rules.first)
        let known = CheckRule.Known(table: "t", by: nil, take: "C", first: .reject)
        #expect(
            rule.checks == [
                CheckRule(.range(field: "BID", min: "0.0001", max: "100000")),
                CheckRule(.ordered(["BID", "ASK"]), .warn),
                CheckRule(.spread(low: "BID", high: "ASK", percent: "5")),
                CheckRule(.move(field: "BID", percent: "10", known)),
                CheckRule(.factor(field: "BID", factor: "100", known)),
                CheckRule(.lastMove(field: "BID", percent: "0.5", first: .warn)),
                CheckRule(.lastFactor(field: "BID", factor: "4", first: .warn)),
                CheckRule(.unchanged(field: "BID", files: 5)),
                CheckRule(.lastMove(field: "ASK", percent: "10", first: .reject), .warn),
                CheckRule(.unchanged(field: "N", files: 2)),
                CheckRule(.day(field: "D", age: 1, future: 2, zone: "Europe/Zurich")),
                CheckRule(.universe(table: "t", key: "R", missing: .percent(value: 1, decimals: 0))),
                CheckRule(.listed(table: "t", key: "R"), .warn), CheckRule(.rows(min: 900), .warn),
                CheckRule(.rowsAgainstLast(percent: "10", zone: "Europe/Zurich"), .warn), CheckRule(.layout),
                CheckRule(.layout, .hold), CheckRule(.universe(table: "t", key: "R", missing: .rows(0)), .hold),
                CheckRule(.listed(table: "t", key: "R"), .hold), CheckRule(.range(field: "BID", min: nil, max: "5")),
                CheckRule(.rows(min: 5), .hold),
                CheckRule(
                    .move(field: "BID", percent: "10", .init(table: "t", by: nil, take: "C", first: .hold)), .hold),
            ])
        #expect(rule.holdFileAbove == .rows(20) && rule.holdsRows)
        #expect(rule.maxNacked == .percent(value: 1, decimals: 0))
        #expect(rule.tables == ["t": ["C", "R"]])
    }

    @Test("RIC is the column of that name where the rule takes something else from it")
    func columnRIC() throws {
        let rule = try Self.load(
            Self.checked(
                "{field: BID, move: 10%, from: {table: t, by: RIC, take: C}}",
                more: "    ric: {template: \"{RIC}.X\"}\n")
        ).rules.first
        #expect(
            rule?.checks?.first?.kind == .move(field: "BID", percent: "10", .init(table: "t", by: "RIC", take: "C")))
    }

    @Test(
        "What cannot be checked is refused with what to write instead",
        arguments: [
            ("{field: BID, factor: 3}", "must be 4 at least"), ("{unchanged: 5}", "needs `field`"),
            ("{field: N, move: 1%}", "the field is a text"), ("{field: BID, unchanged: 1}", "2 to 1000"),
            ("{field: BID, unchanged: 3, first: warn}", "goes with `move` or `factor`"),
            ("{layout: same, on_fail: warn}", "unchanged"),
            ("{rows: {}, on_fail: warn}", "needs `min` or `against_last`"),
            ("{rows: {against_last: 10}, on_fail: warn}", "a percentage"),
            ("{field: BID, min: 1, on_fail: keep}", "reject, hold or warn"),
            ("{field: BIDS, min: 1}", "the nearest is `BID`"), ("{field: D, min: 1}", "the field is a date"),
            ("{field: N, min: 1}", "the field is a text"), ("{ordered: [BID, N]}", "the field is a text"),
            ("{min: 1}", "needs `field`"), ("{field: BID}", "a check needs what it looks for"),
            ("{field: BID, min: 2, max: 1}", "above its `max`"), ("{field: BID, min: 1e5}", "plain decimal"),
            ("{field: BID, move: 10, from: {table: t, by: RIC, take: C}}", "percentage"),
            ("{field: BID, move: 10%, from: {table: x, by: RIC, take: C}}", "`checks` names the table `x`"),
            ("{field: BID, factor: 2, from: {table: t, by: RIC, take: C}}", "must be 4 at least"),
            ("{field: D, age: 1d}", "1bd"), ("{spread: [BID, ASK]}", "needs `max`"),
            ("{spread: [BID], max: 5%}", "[BID, ASK]"),
            ("{ordered: [BID]}", "two fields at least"), ("{field: BID, min: 1, missing: 3}", "goes with `universe`"),
            ("{field: BID, min: 1, from: {table: t, by: RIC, take: C}}", "goes with `move` or `factor`"),
            ("{universe: {table: t, key: R}, extra: keep, on_fail: warn}", "allow, reject, hold or warn"),
            ("{field: BID, minimum: 1}", "unknown key `minimum`"),
        ])
    func faultyChecks(_ check: String, _ words: String) {
        let problems = Self.problems(Self.checked(check))
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.contains(words) == true, "\(problems)")
    }

    @Test("The page's users and addresses are read")
    func http() throws {
        let hash = String(repeating: "aB", count: 32)
        let http = try Self.load(
            Self.head + """
                http:
                  listen: "[::1]:9180"
                  tls: {cert_file: c.pem, key_file: /k.pem}
                  users:
                    alice: {token_sha256: "\(hash)", may: [read, stop], rules: ["eod_*"], until: 1970-01-02}
                    bob: {may: release}
                  anonymous: read
                  trusted_user_header: X-Remote-User
                  hosts: Desk.example
                """
        ).http
        #expect(http?.listen == .init(host: "::1", port: 9180) && http?.isOpenForReading == true)
        #expect(http?.tls == .init(certificateFile: "/etc/desk/c.pem", keyFile: "/k.pem"))
        #expect(
            http?.users == [
                .init(
                    name: "alice", tokenSHA256: hash.lowercased(), may: [.read, .stop], rules: ["eod_*"],
                    until: 2 * 86_400_000_000), .init(name: "bob", tokenSHA256: nil, may: [.release]),
            ])
        #expect(http?.trustedUserHeader == "x-remote-user" && http?.hosts == ["desk.example"])
        #expect(try Self.load(Self.head).http == nil)
    }

    @Test(
        "A page that would be open to others, or to nobody, is refused with what to write instead",
        arguments: [
            ("{listen: \"0.0.0.0:80\", users: {a: {token_sha256: HASH, may: read}}}", "it needs `tls`"),
            ("{listen: \"desk:80\", tls: {cert_file: c, key_file: k}}", "it needs `users`"),
            ("{listen: \"127.0.0.1:80\"}", "`anonymous: read`"), ("{listen: \"127.0.0.1\"}", "127.0.0.1:9180"),
            ("{listen: \"::1:80\"}", "in brackets"), ("{listen: \"a b:80\"}", "127.0.0.1:9180"),
            ("{listen: \"127.0.0.1:99999\"}", "127.0.0.1:9180"), ("{}", "`http` needs `listen`"),
            ("{listen: \"127.0.0.1:80\", users: {a: {may: read}}}", "`postbox token a`"),
            ("{listen: \"127.0.0.1:80\", users: {a: {token_sha256: abc, may: read}}}", "64 hexadecimal"),
            ("{listen: \"127.0.0.1:80\", users: {a: {token_sha256: HASH}}}", "`may`"),
            ("{listen: \"127.0.0.1:80\", users: {a: {token_sha256: HASH, may: [reed]}}}", "nearest is `read`"),
            ("{listen: \"127.0.0.1:80\", users: {\"1\": {token_sha256: HASH, may: read}}}", "begins with a letter"),
            ("{listen: \"127.0.0.1:80\", users: {a: {token_sha256: HASH, may: read, until: 2027-02-30}}}", "a day"),
            (
                "{listen: \"127.0.0.1:80\", users: {a: {token_sha256: HASH, may: read}, b: {token_sha256: HASH, may: read}}}",
                "same token"
            ),
            ("{trusted_user_header: Cookie}", "name of a header"),
            ("{listen: \"127.0.0.1:80\", anonymous: act}", "read"),
            ("{listen: \"127.0.0.1:80\", anonymous: read, tls: {cert_file: c}}", "`key_file`"),
        ])
    func faultyHTTP(_ http: String, _ words: String) {
        let hash = String(repeating: "ab", count: 32)
        let problems = Self.problems(
            Self.head + "http: " + http.replacingOccurrences(of: "HASH", with: "\"\(hash)\"") + "\n")
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.contains(words) == true, "\(problems)")
    }

    @Test("How many held rows hold the file is asked only where rows are held")
    func strayHoldLimit() {
        let problems = Self.problems(
            Self.checked("{field: BID, min: 1}\n{layout: unchanged}", more: "    hold_file_above: 5%\n"))
        #expect(problems.count == 1 && problems.first?.contains("`hold_file_above` needs") == true, "\(problems)")
    }

    @Test(
        "What compares with last accepted values needs that they are kept",
        arguments: ["{field: BID, move: 10%}", "{field: BID, factor: 100}", "{field: BID, unchanged: 5}"])
    func withoutLastValues(_ check: String) {
        #expect(Self.problems(Self.checked(check)).isEmpty)
        let problems = Self.problems("last_values: off\n" + Self.checked(check))
        #expect(
            problems.count == 1 && problems.first?.contains("`last_values: off` does not keep") == true, "\(problems)")
        let ofTable = "{field: BID, move: 10%, from: {table: t, by: RIC, take: C}}"
        #expect(Self.problems("last_values: off\n" + Self.checked(ofTable)).isEmpty)
    }

    @Test("Every key that the loader knows is explained in the article")
    func article() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let url = root.appendingPathComponent("Sources/PostboxCore/Documentation.docc/Settings.md")
        let article = try String(contentsOf: url, encoding: .utf8)
        let sections = [
            TopKey.words, AlertWebhookKey.words, AlertKey.words, HeartbeatKey.words, HTTPKey.words, HTTPTLSKey.words,
            HTTPUserKey.words, ReloadKey.words, RetentionKey.words, TableKey.words,
            DictionaryKey.words, CalendarKey.words, DestinationKey.words, QuietKey.words, PostUserInfoKey.words,
            TokenKey.words, TLSKey.words,
            NakRuleKey.words,
            RuleKey.words, PostKey.words, TextKey.words, FieldKey.words, LookupKey.words, OtherwiseKey.words,
            HeaderKey.words, RowsKey.words, HeadingKey.words, ArraysKey.words, ConditionKey.words, UnpivotKey.words,
            GroupKey.words, TakeKey.words, ReadyKey.words, TrailerKey.words, TrailerSumKey.words,
            CheckKey.words, CheckFromKey.words, UniverseKey.words, CheckRowsKey.words,
            ReleaseKey.words, ExpectedKey.words,
        ]
        let rows = article.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap {
            $0.split(separator: "`").dropFirst().first.map(String.init)
        }
        #expect(rows == sections.flatMap { $0 })
        // What a user may is told as the program decides it.
        let may = try #require(article.split(separator: "\n").first { $0.hasPrefix("| `may` |") })
        for right in DeskRight.allCases where right != .read && right != .metrics {
            let acts = right.acts
            let list = (acts.count > 1 ? acts.dropLast().joined(separator: ", ") + " and " : "") + (acts.last ?? "")
            #expect(may.contains("`\(right.rawValue)`: \(list)."))
        }
    }
}

let everything = """
    spool: spool/
    inbox: /in
    state: ./st
    archive: day
    alert_command: mail $${USER}
    duplicates: warn
    duplicates_within: 2d
    drain_timeout: 0s
    destinations:
      a:
        urls: ws://h
        user: u
        application_id: 256
        position: 10.0.0.1/net
        service: S
        services: [X, Y]
        post_user_info: {address: 10.1.2.3, user_id: 4294967295}
        resend: never
        token: {version: 2, url: https://t/x, client_id: c, key_file: k.jwk, scope: s, audience: aud}
        tls: {cert_file: /c, key_file: /k, verify: false}
        proxy: http://u:p@proxy:3128
        failback: true
        nak_rules: [{code: 2, text: find, class: stop}]
        attempts: 3
        ack_timeouts_before_pause: 4
    files:
      - match: "*.xml"
        post: {column: ACTION, refresh: [NEW, R], update: CHG}
        ric: {template: "{isin}.TST"}
        delimiter: tab
        encoding: utf-16
        final_newline: optional
        format: xml
        row_element: quote
        fields:
          A: {value: 1.10}
          B: {value: "1.10"}
          C: {value: 7, type: text}
          D: {column: d, values: {USD: 840}}
          E: {column: e, scale: -0.10, round: 2}
    """

/// The example of the configuration as users know it.
private let contractExample = """
    spool: /var/spool/postbox         # required
    settle: 5s
    destinations:
      cache:                          # an ADS / RTDS, posts to its internal cache
        profile: rtds                 # rtds (default) | rcc_via_rtds | rcc
        urls: [ws://ads1:15000/WebSocket, ws://ads2:15000/WebSocket]   # tried in this order
        user: ${env:DACS}              # DACS user
        application_id: "256"
        position: auto                # local IPv4 address, or a text of your own
        service: NIPROV
        window: 1000                  # posts in flight
        ack_timeout: 15s
        max_posts_per_second: 5000    # optional; the login's own limit always holds as well
        post_user_info: auto          # auto | none | {address: 10.1.2.3, user_id: 7}
        resend: newest                # newest (default) | never: what happens to rows in doubt
      rcc:                            # the Contributions Channel, directly
        profile: rcc                  # Update only, Ack always, limit from the login
        urls: [wss://contrib.example:443/WebSocket]
        service: DDS_TRCE
        token:
          version: 1                  # 1 = machine ID and password · 2 = service ID with secret or key
          url: https://api.example/auth/oauth2/v1/token
          username: GE-A-00000000-1-0001
          password: ${file:/run/secrets/rdp}
          client_id: GE-A-00000000-1-0001
          # version 2: client_id, and client_secret or key_file (a JWK); scope
        tls: {ca_file: /etc/ssl/corp.pem}       # optional, also for the token's url; verification is on
    files:                            # first match wins; once there is a rule, a file that matches none is refused
      - match: "eod_*.csv"
        destination: cache            # or a list: every row has an outcome for each
        post: refresh                 # refresh | update | {column: ACTION, refresh: [NEW, R], update: [CHG, U]}
        ric: {column: Instrument}     # or {template: "{isin}.TST"}
        fields:                       # field name on the wire: where its value comes from
          BID: bid
          ASK: {column: ask, scale: 0.01}
          GEN_TEXT16: {value: EOD}
          DSPLY_NAME: {column: name, type: text}     # real | int | text | enum | date | time
        empty: skip                   # skip (default for Update) | blank (null; default for Refresh)
        max_rejected: 0               # number or percent; more rejected rows than this: the file is refused, nothing sent. Absent: no limit
        tolerate: {SymbolUnknown: 0.1%}              # such bad rows do not keep the file from `done`
        max_age: 24h                  # rows not sent by then end `unsent`
        delimiter: ","                # CSV
        encoding: utf-8               # utf-8 (default; other bytes are a problem with their place) | latin1 | cp1252 | utf-16
        final_newline: required       # required (default) | optional
    """

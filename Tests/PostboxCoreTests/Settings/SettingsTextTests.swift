import PostboxCore
import Testing

@Suite("The notations of the configuration")
struct SettingsTextTests {
    @Test(
        "A duration is a whole number and its unit",
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("2s", .seconds(2)), ("5m", .seconds(300)), ("24h", .seconds(86400)),
            ("1d", .seconds(86400)), ("0s", .zero), ("36500d", .seconds(36_500 * 86400)),
        ])
    func duration(text: String, expected: Duration) throws {
        #expect(try SettingsText.duration(text) == expected)
    }

    @Test(
        "Anything else is no duration",
        arguments: ["", "s", "-1s", "1.5s", "5 s", "5S", "1h30m", "36501d", "99999999999999999999s", "٥s"])
    func noDuration(text: String) {
        #expect(throws: SettingsMistake.self) { try SettingsText.duration(text) }
    }

    @Test("A bare number is told that its unit is missing")
    func durationWithoutUnit() {
        #expect(throws: SettingsMistake("a duration: the unit is missing, such as 250ms, 2s, 5m, 24h or 1d")) {
            try SettingsText.duration("5")
        }
    }

    @Test(
        "A row limit is a number or a percentage, kept exactly",
        arguments: [
            ("0", RowLimit.rows(0)), ("17", .rows(17)), ("0.1%", .percent(value: 1, decimals: 1)),
            ("100%", .percent(value: 100, decimals: 0)), ("12.50%", .percent(value: 1250, decimals: 2)),
        ])
    func rowLimit(text: String, expected: RowLimit) throws {
        #expect(try SettingsText.rowLimit(text) == expected)
    }

    @Test(
        "Anything else is no row limit",
        arguments: ["", "%", "-1", "1.5", ".5%", "5.%", "101%", "100.1%", "1e1%", "1.2.3%"])
    func noRowLimit(text: String) {
        #expect(throws: SettingsMistake.self) { try SettingsText.rowLimit(text) }
    }

    @Test("A scale is a plain decimal and keeps its text", arguments: ["0.01", "100", "-1", "0.00000000000001"])
    func scale(text: String) throws {
        #expect(try SettingsText.scale(text) == text)
    }

    @Test(
        "A scale that a REAL cannot hold, or that hides a slip, is refused",
        arguments: [
            "1e-2", "+1", ".5", "1.", "01", "1,000", "0", "0.00", "0.000000000000001", "1234567890123456789", "-", "",
        ])
    func noScale(text: String) {
        #expect(throws: SettingsMistake.self) { try SettingsText.scale(text) }
    }

    @Test("Port and path of a WebSocket URL have defaults")
    func urlDefaults() throws {
        #expect(try SettingsText.webSocketURL("ws://ads1").text == "ws://ads1:15000/WebSocket")
        #expect(try SettingsText.webSocketURL("wss://c.example").text == "wss://c.example:443/WebSocket")
        #expect(try SettingsText.webSocketURL("WSS://c.example:14443/x?y=1").text == "wss://c.example:14443/x?y=1")
        let six = try SettingsText.webSocketURL("ws://[::1]:9/")
        #expect(six.host == "::1")
        #expect(six.text == "ws://[::1]:9/")
    }

    @Test(
        "A URL that is none is refused",
        arguments: [
            "ads1:15000", "http://ads1", "ws://", "ws://:15000", "ws://a:0", "ws://a:65536", "ws://a:b", "ws://::1",
            "ws://user:pw@a", "ws://a/ b", "ws://a/#x", "ws://[::1", "ws://a?x",
        ])
    func noURL(text: String) {
        #expect(throws: SettingsMistake.self) { try SettingsText.webSocketURL(text) }
    }

    @Test("Tokens come over https only, and a proxy needs a port")
    func otherURLs() throws {
        #expect(try SettingsText.tokenURL("https://api.example/t") == "https://api.example/t")
        #expect(throws: SettingsMistake.self) { try SettingsText.tokenURL("http://api.example/t") }
        #expect(throws: SettingsMistake.self) { try SettingsText.tokenURL("https://u:p@api.example/t") }
        #expect(try SettingsText.proxy("http://u:p@proxy:3128") == "http://u:p@proxy:3128")
        #expect(throws: SettingsMistake.self) { try SettingsText.proxy("http://proxy") }
    }

    @Test("An address is dotted IPv4", arguments: ["10.1.2", "10.1.2.256", "10.1.2.03", "::1", "host", "10.1.2.3.4"])
    func noAddress(text: String) {
        #expect(throws: SettingsMistake.self) { try SettingsText.ipv4(text) }
    }

    @Test("A template is text with columns in braces, changed by what stands behind colons")
    func template() throws {
        #expect(try TemplatePiece.parse("{isin}.TST") == [.column("isin", []), .text(".TST")])
        #expect(
            try TemplatePiece.parse("A{x}{y}B") == [.text("A"), .column("x", []), .column("y", []), .text("B")])
        #expect(try TemplatePiece.parse("{isin:upper:left(3)}") == [.column("isin", [.upper, .left(3)])])
        #expect(
            try TemplatePiece.parse("{n:pad(8,0)}{s:optional}") == [
                .column("n", [.pad(8, "0")]), .column("s", [.optional]),
            ])
        #expect(try TemplatePiece.parse("{n:pad(8, 0)}") == [.column("n", [.pad(8, "0")])])
        #expect(try TemplatePiece.parse("{\"a:b }\":trim}") == [.column("a:b }", [.trim])])
        #expect(try TemplatePiece.parse("{f[n=a:b].v}") == [.column("f[n=a:b].v", [])])
        for text in [
            "", "TST", "{}", "{a", "a}", "{a{b}}", "{a}}", "{a:uper}", "{a:left(0)}", "{a:pad(3)}", "{a:pad(3,00)}",
            "{a:left(3}", "{\"a}", "{a:}",
        ] {
            #expect(throws: SettingsMistake.self) { try TemplatePiece.parse(text) }
        }
    }

    @Test("A field's name is printable ASCII in upper case")
    func fieldName() throws {
        #expect(try SettingsText.fieldName("GEN_TEXT16") == "GEN_TEXT16")
        #expect(throws: SettingsMistake("a field's name, which is written in upper case: BID")) {
            try SettingsText.fieldName("Bid")
        }
        for text in ["", "A B", "A\"", "A\\", "Ä", "A\n"] {
            #expect(throws: SettingsMistake.self) { try SettingsText.fieldName(text) }
        }
    }

    @Test("A delimiter is one ASCII character or a word for the tabulator")
    func delimiter() throws {
        #expect(try SettingsText.delimiter(";") == UInt8(ascii: ";"))
        for text in ["tab", "\\t", "\t"] { #expect(try SettingsText.delimiter(text) == 9) }
        for text in ["", ";;", "\"", "\n", "§"] {
            #expect(throws: SettingsMistake.self) { try SettingsText.delimiter(text) }
        }
    }

    @Test(
        "The nearest word counts a swap as one slip",
        arguments: [("setle", "settle"), ("destnations", "destinations"), ("WINDOW", "window"), ("wnidow", "window")])
    func nearest(word: String, expected: String) {
        #expect(NearestWord.of(word, in: ["settle", "destinations", "window", "rescan"]) == expected)
        #expect(NearestWord.of(word, in: []) == nil)
    }

    @Test(
        "Where nothing is near there is no hint", arguments: ["xyz", "se", "password", "w", "destination_down_alert"])
    func nothingNear(word: String) {
        #expect(NearestWord.of(word, in: ["settle", "destinations", "window", "rescan"]) == nil)
    }

    @Test("A duration in words is exact to the second")
    func words() {
        #expect(SettingsText.words(.seconds(300)) == "5m")
        #expect(SettingsText.words(.seconds(3_723)) == "1h 2m 3s")
        #expect(SettingsText.words(.seconds(86_400 * 2 + 5)) == "2d 5s")
        #expect(SettingsText.words(.milliseconds(250)) == "250ms")
    }

    @Test(
        "A URL's password is seen, and a reference is none",
        arguments: [
            ("http://u:p@h:1", true), ("http://u:p@ss@h:1", true), ("http://${env:U}:p@h:1", true),
            ("http://u:p@${env:H}:1", true), ("http://u:${env:P}@h:1", false), ("http://${file:/c}@h:1", false),
            ("http://${credential:c}@h:1", false), ("http://u:${credential:c}@h:1", false),
            ("http://u@h:1", false), ("http://h:1", false), ("http://u:@h:1", false), ("${env:PROXY}", false),
        ])
    func password(url: String, holds: Bool) {
        #expect(SettingsText.holdsPassword(url) == holds)
    }

    @Test("A percentage of a check may be above 100, and is kept as it is written")
    func percent() throws {
        #expect(
            try ["10%", "0.5%", "250%", "0%", "12.500%"].map(SettingsText.percent) == [
                "10", "0.5", "250", "0", "12.500",
            ])
        for text in ["10", "%", "-1%", "1e2%", " 1%", "1 %", "1.%", ".5%", "01%", "1.0000001%", "1234567%", "1,5%"] {
            #expect(throws: SettingsMistake.self, "\(text)") { try SettingsText.percent(text) }
        }
    }

    @Test("Business days are a whole number and bd")
    func businessDays() throws {
        #expect(try ["0bd", "1bd", "1000bd"].map(SettingsText.businessDays) == [0, 1, 1000])
        for text in ["1", "bd", "1d", "1 bd", "-1bd", "1.5bd", "1001bd", "1BD"] {
            #expect(throws: SettingsMistake.self, "\(text)") { try SettingsText.businessDays(text) }
        }
    }

    @Test("A decimal of a check is one that a field can hold")
    func decimal() throws {
        for text in ["0", "-1.5", "0.00000000000001", "100000", "123456789012345678"] {
            #expect(try SettingsText.decimal(text) == text)
        }
        for text in ["", "1e5", "+1", "1,5", "1.", ".5", "0.000000000000001", "1234567890123456789", "abc"] {
            #expect(throws: SettingsMistake.self, "\(text)") { try SettingsText.decimal(text) }
        }
    }
}

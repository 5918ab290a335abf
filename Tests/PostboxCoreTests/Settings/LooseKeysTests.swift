import PostboxCore
import Testing

@Suite("Keys of a configuration that is not right")
struct LooseKeysTests {
    @Test(
        "A path at the top is found whatever else stands there",
        arguments: [
            ("spool: /var/spool/postbox", "/var/spool/postbox"), ("spool:  /a b/c  # here", "/a b/c"),
            ("spool: \"/a #b\"   # c", "/a #b"), ("spool: '/a'", "/a"), ("spool : /a", "/a"), ("spool:\t/a\r\n", "/a"),
            ("spool: /a#b", "/a#b"), ("spool: ${env:HOME}/s", "${env:HOME}/s"),
            ("\u{feff}spool: /a", "/a"), ("\"spool\": /a", "/a"), ("'spool': /a", "/a"),
            ("  spool: /a\n  settle: [", "/a"),
            ("# desk\n---\n  settle: 5s\n  spool: /a\n    spool: /b", "/a"),
            ("settle: [\nspool: /a\n  broken: {{{\nfiles: - match: *.csv", "/a"),
            ("spooler: /b\nspool: /a\n  spool: /c\n# spool: /d\nspool: /a", "/a"),
        ])
    func found(text: String, value: String) {
        #expect(LooseKeys.value(of: "spool", in: text) == .value(value))
    }

    @Test(
        "What is not there is absent",
        arguments: ["", "spooler: /a", "settle: 5s\n  spool: /a", "#spool: /a", "spool/a: b", "spool:/a"])
    func absent(text: String) {
        #expect(LooseKeys.value(of: "spool", in: text) == .absent)
    }

    @Test(
        "What could mean two things is unclear",
        arguments: [
            "spool: /a\nspool: /b", "spool:", "spool: # /a", "spool: {a: b}", "spool: |\n  /a", "spool: *s",
            "spool: \"/a", "spool: \"/a\\n\"", "spool: '/a' b", "spool: 'it''s'", "spool: a: b", "spool: \"\"",
        ])
    func unclear(text: String) {
        #expect(LooseKeys.value(of: "spool", in: text) == .unclear)
    }
}

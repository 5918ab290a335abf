import PostboxCore
import Testing

@Suite("A newer post covers an older one")
struct CoverageTests {
    @Test(
        "Fields cover others when all their names are there",
        arguments: [
            (#"{"A":1}"#, #"{"A":2}"#, true), (#"{"A":1,"B":2}"#, #"{"A":2}"#, true),
            (#"{"A":1,"B":2}"#, #"{"B":2}"#, true),
            (#"{"A":1,"B":2,"C":3}"#, #"{"C":2,"A":1,"B":null}"#, true), (#"{"A":1}"#, #"{"A":1,"B":2}"#, false),
            (#"{"A":1}"#, #"{"B":1}"#, false), (#"{"AB":1}"#, #"{"A":1}"#, false), (#"{"A":1}"#, #"{"AB":1}"#, false),
            (#"{"A":"\"B\":1","C":2}"#, #"{"B":1}"#, false), (#"{"A":"x,\\","C":2}"#, #"{"C":1}"#, true),
            (#"{"A":"},{","C":2}"#, #"{"C":"a,b\"c","A":""}"#, true), (#"{"A":null}"#, #"{"A":1}"#, true),
            (#"{"A":"\",\"B\":1"}"#, #"{"B":1}"#, false), (#"{"A":1,"B":2,"C":3}"#, #"{"B":1,"D":1}"#, false),
            ("", #"{"A":1}"#, false), (#"{"A":1}"#, "", false), (#"{"A"#, #"{"A":1}"#, false),
        ])
    func names(newer: String, older: String, expected: Bool) {
        #expect(withBytes(newer, older) { fieldsCover($0, $1) } == expected)
    }

    @Test("A Refresh covers everything, an Update no Refresh")
    func kinds() {
        func cover(_ newer: PostKind, _ older: PostKind, _ newerFields: String = #"{"A":1}"#) -> Bool {
            withBytes(newerFields, #"{"A":1}"#) { covers(newer: newer, newerFields: $0, older: older, olderFields: $1) }
        }
        #expect(cover(.refresh, .update, #"{"B":1}"#))
        #expect(cover(.refresh, .refresh, #"{"B":1}"#))
        #expect(!cover(.update, .refresh))
        #expect(cover(.update, .update))
        #expect(!cover(.update, .update, #"{"B":1}"#))
    }

    private func withBytes(
        _ a: String, _ b: String, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        Array(a.utf8).withUnsafeBytes { a in Array(b.utf8).withUnsafeBytes { b in body(a, b) } }
    }
}

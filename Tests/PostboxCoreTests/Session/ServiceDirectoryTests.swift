import PostboxCore
import Testing

@Suite("The services that a server says it has")
struct ServiceDirectoryTests {
    private static func answers(_ texts: String...) throws -> [ServiceDirectory.Answer] {
        var directory = ServiceDirectory()
        var answers: [ServiceDirectory.Answer] = []
        for text in texts {
            try Array(text.utf8).withUnsafeBytes { bytes in
                try MessageScanner().scan(bytes) { message in
                    if case .other(let message) = message { answers.append(directory.take(message)) }
                }
            }
        }
        return answers
    }

    private static func refresh(_ entries: String, complete: Bool = true) -> String {
        #"[{"ID":2,"Type":"Refresh","Domain":"Source","Complete":\#(complete),"Map":{"Entries":[\#(entries)]}}]"#
    }

    private static func entry(_ name: String, state: Int?) -> String {
        let filters =
            #"{"ID":1,"Elements":{"Name":"\#(name)"}}"#
            + (state.map { #",{"ID":2,"Elements":{"ServiceState":\#($0)}}"# } ?? "")
        return #"{"Key":1,"FilterList":{"Entries":[\#(filters)]}}"#
    }

    @Test("Services come with their state; one that tells none is up")
    func states() throws {
        let text = Self.refresh(
            [Self.entry("A", state: 1), Self.entry("B", state: 0), Self.entry("C", state: nil)].joined(separator: ","))
        #expect(try Self.answers(text) == [.complete(["A": true, "B": false, "C": true])])
    }

    @Test("A directory in parts is complete with its last one")
    func parts() throws {
        let first = Self.refresh(Self.entry("A", state: 1), complete: false)
        let last = Self.refresh(Self.entry("B", state: 0))
        #expect(try Self.answers(first, last) == [.more, .complete(["A": true, "B": false])])
    }

    @Test("A Status is a refusal, a message of another domain none of its business, a Refresh without entries empty")
    func others() throws {
        #expect(try Self.answers(#"[{"ID":2,"Type":"Status","Domain":"Source"}]"#) == [.refused])
        #expect(try Self.answers(#"[{"ID":2,"Type":"Refresh","Domain":"Dictionary"}]"#) == [.foreign])
        #expect(try Self.answers(#"[{"ID":2,"Type":"Refresh","Domain":"Source"}]"#) == [.complete([:])])
    }
}

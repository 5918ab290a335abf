import Testing

@testable import PostboxCore

@Suite("Who said something, when and why")
struct PersonNoteTests {
    private static let note = PersonNote(by: "unix:alice", at: 1_795_000_000_000_000, why: "a \"holiday\"\nthere, Ä")

    @Test("What the ledger keeps reads back, one and several")
    func json() {
        #expect(PersonNote(json: Self.note.json) == Self.note)
        let all = [Self.note, PersonNote(by: "page:bob", at: 0, why: "")]
        #expect(PersonNote.all(json: PersonNote.json(all)) == all)
        #expect(PersonNote.all(json: PersonNote.json([])).isEmpty)
    }

    @Test("The form of what is kept does not change: ledgers of today are read tomorrow")
    func form() {
        #expect(
            PersonNote(by: "unix:alice", at: 1, why: "x").json
                == #"{"by":"unix:alice","at":"1970-01-01T00:00:00.000001Z","why":"x"}"#)
    }

    @Test(
        "What is none is not read as one",
        arguments: [
            "", "[]", "{}", #"{"by":"a","at":"noon","why":"x"}"#, #"{"by":"a","at":"1970-01-01T00:00:00.000001Z"}"#,
        ])
    func none(text: String) {
        #expect(PersonNote(json: text) == nil)
        #expect(PersonNote.all(json: "[\(text)]").isEmpty)
    }
}

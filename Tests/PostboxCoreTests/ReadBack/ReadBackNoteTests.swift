import PostboxCore
import Testing

@Suite("What the ledger keeps of a file that is read back")
struct ReadBackNoteTests {
    private static let notes = [
        ReadBackNote(),
        ReadBackNote(trouble: FileTrouble(Reason("changed_while_read"), "it \"was\" written to\nmeanwhile")),
        ReadBackNote(warned: CheckWarnings(rows: [:], file: [])),
        ReadBackNote(
            trouble: FileTrouble(Reason("max_age"), "too old"),
            warned: CheckWarnings(rows: ["above_max": 2, "no_last_value": 7], file: ["The file has 3 rows.", "\u{1}"])),
    ]

    @Test("It comes back as it was", arguments: notes)
    func whole(note: ReadBackNote) {
        #expect(ReadBackNote(ofText: Array(note.text.utf8)) == note)
    }

    @Test("What an earlier version wrote, and what is none, tell what they have")
    func others() {
        #expect(
            ReadBackNote(ofText: Array(#"{"reason": "max_age", "text": "too old"}"#.utf8))
                == ReadBackNote(trouble: FileTrouble(Reason("max_age"), "too old")))
        for text in ["", "{}", "[1]", #"{"reason": "max_age"}"#] {
            #expect(ReadBackNote(ofText: Array(text.utf8)) == ReadBackNote())
        }
    }
}

import PostboxCore
import Testing

@Suite("Orders of the desk, as names of files")
struct DeskCommandTests {
    @Test(
        "Every order has one name and is read back from it",
        arguments: [
            (DeskCommand.holdInbox, "hold-inbox"),
            (.holdDestination("cache"), "hold-destination-cache"),
            (.holdDestination("a/b%2Fc"), "hold-destination-a%2Fb%252Fc"),
            (.holdRule("eod_*.csv"), "hold-rule-eod_*.csv"), (.holdRule("a/b"), "hold-rule-a%2Fb"),
            (.holdDrop(12), "hold-drop-12"),
            (.cancelDrop(9_000_000_000), "cancel-drop-9000000000"),
            (.cancelFile("eod prices-12.csv"), "cancel-file-eod prices-12.csv"),
            (.cancelFile("Währung%2F.csv"), "cancel-file-Währung%2F.csv"),
        ])
    func names(command: DeskCommand, name: String) {
        #expect(command.fileName == name)
        #expect(DeskCommand(fileName: name) == command)
    }

    @Test(
        "Whatever else lies there is no order",
        arguments: [
            "", "hold", "hold-", "hold-inbox2", "hold-drop-", "hold-drop-0", "hold-drop--1", "hold-drop-012",
            "hold-drop-+1",
            "hold-drop-1x", "hold-destination-", "hold-destination-a%2", "hold-destination-a%41", "hold-rule-",
            "hold-rule-a%2", "cancel-drop-eod.csv",
            "cancel-file-", "cancel", "HOLD-INBOX", "resume-inbox", "hold-drop-99999999999999999999",
        ])
    func foreign(name: String) {
        #expect(DeskCommand(fileName: name) == nil)
    }

    @Test("The longest name a file in the inbox may have still gives an order's name")
    func longest() {
        var name = String(repeating: "a", count: 300)
        while FileNames.isTooLong(name) { name.removeLast() }
        #expect(DeskCommand.cancelFile(name).fileName.utf8.count <= 255)
    }

    @Test("A note is read back, and what stands in a file made by hand does no harm")
    func note() {
        for note in [CommandNote(), CommandNote(by: "umer"), CommandNote(by: "a b", after: 0), CommandNote(after: 12)] {
            #expect(CommandNote(text: note.text) == note)
        }
        let hold = CommandNote(by: "umer", why: "wrong day: \"x\"", until: 1_764_437_400_000_000)
        #expect(CommandNote(text: hold.text) == hold)
        #expect(CommandNote(why: "two\nlines").why == "two lines")
        #expect(CommandNote(text: "until noon\n") == CommandNote())
        #expect(CommandNote(text: "") == CommandNote())
        #expect(CommandNote(text: "after noon\nby\nbye bye\n\u{0}\n") == CommandNote())
    }

    @Test("Only a name that is no one else's is taken for an answer")
    func choice() {
        #expect(CancelChoice(open: [], isInInbox: false) == .unknown)
        #expect(CancelChoice(open: [], isInInbox: true) == .file)
        #expect(CancelChoice(open: [7], isInInbox: false) == .drop(7))
        #expect(CancelChoice(open: [7], isInInbox: true) == .ambiguous([7], isInInbox: true))
        #expect(CancelChoice(open: [9, 7], isInInbox: false) == .ambiguous([7, 9], isInInbox: false))
    }
}

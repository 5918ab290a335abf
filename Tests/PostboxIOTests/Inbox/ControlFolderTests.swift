import Foundation
import PostboxCore
import PostboxIO
import Testing

@Suite("Orders as files")
struct ControlFolderTests {
    private let folder: TemporaryFolder
    private let control: ControlFolder

    init() throws {
        folder = try TemporaryFolder()
        control = ControlFolder(stateDirectory: folder.path)
    }

    @Test("A hold given again takes what is said anew, also who says it and when; what is not said stays")
    func renewed() throws {
        #expect(try control.give(.holdInbox, CommandNote(by: "umer", why: "odd prices", until: 9_000_000)) == .new)
        let first = try #require(try control.entry(.holdInbox))
        #expect(try control.give(.holdInbox, CommandNote(by: "fred", why: "odd prices")) == .known)
        #expect(try control.entry(.holdInbox) == first)
        #expect(try control.give(.holdInbox, CommandNote(by: "fred", until: 12_000_000)) == .renewed)
        let second = try #require(try control.entry(.holdInbox))
        #expect(second.note == CommandNote(by: "fred", why: "odd prices", until: 12_000_000))
        #expect(second.since >= first.since)
        // A cancellation says nothing that could be renewed.
        #expect(try control.give(.cancelDrop(3), CommandNote(by: "umer")) == .new)
        #expect(try control.give(.cancelDrop(3), CommandNote(by: "fred", why: "sure")) == .known)
        #expect(FileManager.default.enumerator(atPath: control.path)?.allObjects.count == 2)
    }

    @Test("An order stands until it is taken back; given again it keeps who gave it first and when")
    func given() throws {
        #expect(try control.read().commands.isEmpty)
        #expect(try control.give(.holdDrop(12), CommandNote(by: "umer")) == .new)
        let first = try #require(try control.entry(.holdDrop(12)))
        #expect(try control.give(.holdDrop(12), CommandNote(by: "fred")) == .known)
        #expect(try control.give(.cancelFile("a.csv"), CommandNote(by: "fred", after: 7)) == .new)
        let commands = try control.read().commands
        #expect(commands.keys.count == 2 && commands[.holdDrop(12)] == first && first.note.by == "umer")
        #expect(commands[.cancelFile("a.csv")]?.note.after == 7)
        #expect(FileManager.default.enumerator(atPath: control.path)?.allObjects.count == 2)
        try control.remove([.holdDrop(12), .holdInbox])
        try control.remove([.holdDrop(12)])
        #expect(try Array(control.read().commands.keys) == [.cancelFile("a.csv")])
    }

    @Test("What is set aside is no order, is made once, and made good when it is missing or half there")
    func aside() throws {
        try control.make()
        try control.setAside()
        let names = {
            FileManager.default.enumerator(atPath: control.path)?.allObjects.compactMap { $0 as? String } ?? []
        }
        #expect(names().sorted() == [".reserve-1", ".reserve-2", ".reserve-3", ".reserve-4"])
        let first = try Disk.status(control.path + "/.reserve-1")
        try Disk.remove(control.path + "/.reserve-2")
        try folder.write("half", to: "control/.reserve-3")
        try control.setAside()
        #expect(try names().allSatisfy { try Disk.status(control.path + "/" + $0)?.size == 4096 } && names().count == 4)
        #expect(try Disk.status(control.path + "/.reserve-1") == first)
        let (commands, foreign) = try control.read()
        #expect(commands.isEmpty && foreign.isEmpty)
    }

    @Test("What is no order is named; what is not finished is not")
    func foreign() throws {
        try control.make()
        for name in [".new-1", "junk", "hold-drop-x"] { try folder.write("x", to: "control/" + name) }
        try FileManager.default.createDirectory(
            atPath: control.path + "/hold-inbox", withIntermediateDirectories: false)
        try folder.write(String(repeating: "by x\n", count: 10_000), to: "control/hold-drop-3")
        let (commands, foreign) = try control.read()
        #expect(foreign == ["hold-drop-x", "hold-inbox", "junk"])
        #expect(commands[.holdDrop(3)]?.note == CommandNote() && commands.count == 1)
    }

    private func files(_ prefix: String) -> [String] {
        (FileManager.default.enumerator(atPath: control.path)?.allObjects ?? []).compactMap { $0 as? String }
            .filter { $0.hasPrefix(prefix) }.sorted()
    }

    @Test("Who gave an order and who took it back is kept, round by round, until it is told")
    func rounds() throws {
        #expect(try !control.takeBack(.holdInbox, CommandNote(by: "bob")), "there is no folder yet")
        for number in 1...3 {
            #expect(try control.give(.holdInbox, CommandNote(by: "alice", why: "why \(number)")) == .new)
            #expect(try control.takeBack(.holdInbox, CommandNote(by: "bob", why: "because \(number)")))
            #expect(try !control.takeBack(.holdInbox, CommandNote(by: "carol")))
        }
        #expect(try control.give(.holdRule("a-*"), CommandNote(by: "alice")) == .new)
        #expect(try control.takeBack(.holdRule("a-*"), CommandNote(by: "bob")))
        #expect(try control.give(.holdInbox, CommandNote(by: "dave")) == .new)
        #expect(try control.read().commands.mapValues(\.note.by) == [.holdInbox: "dave"])
        let over = try control.takenBack()
        #expect(over.keys.count == 2 && over[.holdRule("a-*")]?.count == 1)
        let rounds = try #require(over[.holdInbox])
        #expect(rounds.map(\.given.note.why) == ["why 1", "why 2", "why 3"])
        #expect(rounds.map(\.back?.note.why) == ["because 1", "because 2", "because 3"])
        #expect(rounds.allSatisfy { $0.given.note.by == "alice" && $0.back?.note.by == "bob" })
        #expect(rounds.allSatisfy { $0.given.since <= $0.back?.since ?? 0 })
        try control.forget(over)
        #expect(try control.takenBack().isEmpty && files(".") == [])
        #expect(try control.read().commands.count == 1)
    }

    @Test("Stopped between the note and the order, an order stands; the note is nobody's")
    func stopped() throws {
        _ = try control.give(.holdInbox, CommandNote(by: "alice"))
        try folder.write("by bob\n", to: "control/.back-1-hold-inbox")
        #expect(try control.takenBack().isEmpty && control.read().commands.count == 1)
        #expect(try control.takeBack(.holdInbox, CommandNote(by: "carol")))
        #expect(try control.takenBack()[.holdInbox]?.map(\.back?.note.by) == ["carol"])
        #expect(try control.give(.holdInbox, CommandNote(by: "dave")) == .new)
        #expect(files(".back-") == [".back-2-hold-inbox"])
    }

    @Test("An order that was taken back without a note, as on a full disk, is known to have stood")
    func noNote() throws {
        _ = try control.give(.holdInbox, CommandNote(by: "alice"))
        try FileManager.default.moveItem(
            atPath: control.path + "/hold-inbox", toPath: control.path + "/.given-1-hold-inbox")
        let rounds = try control.takenBack()[.holdInbox]
        #expect(rounds?.map(\.given.note.by) == ["alice"] && rounds?.first?.back == nil)
        #expect(try control.give(.holdInbox, CommandNote(by: "bob")) == .new)
        #expect(try control.takeBack(.holdInbox, CommandNote(by: "carol")))
        #expect(try control.takenBack()[.holdInbox]?.map(\.back?.note.by) == [nil, "carol"])
    }
}

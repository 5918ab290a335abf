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

    @Test("An order stands until it is taken back; given again it keeps who gave it first and when")
    func given() throws {
        #expect(try control.read().commands.isEmpty)
        #expect(try control.give(.holdDrop(12), CommandNote(by: "umer")))
        let first = try #require(try control.entry(.holdDrop(12)))
        #expect(try !control.give(.holdDrop(12), CommandNote(by: "fred")))
        #expect(try control.give(.cancelFile("a.csv"), CommandNote(by: "fred", after: 7)))
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
}

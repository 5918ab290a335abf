import Foundation
import PostboxCore
import PostboxIO
import Synchronization
import TestSupport
import Testing

@Suite("What inotify tells about a directory", .ownThreads)
struct InotifyTests {
    /// A watch on a folder and everything it has told so far.
    private final class Watch: Sendable {
        let folder: TemporaryFolder
        let directory: String
        let inotify: Inotify
        private let events = Mutex<(list: [InboxEvent], isOver: Bool)>(([], false))

        init() throws {
            folder = try TemporaryFolder()
            directory = folder.path("inbox")
            try Disk.makeDirectory(directory)
            inotify = try Inotify(directory: directory)
            Task { [weak self, inotify] in
                for await batch in inotify.events { self?.events.withLock { $0.list += batch } }
                self?.events.withLock { $0.isOver = true }
            }
        }

        deinit { inotify.stop() }

        var list: [InboxEvent] { events.withLock { $0.list } }
        var isOver: Bool { events.withLock { $0.isOver } }

        /// What was told about a name, once so much was.
        func told(_ name: String, _ last: InboxEvent) async throws -> [InboxEvent] {
            try await eventually("\(last)") { list.contains(last) }
            return list.filter { "\($0)".contains("\"\(name)\"") }
        }
    }

    @Test("A file that is written is created, opened, modified and closed, in this order")
    func written() async throws {
        let watch = try Watch()
        let path = watch.directory + "/a.csv"
        let descriptor = try Disk.open(path, O_WRONLY | O_CREAT)
        try Disk.write(descriptor, Array("RIC,BID\n".utf8), path: path)
        _ = try await watch.told("a.csv", .modified("a.csv"))
        #expect(!watch.list.contains(.closed("a.csv")))
        try Disk.close(descriptor, path: path)
        #expect(
            try await watch.told("a.csv", .closed("a.csv")) == [
                .created("a.csv"), .opened("a.csv"), .modified("a.csv"), .closed("a.csv"),
            ])
    }

    @Test("A file that is only read is not closed by a writer")
    func readOnly() async throws {
        let watch = try Watch()
        try watch.folder.write("x", to: "a.csv")
        try Disk.rename(watch.folder.path("a.csv"), watch.directory + "/a.csv")
        _ = try Disk.contents(watch.directory + "/a.csv")
        try Disk.remove(watch.directory + "/a.csv")
        #expect(
            try await watch.told("a.csv", .gone("a.csv")) == [.movedIn("a.csv"), .opened("a.csv"), .gone("a.csv")])
    }

    @Test("Renames in and out are told, of names with any letters; directories are not")
    func renames() async throws {
        let watch = try Watch()
        try Disk.makeDirectory(watch.directory + "/sub")
        let name = "Kürs e\u{301} 価格.csv"
        try watch.folder.write("x", to: "outside")
        try Disk.rename(watch.folder.path("outside"), watch.directory + "/" + name)
        #expect(try await watch.told(name, .movedIn(name)) == [.movedIn(name)])
        try Disk.rename(watch.directory + "/" + name, watch.folder.path("outside"))
        _ = try await watch.told(name, .gone(name))
        #expect(watch.list == [.movedIn(name), .gone(name)])
    }

    @Test("A directory that is deleted or moved away ends the watch", arguments: [false, true])
    func directoryGone(isMoved: Bool) async throws {
        let watch = try Watch()
        if isMoved {
            try Disk.rename(watch.directory, watch.folder.path("elsewhere"))
        } else {
            try Disk.removeDirectory(watch.directory)
        }
        try await eventually("the directory is gone") { watch.list.contains(.directoryGone) }
    }

    @Test("A watch that is stopped ends its events")
    func stopped() async throws {
        let watch = try Watch()
        watch.inotify.stop()
        try await eventually("the events end") { watch.isOver }
    }

    @Test("A directory that is not there, and a file, cannot be watched")
    func absent() throws {
        let folder = try TemporaryFolder()
        #expect(throws: DiskError(code: ENOENT, call: "inotify_add_watch", path: folder.path("absent"))) {
            try Inotify(directory: folder.path("absent"))
        }
        let file = try folder.write("x", to: "file")
        #expect(throws: DiskError(code: ENOTDIR, call: "inotify_add_watch", path: file)) {
            try Inotify(directory: file)
        }
    }
}

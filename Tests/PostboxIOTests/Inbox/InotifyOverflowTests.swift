import Dispatch
import Foundation
import PostboxCore
import PostboxIO
import Synchronization
import TestSupport
import Testing

@Suite("Reports that the kernel lost")
struct InotifyOverflowTests {
    private static let second: Int64 = 1_000_000_000

    /// A folder in memory, where there is one: many files are made quickly.
    private final class Folder: Sendable {
        let path: String

        init() throws {
            let memory = "/dev/shm"
            let base = FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
            path = base + "/postbox-\(UUID().uuidString)"
            try Disk.makeDirectory(path, syncing: false)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    @Test("50,000 files arrive while nobody reads: the loss is told, and the directory shows every file, each once")
    func overflow() async throws {
        let folder = try Folder()
        let queue = DispatchQueue(label: "reports")
        let inotify = try Inotify(directory: folder.path, queue: queue)
        defer { inotify.stop() }
        let events = Mutex<[InboxEvent]>([])
        Task { for await batch in inotify.events { events.withLock { $0 += batch } } }

        queue.suspend()
        let count = 50_000
        for number in 0..<count {
            let path = folder.path + "/f\(number).csv"
            let descriptor = try Disk.open(path, O_WRONLY | O_CREAT)
            try Disk.write(descriptor, [0x41], path: path)
            try Disk.close(descriptor, path: path)
        }
        queue.resume()
        try await eventually("the loss is told") { events.withLock { $0.contains(.rescan) } }

        // As the service does.
        var tracker = InboxTracker(quiet: Self.second)
        let told = events.withLock { $0 }
        for event in told {
            switch event {
            case .created(let name): tracker.created(name, at: 0)
            case .opened(let name): tracker.opened(name, at: 0)
            case .modified(let name): tracker.modified(name, at: 0)
            case .closed(let name): tracker.closed(name, at: 0)
            case .rescan: tracker.lostTrack(at: 0)
            default: Issue.record("\(event)")
            }
        }
        #expect(tracker.count < count)
        let names = try Disk.names(in: folder.path).names
        for name in names {
            let status = try #require(try Disk.status(folder.path + "/" + name))
            tracker.listed(
                name,
                InboxTracker.Look(size: status.size, modifiedAt: status.modifiedAt, changedAt: status.changedAt), at: 0,
                wall: Clock.wall() * 1000)
        }
        let ready = tracker.ready(at: Self.second)
        #expect(ready.count == count)
        #expect(Set(ready) == Set((0..<count).map { "f\($0).csv" }))
    }

    @Test("A directory that another one replaces is known from the one that is watched, links followed")
    func replaced() throws {
        let folder = try Folder()
        for name in ["one", "two"] { try Disk.makeDirectory(folder.path + "/" + name, syncing: false) }
        let inbox = folder.path + "/inbox"
        try FileManager.default.createSymbolicLink(atPath: inbox, withDestinationPath: "one")
        let inotify = try Inotify(directory: inbox)
        defer { inotify.stop() }
        #expect(try inotify.isAt(inbox))
        try Disk.remove(inbox)
        #expect(try !inotify.isAt(inbox))
        try FileManager.default.createSymbolicLink(atPath: inbox, withDestinationPath: "two")
        #expect(try !inotify.isAt(inbox))
    }
}

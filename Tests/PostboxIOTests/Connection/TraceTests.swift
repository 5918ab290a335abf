import Foundation
import PostboxIO
import Synchronization
import Testing

@Suite("The trace of messages")
struct TraceTests {
    @Test("A trace on a full disk says so, says so again when it can be written, and tells where messages are missing")
    func fullDisk() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("trace")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
        let trace = try Trace(path: path)
        let told = Mutex<[Trace.Change]>([])
        trace.watch { change in told.withLock { $0.append(change) } }
        trace.write(.sent, "cache", "1")
        trace.write(.sent, "cache", "2")
        #expect(trace.missing == 2)
        try FileManager.default.removeItem(atPath: path)
        try trace.reopen()
        trace.write(.received, "cache", "3")
        trace.write(.received, "cache", "4")
        let changes = told.withLock { $0 }
        #expect(changes.count == 2)
        guard case .failing(let error)? = changes.first else {
            Issue.record("nothing was told of the full disk")
            return
        }
        #expect(error.code == ENOSPC)
        #expect(changes.last == .whole(missing: 2))
        let lines = try folder.text("trace").split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasSuffix(" 2 messages are missing here"))
        #expect(lines[1].hasSuffix(" cache << 3") && lines[2].hasSuffix(" cache << 4"))
    }
}

import Foundation
import PostboxIO
import TestSupport
import Testing

@Suite("One program a spool")
struct SpoolLockTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func lock(takeOver: Bool = false) throws -> SpoolLock {
        try SpoolLock(stateDirectory: folder.path, takeOver: takeOver, since: "2026-11-21T06:00:00Z")
    }

    @Test("A second owner is refused, told who has it, and cannot take over what is alive")
    func second() throws {
        let first = try lock()
        #expect(try folder.text("owner").hasSuffix(" \(getpid()) 2026-11-21T06:00:00Z\n"))
        for takeOver in [false, true] {
            #expect {
                _ = try lock(takeOver: takeOver)
            } throws: { error in
                guard let taken = error as? SpoolLock.Taken else { return false }
                return taken.description.contains("belongs to another instance")
                    && taken.description.contains("process \(getpid()), since 2026-11-21T06:00:00Z")
            }
        }
        // The refused ones have left the mark as it was.
        #expect(try folder.text("owner").contains(" \(getpid()) "))
        withExtendedLifetime(first) {}
    }

    @Test("Whoever asks is told the owner, as long as there is one, and is in nobody's way")
    func owner() throws {
        #expect(try SpoolLock.owner(stateDirectory: folder.path) == nil)
        do {
            let first = try lock()
            let owner = try SpoolLock.owner(stateDirectory: folder.path)
            #expect(owner?.hasSuffix(", process \(getpid())") == true)
            withExtendedLifetime(first) {}
        }
        // Its mark is still there.
        #expect(try SpoolLock.owner(stateDirectory: folder.path) == nil)
        _ = try lock()
    }

    @Test("Another process that holds it is noticed, and its end frees the spool")
    func otherProcess() throws {
        try folder.write("", to: "owner")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["flock", folder.path("owner"), "sh", "-c", "echo held; cat"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try Spawning.start(process)
        #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
        #expect(throws: SpoolLock.Taken.self) { try lock() }
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        _ = try lock()
    }

    @Test("A lock that was let go, released or not, is free on the same host")
    func free() throws {
        do { _ = try lock() }
        do {
            let again = try lock()
            try again.release()
            #expect(try folder.text("owner").isEmpty)
        }
        _ = try lock()
    }

    @Test("A mark of another host needs to be taken over by hand")
    func otherHost() throws {
        let mark = "elsewhere.example 42 2026-11-20T00:00:00Z\n"
        try folder.write(mark, to: "owner")
        #expect {
            _ = try lock()
        } throws: { error in
            guard let taken = error as? SpoolLock.Taken else { return false }
            return taken.description.contains("host elsewhere.example, process 42, since 2026-11-20T00:00:00Z")
                && taken.description.contains("--take-over")
        }
        #expect(try folder.text("owner") == mark)
        let held = try lock(takeOver: true)
        #expect(try folder.text("owner").contains(" \(getpid()) "))
        withExtendedLifetime(held) {}
    }
}

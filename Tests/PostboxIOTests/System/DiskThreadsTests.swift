import Dispatch
import PostboxIO
import Testing

@Suite("Threads for work that waits for the disk")
struct DiskThreadsTests {
    @Test("However much work stalls there, the others go on; what waits there is done when it is back")
    func stalled() async {
        let threads = DiskThreads(label: "test", count: 2)
        let disk = DispatchSemaphore(value: 0)
        let (done, report) = AsyncStream<Int>.makeStream()
        for number in 1...8 {
            Task {
                await threads.run { Self.stall(disk) }
                report.yield(number)
            }
        }
        // More than the machine has cores: on the shared threads nothing would go on now.
        await withTaskGroup(of: Void.self) { group in
            for number in 101...104 { group.addTask { report.yield(number) } }
        }
        for _ in 1...8 { disk.signal() }
        var seen: [Int] = []
        for await number in done {
            seen.append(number)
            if seen.count == 12 { break }
        }
        #expect(Set(seen.prefix(4)) == Set(101...104))
        #expect(Set(seen) == Set(1...8).union(101...104))
    }

    @Test("What comes of it, a result or an error, comes back; many share a thread")
    func results() async throws {
        let threads = DiskThreads(label: "test", count: 1)
        let sum = await withTaskGroup(of: Int.self) { group in
            for number in 1...100 { group.addTask { await threads.run { number } } }
            return await group.reduce(0, +)
        }
        #expect(sum == 5050)
        await #expect(throws: CancellationError.self) { try await threads.run { throw CancellationError() } }
        #expect(await threads.run { 3 } == 3)
    }

    /// As a read of a disk that does not answer.
    private static func stall(_ disk: DispatchSemaphore) { disk.wait() }
}

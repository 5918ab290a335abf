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
            Task(executorPreference: threads) {
                Self.stall(disk)
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

    @Test("Child tasks and actors without a thread of their own run there, too; what comes back is as it was before")
    func inherited() async throws {
        actor Counter {
            var count = 0
            func next() -> Int {
                count += 1
                return count
            }
        }
        let threads = DiskThreads(label: "test", count: 1)
        let counter = Counter()
        let sum = await threads.run {
            async let one = counter.next()
            async let other = counter.next()
            return await one + other
        }
        #expect(sum == 3)
        await #expect(throws: CancellationError.self) { try await threads.run { throw CancellationError() } }
        #expect(await threads.run { await counter.next() } == 3)
    }

    /// As a read of a disk that does not answer.
    private static func stall(_ disk: DispatchSemaphore) { disk.wait() }
}

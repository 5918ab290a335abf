import PostboxCore
import Testing

@testable import PostboxIO

@Suite("Outcomes on their way to the result file")
struct OutcomeStreamTests {
    private func run(_ drop: Int) -> SettledRun {
        SettledRun(handover: Handover(drop: drop, batch: PostBatch(), rows: [], postIDBase: 0))
    }

    private func drops(_ runs: [SettledRun]?) -> [Int]? { runs?.map(\.handover.drop) }

    @Test("All that has come is taken at once, in its order, also after the end")
    func allAtOnce() async {
        let stream = OutcomeStream()
        stream.yield([run(1), run(2)])
        stream.yield([run(3)])
        stream.finish()
        let reader = stream.makeAsyncIterator()
        #expect(drops(await reader.next()) == [1, 2, 3])
        #expect(await reader.next() == nil)
        #expect(await reader.next() == nil)
    }

    @Test("A reader that waits is woken by what comes, and by the end")
    func woken() async {
        let stream = OutcomeStream()
        let turns = OutcomeStream()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var seen: [Int] = []
                for await runs in stream {
                    seen += runs.map(\.handover.drop)
                    turns.yield([self.run(seen.count)])
                }
                #expect(seen == Array(1...100))
                turns.finish()
            }
            let reader = turns.makeAsyncIterator()
            for drop in 1...100 {
                stream.yield([run(drop)])
                #expect(drops(await reader.next()) == [drop])
            }
            stream.finish()
            #expect(await reader.next() == nil)
        }
    }

    @Test("What comes from many threads at once is all taken")
    func manyThreads() async {
        let stream = OutcomeStream()
        let seen = await withTaskGroup(of: [Int].self) { group in
            group.addTask {
                var seen: [Int] = []
                for await runs in stream { seen += runs.map(\.handover.drop) }
                return seen
            }
            await withTaskGroup(of: Void.self) { writers in
                for writer in 0..<8 {
                    writers.addTask { for n in 0..<500 { stream.yield([run(writer * 500 + n)]) } }
                }
            }
            stream.finish()
            return await group.next() ?? []
        }
        #expect(seen.sorted() == Array(0..<4000))
        for writer in 0..<8 {
            let own = seen.filter { $0 / 500 == writer }
            #expect(own == own.sorted())
        }
    }

    @Test("A cancelled reader is not left waiting, and loses nothing that had come")
    func cancelled() async {
        let stream = OutcomeStream()
        let reader = Task {
            var seen: [Int] = []
            for await runs in stream { seen += runs.map(\.handover.drop) }
            return seen
        }
        stream.yield([run(7)])
        reader.cancel()
        #expect(await reader.value == [7])
    }
}

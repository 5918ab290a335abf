import PostboxCore
import PostboxIO
import Simulator
import TestSupport
import Testing

@Suite("A lane that is held, and drops that are held or cancelled on it", .serialized, .ownThreads)
struct LaneHoldTests {
    @Test("Held, a lane reads answers, logs in anew after a loss, and sends nothing, tries in doubt included")
    func held() async throws {
        try await withSimulator {
            $0.disconnect = .init(afterPosts: 50)
        } _: { server in
            // Slow, so that the loss is met in the middle.
            let slow = destination(server.port) {
                $0.window = 10
                $0.maxPostsPerSecond = 100
            }
            try await withLane(slow) { courier in
                try await courier.ready()
                await courier.lane.setHeld(true)
                await courier.send((1...20).map { Parcel("A\($0)") })
                #expect(await courier.lane.isHeldUp(2) == false)
                try await Self.eventually("nothing can move") { await courier.lane.isHeldUp(1) }
                #expect(server.report().posts == 0)
                await courier.lane.setHeld(false)
                try await courier.settled(20)

                // The 50th post is lost with its connection: it waits as long as the lane is held. There are enough rows for
                // a hold that comes late.
                await courier.send((1...600).map { Parcel("B\($0)") }, drop: 2)
                try await Self.eventually("the connection is lost") { server.report().posts >= 50 }
                await courier.lane.setHeld(true)
                try await Self.eventually("it is logged in again") { server.report().logins == 2 }
                try await courier.ready()
                try await Self.eventually("answers are in") { await courier.lane.isHeldUp(2) }
                let posts = server.report().posts
                #expect(posts < 620)
                try await Task.sleep(for: .milliseconds(50))
                #expect(server.report().posts == posts)
                await courier.lane.setHeld(false)
                try await courier.settled(620)
                #expect(courier.endings.allSatisfy { $0.outcome == .acked })
            }
        }
    }

    @Test("Rows that are handed over just after their drop was cancelled are not sent")
    func crossing() async throws {
        try await withSimulator { server in
            try await withLane(destination(server.port)) { courier in
                try await courier.ready()
                let lane = courier.lane
                let stream = await lane.open(DropPlace(drop: 1))
                #expect(await lane.turn(of: 1).turn == .go)
                await lane.cancel(drop: 1, reason: "cancelled", text: "by a test")
                await lane.offer(handover([Parcel("A"), Parcel("B")], drop: 1, firstRow: 1))
                await lane.offer(handover([Parcel("C")], drop: 1, firstRow: 3, isInDoubt: true))
                #expect(await lane.turn(of: 1).turn == .over)
                await lane.close(drop: 1)
                var outcomes: [PostOutcome] = []
                for await runs in stream { outcomes += runs.flatMap { $0.rows.map(\.outcome) } }
                #expect(outcomes == [.unsent, .unsent, .unknown])
                #expect(server.report().posts == 0)
                // Over: there is nothing left to cancel.
                await lane.cancel(drop: 1, reason: "cancelled", text: "again")
                #expect(await lane.cancellation(of: 1) == nil)
            }
        }
    }

    @Test("A held drop's turn goes to the next one, and comes back when it is resumed")
    func drop() async throws {
        try await withSimulator { server in
            try await withLane(destination(server.port)) { courier in
                try await courier.ready()
                let lane = courier.lane
                _ = await lane.open(DropPlace(drop: 1))
                await lane.hold(drop: 1)
                await courier.send([Parcel("B")], drop: 2)
                try await courier.settled(1)
                #expect(courier.outcomes(of: 2) == [1: .acked])
                let first = Task { await lane.turn(of: 1).turn }
                try await Self.eventually("it waits for its turn") { await lane.isHeldUp(1) }
                await lane.close(drop: 2)
                await lane.resume(drop: 1)
                #expect(await first.value == .overtaken([DropPlace(drop: 2)]))
                #expect(await lane.turn(of: 1).turn == .go)
            }
        }
    }

    private static func eventually(_ what: String, _ condition: () async -> Bool) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(120)
        while await !condition() {
            guard clock.now < end else { throw NeverSo(description: "never: \(what)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

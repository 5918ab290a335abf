import PostboxCore
import Testing

@testable import PostboxIO

@Suite("How a lane's destination stands")
struct LaneStatesTests {
    @Test("A reader gets the newest change, what is no change is none, and the end is stopped")
    func changes() async {
        let states = LaneStates()
        #expect(states.now == .untried)
        var reader = states.changes.makeAsyncIterator()
        states.set(.connecting("nobody"))
        states.set(.ready)
        #expect(states.now == .ready)
        let newest = await reader.next()
        #expect(newest == .ready)
        states.set(.ready)
        states.set(.paused("busy"))
        let changed = await reader.next()
        #expect(changed == .paused("busy"))
        // Twice: a lane that is told to stop may have ended by itself.
        states.finish()
        states.finish()
        #expect(states.now == .stopped)
        let (last, end) = (await reader.next(), await reader.next())
        #expect(last == .stopped && end == nil)
    }
}

import Testing

@testable import PostboxCore

@Suite("How a run ends")
struct RunEndTests {
    private static func service() -> RunEnd { RunEnd(.init(isOnce: false, patience: 30)) }
    private static func once() -> RunEnd { RunEnd(.init(isOnce: true, patience: 30)) }

    @Test("The first time that it is told to stop counts, and it is said once")
    func stops() {
        var end = Self.service()
        #expect(!end.isStopping && end.patienceWithDisk(at: 1000, drainTimeout: 20) == nil)
        let (first, second) = (end.stopTold(at: 100), end.stopTold(at: 115))
        #expect(first?.event == .stopping && second == nil && end.isStopping)
        #expect(end.patienceWithDisk(at: 119, drainTimeout: 20) == nil)
        #expect(end.patienceWithDisk(at: 120, drainTimeout: 20) == 0)
    }

    @Test("With --once the disk is waited for as long as a destination, and after a stop for the drain's time at most")
    func patience() {
        var end = Self.once()
        #expect(end.isOnce && end.patience == 30 && end.patienceWithDisk(at: 1000, drainTimeout: 20) == 30)
        _ = end.stopTold(at: 100)
        #expect(end.patienceWithDisk(at: 119, drainTimeout: 20) == 30)
        #expect(end.patienceWithDisk(at: 120, drainTimeout: 20) == 0)
    }

    @Test("Over in mid-work it stops without a word, also when it is told to later, and the time of that counts")
    func midWork() {
        var end = Self.once()
        end.onceIsOver(isInMidWork: true, ExitCode.noDestination)
        #expect(end.isStopping && end.patienceWithDisk(at: 1000, drainTimeout: 20) == 30)
        #expect(end.exitCode(leavesFiles: false, leavesHeld: false) == ExitCode.interrupted)
        let told = end.stopTold(at: 1000)
        #expect(told == nil && end.patienceWithDisk(at: 1020, drainTimeout: 20) == 0)
    }

    @Test("Over with nothing in work it does not stop: it is at its end, with the worst of its codes")
    func over() {
        var end = Self.once()
        end.closed(.failed, unknown: 0)
        end.onceIsOver(isInMidWork: false, ExitCode.ok)
        #expect(!end.isStopping && end.exitCode(leavesFiles: false, leavesHeld: false) == ExitCode.failed)
        end.onceIsOver(isInMidWork: false, ExitCode.noDestination)
        #expect(end.exitCode(leavesFiles: false, leavesHeld: false) == ExitCode.noDestination)
    }

    private struct Left: Sendable {
        var closed: [Verdict] = []
        var isWorkLeft = false
        var leavesFiles = false
        var leavesHeld = false
        var isGivenUp = false
        /// With `--once`; a service's is 0, or 74 when the disk was given up on.
        var code: Int32
    }

    private static let left: [Left] = [
        Left(code: 0), Left(closed: [.done, .partial, .done], code: 2), Left(closed: [.refused, .partial], code: 3),
        Left(leavesFiles: true, code: 74), Left(closed: [.failed], leavesFiles: true, code: 74),
        Left(isWorkLeft: true, code: 75), Left(leavesHeld: true, code: 75),
        Left(isWorkLeft: true, leavesFiles: true, leavesHeld: true, code: 75),
        Left(closed: [.failed], isWorkLeft: true, leavesHeld: true, isGivenUp: true, code: 74),
    ]

    @Test("The exit code tells the worst of what became of files and of what is left", arguments: left)
    private func codes(left: Left) {
        for (isOnce, code) in [(true, left.code), (false, left.isGivenUp ? ExitCode.spool : ExitCode.ok)] {
            var end = isOnce ? Self.once() : Self.service()
            for verdict in left.closed { end.closed(verdict, unknown: 0) }
            if left.isWorkLeft { end.leftWork() }
            if left.isGivenUp { end.gaveUp() }
            #expect(end.exitCode(leavesFiles: left.leavesFiles, leavesHeld: left.leavesHeld) == code)
        }
    }
}

internal import PostboxCore
internal import PostboxIO

/// What the service remembers of its own time.
struct SinceStart: Sendable {
    let startedAt = Clock.wall()
    /// The files that ended last.
    private(set) var finished = RecentlyFinished()
    /// What became of all of them.
    private(set) var closed = ClosedFiles()

    mutating func closed(_ file: ClaimedFile, _ verdict: Verdict) {
        let now = Clock.wall()
        finished.add(
            FinishedDrop(
                drop: file.drop, name: file.name, verdict: verdict, at: now,
                made: MadeFor(isMade: file.snapshot.isMade == true, act: file.snapshot.asked?.act),
                scheduled: file.scheduled(.ended(verdict))))
        closed.add(file.rule.match, verdict, at: now)
    }
}

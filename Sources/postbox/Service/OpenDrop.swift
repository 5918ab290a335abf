internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// A drop in work: its place at each of its lanes, and why nothing more of it is sent. Whoever gives it up, or leaves a lane, does it
/// here.
final class OpenDrop: Sendable {
    private struct State {
        /// The first reason stands.
        var givenUp: OutcomeDetail?
        /// Destinations whose lane was left.
        var left: Set<String> = []
        /// Lines that its result will have; nil: it is not read yet.
        var lines: Int?
        /// Lines that it has, by outcome.
        var outcomes: [Int] = []
        /// What destinations store of it is read back.
        var isReadBack = false
    }

    let number: Int
    /// Its rule's `match`.
    let rule: String
    /// What becomes of its rows, by destination.
    let outcomes: [String: OutcomeStream]
    private let lanes: [String: PostingLane]
    private let older: OlderBook
    private let state = Mutex(State())

    private init(
        _ number: Int, rule: String, lanes: [String: PostingLane], outcomes: [String: OutcomeStream], older: OlderBook
    ) {
        self.number = number
        self.rule = rule
        self.older = older
        self.lanes = lanes
        self.outcomes = outcomes
    }

    /// Takes the places of files, in this order, at each of their lanes that is there.
    static func open(
        _ files: [ClaimedFile], at lanes: [String: PostingLane], older: OlderBook
    ) async -> [OpenDrop] {
        var outcomes: [[String: OutcomeStream]] = files.map { _ in [:] }
        for (name, lane) in lanes {
            let own = files.indices.filter { files[$0].rule.destinations.contains(name) }
            guard !own.isEmpty else { continue }
            let streams = await lane.open(own.map { (files[$0].place, files[$0].presents) })
            for (at, stream) in zip(own, streams) { outcomes[at][name] = stream }
            // What a more urgent drop waits for goes before it.
            for at in own {
                guard let priority = older.lentPriority(of: files[at].drop) else { continue }
                await lane.lend(priority, to: files[at].drop)
            }
        }
        return zip(files, outcomes).map { file, outcomes in
            OpenDrop(
                file.drop, rule: file.rule.match, lanes: lanes.filter { outcomes[$0.key] != nil }, outcomes: outcomes,
                older: older)
        }
    }

    /// How far it is.
    struct Progress: Sendable {
        /// Lines that its result will have; nil: it is not read yet.
        var lines: Int?
        /// Lines that it has, by outcome.
        var outcomes: [Int]
        var isReadBack: Bool
    }

    var progress: Progress {
        state.withLock { Progress(lines: $0.lines, outcomes: $0.outcomes, isReadBack: $0.isReadBack) }
    }

    /// Every row has its outcome; what destinations store of it is read back now.
    func isReadingBack() { state.withLock { $0.isReadBack = true } }

    /// It was read: its result will have so many lines, of which it has these.
    func willHave(lines: Int, _ outcomes: OutcomeCounts) {
        state.withLock { state in
            state.lines = lines
            state.outcomes = outcomes.counts
        }
    }

    /// Its result has these lines now.
    func has(_ outcomes: OutcomeCounts) { state.withLock { $0.outcomes = outcomes.counts } }

    /// Why nothing more of it is sent: cancelled, or too old; nil: it goes on.
    var givenUp: OutcomeDetail? { state.withLock { $0.givenUp } }

    /// Gives up what was not sent. False: it was given up before, and nothing changes.
    @discardableResult
    func giveUp(_ why: OutcomeDetail) async -> Bool {
        let isFirst = state.withLock { state in
            defer { state.givenUp = state.givenUp ?? why }
            return state.givenUp == nil
        }
        if isFirst {
            older.giveUp(number)
            await endRest(why)
        }
        return isFirst
    }

    /// Ends what was not sent at its lanes; what is in flight settles.
    func endRest(_ why: OutcomeDetail) async {
        for lane in lanes.values { await lane.cancel(drop: number, reason: why.reason, text: why.text) }
    }

    /// Nothing more of it comes at that destination; once a lane. `keepsPlace`: the rest follows when a fault is mended, before the
    /// rows of newer drops.
    func leave(_ destination: String, keepsPlace: Bool) async {
        let isFirst = state.withLock { $0.left.insert(destination).inserted }
        guard isFirst, let lane = lanes[destination] else { return }
        if keepsPlace { await lane.suspend(drop: number) } else { await lane.close(drop: number) }
    }

    /// Nothing more of it comes at any destination.
    func leave(keepsPlace: Bool) async {
        for name in lanes.keys { await leave(name, keepsPlace: keepsPlace) }
    }
}

internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Looks once a second at what goes over the connections and how far each file is, so that rates and times left can be shown. Nothing of
/// it makes posting wait.
actor TrafficWatch {
    private let context: Context
    /// How far each drop in work is, by drop: lines with an outcome.
    private let settled: @Sendable () async -> [Int: Int]
    /// Where a look may take long.
    private let reading: DiskThreads
    private var lanes: [String: TrafficHistory] = [:]
    private var files: [Int: RateHistory] = [:]
    private var diskFree: Int?
    private var looks = 0

    init(_ context: Context, reading: DiskThreads, settled: @escaping @Sendable () async -> [Int: Int]) {
        self.context = context
        self.reading = reading
        self.settled = settled
    }

    /// Looks until its task is cancelled.
    func run() async {
        while !Task.isCancelled {
            await look()
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }

    private func look() async {
        for (name, lane) in context.lanes.all {
            let traffic = await lane.traffic
            lanes[name, default: TrafficHistory()].add(traffic, at: Clock.monotonic())
        }
        let now = Clock.monotonic()
        let counts = await settled()
        files = files.filter { counts[$0.key] != nil }
        for (drop, count) in counts { files[drop, default: RateHistory()].add(count, at: now, isBusy: true) }
        if looks.isMultiple(of: 10) { await lookAtDisk() }
        looks += 1
    }

    /// Where it cannot be asked nothing is shown; whoever writes there will tell why.
    private func lookAtDisk() async {
        diskFree = try? await reading.run { [spool = context.settings.directories.spool] in try Disk.freeBytes(spool) }
    }

    /// Fills in what only the past tells.
    func complete(_ board: inout StatusBoard) {
        board.service.diskFree = diskFree
        for at in board.lanes.indices {
            lanes[board.lanes[at].name]?.complete(&board.lanes[at].traffic)
        }
        let left = Forecast.seconds(board.files, board.lanes)
        for at in board.files.indices {
            let drop = board.files[at].drop
            if case .posting = board.files[at].state { board.files[at].rowsPerSecond = files[drop]?.perSecond }
            board.files[at].secondsLeft = left[drop]
        }
    }
}

/// How the run ends: whether it is about to, how long it waits for what fails, and with which exit code it is over.
///
/// A service runs until it is told to stop; `--once` also ends when nothing more goes on.
struct RunEnd: Sendable, Equatable {
    /// Whether the service stops.
    private enum Stop: Sendable, Equatable {
        case no
        /// `--once` is over while something is in work.
        case onceIsOver
        /// It was told to, at that time.
        case told(Int64)
    }

    private let options: ServiceMachine.Options
    private var stop = Stop.no
    /// The worst of what became of its files.
    private var code = ExitCode.ok
    /// Something is left that goes on at the next start.
    private var isInterrupted = false
    /// The disk failed for too long.
    private var isGivenUp = false

    init(_ options: ServiceMachine.Options) { self.options = options }

    /// It ends when nothing is left to do.
    var isOnce: Bool { options.isOnce }

    /// Nothing new is begun any more.
    var isStopping: Bool { stop != .no }

    /// For `--once`: how long a destination is waited for; nanoseconds.
    var patience: Int64 { options.patience }

    /// How long faults of the disk are waited for, in nanoseconds; nil: for ever. `drainTimeout`: how long a stop waits for what is in
    /// work.
    func patienceWithDisk(at now: Int64, drainTimeout: Int64) -> Int64? {
        if case .told(let since) = stop, now - since >= drainTimeout { return 0 }
        return options.isOnce ? options.patience : nil
    }

    // MARK: - What happens

    /// The service is told to stop; the first time is the one that counts. It is said unless it stops already.
    mutating func stopTold(at now: Int64) -> Told? {
        if case .told = stop { return nil }
        defer { stop = .told(now) }
        guard !isStopping else { return nil }
        return .line(
            LogLine(
                .notice, event: .stopping,
                "stopping: posts in flight are waited for; a second signal stops at once"))
    }

    /// A file is closed.
    mutating func closed(_ verdict: Verdict, unknown: Int) {
        code = ExitCode.worse(code, ExitCode.code(verdict, unknown: unknown))
    }

    /// Something is left that goes on at the next start.
    mutating func leftWork() { isInterrupted = true }

    /// The disk failed for longer than it was waited for.
    mutating func gaveUp() { isGivenUp = true }

    /// `--once` is over, with that code at least. `isInMidWork`: something is in work, which is left as a stop leaves it.
    mutating func onceIsOver(isInMidWork: Bool, _ code: Int32) {
        if isInMidWork {
            isInterrupted = true
            stop = .onceIsOver
        } else {
            self.code = ExitCode.worse(self.code, code)
        }
    }

    // MARK: - The exit code

    /// A service's is 0 whatever became of its files. `leavesFiles`: some file stays in the inbox that should not. `leavesHeld`: some
    /// drop waits for a person.
    func exitCode(leavesFiles: Bool, leavesHeld: Bool) -> Int32 {
        if isGivenUp { return ExitCode.spool }
        guard options.isOnce else { return ExitCode.ok }
        var code = code
        if leavesFiles { code = ExitCode.worse(code, ExitCode.spool) }
        if isInterrupted || leavesHeld { code = ExitCode.worse(code, ExitCode.interrupted) }
        return code
    }
}

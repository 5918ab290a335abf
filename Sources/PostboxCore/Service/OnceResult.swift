/// What the run comes to.
struct OnceResult: Sendable, Equatable {
    let isOnce: Bool
    /// The worst of what became of its files.
    var code = ExitCode.ok
    /// Something is left that goes on at the next start.
    var isInterrupted = false
    /// The disk failed for too long.
    var isGivenUp = false
    /// What the lanes said in this round; nil: they were not asked.
    var lanes: OnceEnd.LaneFacts?

    init(isOnce: Bool) {
        self.isOnce = isOnce
    }

    mutating func closed(_ verdict: Verdict, unknown: Int) {
        code = ExitCode.worse(code, ExitCode.code(verdict, unknown: unknown))
    }

    /// A service's is 0 whatever became of its files. `leavesFiles`: some file stays in the inbox that should not.
    func exitCode(leavesFiles: Bool) -> Int32 {
        if isGivenUp { return ExitCode.spool }
        guard isOnce else { return ExitCode.ok }
        var code = code
        if leavesFiles { code = ExitCode.worse(code, ExitCode.spool) }
        if isInterrupted { code = ExitCode.worse(code, ExitCode.interrupted) }
        return code
    }
}

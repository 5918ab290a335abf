/// What the service has told of its drops and files, and tells of its progress.
struct Talk: Sendable {
    var said = SaidOnce()
    var waiting = WaitingForDestination()
    var report = ProgressReport(every: 60_000_000_000)

    /// How far the drops in work are, when it is time to tell.
    mutating func progress(
        of open: some Collection<Int>, settled: Int, expected: Int, at now: Int64
    ) -> Told? {
        guard let line = report.look(isBusy: !open.isEmpty, settled: settled, expected: expected, at: now) else {
            return nil
        }
        var facts = [
            "files": "\(open.count)", "rows": "\(line.rows)", "of": "\(line.of)", "rate": "\(line.rate)",
            "drops": open.sorted().prefix(8).map(String.init).joined(separator: ","),
        ]
        if let remaining = line.remaining { facts["remaining"] = "\(remaining)s" }
        return .line(
            LogLine(.info, event: .progress, "\(line.rows) of \(line.of) rows are settled", facts: facts))
    }
}

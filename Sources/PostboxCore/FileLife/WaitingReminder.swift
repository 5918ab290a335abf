/// Which of the files that wait are told of now: each after a while, and again from time to time as long as it waits for the same.
package struct WaitingReminder: Sendable {
    /// Nanoseconds.
    private let first: Int64
    private let every: Int64
    /// How long a file has to stand still, in nanoseconds.
    var quiet: Int64
    private var known: [String: (wait: InboxTracker.Wait, due: Int64)] = [:]

    /// `quiet` in nanoseconds.
    package init(quiet: Int64, first: Int64 = 30_000_000_000, every: Int64 = 600_000_000_000) {
        self.quiet = quiet
        self.first = first
        self.every = every
    }

    /// Those of `waiting`, which are all that wait, that are told of at `now`. What lacks a companion is told of at once: nobody but
    /// the desk can know whether it will come.
    package mutating func due(_ waiting: [InboxTracker.Waiting], at now: Int64) -> [InboxTracker.Waiting] {
        var next: [String: (wait: InboxTracker.Wait, due: Int64)] = [:]
        var out: [InboxTracker.Waiting] = []
        for file in waiting {
            var entry = (wait: file.wait, due: file.since + patience(file.wait))
            if let old = known[file.name], old.wait == file.wait { entry = old }
            if now >= entry.due {
                out.append(file)
                entry.due = now + every
            }
            next[file.name] = entry
        }
        known = next
        nextDeadline = known.values.lazy.map(\.due).min()
        return out
    }

    /// When the next one is due, in nanoseconds; nil: none waits.
    package private(set) var nextDeadline: Int64?

    private func patience(_ wait: InboxTracker.Wait) -> Int64 {
        switch wait {
        case .companions: 0
        case .writer, .name: first
        case .change: first + quiet
        }
    }
}

/// How long the archive keeps what; nil: for ever.
package struct Retention: Sendable, Equatable {
    /// Files of `done`, all but their summaries.
    package var done: Duration?
    /// Files of `failed`, all but their summaries.
    package var failed: Duration?
    /// When results are packed in place.
    package var packAfter: Duration?

    package init(done: Duration? = nil, failed: Duration? = nil, packAfter: Duration? = nil) {
        self.done = done
        self.failed = failed
        self.packAfter = packAfter
    }

    package var isForEver: Bool { self == Retention() }

    /// What is due for a closed drop.
    package enum Due: Sendable, Equatable {
        case nothing, pack, remove
    }

    /// - Parameters:
    ///   - settledAt: Microseconds since 1970, as `now`.
    ///   - isNeeded: Somebody keeps it, or rows of it are in a drop that is not finished yet.
    package func due(verdict: Verdict, settledAt: Int64, isNeeded: Bool, at now: Int64) -> Due {
        let age = now - settledAt
        func isOver(_ limit: Duration?) -> Bool { limit.map { age >= $0.nanoseconds / 1000 } ?? false }
        if isOver(verdict == .done ? done : failed), !isNeeded { return .remove }
        return isOver(packAfter) ? .pack : .nothing
    }

    /// The names of a drop's files that are removed, of those in its folder: the file and what lies beside it, but for the summary.
    ///
    /// - Parameters:
    ///   - target: The name that the file has there.
    ///   - name: The name that it had in the inbox.
    ///   - companions: Endings of marker and checksum.
    package static func removed(
        _ names: [String], target: String, name: String, drop: Int, companions: [String]
    ) -> [String] {
        let result = FileNames.result(target)
        let own =
            [
                target, result, result + ".zst", FileNames.skipped(target), FileNames.readBack(target),
                FileNames.incident(target),
            ]
            + companions.map { target + $0 }
        return names.filter { found in
            if own.contains(found) { return true }
            // What lies beside a correction has a longer name.
            guard let rejects = RejectsName(found) else { return false }
            return rejects.drop == drop && rejects.original == name && rejects.text == found
        }.sorted()
    }
}

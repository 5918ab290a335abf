/// What the service knows of files of rules at this moment, to be laid over what was read of the ledger some seconds ago: so nobody is told
/// that a rule is done while a file of it is in work, or has just ended badly.
package struct FreshFiles: Sendable, Equatable {
    /// By drop.
    private var files: [Int: ScheduledFile] = [:]

    /// - Parameter rules: those of which files are counted.
    package init(_ board: StatusBoard, rules: Set<String>) {
        // What is held as a whole is the file itself.
        for drop in board.held where drop.original == nil {
            files[drop.drop] = ScheduledFile(
                drop: drop.drop, name: drop.name, rule: drop.rule, at: drop.since, place: .held)
        }
        for file in board.files {
            guard var own = file.scheduled else { continue }
            own.place = .work(secondsLeft: file.secondsLeft)
            files[file.drop] = own
        }
        // One that has ended may still be among those in work for a moment.
        for drop in board.finished {
            guard let own = drop.scheduled else { continue }
            files[drop.drop] = own
        }
        files = files.filter { rules.contains($0.value.rule) }
    }

    /// The same files as they stand by now.
    ///
    /// - Parameters:
    ///   - read: what was read of those that are not done, by drop.
    ///   - last: the highest number of a drop that was read: those up to it that are not in `read` are done, or no files of rules.
    package func over(_ read: [Int: ScheduledFile], after last: Int) -> [ScheduledFile] {
        var all = read
        for (drop, file) in files {
            guard let before = read[drop] else {
                if drop > last { all[drop] = file }
                continue
            }
            // The ledger has the last word of what ended.
            guard !before.hasEnded else { continue }
            all[drop]?.place = file.place
        }
        return Array(all.values)
    }
}

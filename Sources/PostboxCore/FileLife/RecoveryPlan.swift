/// What is done at start about everything that an earlier run left: a function of what the ledger and `work/` hold.
///
/// No step loses a file: what is not understood is left where it is, and said.
package struct RecoveryPlan: Sendable, Equatable {
    /// A drop that the ledger has open.
    package struct Known: Sendable, Equatable {
        package var drop: Int
        package var name: String
        package var stage: FileStage
        /// It was held once: it never lay in the inbox under that number, or left it long ago.
        package var wasHeld: Bool

        package init(drop: Int, name: String, stage: FileStage, wasHeld: Bool = false) {
            self.drop = drop
            self.name = name
            self.stage = stage
            self.wasHeld = wasHeld
        }
    }

    /// An entry of `work/`.
    package struct Entry: Sendable, Equatable {
        package var name: String
        package var isDirectory: Bool
        /// Names inside that do not begin with a dot; ours do, but for the price file.
        package var files: [String]

        package init(name: String, isDirectory: Bool = true, files: [String] = []) {
            self.name = name
            self.isDirectory = isDirectory
            self.files = files
        }
    }

    package enum Step: Sendable, Equatable {
        /// Its verdict stands: only the moves are done again.
        case move(Int)
        /// It never left the inbox: its number is given up, the file is taken anew.
        case forget(Int)
        /// It is contributed from its beginning.
        case begin(Int)
        /// Every row has its outcome: what the server stores of them is read back anew.
        case readBack(Int)
        /// It is held until somebody releases it: nobody touches it.
        case keepHeld(Int)
        /// Some of its rows may have been sent: it goes on from its journal.
        case goOn(Int)
        /// The same, but the file is gone: what has no answer ends unknown or unsent.
        case endWithoutFile(Int)
        /// A file that the ledger does not know, in a directory of ours: all of it may have been sent.
        case adopt(Int, name: String)
        /// A directory of ours that holds no file any more.
        case clearAway(String)
        /// Not ours, or not understood: nobody touches it.
        case leave(String)
    }

    /// A step and what a desk is told about it.
    package struct Told: Sendable, Equatable {
        package var step: Step
        package var text: String
    }

    /// In the order in which they are done: drops by number, then what the ledger does not know.
    package private(set) var steps: [Told] = []

    /// - Parameters:
    ///   - known: the ledger's open drops.
    ///   - work: the entries of `work/`, `guard` and names that begin with a dot left out.
    ///   - isClosed: whether the ledger has a drop of that number that is closed.
    package init(known: [Known], work: [Entry], isClosed: (Int) -> Bool) {
        let entries = Dictionary(work.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for drop in known.sorted(by: { $0.drop < $1.drop }) {
            let files = entries[String(drop.drop)]?.files ?? []
            let isThere = files.contains(drop.name)
            switch drop.stage {
            case .settled:
                add(.move(drop.drop), "\(drop.name) was settled; it is moved to where it belongs")
            case .verifying:
                add(
                    .readBack(drop.drop),
                    "\(drop.name) was posted and was being read back; that begins anew, no row is sent again")
            case .held:
                add(.keepHeld(drop.drop), "\(drop.name) is held until somebody releases it")
            case .claimed where !isThere && !drop.wasHeld:
                add(
                    .forget(drop.drop),
                    "\(drop.name) was not moved from the inbox yet; its number is given up, the file is taken anew")
            case .claimed:
                add(
                    .begin(drop.drop),
                    drop.wasHeld
                        ? "\(drop.name) goes on as it was decided"
                        : "\(drop.name) was not begun; it is contributed now")
            case .posting where isThere:
                add(
                    .goOn(drop.drop),
                    "\(drop.name) was being contributed; rows without an answer are in doubt, the rest goes on")
            case .posting:
                add(
                    .endWithoutFile(drop.drop),
                    "\(drop.name) was being contributed, but its file is gone; its rows end unknown or unsent")
            case .closed:
                break
            }
            for file in files.sorted() where file != drop.name && drop.stage != .closed {
                add(.leave("\(drop.drop)/\(file)"), "\(file) in work/\(drop.drop) is not Postbox's; it is left alone")
            }
        }
        let numbers = Set(known.filter { $0.stage != .closed }.map { String($0.drop) })
        for entry in work.sorted(by: { $0.name < $1.name }) where !numbers.contains(entry.name) {
            addUnknown(entry, isClosed)
        }
    }

    private mutating func addUnknown(_ entry: Entry, _ isClosed: (Int) -> Bool) {
        guard entry.isDirectory, let drop = Int(entry.name), drop > 0, String(drop) == entry.name else {
            return add(.leave(entry.name), "work/\(entry.name) is not Postbox's; it is left alone")
        }
        guard let file = entry.files.first else {
            return add(.clearAway(entry.name), "work/\(entry.name) holds no file any more; it is removed")
        }
        guard entry.files.count == 1 else {
            return add(
                .leave(entry.name),
                "work/\(entry.name) holds \(entry.files.count) files and the ledger does not know it; it is left alone")
        }
        guard !isClosed(drop) else {
            return add(
                .leave(entry.name), "\(file) lies in work/\(entry.name), but drop \(drop) is closed; it is left alone")
        }
        add(
            .adopt(drop, name: file),
            "\(file) lies in work/\(entry.name), and the ledger does not know it; whatever it may have sent is in doubt"
        )
    }

    private mutating func add(_ step: Step, _ text: String) {
        steps.append(Told(step: step, text: text))
    }
}

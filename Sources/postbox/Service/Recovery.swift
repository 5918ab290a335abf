internal import Logging
internal import PostboxCore
internal import PostboxIO

/// What a stopped run left behind, found before anything new is taken.
struct Recovery: Sendable {
    let context: Context

    /// Finishes what only has to be moved, forgets what never began, and returns the drops that go on, by number.
    func plan(_ open: [DropRecord]) async throws -> [ClaimedFile] {
        let work = context.settings.directories.work
        var files: [ClaimedFile] = []
        var known: Set<String> = []
        for record in open {
            let directory = work + "/\(record.number)"
            known.insert(String(record.number))
            if record.stage == .settled {
                say("was settled; it is moved to where it belongs", record)
                await context.names.keep(record.target, in: record.folder)
                try await Closing(context: context).finish(
                    drop: record.number, name: record.name, directory: directory, folder: record.folder,
                    target: record.target, summary: record.summary)
            } else if let file = try await goOn(record) {
                files.append(file)
            }
        }
        try await adopt(known, &files)
        try GuardFolder(work).forget(upTo: try await context.ledger.firstOpen())
        return files.sorted { $0.drop < $1.drop }
    }

    /// A drop that nobody works on, after a stop or a fault: how it goes on. nil: its claim came to nothing, or it is closed.
    func goOn(_ record: DropRecord) async throws -> ClaimedFile? {
        let directories = context.settings.directories
        let directory = directories.work + "/\(record.number)"
        let isThere = try Disk.exists(directory + "/" + record.name)
        switch record.stage {
        case .claimed where !isThere:
            say("was not moved from the inbox yet; it is forgotten, the file is taken anew", record)
            try Disk.remove(directory + "/" + FileMover.Part.result)
            try Disk.removeDirectory(directory)
            try await context.ledger.forget(record.number)
            return nil
        case .claimed:
            // The move may be younger than the last sync.
            for path in [directory, directories.work, directories.inbox] { try Disk.syncDirectory(path) }
            say("was not begun; it is contributed now", record)
        case .posting:
            say(
                isThere
                    ? "was being contributed; rows without an answer are in doubt, the rest goes on"
                    : "was being contributed, but its file is gone; its rows end unknown or unsent", record)
        case .settled:
            say("was settled; it is moved to where it belongs", record)
        case .closed:
            return nil
        }
        return claimed(record, directory)
    }

    private func claimed(_ record: DropRecord, _ directory: String) -> ClaimedFile {
        ClaimedFile(
            drop: record.number, name: record.name, directory: directory, claimedAt: record.claimedAt,
            snapshot: record.snapshot,
            refusal: record.snapshot.rule.destinations.isEmpty ? Claims.noRule(record.name) : nil, record: record)
    }

    /// Directories in `work/` that the ledger does not know: it was lost, so the file is taken as one that may have been sent.
    private func adopt(_ known: Set<String>, _ files: inout [ClaimedFile]) async throws {
        let work = context.settings.directories.work
        for name in try Disk.names(in: work).names.sorted() where !known.contains(name) {
            if name == "guard" || name.hasPrefix(".") { continue }
            let directory = work + "/" + name
            guard let number = Int(name), number > 0, try Disk.status(directory)?.isDirectory == true else {
                context.alerts.send(
                    Alert(
                        event: "foreign_file", isError: false,
                        message: "\(directory) is not Postbox's; it is left alone", facts: ["path": directory]))
                continue
            }
            let inside = try Disk.names(in: directory).names.filter { !$0.hasPrefix(".") }
            if inside.isEmpty {
                try Disk.remove(directory + "/" + FileMover.Part.result)
                try Disk.remove(directory + "/" + FileMover.Part.rejects)
                try Disk.remove(directory + "/" + FileMover.Part.summary)
                try Disk.removeDirectory(directory)
                continue
            }
            guard inside.count == 1, let file = inside.first else {
                context.alerts.send(
                    Alert(
                        event: "foreign_file", isError: false,
                        message:
                            "\(directory) holds \(inside.count) files and the ledger does not know it; it is left alone",
                        facts: ["path": directory]))
                continue
            }
            let claim = Claims(context: context)
            let (snapshot, refusal) = try await claim.snapshot(for: file)
            let now = Clock.wall()
            try await context.ledger.adopt(number, name: file, snapshot: snapshot, at: now)
            context.logger.warning(
                "found in work/ without an entry in the ledger; it is contributed under today's rules",
                metadata: ["event": "recovery", "drop": "\(number)", "file": "\(file)"])
            let record = try await context.ledger.open().first { $0.number == number }
            files.append(
                ClaimedFile(
                    drop: number, name: file, directory: directory, claimedAt: now, snapshot: snapshot,
                    refusal: refusal, record: record, isAdopted: true))
        }
    }

    private func say(_ what: String, _ record: DropRecord) {
        context.logger.notice(
            "\(record.name) \(what)",
            metadata: ["event": "recovery", "drop": "\(record.number)", "stage": "\(record.stage.rawValue)"])
    }
}

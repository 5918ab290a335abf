internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// Proves that record, results, summaries and price files are what was written, and that every drop number is accounted for; or names
/// what is not: of the record the first thing, of files each.
struct RecordProof {
    let directories: Settings.Directories
    /// Files of drops that were settled in this time are looked at; microseconds since 1970; nil: all.
    var from: Int64?
    var to: Int64?

    /// What was proved.
    struct Proved: Sendable, Equatable {
        var lines = 0
        /// Of the last line.
        var lastHash = RecordLine.noHash
        /// Drops whose files were looked at.
        var drops = 0
        /// Of these, how many have lost files to retention.
        var removed = 0
        var signatures = 0
        /// The keys that they name, in hexadecimal digits.
        var keys: Set<String> = []
        /// The highest drop number.
        var lastDrop = 0
        /// Numbers that were given before there was a record.
        var before = 0
    }

    /// Files, and drop numbers, that are not as they were.
    struct NotProved: Error, Equatable, CustomStringConvertible {
        var faults: [RecordChain.Fault]

        var description: String { faults.map(\.description).joined(separator: "; ") }
    }

    /// Goes over everything. Throws `RecordChain.Fault` for the first thing of the record that is not as it was, `NotProved` for files and
    /// numbers, `DiskError` and `LedgerError` when something cannot be read.
    func run() throws -> Proved {
        var tries = 0
        while true {
            do {
                return try once()
            } catch is EndMoves where tries < 3 {
                // A running service was just writing there.
                tries += 1
                usleep(300_000)
            } catch let end as EndMoves {
                throw end.fault
            }
        }
    }

    /// The record's end is not what the ledger says; it may be that lines come just now.
    private struct EndMoves: Error {
        var fault: RecordChain.Fault
    }

    private func once() throws -> Proved {
        let file = RecordFile(folder: directories.recordFolder)
        let ledger = try LedgerReading(in: directories)
        // What is in the ledger at this time is in the file, or among the lines that wait for it.
        let state = try ledger?.recordState()
        guard try Disk.exists(file.path) || state?.pending.isEmpty == false else {
            throw state.map {
                RecordChain.Fault(
                    "\(file.path) is gone; the ledger knows that it had \(Plural.text($0.number, "line"))")
            } ?? RecordChain.Fault("there is no record: \(file.path)")
        }
        var proved = Proved()
        var faults: [RecordChain.Fault] = []
        if ledger == nil {
            faults.append(
                RecordChain.Fault(
                    "the ledger is gone: \(directories.state)/ledger.sqlite; whether the record ends where it did, and which numbers were given, cannot be proved"
                ))
        }
        var chain = RecordChain()
        var ledgerHash: String?
        func take(_ text: String, _ sha256: String) throws(RecordChain.Fault) {
            let line = try chain.take(text, sha256: sha256, isSigned: RecordKey.isSigned)
            proved.lines += 1
            if case .signed(_, _, _, let key, _) = line.entry {
                proved.signatures += 1
                proved.keys.insert(key)
            }
            if line.number == state?.number { ledgerHash = sha256 }
        }
        let rest =
            try Disk.exists(file.path)
            ? try file.eachLine { text, sha256, _ in
                try take(text, sha256)
                return true
            } : 0
        for pending in state?.pending ?? [] where pending.number > chain.number {
            try take(pending.line, pending.sha256)
        }
        if let state {
            guard chain.number >= state.number else {
                let gone = state.number - chain.number
                throw EndMoves(
                    fault: RecordChain.Fault(
                        "\(Plural.word(gone, "the last line is", "the last \(gone) lines are")) gone: the ledger knows line \(state.number), the file ends with \(chain.number)"
                    ))
            }
            guard ledgerHash == state.sha256 else {
                throw RecordChain.Fault(
                    line: state.number, "it is not the line that the ledger knows: the record was written anew")
            }
        }
        if rest > 0, state?.pending.isEmpty != false {
            throw EndMoves(fault: RecordChain.Fault(line: proved.lines + 1, "it does not end: bytes were put in there"))
        }
        proved.lastHash = chain.hash
        proved.before = chain.before
        try account(chain, ledger, &proved, &faults)
        guard faults.isEmpty else { throw NotProved(faults: faults) }
        return proved
    }

    // MARK: - Drops

    private func account(
        _ chain: RecordChain, _ ledger: LedgerReading?, _ proved: inout Proved, _ faults: inout [RecordChain.Fault]
    ) throws {
        var stages: [Int: FileStage] = [:]
        for drop in try ledger?.list() ?? [] { stages[drop.drop] = drop.stage }
        proved.lastDrop = max(try ledger?.lastNumber() ?? 0, chain.settled.keys.max() ?? 0)
        for (drop, stage) in stages.sorted(by: { $0.key < $1.key })
        where (stage == .settled || stage == .closed) && chain.settled[drop] == nil && !chain.isBeforeRecord(drop) {
            faults.append(RecordChain.Fault("drop \(drop) is finished, and the record has no line of it"))
        }
        if ledger != nil, proved.lastDrop > chain.before {
            for drop in (chain.before + 1)...proved.lastDrop
            where !chain.accounts(for: drop, isOpen: stages[drop].map { $0 != .settled && $0 != .closed } ?? false) {
                faults.append(
                    RecordChain.Fault(
                        "drop number \(drop) was given, and neither record nor ledger knows what became of it"))
            }
        }
        var known: Set<String> = []
        for (drop, settled) in chain.settled.sorted(by: { $0.key < $1.key }) {
            known.insert(settled.entry.path)
            guard from.map({ settled.at >= $0 }) ?? true, to.map({ settled.at < $0 }) ?? true else { continue }
            // Its files are on their way.
            if stages[drop] == .settled { continue }
            do {
                try prove(settled.entry, removed: chain.removed, &proved)
            } catch let fault as RecordChain.Fault {
                faults.append(fault)
            }
        }
        do {
            try findForeign(known, chain, stages)
        } catch let fault as RecordChain.Fault {
            faults.append(fault)
        }
    }

    private func prove(
        _ entry: RecordEntry.Settled, removed: Set<String>, _ proved: inout Proved
    ) throws {
        proved.drops += 1
        let name = "drop \(entry.drop) (\(VisibleText.line(entry.file)))"
        let path = directories.path(recorded: entry.path)
        let summary = FileNames.summary(path)
        guard try Disk.exists(summary) else { throw RecordChain.Fault("\(name): its summary is gone: \(summary)") }
        guard try SHA256Text.ofFile(summary) == entry.summarySHA256 else {
            throw RecordChain.Fault("\(name): its summary was altered: \(summary)")
        }
        let isRemoved = try !proveResult(entry, name, at: path, removed: removed)
        if isRemoved { proved.removed += 1 }
        try proveFile(entry, name, at: path, summary: summary, removed: removed)
    }

    /// False: it was removed because its time was over.
    private func proveResult(
        _ entry: RecordEntry.Settled, _ name: String, at path: String, removed: Set<String>
    ) throws -> Bool {
        do {
            guard let result = try ResultBytes(path: FileNames.result(path)) else {
                let names = ["", ResultBytes.packedSuffix].map { FileNames.result(entry.path) + $0 }
                guard names.contains(where: removed.contains) else {
                    throw RecordChain.Fault("\(name): its result is gone: \(FileNames.result(path))")
                }
                return false
            }
            guard try result.sha256() == entry.resultSHA256 else {
                throw RecordChain.Fault("\(name): its result was altered: \(result.path)")
            }
            return true
        } catch let damage as ResultBytes.Damaged {
            throw RecordChain.Fault("\(name): its result was altered: \(damage)")
        }
    }

    /// The price file itself has the hash that the summary has of it. A summary that says that it was gone, or written to while it was
    /// posted, has the hash of what was read, which no longer lies there.
    private func proveFile(
        _ entry: RecordEntry.Settled, _ name: String, at path: String, summary: String, removed: Set<String>
    ) throws {
        let told = try Disk.contents(summary).withUnsafeBytes { JSONValue.parse($0) }
        guard let sha256 = told?["sha256"]?.text, !sha256.isEmpty, !FileSummary.tellsOfAnotherFile(told) else { return }
        guard try Disk.exists(path) else {
            // Whoever corrects a file that ended badly, or drops it again, moves it.
            guard removed.contains(entry.path) || path.hasPrefix(directories.failed + "/") else {
                throw RecordChain.Fault("\(name): its file is gone: \(path)")
            }
            return
        }
        guard try SHA256Text.ofFile(path) == sha256 else {
            throw RecordChain.Fault("\(name): its file was altered: \(path)")
        }
    }

    /// Summaries and results that the record knows nothing of.
    private func findForeign(_ known: Set<String>, _ chain: RecordChain, _ stages: [Int: FileStage]) throws {
        for top in [directories.done, directories.failed] {
            guard try Disk.exists(top) else { continue }
            for name in try Disk.names(in: top).names.sorted() {
                let path = top + "/" + name
                if try Disk.status(path)?.isDirectory == true {
                    for inner in try Disk.names(in: path).names.sorted() {
                        try look(at: path + "/" + inner, known, chain, stages)
                    }
                } else {
                    try look(at: path, known, chain, stages)
                }
            }
        }
    }

    private func look(
        at path: String, _ known: Set<String>, _ chain: RecordChain, _ stages: [Int: FileStage]
    ) throws {
        let result = FileNames.result("")
        let ending = [FileNames.summary(""), result, result + ResultBytes.packedSuffix].first { path.hasSuffix($0) }
        // A price file may be called as a result is.
        guard let ending, !known.contains(directories.recordedPath(path)),
            !known.contains(directories.recordedPath(String(path.dropLast(ending.utf8.count))))
        else {
            return
        }
        // What was finished before there was a record, or just now.
        let summary = String(path.dropLast(ending.utf8.count)) + FileNames.summary("")
        let value =
            try Disk.exists(summary)
            ? try Disk.contents(summary).withUnsafeBytes { JSONValue.parse($0) } : nil
        if let drop = value?["drop"]?.integer, chain.isBeforeRecord(drop) { return }
        if try LedgerReading(in: directories)?.list(
            LedgerReading.Choice(most: 1000)
        ).contains(where: {
            directories.recordedPath($0.folder + "/" + $0.target)
                == directories.recordedPath(String(path.dropLast(ending.utf8.count)))
                && (stages[$0.drop].map { $0 != .closed } ?? true)
        }) == true {
            return
        }
        throw RecordChain.Fault("\(path) is no file of the record: it was put in there, or renamed")
    }
}

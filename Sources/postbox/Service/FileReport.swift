internal import Logging
internal import PostboxCore
internal import PostboxIO

/// What is told of a file that is finished: its summary, the log, the desk.
struct FileReport: Sendable {
    let file: ClaimedFile
    let context: Context
    let logger: Logger

    /// What a summary tells that has to be asked for first.
    struct Facts: Sendable {
        /// Bytes.
        var size: Int
        var sha256: String
        /// By destination.
        var logins: [(destination: String, text: [(String, String)])]
        var warnings: [String]
    }

    /// `plan`: nil when the file was not read. `isGivenUp`: nothing more of it was sent. Throws `DiskError`.
    func facts(plan: FilePlan?, isGivenUp: Bool) async throws -> Facts {
        var facts: Facts
        if let digests = plan?.digests {
            facts = Facts(size: digests.size, sha256: digests.sha256, logins: [], warnings: [])
        } else {
            facts = try await context.disk.run { [file] in
                Facts(
                    size: try Disk.status(file.path)?.size ?? 0, sha256: try file.digest() ?? "", logins: [],
                    warnings: [])
            }
        }
        for name in file.rule.destinations {
            let login = await login(name, isGivenUp: isGivenUp)
            if !login.isEmpty || context.lanes[name] != nil { facts.logins.append((name, login)) }
            if file.snapshot.rehearsed?.contains(name) == true || context.lanes[name]?.destination.rehearses == true {
                facts.warnings.append("\(name) only rehearses: nothing was posted there (rehearse is true)")
            }
            if context.lanes[name]?.destination.tls.verify == false {
                facts.warnings.append("TLS certificates of \(name) are not verified (tls.verify is false)")
            }
        }
        return facts
    }

    /// The file's whole story. `plan`: nil when it was not read; `source`: nil when it is no longer the file that was read.
    func summary(
        of fate: FileFate, _ facts: Facts, plan: FilePlan?, source: SourceFile?, results: isolated ResultFile
    ) -> FileSummary {
        var summary = FileSummary(drop: file.drop, file: file.name)
        summary.size = facts.size
        summary.sha256 = facts.sha256
        summary.format = (plan?.format ?? file.format)?.rawValue ?? ""
        summary.rule = file.rule.match
        summary.destinations = file.rule.destinations
        summary.login = facts.logins
        summary.verdict = fate.verdict
        summary.reason = fate.trouble?.reason.word ?? ""
        summary.text = fate.trouble?.text ?? ""
        summary.rows = plan?.rows ?? 0
        summary.skipped = plan?.skipped?.count
        summary.outcomes = results.tally.outcomes
        summary.sent = results.tally.sent
        summary.claimedAt = file.claimedAt
        summary.version = Version.text
        summary.configSHA256 = file.snapshot.configSHA256 ?? context.configSHA256
        summary.tables = file.snapshot.tables?.mapValues(\.sha256) ?? [:]
        summary.dictionary = file.snapshot.dictionary
        summary.original = file.snapshot.original
        summary.asked = file.snapshot.asked
        summary.hold = file.record?.hold
        summary.warnings = facts.warnings
        if file.rule.mayWarn, let warned = plan?.warned {
            // Of a refused file no row went, with a warning or without.
            summary.checkWarnings = fate.verdict == .refused ? [:] : warned.rows
            summary.warnings += warned.file
        }
        if let source, let text = lateWrite(source) { summary.warnings.append(text) }
        summary.firstSentAt = results.tally.firstSentAt
        summary.settledAt = results.tally.lastSettledAt > 0 ? results.tally.lastSettledAt : Clock.wall()
        return summary
    }

    /// How a destination was logged in when the rows went there; empty: not known.
    private func login(_ destination: String, isGivenUp: Bool) async -> [(String, String)] {
        let now = await context.lanes[destination]?.loginFacts ?? []
        // What an earlier run posted, and this one does not go on with, was not posted with what holds now.
        let posting = file.record?.postings.first { $0.destination == destination }
        let known = FileSummary.login(ofText: posting?.login ?? "")
        return known.isEmpty || !isGivenUp && !now.isEmpty ? now : known
    }

    /// What was posted stands in the result file; the file itself may no longer say the same. Tells the desk if it does not.
    private func lateWrite(_ source: SourceFile) -> String? {
        do {
            try source.checkUnchanged()
            return nil
        } catch {
            let text = FileSummary.writtenLater
            context.alerts.send(
                Alert(
                    event: .changedAfterRead, message: "\(file.name): \(text)",
                    facts: ["drop": "\(file.drop)", "file": file.name]
                ).of(rule: file.rule.match))
            return text
        }
    }

    /// Says how the file ended: to the log alone when all is well, else to the desk, too.
    ///
    /// - Parameters:
    ///   - reasons: How often what was wrong.
    ///   - rowsPerSecond: nil: nothing was sent, or not by this run.
    ///   - path: Where the file lies now.
    func say(
        _ fate: FileFate, outcomes: OutcomeCounts, reasons: [String: Int], rowsPerSecond: Double?, path: String
    ) {
        var facts = ["path": path]
        for outcome in PostOutcome.allCases where outcomes[outcome] > 0 { facts[outcome.word] = "\(outcomes[outcome])" }
        if let rowsPerSecond { facts["rows_per_second"] = "\(Int(rowsPerSecond.rounded()))" }
        if let trouble = fate.trouble {
            facts["reason"] = trouble.reason.word
            facts["text"] = trouble.text
        }
        let event = Event.file(fate.verdict)
        let message = "\(file.name) is \(fate.verdict.rawValue)"
        guard fate.verdict == .done else {
            facts["drop"] = "\(file.drop)"
            facts["file"] = file.name
            return context.alerts.send(
                Alert(event: event, isError: false, message: message, facts: facts, reasons: reasons)
                    .of(rule: file.rule.match, badRows: outcomes.badLines))
        }
        var metadata: Logger.Metadata = ["event": .event(event)]
        for (key, value) in facts { metadata[key] = "\(value)" }
        if !reasons.isEmpty { metadata["reasons"] = "\(Alerts.words(reasons))" }
        logger.info("\(message)", metadata: metadata)
    }
}

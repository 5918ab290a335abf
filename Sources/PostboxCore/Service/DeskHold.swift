/// What the desk holds besides drops that wait for a release: who wanted it, why, and until when. It goes on when somebody says so.
package struct DeskHold: Sendable, Equatable {
    package var command: DeskCommand
    /// Who; nil: nobody knows.
    package var by: String?
    package var why: String?
    /// Microseconds since 1970.
    package var since: Int64
    /// When it was to be over; nil: nobody said.
    package var until: Int64?

    package init(_ command: DeskCommand, _ note: CommandNote, since: Int64) {
        self.command = command
        by = note.by
        why = note.why
        self.since = since
        until = note.until
    }

    /// What keeps a file in work from going on: a hold of the drop, of its rule, or of one of its destinations; the first of these. nil:
    /// nobody holds it. `rule`: its `match`.
    package static func of(
        drop: Int, rule: String?, destinations: [String], among holds: [DeskHold]
    ) -> DeskHold? {
        var commands = [DeskCommand.holdDrop(drop)]
        if let rule { commands.append(.holdRule(rule)) }
        commands += destinations.map { DeskCommand.holdDestination($0) }
        return commands.lazy.compactMap { command in holds.first { $0.command == command } }.first
    }

    /// `the destination cache is held by alice: a test`
    package var words: String {
        "\(command.subject) is held" + (by.map { " by \(ReleaseRule.name($0))" } ?? "") + (why.map { ": \($0)" } ?? "")
    }

    /// Why something that is to be resumed does not go on: it is not held itself.
    ///
    /// - Parameters:
    ///   - other: what holds it all the same; nil: nothing does.
    ///   - waitsForRelease: it is a drop that somebody has to release.
    package static func isNotHeld(_ subject: String, _ other: DeskHold?, waitsForRelease: Bool) -> String {
        guard !waitsForRelease else {
            return "\(subject) waits until somebody releases it, and a resume does not: release or refuse it"
        }
        guard let other else { return "\(subject) is not held" }
        return "\(subject) itself is not held; it goes on when what holds it is resumed: \(other.words)"
    }

    /// That something was resumed. `other`: what holds it all the same; nil: nothing does, and it goes on.
    package static func isResumed(_ subject: String, _ other: DeskHold?) -> String {
        guard let other else { return "\(subject) goes on" }
        return
            "\(subject) is not held any more by itself; it goes on when what else holds it is resumed: \(other.words)"
    }

    /// An object on one line.
    package var json: String {
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        let members = [
            "\"what\":\(quoted(command.subject))", "\"since\":\(quoted(TimeText.text(since)))",
            by.map { "\"by\":\(quoted($0))" }, why.map { "\"why\":\(quoted($0))" },
            until.map { "\"until\":\(quoted(TimeText.text($0)))" },
        ]
        return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }

    /// That it is not over although it should be. Of a drop, whoever knows its rule adds that.
    package var overdue: Alert {
        let (rule, destination): (String?, String?) =
            switch command {
            case .holdRule(let match): (match, nil)
            case .holdDestination(let name): (nil, name)
            case .holdInbox, .holdDrop, .cancelDrop, .cancelFile: (nil, nil)
            }
        return Alert(
            event: .holdOverdue, isError: false,
            message:
                "\(command.subject) is still held and was to go on at \(until.map(TimeText.text) ?? ""); it does not by itself: resume it",
            facts: [
                "what": command.subject, "by": by, "why": why, "since": TimeText.text(since),
                "until": until.map(TimeText.text), "rule": rule, "destination": destination,
                "drop": command.drop.map(String.init),
            ].compactMapValues { $0 })
    }
}

internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// What people do with alerts, over the API and on the page.
extension DeskOffice {
    /// Does it, as far as that person may.
    func act(
        _ call: AlertCall, _ order: AlertOrder, _ caller: DeskCaller, from source: DeskRequest.Source
    ) async -> DeskAnswer {
        guard let person = caller.person else { return .refused(.notAllowed, text: "who speaks cannot be told") }
        let rule: String? =
            switch call {
            case .acknowledge(let id): context.alerts.book.withLock { $0.alert(id) }?.alert.rule
            case .mute: order.about.rule
            case .unmute(let id): context.alerts.book.withLock { $0.mute(id) }?.about.rule
            }
        let from = person.text.hasPrefix("page:") ? "page" : "control socket"
        let answer: DeskAnswer
        if caller.mayAct(onRule: rule) {
            switch call {
            case .acknowledge(let id):
                answer = await alerts.acknowledge(id, why: order.why ?? "", by: person, from: from)
            case .mute:
                let settings = context.settings
                if let problem = settings.ruleNames.problem(of: order.about.rule)
                    ?? settings.destinationNames.problem(of: order.about.destination)
                {
                    answer = .refused(.unknownDrop, text: problem)
                } else {
                    answer = await alerts.mute(
                        order.about, until: order.until ?? 0, why: order.why ?? "", by: person, from: from)
                }
            case .unmute(let id): answer = await alerts.unmute(id, why: order.why, by: person, from: from)
            }
        } else {
            answer = .refused(
                .notAllowed,
                text:
                    "\(ReleaseRule.name(person.text)) may act on alerts of the rules \(caller.rules.joined(separator: ", ")) only"
            )
        }
        say(call, order, answer, person, from: source)
        return answer
    }

    private func say(
        _ call: AlertCall, _ order: AlertOrder, _ answer: DeskAnswer, _ person: Person,
        from source: DeskRequest.Source
    ) {
        let subject =
            switch call {
            case .acknowledge(let id): "alert \(id)"
            case .mute: order.about.words
            case .unmute(let id): "mute \(id)"
            }
        var facts: Logger.Metadata = [
            "event": .event(.deskAct), "by": "\(person.text)", "what": "\(call.word)", "subject": "\(subject)",
        ]
        if case .network(let address, _) = source { facts["from"] = "\(address)" }
        if let why = order.why { facts["why"] = "\(why)" }
        switch answer {
        case .done(let text, _, _), .shown(let text, _, _), .proposed(let text):
            (facts["answer"], facts["text"]) = ("done", "\(text)")
        case .refused(let refusal, let text):
            (facts["answer"], facts["text"]) = ("\(refusal.rawValue)", "\(text)")
        }
        context.logger.notice("\(person.text) asks to \(call.word) \(subject)", metadata: facts)
        forgetBoard()
    }
}

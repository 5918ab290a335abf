internal import Logging
internal import PostboxCore
internal import PostboxIO

extension DeskOffice {
    /// Somebody answers for a day, on the page.
    func sign(_ day: Int, why: String?, _ caller: DeskCaller) async -> DeskAnswer {
        guard let person = caller.person else { return .refused(.notAllowed, text: "who speaks cannot be told") }
        let text = BusinessCalendar.text(ofDay: day)
        guard caller.mayAct(onRule: nil) else {
            return .refused(
                .notAllowed,
                text: "\(ReleaseRule.name(person.text)) may act on files of some rules only, and not sign a day off")
        }
        let now = Clock.wall()
        guard DayReport.hasBegun(day, schedules: context.settings.schedules, at: now) else {
            return .refused(.wrongStage, text: "\(text) has not come yet: nobody can answer for it")
        }
        do {
            let signature = PersonNote(by: person.text, at: now, why: why ?? "")
            try await context.ledger.sign(day, signature, from: "page")
        } catch {
            return .refused(.unavailable, text: Words.of(error))
        }
        context.logger.notice(
            "\(person.text) signs \(text) off",
            metadata: ["event": .event(.deskAct), "by": "\(person.text)", "what": "sign_day", "subject": "\(text)"])
        return .done(text: "\(text) is signed off by \(ReleaseRule.name(person.text))", facts: [:], drop: nil)
    }
}

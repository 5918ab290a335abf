internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Keeps the book of alerts in the ledger, soon after something changes, and does what people do with alerts. No alert waits for the
/// ledger: what cannot be written now is written later.
final class AlertStore: Sendable {
    private struct State {
        var isWriting = false
        var isWanted = false
        var isEnding = false
        var isFaulty = false
        var task: Task<Void, Never>?
    }

    private static let gathering = Duration.milliseconds(200)
    private static let afterFault = Duration.seconds(5)

    private let alerts: Alerts
    private let ledger: Ledger
    private let logger: Logger
    private let state = Mutex(State())

    init(_ alerts: Alerts, _ ledger: Ledger, logger: Logger) {
        self.alerts = alerts
        self.ledger = ledger
        self.logger = logger
    }

    /// Brings back what an earlier run kept, and keeps the book from here on. Throws a fault of the ledger.
    func start() async throws {
        let now = Clock.wall()
        let kept = try await ledger.standing(.alert).values.compactMap { StandingAlert(json: $0) }
        let acks = try await ledger.standing(.alertAck).compactMap { name, value in
            Int(name).flatMap { id in PersonNote(json: value).map { (id, $0) } }
        }
        let known = try await ledger.standing(.mute).values.compactMap { AlertMute(json: $0) }
        let (mutes, over) = (known.filter { $0.until > now }, known.filter { $0.until <= now })
        try await ledger.keep(over.map { StandingThing(.mute, "\($0.id)", nil) }, at: now)
        alerts.book.withLock {
            $0.recall(
                kept, acknowledged: Dictionary(acks, uniquingKeysWith: { first, _ in first }), mutes: mutes, at: now)
        }
        alerts.keep(in: self)
        wake()
    }

    /// Something may have changed.
    func wake() {
        state.withLock { state in
            state.isWanted = true
            guard !state.isWriting else { return }
            state.isWriting = true
            state.task = Task(priority: .background) { await self.write() }
        }
    }

    /// Writes what is left; what cannot be written is lost, and the log has it.
    func finish() async {
        let task = state.withLock { state in
            state.isEnding = true
            return state.task
        }
        task?.cancel()
        await task?.value
        _ = await writeChanges()
    }

    private func write() async {
        while true {
            // Alerts come together.
            try? await Task.sleep(for: Self.gathering)
            let isOver = state.withLock { state in
                if state.isEnding || !state.isWanted {
                    state.isWriting = false
                    return true
                }
                state.isWanted = false
                return false
            }
            if isOver { return }
            guard await !writeChanges() else { continue }
            state.withLock { $0.isWanted = true }
            try? await Task.sleep(for: Self.afterFault)
        }
    }

    /// False: the ledger takes nothing now.
    private func writeChanges() async -> Bool {
        let changes = alerts.book.withLock { $0.takeChanges() }
        guard !changes.isEmpty else { return true }
        let things = changes.flatMap { change -> [StandingThing] in
            switch change {
            case .kept(let alert):
                let text = alert.json
                return [StandingThing(.alert, "\(alert.id)", text)]
            case .gone(let id):
                return [StandingThing(.alert, "\(id)", nil), StandingThing(.alertAck, "\(id)", nil)]
            }
        }
        do {
            try await ledger.keep(things, at: Clock.wall())
            state.withLock { $0.isFaulty = false }
            return true
        } catch {
            alerts.book.withLock { $0.giveBack(changes) }
            let isNew = state.withLock { state in
                defer { state.isFaulty = true }
                return !state.isFaulty
            }
            if isNew {
                logger.warning(
                    "alerts are not kept for now, a restart would not know of them: \(Words.of(error))",
                    metadata: ["event": .event(.ledgerFault)])
            }
            return false
        }
    }

    // MARK: - What people do

    /// Somebody has an alert: it is told no more.
    func acknowledge(_ id: Int, why: String, by person: Person, from: String) async -> DeskAnswer {
        guard let alert = alerts.book.withLock({ $0.alert(id) }) else {
            return .refused(.unknownDrop, text: "there is no alert \(id) of the last day")
        }
        if let known = alert.acknowledged {
            return .refused(
                .wrongStage,
                text: "\(ReleaseRule.name(known.by)) has alert \(id) since \(TimeText.text(known.at)): \(known.why)")
        }
        let ack = PersonNote(by: person.text, at: Clock.wall(), why: why)
        let act = RecordAct(
            "ack", subject: "alert \(id): \(alert.alert.event.word)", by: person.text, from: from, why: why)
        do {
            try await ledger.keep([StandingThing(.alertAck, "\(id)", ack.json)], by: act, at: ack.at)
        } catch {
            return .refused(.unavailable, text: Words.of(error))
        }
        FailPoint.reach("ack_recorded")
        alerts.book.withLock { $0.acknowledge(id, ack) }
        return .done(
            text: "\(ReleaseRule.name(person.text)) has alert \(id): it is told no more", facts: [:], drop: nil)
    }

    /// Nobody is called for some alerts until a time.
    func mute(
        _ about: AlertMute.About, until: Int64, why: String, by person: Person, from: String
    ) async -> DeskAnswer {
        let now = Clock.wall()
        guard until > now else {
            return .refused(
                .wrongStage, text: "\(TimeText.text(until)) is over: say until when, and it has to come yet")
        }
        guard until - now <= AlertMute.longest else {
            return .refused(.wrongStage, text: "nobody may mute for longer than 31 days")
        }
        let (count, id) = alerts.book.withLock { ($0.muted(at: now).count, $0.nextNumber()) }
        guard count < AlertBook.mutesMost else {
            return .refused(.wrongStage, text: "\(count) mutes stand already: end some (`postbox unmute`)")
        }
        let mute = AlertMute(id: id, about, by: person.text, at: now, until: until, why: why)
        let act = RecordAct(
            "mute", subject: "\(about.words) until \(TimeText.text(until))", by: person.text, from: from, why: why)
        do {
            try await ledger.keep([StandingThing(.mute, "\(id)", mute.json)], by: act, at: now)
        } catch {
            return .refused(.unavailable, text: Words.of(error))
        }
        FailPoint.reach("mute_recorded")
        alerts.book.withLock { $0.add(mute) }
        return .done(
            text: "mute \(id): nobody is called for \(about.words) until \(TimeText.text(until))", facts: ["mute": id],
            drop: nil)
    }

    /// A mute ends before its time.
    func unmute(_ id: Int, why: String?, by person: Person, from: String) async -> DeskAnswer {
        guard let mute = alerts.book.withLock({ $0.mute(id) }) else {
            return .refused(.unknownDrop, text: "there is no mute \(id)")
        }
        let act = RecordAct("unmute", subject: mute.about.words, by: person.text, from: from, why: why)
        do {
            try await ledger.keep([StandingThing(.mute, "\(id)", nil)], by: act, at: Clock.wall())
        } catch {
            return .refused(.unavailable, text: Words.of(error))
        }
        alerts.book.withLock { $0.endMute(id) }
        return .done(text: "somebody is called for \(mute.about.words) again", facts: [:], drop: nil)
    }
}

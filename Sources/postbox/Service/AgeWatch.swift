internal import PostboxCore
internal import PostboxIO

/// Gives up what is not sent of a file when its rule's `max_age` is over. The one who does.
struct AgeWatch: Sendable {
    private let file: ClaimedFile
    private let context: Context
    private let givenUp: GivenUp
    private let limit: AgeLimit

    /// nil: the file may be of any age.
    init?(_ file: ClaimedFile, givenUp: GivenUp, in context: Context) {
        guard let limit = file.ageLimit else { return nil }
        self.file = file
        self.context = context
        self.givenUp = givenUp
        self.limit = limit
    }

    /// Gives the file up if it is too old already: nothing of it was handed to a lane yet.
    func look() {
        if limit.left(at: Clock.wall()) == nil { giveUp() }
    }

    /// Gives up what is left at its lanes when the time comes. nil: it is over.
    func start() -> Task<Void, Never>? {
        guard let left = limit.left(at: Clock.wall()) else { return nil }
        let lanes = file.rule.destinations.compactMap { context.lanes[$0] }
        return Task {
            do {
                try await Task.sleep(for: left)
            } catch {
                // The file came to its end before.
                return
            }
            guard giveUp() else { return }
            let detail = AgeLimit.isOver.detail
            for lane in lanes { await lane.cancel(drop: file.drop, reason: detail.reason, text: detail.text) }
        }
    }

    /// False: it was given up before.
    @discardableResult
    private func giveUp() -> Bool {
        guard givenUp.detail == nil else { return false }
        context.alerts.send(
            Alert(
                event: .maxAge, message: "\(file.name): what was not sent yet is too old to be sent",
                facts: ["drop": "\(file.drop)", "file": file.name]))
        givenUp.set(AgeLimit.isOver.detail)
        return true
    }
}

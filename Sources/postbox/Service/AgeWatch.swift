internal import PostboxCore
internal import PostboxIO

/// Gives up what is not sent of a file when its rule's `max_age` is over. The one who does.
struct AgeWatch: Sendable {
    private let file: ClaimedFile
    private let context: Context
    private let drop: OpenDrop
    private let limit: AgeLimit

    /// nil: the file may be of any age.
    init?(_ file: ClaimedFile, _ drop: OpenDrop, in context: Context) {
        guard let limit = file.ageLimit else { return nil }
        self.file = file
        self.context = context
        self.drop = drop
        self.limit = limit
    }

    /// Gives the file up if it is too old already: nothing of it was handed to a lane yet.
    func look() async {
        if limit.left(at: Clock.wall()) == nil { await giveUp() }
    }

    /// Gives up what is left at its lanes when the time comes. nil: it is over.
    func start() -> Task<Void, Never>? {
        guard let left = limit.left(at: Clock.wall()) else { return nil }
        return Task {
            do {
                try await Task.sleep(for: left)
            } catch {
                // The file came to its end before.
                return
            }
            // It may have come to its end in the same moment.
            if !Task.isCancelled { await giveUp() }
        }
    }

    private func giveUp() async {
        guard await drop.giveUp(AgeLimit.isOver.detail) else { return }
        context.alerts.send(
            Alert(
                event: .maxAge, message: "\(file.name): what was not sent yet is too old to be sent",
                facts: ["drop": "\(file.drop)", "file": file.name]
            ).of(rule: file.rule.match))
    }
}

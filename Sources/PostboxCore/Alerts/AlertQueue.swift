/// What waits to be posted to a webhook: one message after the other, each tried until it arrives. Times are nanoseconds of the monotonic
/// clock; chance is given to it.
///
/// However long the other side is away, no more than so many wait. The oldest are dropped then, and the next message that arrives tells
/// how many.
package struct AlertQueue<Message: Sendable>: Sendable {
    /// What came of a try.
    package enum Answer: Sendable, Equatable {
        case taken
        /// It may be taken later; `after`: not before so many seconds.
        case later(String, after: Int?)
        /// The other side does not want this message: it would not take it later either.
        case unwanted(String)
    }

    /// What is to be done now.
    package enum Step: Sendable {
        /// Post it. `missed`: so many before it were dropped.
        case send(Message, missed: Int)
        case wait(until: Int64)
        case nothing
    }

    /// What is to be said about an answer.
    package enum Said: Sendable, Equatable {
        /// It does not work; the first time since it did.
        case failing(String)
        /// A message is lost.
        case lost(String)
        /// It works again after so many nanoseconds; so many messages are lost.
        case works(after: Int64, missed: Int)
    }

    /// Messages that wait.
    package static var most: Int { 1000 }

    private let backoff: ReconnectBackoff
    private var waiting: [Message] = []
    private var inFlight: Message?
    private var tries = 0
    private var notBefore: Int64 = .min
    private var missed = 0
    /// Of `missed`: those that the message in flight tells.
    private var told = 0
    private var failingSince: Int64?

    package init(backoff: ReconnectBackoff = ReconnectBackoff(first: .seconds(2), most: .seconds(60))) {
        self.backoff = backoff
    }

    package var isEmpty: Bool { waiting.isEmpty && inFlight == nil }

    /// Messages that wait or are on their way.
    package var count: Int { waiting.count + (inFlight == nil ? 0 : 1) }

    package mutating func add(_ message: Message) {
        if waiting.count >= Self.most {
            waiting.removeFirst()
            missed += 1
        }
        waiting.append(message)
    }

    /// What to do. A message that is to be sent is in flight until `answered`.
    package mutating func next(at now: Int64) -> Step {
        guard inFlight == nil, let first = waiting.first else { return .nothing }
        if now < notBefore { return .wait(until: notBefore) }
        waiting.removeFirst()
        inFlight = first
        told = missed
        return .send(first, missed: missed)
    }

    /// `jitter`: from 0 to 1.
    package mutating func answered(_ answer: Answer, at now: Int64, jitter: Double) -> Said? {
        guard let message = inFlight else { return nil }
        inFlight = nil
        switch answer {
        case .taken:
            missed -= told
            tries = 0
            notBefore = .min
            guard let since = failingSince else { return nil }
            failingSince = nil
            return .works(after: now - since, missed: told)
        case .unwanted(let why):
            missed += 1
            tries = 0
            notBefore = .min
            return .lost(why)
        case .later(let why, let seconds):
            tries += 1
            let pause = backoff.delay(attempt: tries, jitter: jitter)
            notBefore = now + max(pause, Int64(min(max(0, seconds ?? 0), 300)) * 1_000_000_000)
            if waiting.count >= Self.most {
                missed += 1
            } else {
                waiting.insert(message, at: 0)
            }
            guard failingSince == nil else { return nil }
            failingSince = now
            return .failing(why)
        }
    }

    /// What an answer of HTTP means. Redirects are not followed: what is sent may hold secrets, and the alerts are nobody else's business.
    package static func answer(status: Int, retryAfter: Int?) -> Answer {
        switch status {
        case 200..<300: .taken
        case 300..<400: .later("it redirects (HTTP \(status)), which is not followed: correct the URL", after: 60)
        case 400, 413, 422: .unwanted("it does not want the message: HTTP \(status)")
        case 401, 403, 404, 410:
            .later("it refuses (HTTP \(status)): check URL and headers", after: retryAfter ?? 60)
        default: .later("it answers HTTP \(status)", after: retryAfter)
        }
    }
}

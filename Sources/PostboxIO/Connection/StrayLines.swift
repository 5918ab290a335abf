internal import Logging
internal import PostboxCore

/// Logs answers that nothing waits for. A server may send such without end: of each kind some lines a minute are written, and how many
/// were left out.
struct StrayLines {
    private let logger: Logger
    private var limits = LogLimits()

    init(_ logger: Logger) { self.logger = logger }

    /// An answer to a post that is not in flight; what it is.
    mutating func late(_ postID: String, _ what: String, _ now: Moment) {
        write(
            .lateAnswer, "an answer that nothing waits for", ["post_id": "\(postID)", "answer": "\(what)"], now,
            level: .notice)
    }

    mutating func write(
        _ event: Event, _ words: Logger.Message, _ facts: Logger.Metadata, _ now: Moment,
        level: Logger.Level = .error
    ) {
        guard let leftOut = limits.line(event, at: now.monotonic) else { return }
        var metadata = facts
        metadata["event"] = .event(event)
        if leftOut > 0 { metadata["left_out"] = "\(leftOut)" }
        logger.log(level: level, words, metadata: metadata)
    }

    /// Tells of lines that were left out and that no later one counted, once their minute is over. `now`: nanoseconds.
    mutating func tellRest(at now: Int64) {
        for (event, leftOut) in limits.rest(at: now) {
            logger.notice("more of these came", metadata: ["event": .event(event), "left_out": "\(leftOut)"])
        }
    }
}

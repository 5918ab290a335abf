/// Judges answers, one after the other: what a refusal means for its row, and when it is the destination that is at fault and
/// not the rows. Then rows wait, rather than fail one by one.
///
/// The destination is at fault when
/// - a refusal says so by its class (`NakRules`);
/// - one refusal meets twenty different RICs in a row, unless a row alone can be blamed for it;
/// - many posts in a row get no answer that can be read.
package struct DestinationHealth: Sendable {
    /// Different RICs in a row that one refusal has to meet.
    package static let refusalsMax = 20

    /// The same refusal of different RICs.
    private struct Run {
        /// NakCode and text.
        var words: String
        /// The RIC and service that it met last, by hash.
        var key: UInt64
        var count = 1
    }

    private let rules: NakRules
    private let unansweredMax: Int
    /// nil: the last answer was no refusal, or one that a row alone can be blamed for.
    private var run: Run?
    private var unanswered = 0

    /// `unansweredMax`: posts in a row without an answer that can be read, from which on the destination is at fault.
    package init(_ rules: NakRules, unansweredMax: Int) {
        self.rules = rules
        self.unansweredMax = unansweredMax
    }

    /// A login was opened: silence before it says nothing about what comes.
    package mutating func opened() { unanswered = 0 }

    /// A post was accepted.
    package mutating func accepted() {
        unanswered = 0
        if run != nil { run = nil }
    }

    /// A refusal of the row with that RIC and service, by their hash. What is done about it.
    package mutating func refused(_ code: NakCode, text: String, key: UInt64) -> Destination.NakClass {
        unanswered = 0
        let nakClass = rules.nakClass(of: code, text: text)
        guard nakClass == .final, !rules.isOwn(code, text: text), isForAll(code, text: text, key: key) else {
            return nakClass
        }
        return .stop
    }

    private mutating func isForAll(_ code: NakCode, text: String, key: UInt64) -> Bool {
        guard !code.isAboutRow else { return false }
        let words = code.name + " " + text
        guard var same = run, same.words == words else {
            run = Run(words: words, key: key)
            return false
        }
        if same.key != key {
            same.key = key
            same.count += 1
            run = same
        }
        return same.count >= Self.refusalsMax
    }

    /// So many posts got no answer, or none that can be read. Why the destination is at fault; nil: it is not, so far.
    package mutating func unanswered(_ posts: Int) -> String? {
        unanswered += posts
        guard unanswered >= unansweredMax else { return nil }
        unanswered = 0
        return "\(Plural.text(unansweredMax, "post")) in a row got no answer that can be read"
    }
}

/// A line of the log that a decision asks for.
package struct LogLine: Sendable, Equatable {
    package enum Level: Sendable {
        case info, notice, warning, error
    }

    package var level: Level
    package var event: Event
    package var message: String
    package var facts: [String: String]

    package init(_ level: Level, event: Event, _ message: String, facts: [String: String] = [:]) {
        self.level = level
        self.event = event
        self.message = message
        self.facts = facts
    }
}

/// What is told to people: to those who read the log, or to the desk as well.
package enum Told: Sendable, Equatable {
    case line(LogLine)
    case alert(Alert)

    package var event: Event {
        switch self {
        case .line(let line): line.event
        case .alert(let alert): alert.event
        }
    }

    /// Its sentence for people.
    package var message: String {
        switch self {
        case .line(let line): line.message
        case .alert(let alert): alert.message
        }
    }
}

/// What was told and is not told again, by words of the teller's own, before it is over.
struct SaidOnce: Sendable {
    /// Names that are kept in mind; beyond, what has a bound is not told any more.
    static let most = 10_000

    private var words: Set<String> = []

    /// True the first time.
    mutating func isNew(_ word: String) -> Bool { words.insert(word).inserted }

    /// True the first time, as long as there is room to remember it: for words of which there is no end.
    mutating func isNewOfMany(_ word: String) -> Bool { words.count < Self.most && words.insert(word).inserted }

    /// It is over. True: it had been told.
    mutating func isOver(_ word: String) -> Bool { words.remove(word) != nil }
}

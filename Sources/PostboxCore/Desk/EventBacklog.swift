internal import DequeModule

/// Something that those are told who follow what happens, as a server-sent event (HTML Living Standard, 9.2).
package struct DeskEvent: Sendable, Equatable {
    package enum Kind: String, Sendable, Equatable, CaseIterable {
        /// A line of the log.
        case log
        /// How everything stands has changed.
        case status
        /// The service lives, and nothing else is to be said.
        case alive
        /// Events were left out, since they were not taken fast enough.
        case lost
    }

    package var kind: Kind
    /// JSON on one line.
    package var data: String

    package init(_ kind: Kind, _ data: String) {
        self.kind = kind
        self.data = data
    }

    /// As it goes out.
    package var text: String { "event: \(kind.rawValue)\ndata: \(data)\n\n" }
}

/// What somebody who follows events has not taken yet. It is bounded: who is slow loses the oldest, is told how many, and goes on.
package struct EventBacklog: Sendable {
    /// Events that wait at most.
    package static let most = 256

    private var waiting: Deque<DeskEvent> = []
    private var lost = 0

    package init() {}

    package mutating func add(_ event: DeskEvent) {
        // Of these only the last one counts.
        if event.kind != .log { waiting.removeAll { $0.kind == event.kind } }
        if waiting.count == Self.most {
            waiting.removeFirst()
            lost += 1
        }
        waiting.append(event)
    }

    /// All that is to go out now; nil: nothing.
    package mutating func take() -> String? {
        guard !waiting.isEmpty else { return nil }
        let note = lost > 0 ? DeskEvent(.lost, "{\"lost\":\(lost)}").text : ""
        let text = note + waiting.map(\.text).joined()
        waiting.removeAll(keepingCapacity: true)
        lost = 0
        return text
    }
}

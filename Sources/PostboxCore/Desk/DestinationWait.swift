/// A destination that a file in work waits for, as nothing can be posted there for now. Whoever made the file, a person or Postbox itself,
/// it goes on by itself when that is over.
package struct DestinationWait: Sendable, Equatable {
    /// What is wrong with it: stable words of the control socket.
    package enum State: String, Sendable, Equatable, CaseIterable {
        /// It cannot be reached.
        case down
        /// It is left alone for a while, as it gave no answers.
        case paused
        /// It takes no login.
        case refused
        /// The configuration does not have it any more.
        case gone
    }

    package var destination: String
    package var state: State
    /// Since when, microseconds since 1970; nil: that is not known.
    package var since: Int64?
    /// What the connection says; nil: nothing.
    package var why: String?

    /// What a file waits for at a destination; nil: nothing.
    ///
    /// - Parameter lane: how it stands; nil: the service does not serve it.
    package init?(_ destination: String, _ lane: StatusBoard.Lane?) {
        self.destination = destination
        guard let lane else {
            state = .gone
            return
        }
        switch lane.state {
        case .ready, .stopped: return nil
        case .connecting: (state, since) = (.down, lane.downSince ?? lane.since)
        case .paused: (state, since) = (.paused, lane.since)
        case .refused: (state, since) = (.refused, lane.since)
        }
        why = lane.state.trouble ?? lane.lastTrouble
    }

    /// As `json` has it; nil: it is none.
    package init?(_ value: JSONValue) {
        guard let name = value["destination"]?.text, let state = value["state"]?.text.flatMap(State.init(rawValue:))
        else { return nil }
        destination = name
        self.state = state
        since = value["since"]?.text.flatMap(TimeText.microseconds)
        why = value["why"]?.text
    }

    /// `waits for cache, which is down`
    package var brief: String {
        switch state {
        case .down: "waits for \(destination), which is down"
        case .paused: "waits for \(destination), which is paused"
        case .refused: "waits for \(destination), where the login is refused"
        case .gone: "waits for \(destination), which the configuration does not have any more"
        }
    }

    /// The same with what the connection says.
    package var words: String { brief + (why.map { ": \($0)" } ?? "") }

    /// What ends it.
    package var end: String {
        switch state {
        case .down, .paused, .refused: "It goes on by itself when that is over."
        case .gone: "It goes on when the configuration has it again."
        }
    }

    /// An object on one line.
    package var json: String {
        let members = [
            "\"destination\":\(VisibleText.quoted(destination))", "\"state\":\"\(state.rawValue)\"",
            since.map { "\"since\":\(VisibleText.quoted(TimeText.text($0)))" },
            why.map { "\"why\":\(VisibleText.quoted($0))" },
        ]
        return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }
}

extension StatusBoard {
    /// The destinations of a file in work that nothing can be posted to for now.
    package func waits(of file: File) -> [DestinationWait] {
        file.destinations.compactMap { name in DestinationWait(name, lanes.first { $0.name == name }) }
    }

    /// The same of a drop; of one that is not in work: none.
    package func waits(ofDrop drop: Int) -> [DestinationWait] {
        files.first { $0.drop == drop }.map { waits(of: $0) } ?? []
    }
}

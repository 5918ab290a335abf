/// How the destinations stand, and since when.
package struct LaneBook: Sendable {
    private var states: [String: LaneState] = [:]
    /// Those that the configuration no longer has, and that files in work still need.
    package private(set) var leaving: Set<String> = []
    /// Nanoseconds; those that are ready are not in it.
    private var downSince: [String: Int64] = [:]
    /// Since when each stands as it does, and what was wrong with it last.
    private var stories: [String: Story] = [:]
    /// What the desk is told when it lasts.
    private var downs: DownWatch
    /// When each may be down without that.
    private var quiet: [String: [QuietTime]]

    /// All destinations of the configuration; nothing is known of them at `now`. One that is down for `alert` nanoseconds is told, but not
    /// while it may be down.
    package init(_ names: [String], alert: Int64, quiet: [String: [QuietTime]] = [:], at now: Int64) {
        self.quiet = quiet
        downs = DownWatch(limit: alert)
        for name in names {
            states[name] = .untried
            downSince[name] = now
            stories[name] = Story(since: now)
            downs.isDown(name, at: now)
        }
    }

    /// Another configuration came into force. `names`: its destinations. `leaving`: those that it no longer has and that are not
    /// left yet.
    package mutating func use(
        _ names: [String], leaving: Set<String>, alert: Int64, quiet: [String: [QuietTime]], at now: Int64
    ) {
        downs.limit = alert
        self.quiet = quiet
        self.leaving = leaving
        for name in names where states[name] == nil {
            states[name] = .untried
            downSince[name] = now
            stories[name] = Story(since: now)
            downs.isDown(name, at: now)
        }
    }

    /// A destination that the configuration no longer has was left.
    package mutating func left(_ name: String) {
        leaving.remove(name)
        states[name] = nil
        downSince[name] = nil
        stories[name] = nil
        _ = downs.isUp(name, at: 0)
    }

    /// How a destination came to stand as it does.
    private struct Story: Sendable {
        /// Nanoseconds.
        var since: Int64
        var lastTrouble: String?
    }

    /// Whether the configuration has it.
    package func has(_ name: String) -> Bool { states[name] != nil && !leaving.contains(name) }

    /// Whether what was claimed for these can be finished: the configuration has each of them, or it is not left yet.
    package func hasAll(_ names: [String]) -> Bool { names.allSatisfy { states[$0] != nil } }

    package func isReady(_ name: String) -> Bool { states[name] == .ready }

    /// Whether all of them are logged in.
    package func areReady(_ names: [String]) -> Bool { names.allSatisfy { states[$0] == .ready } }

    /// Those of the configuration that are logged in.
    package var ready: Set<String> { Set(states.filter { $0.value == .ready }.keys).subtracting(leaving) }

    /// Whether one of them has not told yet how it is.
    package func isUntried(anyOf names: [String]) -> Bool { names.contains { states[$0] == .untried } }

    /// A destination changed. What is told of it.
    package mutating func changed(_ name: String, to state: LaneState, at now: Int64) -> Told? {
        // It was left meanwhile.
        guard states[name] != nil else { return nil }
        if states[name]?.word != state.word { stories[name]?.since = now }
        if let trouble = state.trouble { stories[name]?.lastTrouble = trouble }
        states[name] = state
        guard state == .ready else {
            if downSince[name] == nil { downSince[name] = now }
            downs.isDown(name, at: now)
            return nil
        }
        downSince[name] = nil
        return downs.isUp(name, at: now).map { span in
            .alert(
                Alert(
                    event: .destinationUp, isError: false,
                    message: "\(name) is up again after \(SettingsText.words(.nanoseconds(span)))",
                    facts: ["destination": name, "down_seconds": "\(span / 1_000_000_000)"]))
        }
    }

    /// While it is quiet somebody may set the clock: it is looked at again so often, in nanoseconds.
    private static let quietLook: Int64 = 60_000_000_000

    /// Destinations that have been down for long by now, each outage once, with nanoseconds. One that may be down now is told when that
    /// time is over, if it still is. `wall`: microseconds since 1970.
    package mutating func longDown(at now: Int64, wall: Int64) -> [(name: String, for: Int64)] {
        for name in downs.pending(at: now) {
            guard let until = quiet[name]?.quietUntil(at: wall) else { continue }
            downs.wait(name, until: now + min((until - wall) * 1000, Self.quietLook))
        }
        return downs.due(at: now)
    }

    /// When the next one will have been down for long.
    package var nextDeadline: Int64? { downs.nextDeadline }

    /// Destinations that nobody waits for any more: they refuse us, or have been down for `patience` nanoseconds.
    package func hopeless(at now: Int64, patience: Int64) -> Set<String> {
        Set(
            downSince.filter { name, since in
                if case .refused = states[name] { true } else { now - since >= patience }
            }.keys)
    }

    /// All of them as they stand, by name. `now`: both clocks, read together.
    func lines(_ standing: Standing, at now: Moment) -> [StatusBoard.Lane] {
        states.sorted { $0.key < $1.key }.map { name, state in
            func wall(_ monotonic: Int64) -> Int64 { now.wall - (now.monotonic - monotonic) / 1000 }
            var lane = StatusBoard.Lane(
                name: name, state: state, isHeld: standing.holds(anyOf: [name]),
                since: wall(stories[name]?.since ?? now.monotonic), lastTrouble: stories[name]?.lastTrouble)
            lane.downSince = downSince[name].map(wall)
            lane.isLeaving = leaving.contains(name)
            return lane
        }
    }

    /// Why files for these wait.
    package func reason(_ names: [String], _ standing: Standing) -> String {
        names.compactMap { name -> String? in
            switch states[name] {
            case .connecting(let text), .paused(let text), .refused(let text): "\(name): \(text)"
            case .stopped: "\(name) is stopped"
            case .ready: standing.holds(anyOf: [name]) ? "\(name) is held" : nil
            case nil: "the configuration no longer has the destination \(name)"
            }
        }.joined(separator: "; ")
    }
}

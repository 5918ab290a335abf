/// What another configuration means for a service that runs: which destinations log in anew, come or go, which tables stand, and what
/// cannot change before the service is started anew.
package struct ReloadPlan: Sendable, Equatable {
    /// What becomes of a destination.
    package enum Step: Sendable, Equatable {
        /// Its connection stands.
        case keep
        /// It takes nothing new, has what is in flight answered, and logs in by its new settings. Rows that wait keep their places.
        case change
        /// It logs in.
        case add
        /// Nothing new goes there; when no file in work needs it any more it is logged out.
        case leave
    }

    /// By name: every destination that is served or that the new configuration has.
    package let destinations: [String: Step]
    /// Tables whose file is the same and read in the same way: what is in force stays so.
    package let keptTables: Set<String>
    /// Keys that cannot change while the service runs, as they stand in the file.
    package let restartKeys: [String]

    /// - Parameters:
    ///   - old: what is in force.
    ///   - served: the destinations as they are served now, those among them that `old` does not have any more.
    ///   - new: what is to come into force.
    package init(from old: Settings, served: [Destination], to new: Settings) {
        let before = Dictionary(served.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var steps = before.mapValues { _ in Step.leave }
        for destination in new.destinations {
            steps[destination.name] =
                before[destination.name].map { Self.isSame($0, destination) ? .keep : .change } ?? .add
        }
        destinations = steps
        keptTables = Set(
            new.tables.filter { table in
                old.tables.contains(table) && old.columns(ofTable: table.name) == new.columns(ofTable: table.name)
            }.map(\.name))
        // Files in work would go on as they were claimed: to be posted, or not to be.
        let rehearsals = new.destinations.filter { before[$0.name].map(\.rehearses) == !$0.rehearses }.map {
            "\(TopKey.destinations.rawValue).\($0.name).\(DestinationKey.rehearse.rawValue)"
        }
        restartKeys = Self.restartKeys(old, new) + rehearsals
    }

    /// The destinations that meet this, by name.
    package func names(_ step: Step) -> [String] { destinations.filter { $0.value == step }.keys.sorted() }

    /// What the connection and its posts go by is the same. The dictionary and quiet times are no matter of the connection.
    private static func isSame(_ one: Destination, _ other: Destination) -> Bool {
        var one = one
        one.dictionary = other.dictionary
        one.quiet = other.quiet
        return one == other
    }

    private static func restartKeys(_ old: Settings, _ new: Settings) -> [String] {
        var keys: [String] = []
        func hold(_ isSame: Bool, _ key: String) {
            if !isSame { keys.append(key) }
        }
        let (before, after) = (old.directories, new.directories)
        hold(before.spool == after.spool, TopKey.spool.rawValue)
        hold(before.inbox == after.inbox, TopKey.inbox.rawValue)
        hold(before.work == after.work, TopKey.work.rawValue)
        hold(before.done == after.done, TopKey.done.rawValue)
        hold(before.failed == after.failed, TopKey.failed.rawValue)
        hold(before.state == after.state, TopKey.state.rawValue)
        // The folders below it are moved with it, and need no lines of their own.
        if before.spool != after.spool { keys = [TopKey.spool.rawValue] }
        hold(old.socket == new.socket, TopKey.socket.rawValue)
        hold(old.keepsLastValues == new.keepsLastValues, TopKey.lastValues.rawValue)
        hold(old.recordKey == new.recordKey, TopKey.recordKey.rawValue)
        let http = TopKey.http.rawValue
        hold(old.http?.listen == new.http?.listen, "\(http).\(HTTPKey.listen.rawValue)")
        hold(old.http?.tls == new.http?.tls, "\(http).\(HTTPKey.tls.rawValue)")
        return keys
    }

    /// Why the new configuration is not taken while the service runs, for people; nil: it may be.
    package var needsRestart: String? {
        guard let first = restartKeys.first else { return nil }
        let names = restartKeys.map { "`\($0)`" }
        let all =
            names.count == 1 ? "`\(first)`" : names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
        return "\(all) cannot change while the service runs: restart it, or put the old value back"
    }

    /// What changes at the destinations, for people; empty: nothing does.
    package var words: String {
        func part(_ step: Step, _ words: String) -> String? {
            let names = names(step)
            return names.isEmpty ? nil : names.joined(separator: ", ") + " " + words
        }
        return [
            part(.change, Plural.word(names(.change).count, "logs in anew", "log in anew")),
            part(.add, Plural.word(names(.add).count, "is new", "are new")),
            part(.leave, Plural.word(names(.leave).count, "is left", "are left")),
        ].compactMap { $0 }.joined(separator: "; ")
    }
}

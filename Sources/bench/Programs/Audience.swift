internal import Foundation

/// Those who look at a running service: browsers that follow its events, one with the page open, programs that ask the API. They live
/// on the thread of whoever lets them go on.
final class Audience {
    /// Who looks.
    struct Size {
        /// Browsers that follow events and do nothing else.
        var followers = 0
        /// A browser has the page open, and loads it anew as its script does.
        var hasPage = false
        /// Calls of the API, each kind in turn.
        var callsPerSecond = 0
    }

    private enum Role {
        case follower
        /// The event stream of the browser that has the page open.
        case pageStream
        /// By which it loads the page anew.
        case pageLoader
        case caller

        var follows: Bool { self == .follower || self == .pageStream }
    }

    private struct Member {
        var role: Role
        var connection: PageConnection
    }

    private let served: ServedSpool
    private var members: [Member]
    private var reloads = PageReloads()
    private let targets: [String]
    private let betweenCalls: Duration
    private var nextCallAt = ContinuousClock.now
    private var calls = 0
    /// Milliseconds that each answer to a call took.
    private(set) var waits: [Double] = []

    /// All of them begin, and every event stream has told something.
    ///
    /// - Parameter drop: a finished one, to be asked for.
    init(_ size: Size, of served: ServedSpool, drop: Int) throws {
        self.served = served
        targets = ["status", "drops", "drops/\(drop)/rows", "rics/VOD.L"].map { "/api/v1/" + $0 }
        betweenCalls = .nanoseconds(1_000_000_000 / max(1, size.callsPerSecond))
        var roles = [Role](repeating: .follower, count: size.followers)
        if size.hasPage { roles += [.pageStream, .pageLoader] }
        // So many that no call waits for the one before.
        roles += [Role](repeating: .caller, count: (size.callsPerSecond + 4) / 5)
        if size.hasPage { _ = try PageConnection.answer(port: served.port, "/") }
        members = []
        for role in roles {
            do {
                members.append(Member(role: role, connection: try PageConnection(port: served.port)))
            } catch {
                throw BenchError("\(members.count) of \(roles.count) connections were made: \(error)")
            }
        }
        for member in members where member.role.follows { try member.connection.ask("/api/v1/events") }
        try hear()
    }

    /// Bytes of answers and events that all of them have read.
    var bytes: Int { members.reduce(0) { $0 + $1.connection.bodyBytes } }

    /// All of them go.
    func leave() { members = [] }

    /// Lets all of them go on until every event stream has told something from now on.
    func hear() throws {
        let streams = members.filter { $0.role.follows }.map(\.connection)
        let before = streams.map(\.bodyBytes)
        do {
            try goOn(until: "every event stream tells something", seconds: 10) {
                zip(streams, before).allSatisfy { $0.bodyBytes > $1 }
            }
        } catch {
            let heard = zip(streams, before).count { $0.bodyBytes > $1 }
            throw BenchError("of \(streams.count) event streams \(heard) told something: \(error)")
        }
    }

    /// Lets all of them go on until `condition` holds. Throws when it does not in time, when the service ends, and when a call is not
    /// answered as it should be.
    func goOn(until what: String, seconds limit: Int = 600, _ condition: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(limit)
        while try !condition() {
            guard ContinuousClock.now < end, !served.service.isOver else {
                throw BenchError(
                    "not within \(limit) s, or ended before: \(what)\n\(served.service.errors.suffix(2000))")
            }
            try step()
        }
    }

    /// Sends what is due, and reads what has come; waits a millisecond at most.
    private func step() throws {
        if reloads.begin(), let loader = members.first(where: { $0.role == .pageLoader }) {
            try loader.connection.ask("/", headers: "Accept: text/html\r\nX-Postbox-Part: 1\r\n")
        }
        try call()
        var places = members.map { pollfd(fd: $0.connection.descriptor, events: Int16(POLLIN), revents: 0) }
        guard poll(&places, nfds_t(places.count), 1) > 0 else { return }
        for (member, place) in zip(members, places) where place.revents != 0 {
            switch member.role {
            case .follower: _ = try member.connection.read()
            case .pageStream: _ = try member.connection.read { reloads.hear($0) }
            case .pageLoader: if try member.connection.read() != nil { reloads.end() }
            case .caller: if let wait = try member.connection.read() { waits.append(wait) }
            }
        }
    }

    /// Makes the calls that are due. One for which nobody is free is made as soon as somebody is.
    private func call() throws {
        while ContinuousClock.now >= nextCallAt,
            let free = members.first(where: { $0.role == .caller && !$0.connection.isBusy })
        {
            try free.connection.ask(targets[calls % targets.count])
            calls += 1
            nextCallAt += betweenCalls
        }
    }
}

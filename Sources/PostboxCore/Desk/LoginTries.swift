/// Counts logins that failed, so that nobody tries tokens for long. Times are nanoseconds of a clock that never goes back.
package struct LoginTries: Sendable {
    /// Failures of one address that are borne within a minute.
    package static let most = 10
    /// Of all addresses together.
    package static let mostOfAll = 200
    /// Addresses that are kept in mind.
    static let addresses = 1000
    private static let within: Int64 = 60_000_000_000

    private var failed: [String: [Int64]] = [:]
    private var all: [Int64] = []

    package init() {}

    /// How many seconds somebody there has to wait before he may try again; nil: he may now.
    package func wait(_ address: String, at now: Int64) -> Int? {
        let own = Self.recent(failed[address] ?? [], at: now)
        let all = Self.recent(all, at: now)
        guard own.count >= Self.most || all.count >= Self.mostOfAll else { return nil }
        let oldest = own.count >= Self.most ? own.first : all.first
        return max(1, Int(((oldest ?? now) + Self.within - now) / 1_000_000_000))
    }

    /// A login from there failed.
    package mutating func fail(_ address: String, at now: Int64) {
        all = Self.recent(all, at: now) + [now]
        if failed.count >= Self.addresses, failed[address] == nil {
            failed = failed.filter { !Self.recent($0.value, at: now).isEmpty }
            // So many at once are one attacker: the count of all holds him.
            if failed.count >= Self.addresses { return }
        }
        failed[address] = Self.recent(failed[address] ?? [], at: now).suffix(Self.most) + [now]
    }

    private static func recent(_ times: [Int64], at now: Int64) -> [Int64] { times.filter { now - $0 < within } }
}

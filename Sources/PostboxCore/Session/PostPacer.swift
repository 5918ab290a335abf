/// Keeps a login below its posts a second, in a way that holds at the server and not only here.
///
/// With a limit of N a post may go when the one N places before it was answered at least a second ago: the server had that
/// one before it answered, so no second can hold more than N. Where answers are slow, a second and `margin` after it was
/// sent will do: that holds as long as the way to the server never varies by more than the margin.
/// Besides, posts are paced evenly: never more than a hundredth of a second's worth in one burst, so nothing is caught up.
/// Other tries count like first ones, and the count outlives a connection.
package struct PostPacer: Sendable {
    /// Nanoseconds; a stall of the network up to this long breaks nothing.
    package static let margin: Int64 = 500_000_000
    private static let second: Int64 = 1_000_000_000

    private struct Place {
        var sentAt: Int64 = .min / 2
        /// 0: not answered.
        var answeredAt: Int64 = 0
    }

    /// Posts a second; nil: no limit.
    package private(set) var limit: Int?
    private var places: [Place] = []
    /// Posts sent so far: the next one's number.
    private var count: UInt64 = 0
    private var tokens: Double = 0
    private var tokensAt: Int64 = 0

    package init(limit: Int?) {
        set(limit: limit)
    }

    /// The limit of the latest login. What was sent before still counts.
    package mutating func set(limit new: Int?) {
        guard new != limit || places.isEmpty else { return }
        let kept = places
        let old = limit ?? 0
        limit = new
        guard let new else {
            places = []
            return
        }
        places = Array(repeating: Place(), count: new)
        for back in 1...max(1, min(new, old)) where old > 0 && UInt64(back) <= count {
            let number = count - UInt64(back)
            places[Int(number % UInt64(new))] = kept[Int(number % UInt64(old))]
        }
    }

    /// How many posts may go now, at most `wanted`; and when it is worth asking again (nanoseconds) if that is fewer.
    package mutating func allowance(_ wanted: Int, at now: Int64) -> (count: Int, next: Int64?) {
        guard let limit else { return (wanted, nil) }
        let burst = max(1, Double(limit) / 100)
        // A little faster than the limit, so that the rule above alone decides how much of it is used.
        let rate = Double(limit) * 1.02 / Double(Self.second)
        tokens = min(burst, tokens + Double(max(0, now - tokensAt)) * rate)
        tokensAt = now
        var allowed = 0
        while allowed < wanted {
            if tokens < 1 {
                return (allowed, now + max(1, Int64((1 - tokens) / rate)))
            }
            let place = places[Int((count + UInt64(allowed)) % UInt64(limit))]
            let free = Self.freeAt(place)
            if free > now {
                return (allowed, place.answeredAt == 0 ? min(free, now + 1_000_000) : free)
            }
            allowed += 1
            tokens -= 1
        }
        return (allowed, nil)
    }

    private static func freeAt(_ place: Place) -> Int64 {
        let slow = place.sentAt + second + margin
        return place.answeredAt == 0 ? slow : min(place.answeredAt + second, slow)
    }

    /// A post goes; returns its number, to be given back when it is answered. To be called once for each allowed one.
    package mutating func sent(at now: Int64) -> UInt64 {
        defer { count += 1 }
        if let limit { places[Int(count % UInt64(limit))] = Place(sentAt: now) }
        return count
    }

    /// Posts that were allowed and not sent after all.
    package mutating func giveBack(_ unused: Int) {
        tokens += Double(unused)
    }

    package mutating func answered(_ number: UInt64, at now: Int64) {
        guard let limit, number < count, count - number <= UInt64(limit) else { return }
        places[Int(number % UInt64(limit))].answeredAt = now
    }
}

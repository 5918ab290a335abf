/// What all connections of a simulator share: the cache, the counts, and how often the scenario's troubles have struck.
struct ProviderState {
    let scenario: Scenario
    let fields: FieldDictionary
    /// Service numbers by name.
    let serviceNumbers: [String: UInt16]
    private let servicesByNumber: [UInt16: (name: String, service: Scenario.Service)]
    let defaultService: UInt16?
    let record: PostRecord?
    var report = SimulatorReport()
    private var cache = ItemCache()
    /// Posts of fast mode that are not stored yet.
    var kept = KeptPosts()
    private var nakUses: [Int]
    private var ackCount = 0
    private var police = SlidingSecond()
    private(set) var random: SeededRandom
    private var strikes: [Strike: Int] = [:]
    private(set) var tokens: TokenDesk
    /// Wakes each connection, so that it looks at its token again.
    private var wakers: [Int: @Sendable () -> Void] = [:]

    /// Troubles that strike so many times and no more.
    enum Strike {
        case refusal
        case disconnect
        case halfOpen
        case oversize
        case stall
        case suspect
        case rejection
        case systemBusy
        case itemRejection
    }

    init(scenario: Scenario, fields: FieldDictionary, record: PostRecord?) {
        self.scenario = scenario
        self.fields = fields
        self.record = record
        serviceNumbers = scenario.services.mapValues(\.number)
        servicesByNumber = Dictionary(scenario.services.map { ($1.number, ($0, $1)) }) { first, _ in first }
        defaultService =
            scenario.defaultService.flatMap { scenario.services[$0]?.number } ?? serviceNumbers.values.min()
        nakUses = Array(repeating: 0, count: scenario.naks.count)
        random = SeededRandom(seed: scenario.reordering?.seed ?? 1)
        tokens = TokenDesk(scenario.tokenEndpoint ?? Scenario.TokenEndpoint())
    }

    func serviceName(_ number: UInt16) -> String {
        servicesByNumber[number]?.name ?? String(number)
    }

    func isUp(_ service: UInt16) -> Bool {
        servicesByNumber[service]?.service.isUp ?? false
    }

    // MARK: Tokens

    /// Answers a request for a token; gives back the connections to wake as well, where sessions may have been evicted.
    mutating func answer(
        _ request: TokenRequest, at now: Moment
    ) -> sending (answer: TokenAnswer, wakers: [@Sendable () -> Void]) {
        report.tokenRequests += 1
        let outcome = tokens.answer(request, at: now)
        if outcome.isIssued { report.tokensIssued += 1 }
        if let fault = outcome.fault { report.note(.tokenRequest, connection: 0, at: now, fault) }
        return (outcome.answer, outcome.hasEvicted ? Array(wakers.values) : [])
    }

    mutating func setWaker(_ waker: (@Sendable () -> Void)?, of connection: Int) {
        wakers[connection] = waker
    }

    // MARK: Items

    /// Nil for no RIC, or a service that there is not.
    func item(ric: String?, service: ServiceReference) -> ItemName? {
        guard let ric else { return nil }
        switch service {
        case .known(let service): return ItemName(service: service, ric: ric)
        case .absent: return defaultService.map { ItemName(service: $0, ric: ric) }
        case .unknownNumber: return nil
        }
    }

    func exists(_ item: ItemName) -> Bool {
        let isKnown = scenario.known.contains(item.ric) && !scenario.unknown.contains { Glob.matches($0, item.ric) }
        return cache.contains(item, isKnown: isKnown)
    }

    /// Whether a request finds the item.
    func shows(_ item: ItemName) -> Bool {
        exists(item) && !scenario.items.gone.contains { Glob.matches($0, item.ric) }
    }

    /// The fields of an item as a request reads them back.
    func shownFields(of item: ItemName) -> [StoredField] {
        var shown = cache.fields(of: item) ?? []
        if scenario.items.showsEnumTexts {
            for place in shown.indices {
                guard case .enumeration(let table)? = fields.type(of: shown[place].name),
                    let number = UInt16(shown[place].literal), let text = table.display(of: number)
                else { continue }
                shown[place].literal = JSONText.literal(String(decoding: text, as: UTF8.self))
            }
        }
        for instead in scenario.items.instead where Glob.matches(instead.ric, item.ric) {
            let place = shown.firstIndex { $0.name == instead.field }
            switch (place, instead.json) {
            case (let place?, let json?): shown[place].literal = json
            case (let place?, nil): shown.remove(at: place)
            case (nil, let json?): shown.append(StoredField(name: instead.field, literal: json))
            case (nil, nil): break
            }
        }
        return shown
    }

    /// The fields of the first service that has the RIC.
    func values(of ric: String) -> [String: String]? {
        let fields = servicesByNumber.keys.sorted().lazy.compactMap { number in
            cache.fields(of: ItemName(service: number, ric: ric))
        }.first
        return fields.map { Dictionary($0.map { ($0.name, $0.literal) }) { _, last in last } }
    }

    /// A Refresh makes the item, or replaces its whole list of fields; an Update changes those given (The wire §3.4).
    mutating func apply(_ fields: [StoredField], to item: ItemName, replacing: Bool) {
        cache.apply(fields, to: item, replacing: replacing)
    }

    mutating func delete(_ item: ItemName) {
        cache.delete(item)
    }

    // MARK: The scenario's troubles

    /// Whether a trouble strikes now, when it may so many times at most; nil for always.
    mutating func strikes(_ strike: Strike, atMost times: Int?) -> Bool {
        let sofar = strikes[strike, default: 0]
        guard times.map({ sofar < $0 }) ?? true else { return false }
        strikes[strike] = sofar + 1
        return true
    }

    /// The scenario's refusal of a post, used up by one where it counts.
    mutating func nak(ric: String, service: UInt16) -> Scenario.Nak? {
        for (index, nak) in scenario.naks.enumerated() {
            guard nak.times.map({ nakUses[index] < $0 }) ?? true,
                nak.service.map({ $0 == serviceName(service) }) ?? true, Glob.matches(nak.ric, ric)
            else { continue }
            nakUses[index] += 1
            return nak
        }
        return nil
    }

    /// How many times the next Ack goes out: none when it is lost, two when it is doubled.
    mutating func copiesOfNextAck() -> Int {
        ackCount += 1
        if scenario.loseAcksEvery > 0, ackCount.isMultiple(of: scenario.loseAcksEvery) { return 0 }
        if scenario.duplicateAcksEvery > 0, ackCount.isMultiple(of: scenario.duplicateAcksEvery) { return 2 }
        return 1
    }

    mutating func shuffle<Element>(_ elements: inout [Element]) {
        elements.shuffle(using: &random)
    }

    /// Counts posts; returns whether the last of them is above the rate.
    mutating func countPosts(_ count: Int, connection: Int, at now: Moment) -> Bool {
        report.posts += count
        let inSecond = police.add(count, at: now.nanoseconds)
        report.maxPostsInAnySlidingSecond = max(report.maxPostsInAnySlidingSecond, inSecond)
        return isOverRate(inSecond, "posts", connection: connection, at: now)
    }

    /// Counts items that were requested; returns whether they go above the rate, where it counts them.
    mutating func countItems(_ count: Int, connection: Int, at now: Moment) -> Bool {
        report.itemRequests += count
        guard scenario.items.countsInRate else { return false }
        let inSecond = police.add(count, at: now.nanoseconds)
        return isOverRate(inSecond, "posts and requests", connection: connection, at: now)
    }

    private mutating func isOverRate(_ inSecond: Int, _ what: String, connection: Int, at now: Moment) -> Bool {
        guard scenario.maxMessagesPerSecond > 0, inSecond > scenario.maxMessagesPerSecond else { return false }
        report.note(
            .rate, connection: connection, at: now,
            "\(inSecond) \(what) in a second, \(scenario.maxMessagesPerSecond) allowed")
        return true
    }
}

/// A random sequence that a seed repeats (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

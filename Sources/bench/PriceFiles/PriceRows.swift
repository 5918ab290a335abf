/// Rows as a desk's price files have them, endless, the same for the same seed: a few well-known RICs come again and again,
/// about one last price in twenty is missing, texts are few and some need quoting.
struct PriceRows {
    /// A price of so many units of its last decimal place.
    struct Price {
        var units: Int
        var decimals: Int
    }

    struct Row {
        var ric: [UInt8]
        var bid: Price
        var ask: Price
        var last: Price?
        var text: StaticString
    }

    private var random: SeededRandom
    private var count = 0

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    mutating func next() -> Row {
        defer { count += 1 }
        let isKnown = count < Self.known.count || random.chance(0.02)
        let known = Self.known[count < Self.known.count ? count : random.below(Self.known.count)]
        let decimals = isKnown ? known.decimals : 2 + random.below(3)
        // Prices between 0.1 and 10,000, as many below 10 as above 100.
        let base = isKnown ? known.units : Self.powers[random.below(5)] * (1 + random.below(9)) + random.below(10_000)
        let bid = base + (random.below(2001) - 1000) * base / 100_000
        let ask = bid + max(1, base / 2000)
        let hasLast = !random.chance(0.05)
        let last = bid + random.below(ask - bid + 1)
        return Row(
            ric: isKnown ? Array(known.ric.utf8) : ric(), bid: Price(units: bid, decimals: decimals),
            ask: Price(units: ask, decimals: decimals), last: hasLast ? Price(units: last, decimals: decimals) : nil,
            text: text())
    }

    private mutating func ric() -> [UInt8] {
        var ric: [UInt8] = []
        for _ in 0..<3 + random.below(4) { ric.append(UInt8(ascii: "A") + UInt8(random.below(26))) }
        ric.append(contentsOf: Self.suffixes[random.below(Self.suffixes.count)])
        return ric
    }

    private mutating func text() -> StaticString {
        switch random.below(100) {
        case ..<40: "some text"
        case ..<60: "INDICATIVE"
        case ..<80: "FIRM"
        case ..<90: "EOD"
        case ..<94: "Zürich close"
        case ..<99: ""
        default: "said \"firm\", T+2"
        }
    }

    private static let powers = [10, 100, 1000, 10_000, 100_000]
    private static let suffixes: [[UInt8]] = [".L", ".N", ".O", ".DE", ".PA", ".T", ".HK", "=", "=RR", "=TE"]
        .map { Array($0.utf8) }
    private static let known: [(ric: String, units: Int, decimals: Int)] = [
        ("EUR=", 10_712, 4), ("GBP=", 12_654, 4), ("JPY=", 14_987, 2), ("CHF=", 8831, 4), ("VOD.L", 7234, 2),
        ("BP.L", 47_815, 2), ("IBM.N", 16_241, 2), ("MSFT.O", 37_885, 2), ("US10YT=RR", 980_156, 4),
        ("DE10YT=RR", 97_542, 3), ("LCOc1", 8142, 2), ("XAU=", 200_135, 2),
    ]
}

/// xorshift64*: the same numbers for the same seed on every machine.
struct SeededRandom {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    /// 0..<`bound`.
    mutating func below(_ bound: Int) -> Int {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Int((state &* 0x2545_F491_4F6C_DD1D) >> 33) % bound
    }

    mutating func chance(_ share: Double) -> Bool { below(1_000_000) < Int(share * 1_000_000) }
}

import PostboxCore
import Testing

@Suite("Decimals against slow arithmetic on digits")
struct DecimalTextTests {
    @Test("Random decimals come out as long arithmetic says, with and without scale and rounding", arguments: 0..<4)
    func random(part: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix(state: seed)
        for _ in 0..<2500 {
            let text = randomDecimal(&random, digitsMax: 20)
            let scale = Int.random(in: 0...2, using: &random) > 0 ? randomScale(&random) : nil
            let round = Bool.random(using: &random) ? Int.random(in: 0...14, using: &random) : nil
            let expected = slowly(text, scale: scale, round: round)
            let got = value(.plain(text), field(.real, scale: scale, round: round))
            #expect(
                got == expected,
                "seed \(seed): \(text) × \(scale ?? "1") to \(round.map(String.init) ?? "all") decimals")
            if got != expected { return }
        }
    }

    @Test("The slow arithmetic itself is right where the answer is known")
    func slowArithmetic() {
        #expect(slowly("1.10", scale: "0.01", round: nil) == "0.0110")
        #expect(slowly("-1.005", scale: nil, round: 2) == "-1.01")
        #expect(slowly("99.5", scale: "2", round: 0) == "199")
        #expect(slowly("1e5", scale: nil, round: nil) == "100000")
        #expect(slowly("0.30000000000000004", scale: nil, round: nil) == "decimal_too_long")
        #expect(slowly("9.995", scale: nil, round: 2) == "10.00")
        #expect(slowly("92233.72036854775807", scale: nil, round: nil) == "92233.72036854775807")
        #expect(slowly("92233.72036854775808", scale: nil, round: nil) == "decimal_too_long")
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

private func randomDigits(_ count: Int, _ random: inout SplitMix) -> String {
    // Many zeros, nines and fives: they are where carries, ties and dropped digits are.
    String((0..<count).map { _ in Array("00099955123467801")[Int.random(in: 0..<17, using: &random)] })
}

private func randomDecimal(_ random: inout SplitMix, digitsMax: Int) -> String {
    let whole = Int.random(in: 0...digitsMax, using: &random)
    let fraction = Int.random(in: whole == 0 ? 1...digitsMax : 0...max(0, digitsMax - whole), using: &random)
    var text = ["", "", "-", "+"][Int.random(in: 0..<4, using: &random)] + randomDigits(whole, &random)
    if fraction > 0 { text += "." + randomDigits(fraction, &random) }
    if Int.random(in: 0..<4, using: &random) == 0 { text += "e\(Int.random(in: -20...20, using: &random))" }
    return text
}

private func randomScale(_ random: inout SplitMix) -> String {
    let usual = ["0.01", "0.1", "10", "100", "1000", "0.001", "-1", "0.5", "1.000", "32", "0.03125"]
    if Bool.random(using: &random) { return usual[Int.random(in: 0..<usual.count, using: &random)] }
    return "\(Int.random(in: 1...99999, using: &random)).\(Int.random(in: 0...9999, using: &random))"
}

/// The answer by schoolbook arithmetic on arrays of decimal digits, written without a look at the real thing.
private func slowly(_ text: String, scale: String?, round: Int?) -> String {
    var (negative, digits, point) = slowRead(text)
    if let scale {
        let (scaleNegative, scaleDigits, scalePoint) = slowRead(scale)
        negative = negative != scaleNegative
        var product = [Int](repeating: 0, count: digits.count + scaleDigits.count)
        for (i, a) in digits.reversed().enumerated() {
            for (j, b) in scaleDigits.reversed().enumerated() { product[i + j] += a * b }
        }
        for i in 0..<product.count - 1 {
            product[i + 1] += product[i] / 10
            product[i] %= 10
        }
        digits = product.reversed()
        point += scalePoint
    }
    // `point` is the number of digits behind the point; below zero, zeros are missing.
    while point < 0 {
        digits.append(0)
        point += 1
    }
    while digits.count <= point { digits.insert(0, at: 0) }
    if let round, point > round {
        let next = digits[digits.count - (point - round)]
        digits.removeLast(point - round)
        point = round
        if next >= 5 {
            var i = digits.count - 1
            while i >= 0 {
                digits[i] += 1
                if digits[i] < 10 { break }
                digits[i] = 0
                i -= 1
            }
            if i < 0 { digits.insert(1, at: 0) }
        }
    }
    // Digits compare as numbers of as many digits do.
    func isTooLarge() -> Bool {
        let significant = digits.drop { $0 == 0 }
        let most = "9223372036854775807".compactMap(\.wholeNumberValue)
        return significant.count != most.count
            ? significant.count > most.count : most.lexicographicallyPrecedes(significant)
    }
    while point > 14 || isTooLarge() {
        guard point > 0, digits.last == 0 else { return "decimal_too_long" }
        digits.removeLast()
        point -= 1
    }
    while digits.count > point + 1, digits.first == 0 { digits.removeFirst() }
    let isZero = digits.allSatisfy { $0 == 0 }
    var result = digits.map(String.init).joined()
    if point > 0 { result.insert(".", at: result.index(result.endIndex, offsetBy: -point)) }
    return (negative && !isZero ? "-" : "") + result
}

private func slowRead(_ text: String) -> (negative: Bool, digits: [Int], point: Int) {
    let parts = text.split(separator: "e", omittingEmptySubsequences: false)
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let all = mantissa.joined()
    let fraction = mantissa.count > 1 ? mantissa[1].count : 0
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    return (text.hasPrefix("-"), all.compactMap(\.wholeNumberValue), fraction - exponent)
}

@Suite("Rounding")
struct RoundingTests {
    @Test(
        "Each mode of a field's decimals; a digit far behind a half decides",
        arguments: [
            ("1.005", "1.01", "1.00", "1.00", "decimal_too_long"),
            ("1.015", "1.02", "1.02", "1.01", "decimal_too_long"),
            ("-1.015", "-1.02", "-1.02", "-1.01", "decimal_too_long"),
            ("2.665", "2.67", "2.66", "2.66", "decimal_too_long"),
            ("2.6650000000000000001", "2.67", "2.67", "2.66", "decimal_too_long"),
            // More digits than are held: the last one still counts.
            ("2.66500000000000000000000000000000000000000001", "2.67", "2.67", "2.66", "decimal_too_long"),
            ("2.67500000000000000000000000000000000000000000", "2.68", "2.68", "2.67", "decimal_too_long"),
            ("-0.009", "-0.01", "-0.01", "0.00", "decimal_too_long"), ("1.5", "1.5", "1.5", "1.5", "1.5"),
            ("1.250", "1.25", "1.25", "1.25", "1.25"), ("1e-50", "0.00", "0.00", "0.00", "decimal_too_long"),
            ("0e-50", "0.00", "0.00", "0.00", "0.00"), ("0.005", "0.01", "0.00", "0.00", "decimal_too_long"),
        ])
    func modes(_ text: String, halfUp: String, halfEven: String, down: String, none: String) {
        for (rounding, expected) in [
            (nil, halfUp), (Rounding.halfUp, halfUp), (.halfEven, halfEven), (.down, down), (Rounding.none, none),
        ] {
            var rule = field(.real, round: 2)
            rule.rounding = rounding
            #expect(value(.plain(text), rule) == expected, "\(rounding?.rawValue ?? "by default")")
        }
    }
}

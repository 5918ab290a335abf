/// Makes choices that follow from a seed alone, so that a failure can be had again.
protocol SeededChoices {
    /// The seed at first.
    var state: UInt64 { get set }
}

extension SeededChoices {
    mutating func pick<T>(_ values: [T]) -> T { values[number(values.count)] }

    /// From 0 to below the limit. SplitMix64.
    mutating func number(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(limit))
    }
}

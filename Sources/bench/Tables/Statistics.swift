internal import Foundation

extension Array where Element == Double {
    /// The middle one; of an even number the mean of the middle two. 0 for none.
    var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2
    }

    /// The median of what each is of the one at its place in `others`, which was measured in the same turn.
    func medianShare(of others: [Double]) -> Double { zip(self, others).map { $0 / $1 }.median }

    /// The smallest value that at least this share (0…1) of all does not exceed. 0 for none.
    func percentile(_ share: Double) -> Double {
        guard !isEmpty else { return 0 }
        return sorted()[Swift.min(count - 1, Swift.max(0, Int((share * Double(count)).rounded(.up)) - 1))]
    }
}

/// Figures as tables show them.
enum Figure {
    /// With a comma between thousands.
    static func count(_ value: Double) -> String {
        let digits = String(Int(value.rounded()).magnitude)
        var out = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { out.append(",") }
            out.append(digit)
        }
        return value < -0.5 ? "-" + out : out
    }

    static func count(_ value: Int) -> String { count(Double(value)) }

    /// With three significant digits, and with a comma between thousands from 100 on.
    static func short(_ value: Double) -> String {
        switch value.magnitude {
        case 99.95...: count(value)
        case 9.995...: String(format: "%.1f", value)
        case 0.9995...: String(format: "%.2f", value)
        default: String(format: "%.3f", value)
        }
    }

    /// How much more or less a share is than all, in per cent.
    static func difference(_ share: Double) -> String { String(format: "%+.1f %%", (share - 1) * 100) }

    /// Bytes as MB (10⁶).
    static func megabytes(_ bytes: Int) -> String { short(Double(bytes) / 1e6) }
}

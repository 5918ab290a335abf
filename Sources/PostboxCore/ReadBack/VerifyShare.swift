/// Which of a destination's accepted rows are read back.
package enum VerifyShare: Sendable, Equatable {
    case none
    case all
    /// `value / 10^decimals` per cent of the RICs: 0.1 % is `.percent(value: 1, decimals: 1)`.
    case percent(value: Int, decimals: Int)

    /// Whether a row is one of them: a choice by RIC, service and drop, the same at every start. `keyHash`: of RIC and service.
    package func holds(_ keyHash: UInt64, drop: Int) -> Bool {
        switch self {
        case .none: return false
        case .all: return true
        case .percent(let value, let decimals):
            var scale: UInt64 = 100
            for _ in 0..<min(decimals, 12) { scale &*= 10 }
            return Self.mixed(keyHash ^ Self.mixed(UInt64(truncatingIfNeeded: drop))) % scale
                < UInt64(truncatingIfNeeded: max(0, value))
        }
    }

    /// Each bit depends on each (the last step of SplitMix64): rows whose hashes are near each other are chosen apart.
    private static func mixed(_ bits: UInt64) -> UInt64 {
        var bits = bits &+ 0x9e37_79b9_7f4a_7c15
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }

    /// `all`, `none`, or a share such as `1%`. Throws for anything else.
    package init(_ text: String) throws(SettingsMistake) {
        switch text {
        case "all": self = .all
        case "none": self = .none
        default:
            guard case .percent(let value, let decimals)? = try? SettingsText.rowLimit(text), value > 0 else {
                throw SettingsMistake("`all`, `none`, or a share above zero such as 1%")
            }
            self = .percent(value: value, decimals: decimals)
        }
    }

    /// As it is written.
    package var text: String {
        switch self {
        case .none: return "none"
        case .all: return "all"
        case .percent(let value, let decimals):
            let digits = String(value)
            let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
            return decimals == 0 ? "\(value)%" : "\(padded.dropLast(decimals)).\(padded.suffix(decimals))%"
        }
    }
}

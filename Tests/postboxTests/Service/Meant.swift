import Foundation

/// What somebody who wrote a value meant by it.
enum Meant: Equatable {
    /// A decimal, without zeros that say nothing: `-15e-1` is -1.5.
    case decimal(String)
    /// A number of an ENUM.
    case number(Int)
    /// `YYYY-MM-DD`.
    case day(String)
    /// `HH:MM:SS`, and a fraction without trailing zeros.
    case time(String)
    case text(String)
    case blank
}

extension Meant {
    /// A decimal of so many units of a power of ten.
    static func decimal(isNegative: Bool, digits: String, exponent: Int) -> Meant {
        var digits = Substring(digits).drop { $0 == "0" }
        var exponent = exponent
        while digits.last == "0" {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { return .decimal("0e0") }
        return .decimal((isNegative ? "-" : "") + digits + "e\(exponent)")
    }

    /// Of a plain decimal as a server writes it.
    static func decimal(read text: Substring) -> Meant {
        let isNegative = text.first == "-"
        let parts = (isNegative ? text.dropFirst() : text).split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? parts[1] : ""
        return decimal(isNegative: isNegative, digits: String(parts[0] + fraction), exponent: -fraction.count)
    }

    /// Of a time as somebody writes it: `12:34`, `1:02:03`, `12:34:56,789`.
    static func time(read text: String) -> Meant {
        var parts = text.replacing(",", with: ".").split(separator: ":").map(String.init)
        if parts.count == 2 { parts.append("00") }
        let seconds = parts[2].split(separator: ".").map(String.init)
        var fraction = Substring(seconds.count > 1 ? seconds[1] : "")
        while fraction.last == "0" { fraction.removeLast() }
        func two(_ text: String) -> String { text.count == 1 ? "0" + text : text }
        return .time(
            [two(parts[0]), two(parts[1]), two(seconds[0])].joined(separator: ":")
                + (fraction.isEmpty ? "" : "." + fraction))
    }
}

/// A value in a file: as somebody wrote it, and what it can be taken for.
struct Written {
    var text: String
    /// nil: nothing that the field can hold. It must not be stored as anything.
    var meant: Meant?
    /// Postbox may reject it although it means something: too long, ambiguous, or written as nobody should.
    var mayBeRejected = false
    /// In JSON it stands without quotes.
    var isJSONNumber = false
}

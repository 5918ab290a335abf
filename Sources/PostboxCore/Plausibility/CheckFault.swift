/// Why a row fails a check; values as they are written.
enum CheckFault: Sendable, Equatable {
    case below(String, min: String)
    case above(String, max: String)
    case notOrdered(Value, next: Value)
    case wide(low: String, high: String, share: String?, percent: String)
    /// `isTurned`: the old value was not above zero, and the new one has another sign.
    case moved(String, from: String, share: String?, percent: String, isTurned: Bool, Place)
    case off(String, from: String, factor: String, isTimes: Bool, Place)
    case old(String, earliest: String)
    case ahead(String, latest: String)
    case notListed(String, table: String, key: String)
    /// It had this value in the files before, too: in so many in a row with this one; so many count as stale.
    case stale(String, files: Int, limit: Int, Place)
    /// Nothing is known of it.
    case first(Place)
    case noNumber(String)
    case noDate(String)
    /// The table's value.
    case noKnownNumber(String, Place)

    /// A field, by its index, and its value.
    struct Value: Sendable, Equatable {
        var field: Int
        var text: String
    }

    /// Where the known value is from.
    enum Place: Sendable, Equatable {
        case table(String, column: String, key: String)
        /// It was accepted there: when, microseconds since 1970, and of which drop.
        case accepted(at: Int64, drop: Int, destination: String)
        /// Nothing was accepted of that RIC there.
        case nowhere(ric: String, destination: String)

        var text: String {
            switch self {
            case .table(let table, let column, let key): "the column \(column) of the table \(table), for \(key)"
            case .accepted(let time, let drop, let destination):
                "drop \(drop), accepted by \(destination) at \(TimeText.text(time))"
            case .nowhere(let ric, let destination): "\(ric) at \(destination)"
            }
        }
    }
}

extension CheckFault {
    /// The value that it is about, and what it was compared with where that is an older value; nil: there is none.
    var values: (old: String?, new: String?) {
        switch self {
        case .below(let value, _), .above(let value, _), .old(let value, _), .ahead(let value, _), .noNumber(let value),
            .noDate(let value):
            (nil, value)
        case .notOrdered(let low, let high): (nil, low.text + " " + high.text)
        case .wide(let low, let high, _, _): (nil, low + " " + high)
        case .moved(let value, let old, _, _, _, _), .off(let value, let old, _, _, _): (old, value)
        case .stale(let value, _, _, _): (value, value)
        case .noKnownNumber(let old, _): (old, nil)
        case .notListed, .first: (nil, nil)
        }
    }

    /// A stable word, a sentence, and what to do.
    ///
    /// - Parameters:
    ///   - field: The one that was looked at, of several the first.
    ///   - names: Of all fields, by their indexes.
    func told(of field: String, _ names: [String]) -> (reason: String, what: String, hint: String) {
        func told(reason: String, _ what: String, _ hint: String) -> (reason: String, what: String, hint: String) {
            (reason, what, hint)
        }
        let price = "Correct the price, or the check in the rule"
        switch self {
        case .below(let value, let min):
            return told(
                reason: "below_min", "\(field): \(value) is below \(min), the least that the rule allows.", price + ".")
        case .above(let value, let max):
            return told(
                reason: "above_max", "\(field): \(value) is above \(max), the most that the rule allows.", price + ".")
        case .notOrdered(let low, let high):
            return told(
                reason: "not_ordered",
                "\(names[low.field]) is \(low.text), which is more than \(names[high.field]), \(high.text).",
                "Correct the prices: two columns may have been exchanged.")
        case .wide(let low, let high, let share, let percent):
            return told(
                reason: "spread_too_wide",
                "\(field): \(low) and \(high) are "
                    + (share.map { "\($0) of their middle apart, more than \(percent) %." }
                        ?? "apart, and their middle is zero."),
                "Correct the prices, or the check in the rule.")
        case .moved(let value, let old, let share, let percent, let isTurned, let place):
            let how =
                isTurned || share == nil
                ? "is not of the sign of the old value \(old)"
                : "is \(share ?? "") away from the old value \(old), more than \(percent) %"
            return told(
                reason: "moved_too_far", "\(field): \(value) \(how); that is from \(place.text).", price + ".")
        case .off(let value, let old, let factor, let isTimes, let place):
            return told(
                reason: "off_by_factor",
                "\(field): \(value) is about \(isTimes ? "\(factor) times" : "1/\(factor) of") \(old), the old value from \(place.text).",
                "The price may be in another unit, such as pounds for pence: correct it, or the check in the rule.")
        case .old(let value, let earliest):
            return told(
                reason: "too_old",
                "\(field): \(value) is older than \(earliest), the earliest day that the rule allows today.",
                "It may be an old file: have the right one written.")
        case .ahead(let value, let latest):
            return told(
                reason: "in_the_future",
                "\(field): \(value) is later than \(latest), the latest day that the rule allows today.",
                "Correct the date, or have the right file written.")
        case .notListed(let ric, let table, let key):
            return told(
                reason: "unknown_instrument", "\(ric) is not in the column \(key) of the table \(table).",
                "Correct the RIC, or add it to the table's file.")
        case .stale(let value, let files, let limit, let place):
            return told(
                reason: "unchanged",
                "\(field): \(value) is the same in \(Plural.text(files, "file")) in a row, and the rule allows it in fewer than \(limit); the last one "
                    + "is from \(place.text).",
                "It may be an old price: have the file written anew, or take the field out of the check.")
        case .first(.nowhere(let ric, let destination)):
            return told(
                reason: "no_last_value",
                "\(field) cannot be compared: no value of it was accepted of \(ric) at \(destination) so far.",
                "Look at the price: the next one is compared with it.")
        case .first(let place):
            return told(
                reason: "no_last_value", "\(field) cannot be compared: there is no value in \(place.text).",
                "Look at the price, and add a line to the table's file.")
        case .noNumber(let value):
            return told(
                reason: "not_a_decimal", "\(field): \(value) is no number, so that the rule's check cannot be made.",
                "Correct the value, or take the field out of the check.")
        case .noDate(let value):
            return told(
                reason: "not_a_date", "\(field): \(value) is no date, so that the rule's check cannot be made.",
                "Correct the value, or take the field out of the check.")
        case .noKnownNumber(let value, let place):
            return told(
                reason: "not_a_decimal",
                "\(field) cannot be compared: \(value) in \(place.text), is no number.", "Correct the table's file.")
        }
    }
}

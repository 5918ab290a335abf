/// What is said of dates that could not be read. Made for a problem alone.
extension DateReader {
    /// What is said of a value that this reader did not take; nil: what is said of every such value.
    func words(of fault: ValueFault, _ value: Span<UInt8>) -> ValueWords? {
        guard fault == .notADate, case .serial(.excel) = notation else { return nil }
        if let moment = DateSerial.excel.read(value) { return words(of: moment) }
        let hasDay = isShaped(value, "0000-00-00")
        let hasTime = isShaped(value, "00:00:00")
        let hasBoth = isShaped(value, "0000-00-00T00:00:00")
        guard hasDay || hasTime || hasBoth else { return nil }
        let key = target.rawValue
        // What a time's cell looks like has no day, and the other way round.
        guard hasBoth || hasDay == (target == .date) else {
            return ValueWords(
                hint:
                    "The cell holds \(hasDay ? "a day without a time" : "a time without a day"): name another column, or correct the cell."
            )
        }
        let instead = hasBoth ? "`\(key): \"yyyy-MM-dd'T'HH:mm:ss\"`" : "`type: \(key)`"
        return ValueWords(
            hint:
                "`\(key): excel` reads the plain number of a day, such as 46085.5. What is a date or a time in the sheet already is "
                + "written as it stands here: give the field \(instead), and take `\(key): excel` away.")
    }

    /// What is said of one of Excel's numbers that does not say what is asked for; nil: it does.
    private func words(of moment: DateSerial.Moment) -> ValueWords? {
        guard moment.hasDay else {
            return ValueWords(
                what: "is a time without a day",
                hint: target == .date
                    ? "Name another column, or correct the cell."
                    : "Only together with its day a time can be converted by `zone`: take `zone` and `to` away, or correct the cell."
            )
        }
        guard !moment.hasTime else { return nil }
        return ValueWords(
            what: "is a whole number: a day alone stays that day, but midnight is another day in the zone `to`",
            hint:
                "If the column has days alone, give the field a `to` that is its `zone`: the days stay as they are. "
                + "If this is midnight, write it with a point and a zero, such as 46085.0.")
    }

    /// Whether a value looks so, each digit a 0; behind a time it may have decimals.
    private func isShaped(_ value: Span<UInt8>, _ shape: String) -> Bool {
        let shape = Array(shape.utf8)
        guard value.count >= shape.count else { return false }
        for (index, byte) in shape.enumerated() {
            let isDigit = byte == UInt8(ascii: "0")
            guard isDigit ? isDecimalDigit(value[index]) : value[index] == byte else { return false }
        }
        guard value.count > shape.count else { return true }
        return value[shape.count] == UInt8(ascii: ".")
    }
}

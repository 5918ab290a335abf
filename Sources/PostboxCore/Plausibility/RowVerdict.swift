/// What the fields of one post say to a check. Empty ones are passed over: nothing about them could be implausible.
struct RowVerdict {
    /// The batch's bytes of mapped rows.
    let bytes: [UInt8]
    var values: [PostFields.Value]
    /// Where the RIC lies.
    var ric: Range<Int>

    enum Look {
        case empty
        case number(CheckNumber, Range<Int>)
        case fault(CheckFault)
    }

    /// Why the post fails; nil: nothing is said against it.
    ///
    /// - Parameter key: What the values of a table are found by; nil: the RIC.
    func fault(_ check: RowCheck, key: [UInt8]?) -> CheckFault? {
        switch check {
        // They are made where it is known what was accepted last.
        case .lastMove, .lastFactor, .unchanged: return nil
        case .range(let field, let min, let max): return range(field, min, max)
        case .ordered(let fields): return order(fields)
        case .spread(let low, let high, let percent): return spread(low, high, percent)
        case .move(let field, let percent, let source): return move(field, percent, source, key)
        case .factor(let field, let factor, let source): return factorFault(field, factor, source, key)
        case .day(let field, let earliest, let latest): return day(field, earliest, latest)
        case .listed(let keys, let table, let column):
            let name = bytes.span.extracting(ric)
            return keys.place(of: name) == nil ? .notListed(shown(name), table: table, key: column) : nil
        }
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func look(_ field: Int) -> Look {
        switch values[field] {
        case .none: return .empty
        case .text(let range): return range.isEmpty ? .empty : .fault(.noNumber(shown(bytes.span.extracting(range))))
        case .number(let range):
            guard let number = CheckNumber(bytes.span.extracting(range)) else { return .fault(.noNumber(text(range))) }
            return .number(number, range)
        }
    }

    private func range(_ field: Int, _ min: RowCheck.Limit?, _ max: RowCheck.Limit?) -> CheckFault? {
        switch look(field) {
        case .empty: return nil
        case .fault(let fault): return fault
        case .number(let number, let range):
            if let min, number.isLess(than: min.number) { return .below(text(range), min: min.text) }
            if let max, max.number.isLess(than: number) { return .above(text(range), max: max.text) }
            return nil
        }
    }

    private func order(_ fields: [Int]) -> CheckFault? {
        var last: (number: CheckNumber, range: Range<Int>, field: Int)?
        for field in fields {
            switch look(field) {
            case .empty: continue
            case .fault(let fault): return fault
            case .number(let number, let range):
                if let last, number.isLess(than: last.number) {
                    return .notOrdered(
                        CheckFault.Value(field: last.field, text: text(last.range)),
                        next: CheckFault.Value(field: field, text: text(range)))
                }
                last = (number, range, field)
            }
        }
        return nil
    }

    private func spread(_ low: Int, _ high: Int, _ percent: RowCheck.Limit) -> CheckFault? {
        let (first, second) = (look(low), look(high))
        for case .fault(let fault) in [first, second] { return fault }
        guard case .number(let bid, let bidRange) = first, case .number(let ask, let askRange) = second else {
            return nil
        }
        let share = bid.spread(to: ask)
        guard share.isMore(than: percent.number) else { return nil }
        return .wide(low: text(bidRange), high: text(askRange), share: share.text, percent: percent.text)
    }

    private func move(
        _ field: Int, _ percent: RowCheck.Limit, _ source: RowCheck.Source, _ key: [UInt8]?
    ) -> CheckFault? {
        switch compare(field, source, key) {
        case .passed: return nil
        case .fault(let fault): return fault
        case .both(let number, let range, let old, let oldText):
            return moved(number, range, from: old, oldText, percent) { place(source, key) }
        }
    }

    private func factorFault(
        _ field: Int, _ factor: RowCheck.Limit, _ source: RowCheck.Source, _ key: [UInt8]?
    ) -> CheckFault? {
        switch compare(field, source, key) {
        case .passed: return nil
        case .fault(let fault): return fault
        case .both(let number, let range, let old, let oldText):
            return off(number, range, from: old, oldText, factor) { place(source, key) }
        }
    }

    /// The field's number, and where it stands, against a known one.
    func moved(
        _ number: CheckNumber, _ range: Range<Int>, from old: CheckNumber, _ oldText: String, _ percent: RowCheck.Limit,
        _ place: () -> CheckFault.Place
    ) -> CheckFault? {
        let share = number.move(from: old)
        // Of a value that is not above zero nothing is a part that changes the sign.
        let isTurned = old.sign <= 0 && number.sign != old.sign
        guard isTurned || share.isMore(than: percent.number) else { return nil }
        return .moved(
            text(range), from: oldText, share: share.text, percent: percent.text, isTurned: isTurned, place())
    }

    /// As `moved`.
    func off(
        _ number: CheckNumber, _ range: Range<Int>, from old: CheckNumber, _ oldText: String, _ factor: RowCheck.Limit,
        _ place: () -> CheckFault.Place
    ) -> CheckFault? {
        let off = number.isOff(by: factor.number, from: old)
        guard off.isTimes || off.isPart else { return nil }
        return .off(text(range), from: oldText, factor: factor.text, isTimes: off.isTimes, place())
    }

    private enum Comparison {
        case passed
        case fault(CheckFault)
        /// The field's number and where it stands, and the known one and how it is written.
        case both(CheckNumber, Range<Int>, CheckNumber, String)
    }

    private func compare(_ field: Int, _ source: RowCheck.Source, _ key: [UInt8]?) -> Comparison {
        switch look(field) {
        case .empty: return .passed
        case .fault(let fault): return .fault(fault)
        case .number(let number, let range):
            var old: [UInt8] = []
            let name = key ?? Array(bytes[ric])
            guard source.table.take(source.column, by: name.span, into: &old), !old.isEmpty else {
                return .fault(.first(place(source, key)))
            }
            guard let known = CheckNumber(old.span) else {
                return .fault(.noKnownNumber(shown(old.span), place(source, key)))
            }
            return .both(number, range, known, String(decoding: old, as: UTF8.self))
        }
    }

    private func place(_ source: RowCheck.Source, _ key: [UInt8]?) -> CheckFault.Place {
        let name = key ?? Array(bytes[ric])
        return .table(source.name.table, column: source.name.column, key: shown(name.span))
    }

    private func day(_ field: Int, _ earliest: Int?, _ latest: Int?) -> CheckFault? {
        let range: Range<Int>
        switch values[field] {
        case .none: return nil
        case .number(let digits): range = digits
        case .text(let text): range = text
        }
        guard !range.isEmpty else { return nil }
        guard let day = DateText.day(of: bytes.span.extracting(range)) else {
            return .noDate(shown(bytes.span.extracting(range)))
        }
        if let earliest, day < earliest { return .old(text(range), earliest: BusinessCalendar.text(ofDay: earliest)) }
        if let latest, day > latest { return .ahead(text(range), latest: BusinessCalendar.text(ofDay: latest)) }
        return nil
    }
}

extension RowVerdict {
    /// Why the post fails a check against what was accepted last of its RIC; nil: nothing is said against it.
    ///
    /// - Parameters:
    ///   - seen: The last value of the field that the check looks at; nil: none was accepted.
    ///   - destination: Where.
    func fault(_ check: RowCheck, against seen: LastSeen?, at destination: String) -> CheckFault? {
        switch check {
        case .lastMove(let field, let percent):
            return compare(field, seen, destination) { number, range, old, oldText, place in
                moved(number, range, from: old, oldText, percent) { place }
            }
        case .lastFactor(let field, let factor):
            return compare(field, seen, destination) { number, range, old, oldText, place in
                off(number, range, from: old, oldText, factor) { place }
            }
        case .unchanged(let field, let files): return stale(field, files, seen, destination)
        default: return nil
        }
    }

    /// Compares two numbers. What was accepted and is none tells nothing that a number could be compared with.
    private func compare(
        _ field: Int, _ seen: LastSeen?, _ destination: String,
        _ body: (CheckNumber, Range<Int>, CheckNumber, String, CheckFault.Place) -> CheckFault?
    ) -> CheckFault? {
        switch look(field) {
        case .empty: return nil
        case .fault(let fault): return fault
        case .number(let number, let range):
            guard let seen, let old = CheckNumber(seen.json.span) else {
                return .first(.nowhere(ric: shown(bytes.span.extracting(ric)), destination: destination))
            }
            return body(
                number, range, old, String(decoding: seen.json, as: UTF8.self), seen.place(at: destination))
        }
    }

    /// Of a RIC that nothing is known of nothing can be stale.
    private func stale(_ field: Int, _ limit: Int, _ seen: LastSeen?, _ destination: String) -> CheckFault? {
        let range: Range<Int>
        let told: String
        switch values[field] {
        case .none: return nil
        case .number(let digits):
            range = digits
            told = text(digits)
        case .text(let inner):
            // With its quotes.
            range = inner.lowerBound - 1..<inner.upperBound + 1
            told = shown(bytes.span.extracting(inner))
        }
        guard let seen, seen.run + 1 >= limit else { return nil }
        let isSame = bytes[range].withUnsafeBytes { new in seen.json.withUnsafeBytes { isSameValue(new, $0) } }
        guard isSame else { return nil }
        return .stale(told, files: seen.run + 1, limit: limit, seen.place(at: destination))
    }
}

extension LastSeen {
    fileprivate func place(at destination: String) -> CheckFault.Place {
        .accepted(at: acceptedAt, drop: drop, destination: destination)
    }
}

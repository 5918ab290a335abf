extension FormulaStep {
    /// What stands in place of an empty result: a text of the rule that is read, scaled and rounded as the file's numbers are.
    ///
    /// One that cannot be read so, or that is another number as a plain decimal, is refused with the configuration. A drop that was
    /// claimed with a rule of an older version may have one all the same: it stays as it stands there, as it was sent then.
    ///
    /// - Returns: also what is wrong with it.
    func standIn(_ text: String) -> (text: [UInt8], fault: ValueFault?) {
        let written = Array(text.utf8)
        var plain: [UInt8] = []
        if let fault = number.reader.convert(written.span, into: &plain) { return (written, fault) }
        if number.differ(on: text) != nil { return (written, nil) }
        guard scale != nil || round >= 0, !plain.isEmpty else { return (plain, nil) }
        guard var decimal = DecimalText(plain.span) else { return (written, .notADecimal) }
        if let scale, !decimal.multiply(by: scale) { return (written, .decimalTooLong) }
        if round >= 0, !decimal.round(to: round, rounding) { return (written, .decimalTooLong) }
        guard decimal.fit() else { return (written, .decimalTooLong) }
        var out = MappedBytes()
        decimal.write(into: &out)
        return (out.withWritten { Array($0) }, nil)
    }
}

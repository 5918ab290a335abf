/// What is wrong with a cell, whatever a rule takes out of it: what a spreadsheet left in place of a value, text that was decoded wrongly, or
/// a line break inside. A constant text that a spreadsheet wrote as a formula (`="912828XY1"`) says what it is.
///
/// - Parameter isWhole: the value is used as it stands, as a suffix `=D3` of RICs is; else `=D3` names a cell.
func cellFault(_ value: Span<UInt8>, keepsLineBreaks: Bool, isWhole: Bool = true) -> ValueFault? {
    if value.isEmpty { return nil }
    if isSpoiled(value), !isConstantFormula(value), !isWord(behindEquals: value, mayNameCell: isWhole) {
        return .spreadsheetError
    }
    for index in value.indices {
        switch value[index] {
        case 0xEF where isDamage(value, index): return .damagedText
        case Byte.lineFeed, Byte.carriageReturn: if !keepsLineBreaks { return .lineBreak }
        default: continue
        }
    }
    return nil
}

/// Whether U+FFFD stands in a value.
func holdsDamage(_ value: Span<UInt8>) -> Bool {
    for index in value.indices where value[index] == 0xEF && isDamage(value, index) { return true }
    return false
}

/// Whether U+FFFD stands there, which decoders write for what they cannot read.
@inline(__always)
func isDamage(_ text: Span<UInt8>, _ index: Int) -> Bool {
    text[index] == 0xEF && index + 2 < text.count && text[index + 1] == 0xBF && text[index + 2] == 0xBD
}

/// Whether nothing is computed behind an equals sign: `=TST` ends many a RIC. What is `D3` or `Sheet1!D3` names a cell of a sheet.
func isWord(behindEquals value: Span<UInt8>, mayNameCell: Bool) -> Bool {
    let core = withoutSpaces(value)
    guard core.count > 1, value[core.lowerBound] == UInt8(ascii: "=") else { return false }
    var start = core.lowerBound + 1
    for index in core.lowerBound + 1..<core.upperBound {
        switch value[index] {
        case UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "("), UInt8(ascii: "^"),
            UInt8(ascii: "&"):
            return false
        case UInt8(ascii: "-"): if isDecimalDigit(value[index - 1]) { return false }
        case UInt8(ascii: "!"): start = index + 1
        default: continue
        }
    }
    if mayNameCell { return true }
    var letters = 0
    var digits = 0
    for index in start..<core.upperBound where value[index] != UInt8(ascii: "$") {
        let byte = value[index]
        if isDecimalDigit(byte) {
            digits += 1
        } else if (byte | 0x20) &- UInt8(ascii: "a") < 26, digits == 0 {
            letters += 1
        } else {
            return true
        }
    }
    return !(1...3 ~= letters && digits > 0)
}

/// `="text"`.
func isConstantFormula(_ value: Span<UInt8>) -> Bool {
    let core = withoutSpaces(value)
    guard core.count >= 3, value[core.lowerBound] == UInt8(ascii: "="), value[core.lowerBound + 1] == Byte.quote,
        value[core.upperBound - 1] == Byte.quote
    else { return false }
    for index in core.lowerBound + 2..<core.upperBound - 1 where value[index] == Byte.quote { return false }
    return true
}

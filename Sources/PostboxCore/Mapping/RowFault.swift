/// Why a row is rejected.
enum RowFault: Sendable, Equatable {
    case badRule(String)
    case duplicateColumn
    case nestedColumn
    /// The column holds another one, where its value is wanted.
    case objectForValue
    /// The column has a value, where another one is wanted that would lie in it.
    case valueForObject
    case badFieldName
    case noRIC
    case ricTooLong
    case badRIC
    case badPost
    case unknownService
    case refreshNotAllowed
    case noFields
    case repeatedHeader
    case spoiledIdentifier
    case value(ValueFault)
}

/// Puts a fault into words.
///
/// - Parameters:
///   - words: what a column's value may be, where that is a short list; of two columns that lie in each other, the inner one.
///   - said: what the rule that reads the value says of it; nil: nothing of its own.
///   - making: how the value came of the row.
func rowProblem(
    _ fault: RowFault, line: Int, columnName: String?, value: Span<UInt8>, words: [String] = [],
    said: ValueWords? = nil, making: ValueMaking = .column
) -> RowProblem {
    let name = columnName.map { shown(Array($0.utf8).span) } ?? ""
    let text = shown(value)
    let column = name.isEmpty ? "a column" : "the column \(name)"
    func problem(_ reason: String, _ what: String, _ hint: String?) -> RowProblem {
        RowProblem(reason: reason, line: line, columnName: columnName, what: what, hint: hint)
    }
    var fault = fault
    // Whatever such a value cannot be, this is why.
    var said = said
    if holdsDamage(value) { (fault, said) = (.value(.damagedText), nil) }
    switch fault {
    case .badRule(let what):
        return problem("bad_rule", "The rule for this file cannot be followed: \(what).", "Correct the configuration.")
    case .duplicateColumn:
        return problem(
            "duplicate_column", "The row has more than one column that means \(name).",
            "Remove or rename one of them, or name the right one in a rule.")
    case .nestedColumn:
        return problem(
            "nested_value", "The value at \(name) lies inside another, which the plain mapping does not read.",
            "Name the path \(name) in a rule's fields, or flatten the row.")
    case .objectForValue:
        let inner = shown(Array((words.first ?? "").utf8).span)
        return problem(
            "nested_value", "\(name) is no value: it holds \(inner).",
            "Write one value, or name a path within it in a rule.")
    case .valueForObject:
        let inner = shown(Array((words.first ?? "").utf8).span)
        return problem(
            "nested_value", "\(name): \(text) is no object that holds \(inner), which the rule names.",
            "Write an object with that member, or name the path of the value in the rule.")
    case .badFieldName:
        return problem(
            "bad_field_name",
            name.isEmpty
                ? "A column has no name, so there is no field for its values."
                : "\(name) cannot be the name of a field.",
            "A field's name is printable ASCII without spaces, quotes and backslashes, such as BID; or name the wanted "
                + "columns in a rule's fields.")
    case .noRIC:
        return problem(
            "no_ric", name.isEmpty ? "The row has no RIC." : "The row has no RIC: \(column) is empty.",
            "Fill in the RIC or remove the row.")
    case .ricTooLong:
        return problem("ric_too_long", "The RIC \(text) is longer than 255 bytes.", "Check for a missing delimiter.")
    case .badRIC:
        return problem(
            "bad_ric", "\(text) cannot be a RIC.",
            "A RIC is text without control characters, invisible characters and odd blanks, and without a blank at its "
                + "beginning or end.")
    case .badPost:
        let allowed = words.isEmpty ? "" : "Write one of \(words.prefix(8).joined(separator: ", "))."
        return problem(
            "bad_post", "\(text) in \(column) chooses neither Refresh nor Update.", allowed.isEmpty ? nil : allowed)
    case .unknownService:
        let known = words.prefix(8).filter { !$0.isEmpty }.joined(separator: ", ")
        return problem(
            "unknown_service", "\(text) is not among the destination's services.",
            known.isEmpty
                ? "No destination is configured here, so no service is known: name the configuration."
                : "Write one of \(known), or add it to the destination's services.")
    case .refreshNotAllowed:
        return problem(
            "refresh_not_allowed", "The row asks for a Refresh, but its destination takes Updates only.",
            "Post the row as an Update, or send the file to another destination.")
    case .noFields:
        return problem(
            "no_fields", "The row has no value to post besides its RIC.",
            "Fill in a value or remove the row; a Refresh that blanks all fields needs `empty: blank` in its rule.")
    case .repeatedHeader:
        return problem(
            "repeated_header", "The row repeats the header.", "Remove it: two files may have been put together.")
    case .spoiledIdentifier:
        return problem(
            "spoiled_identifier",
            "\(name.isEmpty ? "" : "\(name): ")\(text) is an identifier that a spreadsheet turned into a number.",
            "Format the column as text in the spreadsheet and write the identifier again.")
    case .value(let fault):
        var (what, hint) = explanation(of: fault, for: text, value, detail: words.first)
        if let said {
            what = said.what.map { "\(text) \($0)" } ?? what
            hint = said.hint
        }
        return problem(fault.rawValue, making.prefix(name) + "\(what).", hint)
    }
}

/// The same of a value that a table of the configuration gave; the row is told by the column of its key.
func rowProblem(
    _ fault: RowFault, line: Int, columnName: String?, value: Span<UInt8>, in place: TakenValue.Place,
    words: [String] = [], said: ValueWords? = nil
) -> RowProblem {
    var problem = rowProblem(
        fault, line: line, columnName: place.column, value: value, words: words, said: said)
    let table = "the table \(shown(Array(place.table.utf8).span))"
    problem.what = (place.line > 0 ? "In line \(place.line) of \(table): " : "In \(table): ") + problem.what
    problem.columnName = columnName
    return problem
}

/// What is wrong with a value, without a full stop, and what to do about it.
///
/// - Parameter detail: what the field says, as `FieldConversion.detail` has it.
func explanation(
    of fault: ValueFault, for text: String, _ value: Span<UInt8>, detail: String? = nil
) -> (what: String, hint: String) {
    switch fault {
    case .outOfRange:
        (
            "\(text) is out of the range that the field holds" + (detail.map { ", \($0)" } ?? ""),
            "Correct the value, or post it to a field that holds more."
        )
    case .notInEnum:
        (
            "\(text) is not among the field's values in the dictionary" + (detail.map { "; \($0)" } ?? ""),
            "Write a display text or a number of the field's: `postbox dictionary FIELD` lists them all."
        )
    case .ambiguousEnum:
        (
            "\(text) can mean several values of the field: it is \(detail ?? "the text of each of them")",
            "Say which one is meant with `values: {TEXT: NUMBER}` of the field in its rule."
        )
    case .textTooLong:
        (
            "\(text) is longer than the field, which has \(detail ?? "fewer") bytes"
                + (isASCII(value) ? "" : "; a text beyond ASCII takes three bytes more"),
            "Shorten it, or write `too_long: cut` or `too_long: warn` at the field or its rule."
        )
    case .notASCII:
        ("\(text) has characters beyond ASCII, and the field holds ASCII alone", "Write it in ASCII.")
    case .fieldNotPostable:
        (
            "the field is \(detail.map { "of the type \($0)" } ?? "of a type") that no value of a price file can fill",
            "Take the column out of the file, or name the wanted columns in a rule's fields."
        )
    case .badTime where detail != nil:
        (
            "\(text) has more decimals of a second than the field holds, \(detail ?? "")",
            "Write fewer decimals, or post it to a field that holds more."
        )
    case .notADecimal:
        ("\(text) is not a plain decimal", decimalHint(value, isReal: detail != nil))
    case .notANumber:
        ("\(text) is not a number that can be posted", "Leave the value empty when there is no price.")
    case .likeNoNumber:
        (
            "\(text) would be stored as Inf, NaN or nothing if the field is a number",
            "Give the field `type: text` in its rule if it is a text; leave it empty when there is no price."
        )
    case .decimalTooLong:
        (
            "\(text) does not fit a price exactly: 14 decimals at most, and 9223372036854775807 at most without its point",
            detail ?? "Write fewer digits, or let the rule round it with `round: N`."
        )
    case .notAnInteger where detail != nil:
        (
            "\(text) is a whole number where the point is the decimal sign, and another one where it parts thousands",
            "Say in the rule which mark is which, `decimal: \".\"`, or `decimal: \",\"` with `thousands: \".\"`."
        )
    case .notAnInteger:
        (
            "\(text) is not a whole number that fits 64 bits",
            "Write digits alone, without an exponent (`type: uint` takes no minus either), or give the field `type: real`."
        )
    case .controlInText:
        (
            "\(text) holds a control character that a server would not store as it is",
            "Take the control character out of the text."
        )
    case .spreadsheetError:
        (
            "\(text) is a spreadsheet's error or formula, not a value",
            "Correct the sheet, or leave the cell empty when there is no value."
        )
    case .lineBreak:
        (
            "\(text) goes over more than one line",
            "A quote may be missing or one too many; where the text really has lines, write `line_breaks: keep` in the rule."
        )
    case .booleanValue:
        ("\(text) is true or false, which no field can hold", "Write a number or a text instead.")
    case .nestedValue where isScalar(value):
        (
            "\(text) stands where the path leads into a list or an object",
            "Check the path in the rule, or correct the row."
        )
    case .nestedValue:
        ("\(text) is a list or an object, not one value", "Write one value, or name a path within it in a rule.")
    case .badEnum:
        (
            "\(text) is neither an enum's number (0 to 65535) nor a display text in ASCII",
            "Write the number, or list the display text and its number as `values` of the field in its rule."
        )
    case .unknownEnumValue:
        (
            "\(text) is not among the field's values",
            "Write one of them exactly as the rule does, or add it to values."
        )
    case .uncheckedEnum:
        (
            "\(text) is a display text, and nothing here says which number it stands for",
            "List it as `values: {TEXT: NUMBER}` of the field in its rule, or write the number; `values: any` sends it unchecked."
        )
    case .badDate:
        (
            "\(text) is not a date of the calendar in a known form",
            "Write it as 2026-11-21, 20261121, 21 NOV 2026 or 21-Nov-2026."
        )
    case .ambiguousDate:
        (
            "\(text) can be read with the day or the month first",
            "Write it as 2026-11-21, 20261121, 21 NOV 2026 or 21-Nov-2026."
        )
    case .badTime:
        (
            "\(text) is not a time of day in a known form",
            "Write it as 12:34, 12:34:56 or 12:34:56.789, from 00:00 to 23:59:59, without date and zone."
        )
    case .badGrouping:
        (
            "\(text) has separators that do not part groups of three digits",
            "Check which sign is the decimal sign: the rule's `decimal` and `thousands` must be those of the file."
        )
    case .ambiguousFraction:
        (
            "\(text) ends in a digit that means different things in different markets",
            "Write `fraction_tail: eighths` (cash Treasuries) or `fraction_tail: quarters` (futures) into the rule."
        )
    case .notADate:
        (
            "\(text) is not a date or time of the rule's form, or not one of the calendar",
            "Correct it, or the pattern at `date` or `time` of the field in its rule."
        )
    case .ambiguousTime:
        (
            "\(text) is a local time that does not exist, or exists twice, in the night when clocks change",
            "Write the time with its offset from UTC, or in UTC."
        )
    case .notInMap:
        ("\(text) is not among the words of the rule's `map`", "Correct it, or add the word to `map`.")
    case .notInTable:
        ("\(text) is not in the rule's table", "Correct it, or add a line with this key to the table's file.")
    case .divisionByZero:
        ("a formula divides by zero", "Correct the value that the formula divides by, or leave it empty.")
    case .noMatch:
        (
            "\(text) does not fit the rule's `extract`, or takes too long to compare with it",
            "Correct it, or the regular expression at `extract`."
        )
    case .damagedText:
        (
            "\(text) holds the mark U+FFFD of a text that was decoded wrongly before it came here",
            "Have the file written anew in its own encoding."
        )
    }
}

/// Whether something stands there that is no list and no object of JSON.
private func isScalar(_ value: Span<UInt8>) -> Bool {
    if value.isEmpty { return false }
    return switch value[0] {
    case UInt8(ascii: "{"), UInt8(ascii: "["): false
    default: true
    }
}

private func isASCII(_ value: Span<UInt8>) -> Bool {
    for index in value.indices where value[index] >= 0x80 { return false }
    return true
}

/// - Parameter isReal: the field is of the type real, which reads exponents as well.
private func decimalHint(_ value: Span<UInt8>, isReal: Bool) -> String {
    var commas = 0
    var points = 0
    var exponents = 0
    var others = 0
    for index in value.indices {
        switch value[index] {
        case UInt8(ascii: ","): commas += 1
        case UInt8(ascii: "."): points += 1
        case UInt8(ascii: "e"), UInt8(ascii: "E"): exponents += 1
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"): break
        default: others += 1
        }
    }
    if others > 0 { return "Write digits with a decimal point, such as 1234.5; leave it empty when there is no value." }
    if commas > 0 { return "Write it without thousands separators and with a decimal point, such as 1234.5." }
    if points > 1 { return "Write it with one point, the decimal point, such as 1234.5." }
    if exponents > 0, !isReal {
        return "Write it without an exponent, such as 100000, or give the field the type real in a rule."
    }
    return
        "Write digits with at most one point between them, such as 0.5 or -1.25; leave it empty when there is no value."
}

/// A value as people are shown it: in quotes, control characters visible, cut after 40 characters.
func shown(_ value: Span<UInt8>) -> String {
    let most = 40
    // Four bytes make a character at most, and one more is enough to know that there is more.
    var bytes: [UInt8] = []
    for index in 0..<min(value.count, 4 * most + 4) { bytes.append(value[index]) }
    var text = ""
    var count = 0
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
        guard count < most else {
            text += "…"
            break
        }
        switch scalar.value {
        case 0x09: text += "\\t"
        case 0x0a: text += "\\n"
        case 0x0d: text += "\\r"
        case ..<0x20, 0x7f..<0xa0:
            let digits = String(scalar.value, radix: 16, uppercase: true)
            text += "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
        default: text.unicodeScalars.append(scalar)
        }
        count += 1
    }
    return "\"\(text)\""
}

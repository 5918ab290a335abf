/// Turns a sheet's part into the text that a price file of CSV would have: a line each row of the sheet, blank where there is none,
/// so that a row's line is its number. Cells are filled up from the left; behind the last one that holds something there are none.
package final class SheetText: PartReader {
    /// Lines that are whole; whoever takes them empties it.
    package var lines: [UInt8] = []
    private(set) var problem: FileProblem?

    private let strings: SharedStrings
    private let styles: CellStyles
    private let is1904: Bool
    private let recalculates: Bool
    private let delimiter: UInt8

    /// The row that was begun last, and the line that comes next.
    private var row = 0
    private var line: [UInt8] = []
    private var isInRow = false
    /// The column that was begun last in it, and cells that stand in the line.
    private var column = 0
    private var written = 0

    private var cell = Cell()
    private var value: [UInt8] = []
    private var isInValue = false
    private var formula: [UInt8] = []
    private var isInFormula = false
    private var isPhonetic = false

    private struct Cell {
        var kind = "n"
        var style = 0
        var hasFormula = false
        var hasValue = false
    }

    /// Bytes of a formula that are shown to people.
    private static let formulaMax = 200
    /// As many as a sheet can have.
    private static let (rowsMax, columnsMax) = (1_048_576, 16_384)

    /// - Parameters:
    ///   - strings: The workbook's shared texts.
    ///   - is1904: Days are counted from 1904.
    ///   - recalculates: The workbook says of itself that its formulas have to be calculated when it is opened.
    ///   - delimiter: Between two cells.
    package init(
        strings: SharedStrings, styles: CellStyles, is1904: Bool, recalculates: Bool = false, delimiter: UInt8
    ) {
        self.strings = strings
        self.styles = styles
        self.is1904 = is1904
        self.recalculates = recalculates
        self.delimiter = delimiter
    }

    func start(_ name: String, _ attributes: [String: String]) {
        guard problem == nil else { return }
        switch name {
        case "row": startRow(attributes["r"])
        case "c" where isInRow: startCell(attributes)
        case "v", "t":
            isInValue = !isPhonetic
            cell.hasValue = true
        case "f":
            isInFormula = true
            cell.hasFormula = true
        case "rPh": isPhonetic = true
        default: break
        }
    }

    func end(_ name: String) {
        guard problem == nil else { return }
        switch name {
        case "row" where isInRow:
            lines.append(contentsOf: line)
            lines.append(Byte.lineFeed)
            isInRow = false
        case "c" where isInRow: endCell()
        case "v", "t": isInValue = false
        case "f": isInFormula = false
        case "rPh": isPhonetic = false
        default: break
        }
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard problem == nil else { return }
        if isInFormula, formula.count < Self.formulaMax { formula.append(contentsOf: bytes) }
        guard isInValue else { return }
        guard value.count + bytes.count <= rowBytesMax else {
            return refuse("a cell holds more than \(rowBytesMax) bytes")
        }
        value.append(contentsOf: bytes)
    }

    private func refuse(_ what: String, _ hint: String = "Open it in Excel, and save it again.") {
        problem = FileProblem(
            reason: "archive_damaged", line: row, what: "The workbook's sheet cannot be read: \(what).", hint: hint)
    }

    // MARK: - Rows and cells

    private func startRow(_ number: String?) {
        let next = number.map { Int($0) ?? 0 } ?? row + 1
        guard next > row else { return refuse("its rows are not in order") }
        guard next <= Self.rowsMax else {
            return refuse("it has more than 1,048,576 rows", "Write its rows into several sheets or files, or as CSV.")
        }
        lines.append(contentsOf: repeatElement(Byte.lineFeed, count: next - row - 1))
        row = next
        line.removeAll(keepingCapacity: true)
        (column, written) = (0, 0)
        isInRow = true
    }

    private func startCell(_ attributes: [String: String]) {
        let next = attributes["r"].map { Self.column(of: $0) ?? 0 } ?? column + 1
        guard next > column, next <= Self.columnsMax else { return refuse("the cells of row \(row) are not in order") }
        column = next
        cell = Cell(kind: attributes["t"] ?? "n", style: attributes["s"].flatMap { Int($0) } ?? 0)
        value.removeAll(keepingCapacity: true)
        formula.removeAll(keepingCapacity: true)
    }

    /// `AB12` is in column 28; nil: it names none.
    private static func column(of reference: String) -> Int? {
        var column = 0
        for byte in reference.utf8 {
            let letter = (byte | 0x20) &- UInt8(ascii: "a")
            guard letter < 26 else { break }
            column = column * 26 + Int(letter) + 1
            guard column <= columnsMax else { return nil }
        }
        return column > 0 ? column : nil
    }

    private func endCell() {
        if isUncalculated {
            let words = String(decoding: formula.prefix(Self.formulaMax), as: UTF8.self)
            return write(text: Array("#N/A (the formula \(words) was never calculated)".utf8)[...])
        }
        // A formula that gives an empty text leaves the cell empty.
        guard !value.isEmpty else { return }
        switch cell.kind {
        case "s":
            guard let index = Int(String(decoding: value, as: UTF8.self)), let text = strings.text(index) else {
                return refuse("a cell of row \(row) names a text that the workbook does not have")
            }
            write(text: Self.unescaped(text))
        case "inlineStr", "str": write(text: Self.unescaped(value[...]))
        case "b": write(text: Array((value == [UInt8(ascii: "1")] ? "TRUE" : "FALSE").utf8)[...])
        case "n": writeNumber()
        // Errors, and dates that are written out.
        default: write(text: value[...])
        }
    }

    /// Whether the cell has a formula whose result nobody calculated: a program that only writes workbooks leaves the result out, or writes
    /// a zero and has the workbook calculated when it is opened. What stands for it no field takes for a value.
    private var isUncalculated: Bool {
        guard cell.hasFormula else { return false }
        guard !value.isEmpty else { return !(cell.kind == "str" && cell.hasValue) }
        return recalculates && cell.kind == "n" && value == [UInt8(ascii: "0")]
    }

    private func write(text: ArraySlice<UInt8>) {
        guard !text.isEmpty else { return }
        guard line.count + text.count + (column - written) <= rowBytesMax else {
            return refuse("row \(row) is longer than \(rowBytesMax) bytes")
        }
        line.append(contentsOf: repeatElement(delimiter, count: column - max(written, 1)))
        written = column
        let isPlain = text.allSatisfy {
            $0 != delimiter && $0 != Byte.quote && $0 != Byte.lineFeed && $0 != Byte.carriageReturn
        }
        guard !isPlain else { return line.append(contentsOf: text) }
        line.append(Byte.quote)
        for byte in text {
            if byte == Byte.quote { line.append(Byte.quote) }
            line.append(byte)
        }
        line.append(Byte.quote)
    }

    /// Excel writes characters that XML cannot have as `_x000D_`, and an underscore that would look so as `_x005F_`.
    static func unescaped(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard text.contains(UInt8(ascii: "_")) else { return text }
        var out: [UInt8] = []
        var rest = text
        while let byte = rest.first {
            let code = rest.prefix(7)
            if byte == UInt8(ascii: "_"), code.count == 7, code.dropFirst().first == UInt8(ascii: "x"),
                code.last == UInt8(ascii: "_"),
                code.dropFirst(2).dropLast().allSatisfy({ $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 6 }),
                let value = UInt32(String(decoding: code.dropFirst(2).dropLast(), as: UTF8.self), radix: 16),
                let scalar = UnicodeScalar(value)
            {
                out.append(contentsOf: Array(String(Character(scalar)).utf8))
                rest = rest.dropFirst(7)
            } else {
                out.append(byte)
                rest = rest.dropFirst()
            }
        }
        return out[...]
    }

    // MARK: - Numbers and dates

    private func writeNumber() {
        guard var number = CellNumber(value[...]) else { return write(text: value[...]) }
        if let date = date(number, styles.kind(cell.style)) { return write(text: Array(date.utf8)[...]) }
        var text: [UInt8] = []
        number.round(toDigits: 15)
        number.write(into: &text)
        write(text: text[...])
    }

    /// As ISO writes it; nil: the style makes none of the number, or no calendar has the day.
    private func date(_ number: CellNumber, _ kind: CellStyles.Kind) -> String? {
        guard kind != .number, let (days, milliseconds) = number.daysAndMilliseconds else { return nil }
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let fraction = rest == 0 ? "" : "." + Self.padded(rest, 3)
        let tail = ":\(Self.padded(seconds / 60 % 60, 2)):\(Self.padded(seconds % 60, 2))\(fraction)"
        let time = Self.padded(seconds / 3600, 2) + tail
        switch kind {
        case .number: return nil
        case .time: return time
        case .elapsed: return Self.padded(days * 24 + seconds / 3600, 2) + tail
        case .date: return day(days)
        case .dateTime: return day(days).map { $0 + "T" + time }
        }
    }

    /// The day of a workbook's number: from 1900, with a 29 February in that year as Excel has it, or from 1904.
    private func day(_ number: Int) -> String? {
        guard number <= 2_958_465 else { return nil }
        if !is1904 {
            if number == 0 { return "1900-01-00" }
            if number == 60 { return "1900-02-29" }
        }
        // Days before 1970-01-01.
        return Self.day(number - (is1904 ? 24107 : number < 60 ? 25568 : 25569))
    }

    /// The day so many days after 1970-01-01.
    private static func day(_ days: Int) -> String {
        let date = DateCalendar.date(ofDay: days)
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}

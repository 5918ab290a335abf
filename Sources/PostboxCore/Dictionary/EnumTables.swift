/// The enumerations of a dictionary: which number stands for which display text. Several fields share a table.
package struct EnumTables: Sendable {
    /// What a display text of a file stands for.
    package enum Reading: Equatable, Sendable {
        case number(Int)
        /// Each of these, as nothing tells which; in order.
        case ambiguous([Int])
        case none
    }

    /// A value of a table.
    package struct Value: Sendable, Equatable {
        package var number: Int
        /// As the dictionary writes it: `"USD"`, and `#42DE#` where bytes of it are no ASCII that can be seen.
        package var shown: String
        /// Its meaning says that it is no longer to be used.
        package var isDeprecated: Bool
    }

    private struct Entry {
        var start: UInt32
        var number: UInt16
        var count: UInt8
        var isDeprecated: Bool
    }

    private var bytes: [UInt8] = []
    /// Table behind table, each by number.
    private var entries: [Entry] = []
    /// For each place in `entries`: the entry that comes there by its text without the blanks around it.
    private var byText: [UInt32] = []
    /// Where each table begins in `entries`, and where the last one ends.
    private var starts: [UInt32] = [0]

    init() {}

    /// How many tables there are.
    package var count: Int { starts.count - 1 }

    /// How many values all of them have.
    package var valueCount: Int { entries.count }

    /// The values of a table, by number.
    package func values(of table: Int) -> [Value] { range(of: table).map { value(at: $0) } }

    private func value(at place: Int) -> Value {
        let text = Array(bytes[textRange(place)])
        let isSeen = text.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
        let hex = text.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
        return Value(
            number: Int(entries[place].number),
            shown: isSeen ? "\"\(String(decoding: text, as: UTF8.self))\"" : "#\(hex)#",
            isDeprecated: entries[place].isDeprecated)
    }

    /// Whether a number is one of a table's.
    package func has(_ number: Int, in table: Int) -> Bool { place(of: number, in: table) != nil }

    private func place(of number: Int, in table: Int) -> Int? {
        let all = range(of: table)
        var low = all.lowerBound
        var high = all.upperBound
        while low < high {
            let middle = (low + high) / 2
            if Int(entries[middle].number) < number { low = middle + 1 } else { high = middle }
        }
        return low < all.upperBound && Int(entries[low].number) == number ? low : nil
    }

    /// The text of a table's number; nil: it has no such number.
    func value(of number: Int, in table: Int) -> [UInt8]? {
        place(of: number, in: table).map { Array(bytes[textRange($0)]) }
    }

    /// What a text stands for: exactly as it is, else without the blanks around it and around the table's texts. Of several numbers
    /// those that are marked as deprecated are passed over.
    package func reading(of text: [UInt8], in table: Int) -> Reading {
        reading(of: text.span, in: table)
    }

    func reading(of text: Span<UInt8>, in table: Int) -> Reading {
        let core = withoutSpaces(text)
        let all = range(of: table)
        var low = all.lowerBound
        var high = all.upperBound
        while low < high {
            let middle = (low + high) / 2
            if order(text, core, coreRange(Int(byText[middle]))) > 0 { low = middle + 1 } else { high = middle }
        }
        let first = low
        var exact = 0
        var place = -1
        while low < all.upperBound, order(text, core, coreRange(Int(byText[low]))) == 0 {
            if order(text, text.indices, textRange(Int(byText[low]))) == 0 {
                exact += 1
                place = Int(byText[low])
            }
            low += 1
        }
        if exact == 1 { return .number(Int(entries[place].number)) }
        // Blanks alone are no text but one that the table has just so.
        guard exact > 0 || !core.isEmpty else { return .none }
        let same = byText[first..<low].map { Int($0) }
        return reading(ofOne: exact == 0 ? same : same.filter { order(text, text.indices, textRange($0)) == 0 })
    }

    /// The text that a mistyped one was most likely meant to be, as `Value.shown`, with its number.
    package func nearest(to text: [UInt8], in table: Int) -> Value? {
        var search = NearestBytes(to: Array(text[withoutSpaces(text.span)]))
        for place in range(of: table) { search.look(at: bytes, coreRange(place), index: place) }
        return search.best.map { value(at: $0) }
    }

    /// Adds a table and returns its number. `values`: of each its number, its text, and whether it is marked as deprecated.
    mutating func add(_ values: [(number: UInt16, text: [UInt8], isDeprecated: Bool)]) -> Int {
        let first = entries.count
        for value in values.sorted(by: { $0.number < $1.number }) {
            entries.append(
                Entry(
                    start: UInt32(bytes.count), number: value.number, count: UInt8(clamping: value.text.count),
                    isDeprecated: value.isDeprecated))
            bytes += value.text.prefix(255)
        }
        byText += (first..<entries.count).sorted { one, other in
            let order = order(bytes.span, coreRange(one), coreRange(other))
            return order < 0 || order == 0 && one < other
        }.map { UInt32($0) }
        starts.append(UInt32(entries.count))
        return count - 1
    }

    /// Gives back what was kept in reserve while it grew.
    mutating func shrink() {
        bytes = Array(bytes[...])
        entries = Array(entries[...])
        byText = Array(byText[...])
    }

    /// - Parameter places: of one or more entries with one text.
    private func reading(ofOne places: [Int]) -> Reading {
        func numbers(_ places: [Int]) -> [Int] { Set(places.map { Int(entries[$0].number) }).sorted() }
        let all = numbers(places)
        guard all.count > 1 else { return all.first.map { .number($0) } ?? .none }
        let standing = numbers(places.filter { !entries[$0].isDeprecated })
        return standing.count == 1 ? .number(standing[0]) : .ambiguous(standing.isEmpty ? all : standing)
    }

    private func range(of table: Int) -> Range<Int> {
        guard table >= 0, table < count else { return 0..<0 }
        return Int(starts[table])..<Int(starts[table + 1])
    }

    private func textRange(_ place: Int) -> Range<Int> {
        let start = Int(entries[place].start)
        return start..<start + Int(entries[place].count)
    }

    /// Where the text lies without the blanks around it.
    private func coreRange(_ place: Int) -> Range<Int> {
        var range = textRange(place)
        while let first = range.first, bytes[first] == Byte.space { range = first + 1..<range.upperBound }
        while let last = range.last, bytes[last] == Byte.space { range = range.lowerBound..<last }
        return range
    }

    private func order(_ text: Span<UInt8>, _ part: Range<Int>, _ other: Range<Int>) -> Int {
        compare(text.extracting(part), bytes.span.extracting(other))
    }
}

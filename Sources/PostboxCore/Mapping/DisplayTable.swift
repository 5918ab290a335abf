/// The display texts of all enum fields of a rule and the numbers they stand for; a field's entries lie together, sorted.
struct DisplayTable: Sendable {
    private struct Entry {
        var start: Int
        var length: Int
        /// What the text stands for as it is, and without the blanks around it; nil: nothing, or more than one number.
        var whole: Int?
        var trimmed: Int?
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// Those of the dictionary.
    var enums = EnumTables()

    /// Adds a field's display texts, each as it is, and also without the blanks that pad it where no other text is the same
    /// then with another number.
    mutating func add(_ values: [String: Int]) -> Range<Int> {
        let whole = Dictionary(values.map { (Array($0.key.utf8), $0.value) }, uniquingKeysWith: { first, _ in first })
        var trimmed: [[UInt8]: Set<Int>] = [:]
        for (text, number) in whole { trimmed[Array(text[withoutSpaces(text.span)]), default: []].insert(number) }
        let first = entries.count
        for text in Set(whole.keys).union(trimmed.keys).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let same = trimmed[text].flatMap { $0.count == 1 ? $0.first : nil }
            entries.append(Entry(start: bytes.count, length: text.count, whole: whole[text], trimmed: same))
            bytes += text
        }
        return first..<entries.count
    }

    /// The number of a text as it is, else of what it is without the blanks around it.
    func number(of text: Span<UInt8>, or trimmed: Span<UInt8>, in range: Range<Int>) -> Int? {
        number(of: text, in: range, isWhole: true) ?? number(of: trimmed, in: range, isWhole: false)
    }

    /// `isWhole`: the text is as it stands in the file.
    func number(of text: Span<UInt8>, in range: Range<Int>, isWhole: Bool) -> Int? {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            let entry = entries[middle]
            switch order(text, entry) {
            case 0: return isWhole ? entry.whole : entry.trimmed
            case ..<0: high = middle
            default: low = middle + 1
            }
        }
        return nil
    }

    private func order(_ text: Span<UInt8>, _ entry: Entry) -> Int {
        compare(text, bytes.span.extracting(entry.start..<entry.start + entry.length))
    }
}

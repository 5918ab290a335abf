/// The pattern that takes the files of every day: of a name with a date in it any date: `20260304`, `2026-03-04`, `04.03.2026`.
struct FileNamePattern {
    let text: String

    init(of name: String) {
        var text = ""
        var rest = name[...]
        while let first = rest.first {
            if let end = Self.endOfDate(rest) {
                text += "*"
                rest = rest[end...]
            } else if first.isASCII, first.isNumber {
                let digits = rest.prefix { $0.isASCII && $0.isNumber }
                text += digits.count >= 4 ? "*" : digits
                rest = rest[digits.endIndex...]
            } else {
                text.append("[]*?{}".contains(first) ? "?" : first)
                rest.removeFirst()
            }
        }
        self.text = text
    }

    /// Where a date ends that the text begins with: three numbers, one of them a year, with one sign between them.
    private static func endOfDate(_ text: Substring) -> Substring.Index? {
        var rest = text
        var lengths: [Int] = []
        var sign: Character?
        while lengths.count < 3 {
            if !lengths.isEmpty {
                guard let next = rest.first, "-_.".contains(next), sign == nil || sign == next else { return nil }
                sign = next
                rest.removeFirst()
            }
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            lengths.append(digits.count)
            rest = rest[digits.endIndex...]
        }
        return lengths == [4, 2, 2] || lengths == [2, 2, 4] ? rest.startIndex : nil
    }
}

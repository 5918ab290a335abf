/// What a workbook's styles make of the numbers in its cells: `xl/styles.xml`.
package final class CellStyles: PartReader {
    /// What a number stands for.
    enum Kind: Sendable, Equatable {
        case number, date, time, dateTime
        /// Hours, minutes or seconds in all, which may be more than a day's.
        case elapsed
    }

    private var codes: [Int: Kind] = [:]
    private var styles: [Kind] = []
    private var isInCells = false
    var problem: FileProblem?

    package init() {}

    /// What a number in a cell of that style stands for.
    func kind(_ style: Int) -> Kind { styles.indices.contains(style) ? styles[style] : .number }

    func start(_ name: String, _ attributes: [String: String]) {
        switch name {
        case "numFmt":
            guard let id = attributes["numFmtId"].flatMap({ Int($0) }), codes.count < 100_000 else { return }
            codes[id] = Self.kind(ofCode: attributes["formatCode"] ?? "")
        case "cellXfs": isInCells = true
        case "xf" where isInCells && styles.count < 1_000_000:
            let id = attributes["numFmtId"].flatMap { Int($0) } ?? 0
            styles.append(codes[id] ?? Self.kind(ofBuiltIn: id))
        default: break
        }
    }

    func end(_ name: String) {
        if name == "cellXfs" { isInCells = false }
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) {}

    /// Formats that need no code, those of East Asian workbooks included.
    static func kind(ofBuiltIn id: Int) -> Kind {
        switch id {
        case 14...17, 27...31, 34...36, 50...58: .date
        case 18...21, 32, 33, 45, 47: .time
        case 22: .dateTime
        case 46: .elapsed
        default: .number
        }
    }

    /// By the letters of a format's first section, outside quotes and brackets: `m` is a month where no hour or second stands.
    static func kind(ofCode code: String) -> Kind {
        var letters: Set<Character> = []
        var isElapsed = false
        var rest = Substring(code)
        while let first = rest.first {
            rest = rest.dropFirst()
            switch first {
            case ";": rest = ""
            case "\"": rest = rest.drop { $0 != "\"" }.dropFirst()
            case "\\", "_", "*": rest = rest.dropFirst()
            case "[":
                let inside = rest.prefix { $0 != "]" }.lowercased()
                if let unit = inside.first, "hms".contains(unit), inside.allSatisfy({ $0 == unit }) { isElapsed = true }
                rest = rest.drop { $0 != "]" }.dropFirst()
            default:
                let lowered = (String(first) + rest.prefix(6)).lowercased()
                if lowered == "general" {
                    rest = rest.dropFirst(6)
                } else if lowered.hasPrefix("am/pm") {
                    letters.insert("h")
                    rest = rest.dropFirst(4)
                } else if let letter = first.lowercased().first {
                    letters.insert(letter)
                }
            }
        }
        if isElapsed { return .elapsed }
        let hasTime = letters.contains("h") || letters.contains("s")
        let hasDate = letters.contains("y") || letters.contains("d") || letters.contains("m") && !hasTime
        return hasDate ? (hasTime ? .dateTime : .date) : hasTime ? .time : .number
    }
}

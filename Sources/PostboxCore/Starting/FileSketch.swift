/// What a look at a price file's beginning tells of it: how it lies, and which values its columns have.
package struct FileSketch: Sendable, Equatable {
    /// A column with some of its values, as they stand in the file.
    package struct Column: Sendable, Equatable {
        /// As a rule writes it.
        package var name: String
        package var values: [String]
        /// It is one of several of its kind, which their places alone tell apart.
        var isOneOfMany = false
        /// Those that are JSON's own numbers, whose point says nothing of how the file's texts write theirs.
        package var literals: Set<String>

        package init(name: String, values: [String], literals: Set<String> = []) {
            self.name = name
            self.values = values
            self.literals = literals
        }
    }

    /// A line of a rule.
    package enum Line: Sendable, Equatable {
        /// `delimiter: ";"`, with what is remarked about it.
        case key(String, remark: String? = nil)
        /// What the look could not tell, and the lines that might stand here.
        case question(String, choices: [String] = [])
    }

    /// Keys of the rule that say how the file lies.
    package var layout: [Line]
    package var columns: [Column]
    /// A dot in a column's name leads into another one.
    var hasPaths = false
    /// The columns' names are none of the file's.
    var namesAreMade = false
    /// Its numbers have a decimal point, however they are shown; what has a comma is a text.
    var isWorkbook = false
    /// Semicolons part its cells, as where the comma is the decimal sign.
    var hasSemicolons = false

    package init(layout: [Line], columns: [Column]) {
        self.layout = layout
        self.columns = columns
    }

    /// Rows that are looked at.
    static let rowsMax = 2000

    /// - Parameters:
    ///   - text: the beginning of the file, unpacked and as UTF-8.
    ///   - isWhole: it is all of the file.
    ///   - format: by the file's name; nil: by what it holds.
    package init(of text: String, isWhole: Bool, format: PriceFileFormat?) {
        guard let format else {
            let format = Self.format(by: text.first { !$0.isWhitespace && $0 != "\u{feff}" })
            self = Self.sketch(of: text, isWhole: isWhole, format).with(format: format)
            return
        }
        self = Self.sketch(of: text, isWhole: isWhole, format)
    }

    /// The format of a file whose name tells none, by its first character.
    private static func format(by first: Character?) -> PriceFileFormat {
        switch first {
        case "<": PriceFileFormat.withElements
        case "{", "[": PriceFileFormat.withMembers
        default: PriceFileFormat.withLines
        }
    }

    private static func sketch(of text: String, isWhole: Bool, _ format: PriceFileFormat) -> FileSketch {
        let traits = format.traits
        guard traits.hasPaths else {
            var sketch = LineSketch(text, isWhole: isWhole, isWorkbook: traits.isWorkbook).sketch
            sketch.isWorkbook = traits.isWorkbook
            return sketch
        }
        var sketch = traits.hasRowElement ? XMLSketch(text).sketch : JSONSketch(text).sketch
        sketch.hasPaths = true
        return sketch
    }

    private func with(format: PriceFileFormat) -> FileSketch {
        var sketch = self
        let isTold = layout.contains { if case .key(let key, _) = $0 { key.hasPrefix("format:") } else { false } }
        if !isTold { sketch.layout.insert(.key("format: \(format.rawValue)"), at: 0) }
        return sketch
    }
}

/// Rows that a document may have, at one place.
struct SketchRows {
    /// How a rule names the place.
    var layout: [FileSketch.Line]
    var columns: [FileSketch.Column]
    var count: Int
    /// All of them are of one thing, which the document names elsewhere.
    var isOfOne = false

    /// Whether a value that the document has outside of its rows is likely to be of use to them: when they were, or, where they
    /// are of one thing, what that is.
    static func isOutside(_ path: String, isOfOne: Bool) -> Bool {
        switch LikelyFields.field(for: path)?.kind {
        case .date, .time: true
        default: isOfOne && LikelyFields.rankAsRIC(path) != nil
        }
    }

    /// How much speaks for it that they are the rows that are meant: a name of an instrument, fields, numbers.
    fileprivate var worth: (points: Int, hasNumber: Bool) {
        let looks = ColumnLooks(FileSketch(layout: [], columns: columns)).looks
        var (hasName, hasNumber, fields) = (false, false, Set<String>())
        for (column, look) in zip(columns, looks) where !column.isOneOfMany {
            switch look {
            case .number, .numberOfForm, .ambiguousNumber, .ambiguousPoint, .mixedMarks, .percent, .fraction, .eighths:
                hasNumber = true
                if let likely = LikelyFields.field(for: column.name), likely.kind == .number {
                    fields.insert(likely.field)
                }
            case .ric, .isin:
                hasName =
                    hasName || Set(column.values).count > 1 || count == 1
                    || LikelyFields.rankAsRIC(column.name) != nil
            case .text:
                hasName =
                    hasName || LikelyFields.rankAsRIC(column.name) != nil && column.values.allSatisfy(ValueLook.isKey)
            default: break
            }
        }
        return ((hasName ? 2 : 0) + (hasNumber ? 1 : 0) + min(fields.count, 3), hasNumber)
    }
}

extension FileSketch {
    /// The rows for which most speaks, of the like ones those of which there are most, or the outermost; `question` where there are
    /// none, or where nothing in them looks like a price.
    init(bestOf found: [SketchRows], question: Line) {
        let rated = found.map { (rows: $0, worth: $0.worth) }
        var best = rated.first
        for other in rated.dropFirst() {
            if let known = best, (known.worth.points, known.rows.count) < (other.worth.points, other.rows.count) {
                best = other
            }
        }
        guard let best, best.worth.hasNumber else {
            self.init(layout: [question], columns: [])
            return
        }
        self.init(layout: best.rows.layout, columns: best.rows.columns)
    }
}

/// A text as it may stand in YAML: without quotes where that is safe.
func yaml(_ text: String) -> String {
    let isPlain =
        !text.isEmpty && text.first?.isLetter == true
        && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-. /".contains($0)) }
        && text.last != " " && !text.contains("  ")
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
    if isPlain { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": quoted += "\\\""
        case "\\": quoted += "\\\\"
        case "\t": quoted += "\\t"
        case "\n": quoted += "\\n"
        case "\r": quoted += "\\r"
        default: quoted.unicodeScalars.append(scalar)
        }
    }
    return quoted + "\""
}

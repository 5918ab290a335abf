/// What a look at a price file's beginning tells of it: how it lies, and which values its columns have.
package struct FileSketch: Sendable, Equatable {
    /// A column with some of its values, as they stand in the file.
    package struct Column: Sendable, Equatable {
        /// As a rule writes it.
        package var name: String
        package var values: [String]

        package init(name: String, values: [String]) {
            self.name = name
            self.values = values
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
        if traits.hasRowElement { return XMLSketch(text).sketch }
        return traits.hasPaths ? JSONSketch(text).sketch : LineSketch(text, isWhole: isWhole).sketch
    }

    private func with(format: PriceFileFormat) -> FileSketch {
        var sketch = self
        let isTold = layout.contains { if case .key(let key, _) = $0 { key.hasPrefix("format:") } else { false } }
        if !isTold { sketch.layout.insert(.key("format: \(format.rawValue)"), at: 0) }
        return sketch
    }
}

/// A text as it may stand in YAML: without quotes where that is safe.
func yaml(_ text: String) -> String {
    let isPlain =
        !text.isEmpty && text.first?.isLetter == true
        && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-. /".contains($0)) }
        && text.last != " "
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
    if isPlain { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": quoted += "\\\""
        case "\\": quoted += "\\\\"
        case "\t": quoted += "\\t"
        default: quoted.unicodeScalars.append(scalar)
        }
    }
    return quoted + "\""
}

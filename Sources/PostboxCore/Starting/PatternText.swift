/// Patterns of a rule that take a line as it stands.
enum PatternText {
    /// A header's line as the mark behind which rows begin: where the rule gives the columns their names, a file with another header
    /// is refused, and not read by the wrong names.
    static func key(header line: String) -> FileSketch.Line {
        .key(
            "rows: {after: \(yaml(self.line(line)))}",
            remark: "the header's own line: a file with another one is refused")
    }

    /// The line without the blanks at its end, with which the reader compares none.
    static func line(_ line: String) -> String {
        literal(line.reversed().drop { $0.isWhitespace }.reversed().map(String.init).joined())
    }

    /// A text that stands for nothing but itself.
    static func literal(_ text: some StringProtocol) -> String {
        text.map { "*?[".contains($0) ? "[\($0)]" : String($0) }.joined()
    }

    /// That of lines that are drawn.
    static func ruler(_ line: String) -> String {
        let start = line.prefix { "-=_+".contains($0) }
        return start.count < 5 ? self.line(line) : start.prefix(5) + "*"
    }
}

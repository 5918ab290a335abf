/// What parts a line into cells: a delimiter, and what a cell may stand between.
struct LineParting: Equatable {
    enum Delimiter: Equatable {
        case sign(Character)
        /// Runs of blanks and tabs; at both ends of a line they part nothing.
        case blanks
    }

    let delimiter: Delimiter
    /// Nil: a cell stands between none.
    let quote: Character?

    init(_ delimiter: Delimiter, quote: Character? = "\"") {
        self.delimiter = delimiter
        self.quote = quote
    }

    /// With the quote that most speaks for.
    init(_ delimiter: Delimiter, of lines: [String]) {
        let double = QuoteCount(lines, "\"", delimiter)
        guard double.whole == 0 else {
            self.init(delimiter)
            return
        }
        let single = QuoteCount(lines, "'", delimiter)
        if single.whole > 0, single.broken == 0, single.open == 0 {
            self.init(delimiter, quote: "'")
        } else {
            // A cell over several lines is opened in one and closed in another.
            let isNone = double.broken > 0 || double.open > 0 && double.marks % 2 == 1
            self.init(delimiter, quote: isNone ? nil : "\"")
        }
    }

    /// What the rule has to say about the quote.
    var quoteKey: FileSketch.Line? {
        switch quote {
        case "\"": nil
        case let quote?: .key("quote: \(yaml(String(quote)))")
        case nil: .key("quote: none", remark: "cells begin with a quote that nothing closes")
        }
    }

    /// The line's cells without their quotes, as the reader has them: a quote counts where a cell begins. `isOpen`: the last one is
    /// not closed.
    func cells(_ line: String) -> (cells: [String], isOpen: Bool) {
        var cells: [String] = []
        var cell = ""
        var (isQuoted, wasQuoted, endedQuote) = (false, false, false)
        for character in line {
            if isQuoted {
                if character == quote {
                    (isQuoted, endedQuote) = (false, true)
                } else {
                    cell.append(character)
                }
                continue
            }
            if character == quote, endedQuote {
                // Two of them are one of the value's own.
                cell.append(character)
                (isQuoted, endedQuote) = (true, false)
                continue
            }
            endedQuote = false
            if character == quote, cell.isEmpty, !wasQuoted {
                (isQuoted, wasQuoted) = (true, true)
            } else if delimiter.isSign(character) {
                if delimiter != .blanks || !cell.isEmpty || wasQuoted { cells.append(cell) }
                (cell, wasQuoted) = ("", false)
            } else {
                cell.append(character)
            }
        }
        if delimiter != .blanks || !cell.isEmpty || wasQuoted { cells.append(cell) }
        return (cells, isQuoted)
    }

    /// The line's first cell as it is written, with the delimiter behind it, if there is one.
    func firstCell(_ line: String) -> (text: String, delimiter: String) {
        var isQuoted = false
        for index in line.indices {
            if line[index] == quote {
                isQuoted.toggle()
            } else if !isQuoted, delimiter.isSign(line[index]), index > line.startIndex {
                return (String(line[..<index]), String(line[index]))
            }
        }
        return (line, "")
    }
}

extension LineParting.Delimiter {
    func isSign(_ character: Character) -> Bool {
        switch self {
        case .sign(let sign): character == sign
        case .blanks: character == " " || character == "\t"
        }
    }
}

/// How many cells begin with a quote, by how they end.
private struct QuoteCount {
    /// With another one, behind which the next cell or the next line begins.
    var whole = 0
    /// With text behind the closing one.
    var broken = 0
    /// Not in their line.
    var open = 0
    /// All quotes, wherever they stand.
    var marks = 0

    init(_ lines: [String], _ quote: Character, _ delimiter: LineParting.Delimiter) {
        for line in lines where line.contains(quote) { take(line, quote, delimiter) }
    }

    private mutating func take(_ line: String, _ quote: Character, _ delimiter: LineParting.Delimiter) {
        enum Place { case start, plain, quoted, behindQuote }
        var place = Place.start
        for character in line {
            if character == quote { marks += 1 }
            switch place {
            case .start where character == quote: place = .quoted
            case .start, .plain: place = delimiter.isSign(character) ? .start : .plain
            case .quoted: if character == quote { place = .behindQuote }
            case .behindQuote where character == quote:
                // Two of them are one of the value's own.
                place = .quoted
            case .behindQuote where delimiter.isSign(character):
                whole += 1
                place = .start
            case .behindQuote:
                broken += 1
                place = .plain
            }
        }
        if place == .quoted { open += 1 }
        if place == .behindQuote { whole += 1 }
    }
}

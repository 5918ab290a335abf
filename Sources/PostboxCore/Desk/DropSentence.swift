/// A sentence of a drop's story that names other drops: a page makes links of them.
package struct DropSentence: Sendable, Equatable {
    package enum Piece: Sendable, Equatable {
        case words(String)
        case drop(Int)
    }

    /// Microseconds since 1970.
    package var at: Int64
    package var pieces: [Piece]

    package init(at: Int64, _ pieces: [Piece]) {
        self.at = at
        self.pieces = pieces
    }

    /// On one line, whatever stands in names and reasons.
    package var text: String {
        pieces.map { piece -> String in
            switch piece {
            case .words(let words): VisibleText.line(words)
            case .drop(let drop): "drop \(drop)"
            }
        }.joined()
    }

    var html: HTML {
        .all(
            pieces.map { piece -> HTML in
                switch piece {
                case .words(let words): "\(words)"
                case .drop(let drop): "<a href=\"/drops/\(drop)\">drop \(PageWords.count(drop))</a>"
                }
            })
    }
}

/// A piece of a page. What stands in quotes in our source is markup; whatever is put into it is text, and is escaped, unless it is a
/// piece of a page itself. There is no other way to make one: a name from outside never becomes markup.
package struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
    /// The markup.
    package private(set) var text: String

    package init(stringLiteral value: String) {
        text = value
    }

    package init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
    }

    /// Text as it stands in an element or in an attribute's quotes. What cannot be seen is written as `VisibleText` writes it.
    package static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in VisibleText.line(text).unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// Pieces one after the other.
    package static func all(_ pieces: [HTML]) -> HTML {
        var whole: HTML = ""
        whole.text = pieces.map(\.text).joined()
        return whole
    }

    package static func + (left: HTML, right: HTML) -> HTML { all([left, right]) }

    package var isEmpty: Bool { text.isEmpty }

    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) {}

        package mutating func appendLiteral(_ literal: String) { text += literal }

        package mutating func appendInterpolation(_ value: String) { text += HTML.escaped(value) }

        package mutating func appendInterpolation(_ value: Substring) { text += HTML.escaped(String(value)) }

        package mutating func appendInterpolation(_ value: Int) { text += String(value) }

        package mutating func appendInterpolation(_ value: HTML) { text += value.text }

        package mutating func appendInterpolation(_ value: HTML?) { text += value?.text ?? "" }

        package mutating func appendInterpolation(_ values: [HTML]) { text += HTML.all(values).text }
    }
}

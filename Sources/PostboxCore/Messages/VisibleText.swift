/// Text from outside as it may stand in a line that people and machines read: in a log, on a terminal, in a result file.
///
/// What cannot be seen, or moves what stands around it, is written as JSON writes it: control characters (ESC among them), the
/// line ends of Unicode, and format characters such as those that turn the direction of writing.
package enum VisibleText {
    /// Whether the text holds nothing that is written otherwise.
    package static func isVisible(_ text: String) -> Bool {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return true }
        return !text.unicodeScalars.contains(where: isHidden)
    }

    /// The text as a part of one line.
    package static func line(_ text: String) -> String {
        guard !isVisible(text) else { return text }
        return written(text, quoting: false)
    }

    /// The text as a JSON string.
    package static func quoted(_ text: String) -> String {
        guard !isVisible(text) else { return JSONText.quoted(text) }
        return "\"" + written(text, quoting: true) + "\""
    }

    private static func written(_ text: String, quoting: Bool) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\"" where quoting: out += "\\\""
            case "\\" where quoting: out += "\\\\"
            default:
                guard isHidden(scalar) else {
                    out.unicodeScalars.append(scalar)
                    continue
                }
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    out += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                }
            }
        }
        return out
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case ..<0x20, 0x7f..<0xa0: return true
        case ..<0x80: return false
        default:
            switch scalar.properties.generalCategory {
            case .format, .lineSeparator, .paragraphSeparator: return true
            default: return false
            }
        }
    }
}

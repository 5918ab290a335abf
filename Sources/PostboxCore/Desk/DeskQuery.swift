/// What stands behind the question mark of an address, and how texts are written there.
package struct DeskQuery: Sendable, Equatable {
    private var values: [String: String] = [:]

    /// What is wrong with it, for people.
    package struct Fault: Error, Sendable, Equatable {
        package var text: String

        package init(_ text: String) { self.text = text }
    }

    /// Reads it. Strictly: each key at most once, none that is not known.
    ///
    /// - Parameters:
    ///   - text: nil: there is no question mark.
    ///   - keys: those that may stand there.
    ///   - isForm: keys may have no value, as those of a form have that nobody filled in; a plus sign is a blank.
    package init(_ text: Substring?, keys: [String], isForm: Bool = false) throws(Fault) {
        guard let text, !(isForm && text.isEmpty) else { return }
        for pair in text.split(separator: "&", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(parts[0])
            guard keys.contains(key) else {
                throw Fault("it takes \(Self.list(keys)), not \(VisibleText.line(key))")
            }
            guard values[key] == nil else { throw Fault("\(key) stands twice") }
            guard parts.count == 2, let value = Self.unescaped(parts[1], plusIsBlank: isForm),
                isForm || !value.isEmpty
            else { throw Fault("\(key) has no value, or one that is no text with % escapes") }
            values[key] = value
        }
    }

    /// What can be read of what somebody filled into a form, by key, whatever is wrong with the rest.
    static func typed(_ text: Substring, keys: [String]) -> [String: String] {
        var found: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(parts[0])
            guard parts.count == 2, keys.contains(key), found[key] == nil else { continue }
            found[key] = unescaped(parts[1], plusIsBlank: true)
        }
        return found
    }

    private static func list(_ words: [String]) -> String {
        words.count > 1
            ? words.dropLast().joined(separator: ", ") + " and " + (words.last ?? "") : words.first ?? "nothing"
    }

    /// nil: it is not there, or was left empty in a form.
    package subscript(key: String) -> String? {
        values[key].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A number from 0; nil: it is not there.
    package func number(_ key: String) throws(Fault) -> Int? {
        guard let text = self[key] else { return nil }
        guard let number = SettingsText.wholeNumber(text, in: 0...999_999_999_999_999) else {
            throw Fault("\(key) is no whole number")
        }
        return number
    }

    /// When a day begins; nil: it is not there. Microseconds since 1970.
    package func day(_ key: String) throws(Fault) -> Int64? {
        guard let text = self[key] else { return nil }
        guard let start = DayText.start(text) else { throw Fault("\(key) is no day such as 2026-11-27") }
        return start
    }

    /// Refuses a time between whose ends nothing can lie. `from`: from then on; `to`: before then; nil: at any time.
    static func checkOrder(_ from: Int64?, _ to: Int64?) throws(Fault) {
        if let from, let to, from >= to { throw Fault("from is not before to: nothing lies between them") }
    }

    /// A text as it stands in an address.
    package static func escaped(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                out += digits.utf8.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        return out
    }

    /// `?a=b&c=d` of what has a value; empty: nothing has one.
    package static func text(_ pairs: [(String, String?)]) -> String {
        let all = pairs.compactMap { key, value in value.map { key + "=" + escaped($0) } }
        return all.isEmpty ? "" : "?" + all.joined(separator: "&")
    }

    /// nil: an escape is none, or what comes of it is no UTF-8.
    ///
    /// - Parameter plusIsBlank: as browsers write forms; else a plus sign is a plus sign.
    static func unescaped(_ text: Substring, plusIsBlank: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(plusIsBlank && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hex), let low = rest.popFirst().flatMap(hex) else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// A shell's pattern for a whole text: `*` is any characters, `?` is one, `[A-Z0-9]` one of a set, `[!A-Z]` one outside it. A `[`
/// without its `]` stands for itself, and so does what a set holds: `[*]` is a star. Letters are compared case by case.
///
/// With names, `{NAME}` is one or more characters that the pattern gives that name. Where a text can be parted in several ways the
/// first name gets as little as it can, then the second, and so on: `{A}_{B}` takes `x_y_z` apart as `x` and `y_z`.
///
/// A character is one of Unicode's code points, in UTF-8; a byte that is none counts as one. The time is bounded by the product of
/// both lengths.
package struct TextPattern: Sendable, Equatable {
    private enum Element: Sendable, Equatable {
        case byte(UInt8)
        case anyCharacter
        /// Index into `sets`.
        case set(Int)
        /// Any characters; with the index of a name at least one.
        case run(name: Int?)
    }

    private struct Set: Sendable, Equatable {
        var ranges: [ClosedRange<UInt32>] = []
        var isNegated = false

        func contains(_ character: UInt32) -> Bool {
            ranges.contains { $0.contains(character) } != isNegated
        }
    }

    private var elements: [Element] = []
    private var sets: [Set] = []
    /// What `{NAME}` names, in the order of the pattern.
    package private(set) var names: [String] = []
    /// A brace that stands for itself, and that no other one closes: where names are looked for, most likely the end of one is missing.
    private(set) var hasOpenBrace = false

    /// - Parameter isNaming: `{NAME}` is a part with a name; else a brace stands for itself.
    package init(_ text: String, isNaming: Bool = false) {
        let scalars = Array(text.unicodeScalars)
        var index = 0
        while index < scalars.count {
            switch scalars[index] {
            case "*":
                // Two stars are one: fewer ways to try.
                if elements.last != .run(name: nil) { elements.append(.run(name: nil)) }
                index += 1
            case "?":
                elements.append(.anyCharacter)
                index += 1
            case "[":
                if let close = Self.end(ofSetAt: index, in: scalars) {
                    elements.append(.set(sets.count))
                    sets.append(Self.set(scalars[(index + 1)..<close]))
                    index = close + 1
                    continue
                }
                fallthrough
            case "{":
                if isNaming, let close = Self.end(ofNameAt: index, in: scalars) {
                    elements.append(.run(name: names.count))
                    names.append(String(String.UnicodeScalarView(scalars[(index + 1)..<close])))
                    index = close + 1
                    continue
                }
                if isNaming, scalars[index] == "{", !scalars[index...].contains("}") { hasOpenBrace = true }
                fallthrough
            default:
                elements += String(scalars[index]).utf8.map { .byte($0) }
                index += 1
            }
        }
    }

    /// Whether the whole text fits.
    package func matches(_ text: Span<UInt8>) -> Bool {
        var found: [Range<Int>] = []
        return match(text, notingIn: &found)
    }

    /// Whether the whole text fits.
    package func matches(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return matches(bytes.span)
    }

    /// What each name of the pattern stands for in the text; nil: it does not fit.
    package func values(in text: String) -> [String: String]? {
        let bytes = Array(text.utf8)
        var found: [Range<Int>] = []
        guard match(bytes.span, notingIn: &found) else { return nil }
        var values: [String: String] = [:]
        for (name, range) in zip(names, found) { values[name] = String(decoding: bytes[range], as: UTF8.self) }
        return values
    }

    // MARK: - Matching

    /// A run that was met: it takes more when what comes behind it does not fit.
    private struct Run {
        var name: Int?
        var start: Int
        var end: Int
        /// The element behind it.
        var next: Int
    }

    /// What a run before the last one takes is settled as soon as what stands behind it fits for the first time: whatever it took
    /// more, the later runs would have to take less.
    private func match(_ text: Span<UInt8>, notingIn found: inout [Range<Int>]) -> Bool {
        var at = 0
        var index = 0
        var last: Run?
        while true {
            if at == elements.count {
                if index == text.count { break }
            } else {
                switch elements[at] {
                case .run(let name):
                    if let last, last.name != nil { found.append(last.start..<last.end) }
                    let start = index
                    if name != nil {
                        guard index < text.count else { return false }
                        index += character(in: text, at: index).length
                    }
                    at += 1
                    if at == elements.count { index = text.count }
                    last = Run(name: name, start: start, end: index, next: at)
                    continue
                case .byte(let byte):
                    // Too short for what stands here, so for every longer run before it.
                    guard index < text.count else { return false }
                    if text[index] == byte {
                        index += 1
                        at += 1
                        continue
                    }
                case .anyCharacter:
                    guard index < text.count else { return false }
                    index += character(in: text, at: index).length
                    at += 1
                    continue
                case .set(let set):
                    guard index < text.count else { return false }
                    let (character, length) = character(in: text, at: index)
                    if sets[set].contains(character) {
                        index += length
                        at += 1
                        continue
                    }
                }
            }
            guard var longer = last, longer.end < text.count else { return false }
            longer.end += character(in: text, at: longer.end).length
            last = longer
            index = longer.end
            at = longer.next
        }
        if let last, last.name != nil { found.append(last.start..<last.end) }
        return true
    }

    /// The code point at that place and its bytes; a byte that begins none is one that no set has.
    private func character(in text: Span<UInt8>, at index: Int) -> (value: UInt32, length: Int) {
        let first = text[index]
        if first < 0x80 { return (UInt32(first), 1) }
        let length =
            switch first {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        let none: (UInt32, Int) = (UInt32.max - UInt32(first), 1)
        guard length > 1, text.count - index >= length else { return none }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for place in 1..<length {
            let byte = text[index + place]
            guard byte & 0xC0 == 0x80 else { return none }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        return (value, length)
    }

    // MARK: - Reading the pattern

    /// The `]` that ends a set; the first place in a set is never its end, so that `[]]` is the set of `]`.
    private static func end(ofSetAt open: Int, in text: [Unicode.Scalar]) -> Int? {
        var index = open + 1
        if index < text.count, text[index] == "!" { index += 1 }
        guard index + 1 < text.count else { return nil }
        return text[(index + 1)...].firstIndex(of: "]")
    }

    private static func set(_ text: ArraySlice<Unicode.Scalar>) -> Set {
        var set = Set()
        var rest = text
        if rest.first == "!" {
            set.isNegated = true
            rest = rest.dropFirst()
        }
        while let first = rest.first?.value {
            let ahead = Array(rest.prefix(3))
            if ahead.count == 3, ahead[1] == "-" {
                // Backwards it is empty, as in a shell.
                if first <= ahead[2].value { set.ranges.append(first...ahead[2].value) }
                rest = rest.dropFirst(3)
            } else {
                set.ranges.append(first...first)
                rest = rest.dropFirst()
            }
        }
        return set
    }

    /// The `}` behind a name: a letter, then letters, digits and `_`, all of ASCII.
    private static func end(ofNameAt open: Int, in text: [Unicode.Scalar]) -> Int? {
        guard let close = text[open...].firstIndex(of: "}") else { return nil }
        let name = text[(open + 1)..<close]
        guard let first = name.first, first.isASCII, first.properties.isAlphabetic else { return nil }
        let isName = name.allSatisfy {
            $0 == "_" || $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0))
        }
        return isName ? close : nil
    }
}

extension MappingRule {
    /// Whether a file of this name falls under the rule: its pattern is a shell's, byte for byte and case by case.
    ///
    /// `*` is any bytes, `?` any one byte, `[a-z]` one of a range or set, `[!a-z]` one outside it; a `[` without its `]`
    /// stands for itself.
    package func matches(_ fileName: String) -> Bool {
        PostboxCore.fileName(fileName, matches: match)
    }
}

/// Whether a file's name fits a pattern, as a rule's `match` does.
package func fileName(_ name: String, matches pattern: String) -> Bool {
    matchesPattern(Array(pattern.utf8), Array(name.utf8))
}

/// A shell pattern against a whole name. On a mismatch the last `*` takes one byte more, so the time is bounded by the
/// product of both lengths.
private func matchesPattern(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
    var at = 0
    var index = 0
    var star: (next: Int, taken: Int)?
    while index < name.count {
        if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
            at += 1
            star = (at, index)
        } else if let next = afterOne(pattern, at, matching: name[index]) {
            at = next
            index += 1
        } else if let back = star {
            star = (back.next, back.taken + 1)
            at = back.next
            index = back.taken + 1
        } else {
            return false
        }
    }
    return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
}

/// Where the pattern goes on after the element at `at` matched the byte, or nil when it does not match.
private func afterOne(_ pattern: [UInt8], _ at: Int, matching byte: UInt8) -> Int? {
    guard at < pattern.count else { return nil }
    switch pattern[at] {
    case UInt8(ascii: "?"):
        return at + 1
    case UInt8(ascii: "["):
        guard let close = closingBracket(pattern, at) else { fallthrough }
        var index = at + 1
        let isNegated = pattern[index] == UInt8(ascii: "!")
        if isNegated { index += 1 }
        var isIn = false
        while index < close {
            if index + 2 < close, pattern[index + 1] == UInt8(ascii: "-") {
                if pattern[index] <= byte, byte <= pattern[index + 2] { isIn = true }
                index += 3
            } else {
                if pattern[index] == byte { isIn = true }
                index += 1
            }
        }
        return isIn != isNegated ? close + 1 : nil
    default:
        return pattern[at] == byte ? at + 1 : nil
    }
}

/// The `]` that ends the set opened at `open`; the first place in a set is never its end, so that `[]]` is the set of `]`.
private func closingBracket(_ pattern: [UInt8], _ open: Int) -> Int? {
    var index = open + 1
    if index < pattern.count, pattern[index] == UInt8(ascii: "!") { index += 1 }
    guard index + 1 < pattern.count else { return nil }
    return pattern[(index + 1)...].firstIndex(of: UInt8(ascii: "]"))
}

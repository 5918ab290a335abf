internal import CPCRE2

/// A regular expression whose first group is the value: `extract`. PCRE2 by its interpreter alone, which makes no code at run time,
/// and within limits: a text that takes too many steps does not match.
///
/// It has room of its own for a match, so each reading of a file has its own.
package final class Extractor {
    /// Steps of one match. A text of a price file's cell takes some hundreds; this many take milliseconds.
    static let matchLimit: UInt32 = 100_000
    /// Places that a match can come back to.
    static let depthLimit: UInt32 = 10_000
    /// KiB that these places take.
    static let heapLimit: UInt32 = 2_048
    /// Bytes of a pattern.
    static let patternMax = 4_096

    private let code: OpaquePointer
    private let context: OpaquePointer
    private let match: OpaquePointer

    /// Throws what is wrong with the pattern: that it is none, or that it has no group.
    package init(_ pattern: String) throws(SettingsMistake) {
        let bytes = Array(pattern.utf8)
        guard bytes.count <= Self.patternMax else {
            throw SettingsMistake("a regular expression of at most \(Self.patternMax) bytes")
        }
        var error: CInt = 0
        var place = 0
        // A dollar is the end alone, not also the place before a last line end. `\C` would tear characters apart.
        let options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C
        guard let code = pcre2_compile_8(bytes, bytes.count, options, &error, &place, nil) else {
            let at = String(decoding: bytes[..<min(max(place, 0), bytes.count)], as: UTF8.self).count
            throw SettingsMistake("a regular expression of PCRE2: \(Self.words(error)) (behind character \(at))")
        }
        var groups: UInt32 = 0
        guard pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &groups) == 0, groups > 0 else {
            pcre2_code_free_8(code)
            throw SettingsMistake(
                "a regular expression with a group in parentheses, which is the value: such as ^([0-9.]+)[AB]?$")
        }
        // The whole and the first group; more are not noted.
        guard let context = pcre2_match_context_create_8(nil) else {
            pcre2_code_free_8(code)
            throw SettingsMistake("a regular expression for which there is memory")
        }
        guard let match = pcre2_match_data_create_8(2, nil) else {
            pcre2_match_context_free_8(context)
            pcre2_code_free_8(code)
            throw SettingsMistake("a regular expression for which there is memory")
        }
        pcre2_set_match_limit_8(context, Self.matchLimit)
        pcre2_set_depth_limit_8(context, Self.depthLimit)
        pcre2_set_heap_limit_8(context, Self.heapLimit)
        self.code = code
        self.context = context
        self.match = match
    }

    deinit {
        pcre2_match_data_free_8(match)
        pcre2_match_context_free_8(context)
        pcre2_code_free_8(code)
    }

    /// Where the first group is in a text, empty where it took no part; nil: the text does not match (`no_match`).
    package func group(in text: Span<UInt8>) -> Range<Int>? {
        let count = text.count
        let found = text.withUnsafeBufferPointer { text in
            // PCRE2 takes no null pointer for an empty text of all versions.
            withUnsafePointer(to: 0 as UInt8) { none in
                pcre2_match_8(code, text.baseAddress ?? none, count, 0, 0, match, context)
            }
        }
        // 0: there are more groups than are noted.
        guard found >= 0, let places = pcre2_get_ovector_pointer_8(match) else { return nil }
        guard found != 1 else { return 0..<0 }
        let (start, end) = (places[2], places[3])
        // PCRE2_UNSET, all bits of which are set, is below zero here.
        guard start >= 0, start <= end, end <= count else { return 0..<0 }
        return start..<end
    }

    private static func words(_ error: CInt) -> String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = pcre2_get_error_message_8(error, &bytes, bytes.count)
        guard count > 0 else { return "error \(error)" }
        return String(decoding: bytes.prefix(Int(count)), as: UTF8.self)
    }
}

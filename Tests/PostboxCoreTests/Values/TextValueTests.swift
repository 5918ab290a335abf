import Testing

@testable import PostboxCore

@Suite("Texts between the file and their fields")
struct TextValueTests {
    @Test(
        "Blanks at both ends go, of every kind",
        arguments: [
            ("", ""), (" ", ""), ("a", "a"), (" a b\t", "a b"), ("\u{A0}1.5\u{A0}", "1.5"), ("\u{3000}é\u{202F}", "é"),
            ("\r\n x \r\n", "x"), ("\u{2003}\u{2009}", ""), ("à", "à"), ("\u{200B}a", "\u{200B}a"),
            ("é\u{A0}é", "é\u{A0}é"),
        ])
    func trim(text: String, expected: String) {
        let bytes = Array(text.utf8)
        #expect(String(decoding: bytes[TextEnds.trimmed(bytes.span)], as: UTF8.self) == expected)
    }

    @Test("Trimming takes what Unicode calls white space, character by character")
    func everyBlank() {
        for value in UInt32(1)...0x3100 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array("\(scalar)x\(scalar)".utf8)
            let isTrimmed = TextEnds.trimmed(bytes.span).count == 1
            #expect(isTrimmed == scalar.properties.isWhitespace, "U+\(String(value, radix: 16))")
        }
    }

    @Test(
        "Characters to strip go at both ends and nowhere else",
        arguments: [
            ("AB%", "A1A2%B", "1A2"), ("AB%", "1.5", "1.5"), ("AB%", "ABA%", ""), ("€é", "€12é€", "12"), ("", "x", "x"),
            ("é", "èé", "è"),
        ])
    func strip(characters: String, text: String, expected: String) {
        let bytes = Array(text.utf8)
        let stripped = Stripper(characters).stripped(bytes.span)
        #expect(String(decoding: bytes[stripped], as: UTF8.self) == expected)
    }

    @Test(
        "What means empty is compared after trimming, and exactly",
        arguments: [
            ("N/A", true), (" N/A ", true), ("n/a", false), ("-", true), ("--", false), ("\u{A0}-", true), ("", false),
            ("#N/A", true), ("N/A x", false),
        ])
    func nulls(value: String, isNull: Bool) {
        let bytes = Array(value.utf8)
        let isFound = NullTexts(["N/A", " #N/A", "-"]).contains(bytes.span)
        #expect(isFound == isNull)
    }

    @Test("An empty text among them means that blanks alone are empty")
    func blankNull() {
        let bytes = Array("  ".utf8)
        let isFound = [NullTexts([""]).contains(bytes.span), NullTexts([]).contains(bytes.span)]
        #expect(isFound == [true, false])
    }

    @Test(
        "A text is cut behind whole characters",
        arguments: [
            ("Zürich Bank", 5, "Züric"), ("Zu\u{308}rich Bank", 5, "Zu\u{308}ric"), ("abc", 5, "abc"),
            ("abcdef", 5, "abcde"),
            ("🇨🇭🇩🇪🇫🇷🇮🇹🇪🇸🇬🇧", 5, "🇨🇭🇩🇪🇫🇷🇮🇹🇪🇸"), ("👩‍👩‍👧‍👦abcdef", 5, "👩‍👩‍👧‍👦abcd"), ("", 3, ""), ("é", 1, "é"),
            ("a\r\nb", 2, "a\r\n"), ("👍🏽👍🏽", 1, "👍🏽"), ("한국어", 2, "한국"),
        ])
    func cut(text: String, count: Int, expected: String) {
        let bytes = Array(text.utf8)
        let kept = TextCut.bytes(ofFirst: count, in: bytes.span)
        #expect(String(decoding: bytes[..<kept], as: UTF8.self).utf8.elementsEqual(expected.utf8))
    }

    @Test(
        "A word becomes another exactly as it stands, and what is not listed what the rule says",
        arguments: [
            ("EURO", WordMap.Otherwise.keep, "EUR"), ("£", .keep, "GBP"), ("euro", .keep, "euro"),
            ("euro", .reject, nil),
            ("EURO", .reject, "EUR"), ("x", .value("NONE"), "NONE"), ("", .value("NONE"), "NONE"),
            ("£", .value(""), "GBP"),
            ("gone", .reject, ""),
        ] as [(String, WordMap.Otherwise, String?)])
    func map(word: String, otherwise: WordMap.Otherwise, expected: String?) {
        let mapper = WordMapper(WordMap(words: ["EURO": "EUR", "£": "GBP", "gone": ""], otherwise: otherwise))
        let bytes = Array(word.utf8)
        var out = Array("before ".utf8)
        let isMapped = mapper.convert(bytes.span, into: &out)
        #expect(isMapped == (expected != nil))
        #expect(String(decoding: out, as: UTF8.self) == "before " + (expected ?? ""))
    }
}

import Testing

@testable import PostboxCore

@Suite("What is known of a format")
struct FormatTraitsTests {
    @Test(
        "A name's ending, in any case, tells the format",
        arguments: [
            ("a.csv", PriceFileFormat.csv), ("a.b.CSV", .csv), ("a.json", .json), ("a.jsonl", .jsonLines),
            ("a.NDJSON", .jsonLines), (".xml", .xml), ("a.Xml", .xml), ("csv", nil), ("a.csv.", nil), ("a.txt", nil),
            ("a.csv ", nil), ("", nil),
        ])
    func endings(_ name: String, _ expected: PriceFileFormat?) {
        #expect(PriceFileFormat(fileName: name) == expected)
    }

    @Test("No two formats share an ending, and each ending is one that a name can be compared with")
    func distinct() {
        let endings = PriceFileFormat.allCases.flatMap(\.traits.endings)
        #expect(Set(endings).count == endings.count)
        for ending in endings { #expect(ending == ending.lowercased() && !ending.contains(".") && !ending.isEmpty) }
        // Nothing in a name tells that columns are by position.
        for format in PriceFileFormat.allCases { #expect(format.traits.endings.isEmpty == (format == .fixed)) }
    }

    @Test("What is said of formats names them all")
    func words() {
        #expect(
            PriceFileFormat.unknown == "the name's ending tells no format: csv, json, jsonl, ndjson, xml, xlsx or xlsm")
        #expect(
            PriceFileFormat.withTrailerOnly
                == "`trailer` goes with CSV, JSON, JSON lines, fixed columns and xlsx, not with XML")
        #expect(
            PriceFileFormat.trailerNeedsFormat
                == "`trailer` needs a `format` (csv, json, jsonl, fixed or xlsx): the ending of `match` does not tell it"
        )
        #expect(PriceFileFormat.withRowElementOnly == "`row_element` goes with `format: xml` only")
    }

    @Test("A format whose file may stand on one line is none whose rows are lines")
    func lines() {
        for format in PriceFileFormat.allCases {
            #expect(!(format.traits.mayBeOneLine && format.traits.isByLine), "\(format)")
        }
    }
}

import PostboxCore
import TestSupport
import Testing

@Suite("Fuzz of nested documents", .computing)
struct TreeFuzzTests {
    private static let columns = [
        "v", "a.b", "px[0]", "f[n=B].v", "f[@t=1]@x", "@id", "$key", "/s", "/m/x", "/d/h", "/d@t", "/f[n=B].v",
    ]

    private static let json: [String] = [
        #"{"s":"é","r":[{"v":1,"a":{"b":"x\u00e9"},"px":[1,2]},{"f":[{"n":"B","v":null},{"n":"C"}]}],"m":{"x":1}}"#,
        #"{"q":{"k":{"v":1},"l":{"v":true,"@id":-1.5e3}},"f":[{"v":2,"n":"B"}],"m":[{"x":1}]}"#,
        #"[{"v":1},{"px":[{"v":[]}]}]"#, #"{"t":[1,2,3],"b":[1.5,null,"x"],"s":1}"#,
        #"{"c":["v","px"],"d":[[1,2],[3,[4]]]}"#,
    ]

    private static let xml: [String] = [
        "<?xml version='1.0'?><d t='1'><h>x</h><g><r v='1'><a><b>é</b></a><f t='1' x='2'/></r><!-- c --><r><px> 1 </px></r></g></d>",
        "<d><g xmlns:m='y'><r><v m:null='true'/><f><n>B</n><v>1</v></f><f><n>C</n></f>&amp;</r></g><g/></d>",
        "<d><r id='1'/><r><![CDATA[x]]></r></d>",
    ]

    @Test("No text brings a reader down, and what becomes of one never hangs on its chunks")
    func readers() throws {
        let rules: [(PriceFileFormat, RowsPath?)] = [
            (.json, .path("r")), (.json, .path("q.*")), (.json, nil), (.json, .zip(["t", "b"])),
            (.json, .arrays(rows: "d", names: "c", columns: nil)), (.jsonLines, nil), (.xml, .path("/d/g/r")),
            (.xml, nil),
        ]
        for (format, rows) in rules {
            let seeds = (format == .xml ? Self.xml : Self.json).map { Array($0.utf8) }
            let rule = ruleOf(
                format == .jsonLines ? Self.columns.filter { !$0.hasPrefix("/") } : Self.columns, rows: rows)
            try Fuzz.run("\(format) \(String(describing: rows))", seeds: seeds, words: words, rounds: 120) { bytes in
                let whole = outcome(bytes, max(bytes.count, 1), format, rule)
                for size in [1, 7] {
                    let part = outcome(bytes, size, format, rule)
                    // libxml2 waits for a tag's end, and may find another fault of the same document first.
                    let isRefused = part.hasPrefix("refused") && whole.hasPrefix("refused")
                    if part != whole, format != .xml || !isRefused {
                        return "in chunks of \(size): \(part) and not \(whole)"
                    }
                }
                return nil
            }
        }
    }

    @Test("No text brings the parser of paths down, and each mistake has its place")
    func paths() throws {
        try Fuzz.run("column paths", seeds: Self.columns.map { Array($0.utf8) }, words: words, lengthMax: 80) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            for isRows in [false, true] {
                do throws(SettingsMistake) {
                    let path = isRows ? try ColumnPath(ofRows: text) : try ColumnPath(parsing: text)
                    // A slash alone is the root, where rows are.
                    if path.steps.isEmpty, !isRows || text != "/" { return "no steps" }
                } catch {
                    if !error.expected.contains("at character ") { return error.expected }
                }
            }
            return nil
        }
    }

    private var words: [[UInt8]] {
        [
            "[", "]", "{", "}", "\"", ",", ":", "@", "/", "[n=B]", "null", "<r>", "</r>", "<g>", "<!--", "\u{FEFF}",
            "&lt;", "\\ud800",
        ]
        .map { Array($0.utf8) }
    }

    /// What a document comes to, in so many bytes a chunk.
    private func outcome(_ bytes: [UInt8], _ size: Int, _ format: PriceFileFormat, _ rule: MappingRule) -> String {
        do throws(FileProblem) {
            let found = try scan(bytes, inChunksOf: size, rule, format)
            let file = read(bytes, inChunksOf: size) {
                PriceFileReaders.make(
                    format: format, finalNewline: .optional, layout: rule.layout, usedColumns: rule.usedColumns,
                    namedColumns: rule.namedColumns, scan: found)
            }
            if let problem = file.problem { return "refused: \(problem)" }
            return "\(file.columns) \(file.rows)"
        } catch {
            return "refused: \(error)"
        }
    }
}

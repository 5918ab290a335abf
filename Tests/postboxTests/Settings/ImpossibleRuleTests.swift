import PostboxCore
import Testing

@testable import postbox

@Suite("Rules that no file can meet")
struct ImpossibleRuleTests {
    /// The first key of the rule is on line 5.
    private static func read(_ rule: String) throws(SettingsProblems) -> LoadedSettings {
        let yaml =
            "spool: /s\ndestinations:\n  a: {urls: ws://h, user: u, service: S}\nfiles:\n"
            + rule.split(separator: "\n").enumerated().map { "\($0 == 0 ? "  - " : "    ")\($1)\n" }.joined()
        return try SettingsLoader.read(Array(yaml.utf8), file: "p.yaml", folder: "/etc/desk", environment: [:])
    }

    private static func problems(_ rule: String) -> [String] {
        do throws(SettingsProblems) {
            _ = try read(rule)
            return []
        } catch {
            return error.problems.map(\.text)
        }
    }

    @Test(
        "Each is told with the line of its key and with what to do",
        arguments: [
            (
                "match: p.json\nfields: {BID: \"b[\"}",
                "6: \"b[\" is not a path such as quote.bid, px[0] or /meta/asof: at character 3 a name is missing; a name that has such signs stands in quotes, as in 'px.last'.bid"
            ),
            (
                "match: p.xml\nrows: /d/q\nric: R\nfields: {BID: a.}",
                "8: \"a.\" is not a path such as quote.bid, px[0] or /meta/asof: at character 3 a name is missing; a name that has such signs stands in quotes, as in 'px.last'.bid"
            ),
            (
                "match: p.csv\nheader: none\ncolumns: []",
                "7: `columns` names no column: `header: none` needs a name for each"
            ),
            (
                "match: p.csv\nheader: none\ncolumns: [RIC, Bid]\nric: RIC\nfields: {BID: bid}",
                "9: `columns` does not name `bid`, which the field BID needs: no file can have it; the nearest is `Bid`"
            ),
            (
                "match: p.csv\nheader: none\ncolumns: [RIC, Bid]\nric: {template: \"{RIC}{Currency:optional}\"}\nfields: {BID: Bid}",
                "8: `columns` does not name `Currency`, which the RIC needs: no file can have it; write it there, or take another column"
            ),
            (
                "match: p.txt\nformat: fixed\ncolumns: {RIC: 1-5, bid: 7-9}\nwhere: [{column: [Status, STATE], is: A}]\nfields: {BID: bid}",
                "8: `columns` does not name `Status` or `STATE`, which `where` needs: no file can have it; write it there, or take another column"
            ),
            (
                "match: p.csv\nheader: none\ncolumns: [RIC, bid]\npost: {column: Act, refresh: [N]}\nric: RIC",
                "8: `columns` does not name `Act`, which `post` needs: no file can have it; write it there, or take another column"
            ),
            (
                "match: \"p_{D}.csv\"\nheader: none\ncolumns: [RIC, bid]\nric: {template: \"{RIC}{$E}\"}",
                "8: nothing makes the column `$E`, which the RIC needs: it comes from {E} in `match`, or from `let`, `unpivot` or a heading in `carry`"
            ),
            (
                "match: p.xml\nfields: {BID: $foo}",
                "6: nothing makes the column `$foo`, which the field BID needs: it comes from {foo} in `match`, or from `let`, `unpivot` or a heading in `carry`"
            ),
            (
                "match: p.json\nrows: q\nfields: {BID: {formula: \"$foo * 2\"}}",
                "7: nothing makes the column `$foo`, which the field BID needs: it comes from {foo} in `match`, or from `let`, `unpivot` or a heading in `carry`; a member that is called so stands in quotes, such as `'$foo'`"
            ),
            (
                "match: p.csv\nric: $key",
                "6: no row has a `$key`, which the RIC needs: it is the name of a row that is a member, where the path in `rows` ends in `.*`"
            ),
            (
                "match: p.json\nrows: q.*.prices\nric: $key",
                "7: no row has a `$key`, which the RIC needs: it is the name of a row that is a member, where the path in `rows` ends in `.*`"
            ),
            (
                "match: \"p_{D.csv\"",
                "5: `match` has a brace that is not closed: write {NAME}, or [{] where the files' names have a brace themselves"
            ),
            (
                "match: p.csv\ngroup: {by: [RIC], field: F, value: F}",
                "6: `field` and `value` of `group` are the same column: one names the value, the other has it"
            ),
            (
                "match: p.csv\ngroup: {by: [RIC, F], field: F, value: V}",
                "6: `by` of `group` has the column `F`, which `field` takes: the lines of one row differ in it"
            ),
            (
                "match: p.csv\ngroup: {by: [RIC, [X, V]], field: F, value: [X, V]}",
                "6: `by` of `group` has the column `X`, which `value` takes: the lines of one row differ in it"
            ),
            (
                "match: p.csv\ngroup: {by: [$row], field: F, value: V}",
                "6: `by` of `group` has `$row`, in which all lines differ: name the columns that the lines of one row have in common"
            ),
            (
                "match: p.csv\ngroup: {by: $line, field: F, value: V}",
                "6: `by` of `group` has `$line`, in which all lines differ: name the columns that the lines of one row have in common"
            ),
            (
                "match: p.csv\ngroup: {by: [], field: F, value: V}",
                "6: `by` of `group` names no column: where all lines of a file are one row, write `by: [$file]`"
            ),
            ("match: p.json\narrays: {zip: []}", "6: `zip` names no array: each column of the rows is one"),
            (
                "match: p.json\narrays: {rows: q}\ncolumns: []",
                "7: `columns` names no column: rows that are arrays need a name for each value"
            ),
            (
                "match: p.json\narrays: {zip: [RIC, ask]}\nric: RIC\nfields: {BID: bid}",
                "8: `zip` does not name `bid`, which the field BID needs: no file can have it; write it there, or take another column"
            ),
            (
                "match: p.csv\nwhere:\n  - {column: S, is: []}",
                "7: `is` lists no value, so that no row would count: write those of the rows that do"
            ),
            (
                "match: p.csv\nwhere:\n  - {column: S, not: []}",
                "7: `not` lists no value, so that every row would count: leave the condition out"
            ),
            (
                "match: p.csv\nunpivot: {keep: [D], columns: [D, E], name: $n, value: $v}\nric: D",
                "6: `unpivot` has the column `D` in `keep` and in `columns`: each row has it, or it becomes rows"
            ),
            (
                "match: p.csv\nunpivot: {keep: [D], columns: [], name: $n, value: $v}\nric: D",
                "6: `columns` of `unpivot` names no column: leave it out, and all that `keep` does not name become rows"
            ),
            (
                "match: p.csv\nfields: {BID: {column: [A, A]}}",
                "6: `column` is a list, which is not a list of names, each once: the file has one of them"
            ),
            (
                "match: p.xml\nrows: /d/q\nrow_element: q",
                "7: `rows` and `row_element` both say which elements are rows: leave one of them out"
            ),
            ("match: p.xml\nrows: d/q", "6: a path with slashes begins with one: write `rows: /d/q`"),
            (
                "match: p.xml\nrows: /d/*",
                "6: `*` in `rows` is of JSON: in XML the path names the elements that are rows"
            ),
            (
                "match: p.xml\nrows: /",
                "6: `rows` needs the names of the elements from the root to the rows, such as /prices/quote"
            ),
            (
                "match: p.xlsx\nquote: none",
                "6: `quote` means nothing in xlsx: a workbook has cells, and says itself how they are written; leave it out"
            ),
            (
                "match: p.xlsx\nencoding: latin1",
                "6: `encoding` means nothing in xlsx: a workbook has cells, and says itself how they are written; leave it out"
            ),
            (
                "match: p.xlsx\ndelimiter: blanks",
                "6: `delimiter: blanks` means nothing in xlsx: a workbook has cells, and says itself how they are written; leave it out"
            ),
            (
                "match: p.txt\nformat: fixed\nragged: reject\ncolumns: {RIC: 1-5}",
                "7: `ragged` means nothing with `format: fixed`: `columns` says where each value stands"
            ),
        ])
    func impossible(rule: String, expected: String) {
        #expect(Self.problems(rule) == ["p.yaml:\(expected)"])
    }

    @Test(
        "What some file can meet stays valid",
        arguments: [
            // A member of JSON may be called anything.
            "match: p.json\nfields: {BID: Chg., ASK: \"Px [EUR]\", TRDPRC_1: \"'b['\"}",
            "match: p.json\nrows: q\nfields: {BID: Chg., ASK: \"'$oid'\", TRDPRC_1: _id.$oid}",
            "match: p.json\nrows: q.*\nric: $key\nfields: {BID: $value}",
            "match: p.json\narrays: {rows: q.*}\ncolumns: [bid]\nric: $key\nfields: {BID: bid}",
            "match: p.json\narrays: {rows: q}\ncolumns: [RIC, a.b, o]\nric: RIC\nfields: {BID: \"'a.b'\", ASK: o.ask, TRDPRC_1: \"o[0]\", X: /asof}",
            "match: p.json\narrays: {zip: [/q/ric, $bid]}\nric: /q/ric\nfields: {BID: $bid, X: /asof}",
            "match: p.xml\nfields: {BID: Chg.}",
            "match: p.xml\nrows: d.q\nric: \"@id\"\nfields: {BID: \"Full[@Typ=6]@Px\"}",
            // One spelling is enough, and what is optional may be in no file.
            "match: p.csv\nheader: none\ncolumns: [RIC, b]\nric: RIC\nfields: {BID: {column: [bid, b]}, ASK: {column: a, optional: true}}",
            // What the rule makes is there.
            "match: \"p_{D}.csv\"\nheader: none\ncolumns: [RIC, b]\nmax_rejected: 0\ncarry: [{heading: \"* FUT *\", as: $p}]\nlet: {$side: {column: b, extract: \"^(.)\"}}\nric: {template: \"{RIC}{$p}{$side}{$D}{$file}{$row}\"}\nfields: {BID: b}",
            "match: p.csv\nheader: none\ncolumns: [Date, USD, JPY]\nunpivot: {keep: [Date], name: $ccy, value: $rate}\nric: {template: \"{$ccy}=\"}\nfields: {BID: $rate}",
            // Behind `group` cells have the names that the lines give them.
            "match: p.csv\nheader: none\ncolumns: [Id, F, V]\ngroup: {by: Id, field: F, value: V}\nric: RIC\nfields: {BID: PX_BID}",
            "match: p.xml\nrows: /d/q\ngroup: {by: r, field: f, value: v}\nric: r\nfields: {BID: \"PX.\"}",
            // What is carried is of lines that are not unpivoted yet.
            "match: p.csv\ncarry: [Bid]\nunpivot: {keep: [RIC], columns: [Bid, Ask], name: $n, value: $v}\nric: RIC\nfields: {BID: $v}",
            // The cells of an unpivoted line belong together, and so may all lines of a file.
            "match: p.csv\nunpivot: {keep: [RIC], name: $n, value: $v}\ngroup: {by: [$line], field: $n, value: $v}\nric: RIC\nfields: {BID: B}",
            "match: \"{RIC}.csv\"\ngroup: {by: [$file], field: F, value: V}\nric: $RIC\nfields: {BID: B}",
            // Names of files with braces that name nothing.
            "match: \"{3F2504E0-4F89}_*.csv\"", "match: \"p[{]x.csv\"",
            // The delimiter of a workbook is that of its rejects.
            "match: p.xlsx\ndelimiter: \";\"", "match: p.xlsx\nragged: blank_tail",
            // What starts a rule for a file without names, before anybody says what its RIC is.
            "match: p.csv\nheader: none\ncolumns: [C1, C2]",
        ])
    func possible(rule: String) throws {
        let loaded = try Self.read(rule)
        #expect(loaded.warnings.isEmpty, "\(loaded.warnings.map(\.text))")
    }

    @Test(
        "A name with a dollar sign that nothing makes is warned of where a file may have such a column",
        arguments: [
            ("match: \"p_{D}.csv\"\nric: RIC\nfields: {BID: $E}", 7),
            ("match: p.json\nric: {template: \"{$foo}.X\"}\nfields: {BID: bid}", 6),
            ("match: \"eod*\"\nric: RIC\nwhere: [{column: $foo, empty: false}]", 7),
        ])
    func unmade(rule: String, line: Int) throws {
        let warnings = try Self.read(rule).warnings
        #expect(warnings.map(\.line) == [line])
        #expect(warnings.allSatisfy { $0.what.hasPrefix("nothing makes the column `$") })
    }

    @Test("A header's name that only begins with a dollar sign is one as any other")
    func dollars() throws {
        #expect(try Self.read("match: p.csv\nric: RIC\nfields: {BID: \"$ Bid\"}").warnings.isEmpty)
    }

    @Test("Where the key that makes a column is broken, the column is not told as well")
    func broken() {
        let problems = Self.problems(
            "match: p.xml\nunpivot: {keep: [Date], name: $ccy, columns: [USD]}\nric: {template: \"{$ccy}=\"}\nfields: {BID: $rate}"
        )
        #expect(problems == ["p.yaml:6: `unpivot` lacks the required key `value`"])
    }
}

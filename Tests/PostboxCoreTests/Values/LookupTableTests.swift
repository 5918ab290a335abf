import Testing

@testable import PostboxCore

@Suite("Tables to look up in")
struct LookupTableTests {
    @Test("A key gives the value of each column that is taken; its own need not be the first")
    func look() throws {
        let text = "Ccy;ISIN;Name\nTSD;XT17;Alfa\n\"T;F\";XT33;\"De \"\"l\"\" ta\"\n;XT00;\n"
        let table = try read(text, key: "ISIN", columns: ["Ccy", "Name"], delimiter: ";")
        #expect(table.count == 3)
        #expect(table.sha256 == "abc")
        #expect(value(table, "Ccy", "XT17") == "TSD")
        #expect(value(table, "Name", "XT33") == "De \"l\" ta")
        #expect(value(table, "Ccy", "XT33") == "T;F")
        #expect(value(table, "Ccy", "XT00") == "")
        #expect(value(table, "Ccy", "xt17") == nil)
        #expect(value(table, "Ccy", "") == nil)
        #expect(table.columns == ["ISIN", "Ccy", "Name"] && value(table, "ISIN", "XT17") == "XT17")
    }

    @Test("The key itself may be taken, and a table may be empty")
    func oddTables() throws {
        #expect(value(try read("K\na\n", key: "K", columns: ["K"]), "K", "a") == "a")
        #expect(try read("K,V\n", key: "K", columns: ["V"]).count == 0)
        #expect(value(try read("\u{FEFF}K,V\na,1\n", key: "K", columns: ["V"]), "V", "a") == "1")
    }

    @Test(
        "What is wrong with a table is told with its line",
        arguments: [
            ("ISIN,Ccy\nX1,A\nX2,B\nX1,C\n", 4, "\"X1\" stands in an earlier line as well"),
            ("ISIN,Ccy\nX1,A\nX1,A\n", 3, "earlier line"), ("ISIN,Ccy\n,A\n", 2, "the key ISIN is empty"),
            ("ISI,Ccy\nX,A\n", 1, "no column `ISIN`, which is to be its key; the nearest is `ISI`"),
            ("ISIN,Cy\nX,A\n", 1, "no column `Ccy`; the nearest is `Cy`"), ("ISIN,Ccy\nX,A,B\n", 2, "cells"),
            ("ISIN,Ccy\nX\n", 2, "cell"), ("ISIN,Ccy\nX,\"A\n", 2, "quote"), ("", 0, "empty"),
            ("ISIN,Ccy\nX,A", 2, "line"),
            ("ISIN,Ccy,Ccy\nX,A,B\n", 1, "Ccy"),
        ])
    func faults(text: String, line: Int, words: String) {
        do throws(TableFault) {
            let table = try read(text, key: "ISIN", columns: ["Ccy"])
            Issue.record("\(table.count) rows")
        } catch {
            #expect(error.line == line, "\(error.text)")
            #expect(error.what.contains(words), "\(error.text)")
        }
    }

    @Test("A byte that is no UTF-8 is told with its line")
    func badBytes() {
        do throws(TableFault) {
            var reader = LookupTableReader(key: "K", columns: ["V"], delimiter: UInt8(ascii: ","))
            try take((Array("K,V\na,1\nb,".utf8) + [0xFC, 0x0A])[...], by: &reader)
            Issue.record("it was read")
        } catch {
            #expect(error.line == 3)
        }
    }

    @Test("However the file is cut into chunks, the table is the same; each key is found, and no other")
    func manyKeys() throws {
        var text = "Key,A,B\n"
        let count = 20_000
        for number in 0..<count { text += "K\(number),a\(number * 7),\(String(repeating: "b", count: number % 300))\n" }
        let bytes = Array(text.utf8)
        for size in [bytes.count, 64 << 10, 997] {
            var reader = LookupTableReader(key: "Key", columns: ["B", "A"], delimiter: UInt8(ascii: ","))
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + size)
                try take(bytes[start..<end], isLast: end == bytes.count, by: &reader)
                start = end
            }
            let table = reader.finish(sha256: "")
            #expect(table.count == count)
            for number in stride(from: 0, to: count, by: 3) {
                #expect(value(table, "A", "K\(number)") == "a\(number * 7)")
                #expect(value(table, "B", "K\(number)")?.utf8.count == number % 300)
                #expect(value(table, "A", "k\(number)") == nil)
            }
        }
    }

    private func read(
        _ text: String, key: String, columns: [String], delimiter: Character = ","
    ) throws(TableFault) -> LookupTable {
        var reader = LookupTableReader(key: key, columns: columns, delimiter: delimiter.asciiValue ?? 0)
        try take(Array(text.utf8)[...], by: &reader)
        return reader.finish(sha256: "abc")
    }

    private func take(
        _ bytes: ArraySlice<UInt8>, isLast: Bool = true, by reader: inout LookupTableReader
    ) throws(TableFault) {
        try bytes.span.withUnsafeBytes { (chunk) throws(TableFault) in try reader.take(chunk, isLast: isLast) }
    }

    private func value(_ table: LookupTable, _ column: String, _ key: String) -> String? {
        guard let column = table.column(column) else { return nil }
        let key = Array(key.utf8)
        var out: [UInt8] = []
        return table.take(column, by: key.span, into: &out) ? String(decoding: out, as: UTF8.self) : nil
    }
}

import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@Suite(
    "Workbooks", .computing,
    .enabled(if: PackingTool.endings.contains("zip"), "python3 is missing: no workbook can be made"))
struct WorkbookTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// The text of a workbook, and that of another reading in small chunks, which is the same.
    private func text(_ path: String, _ rule: ContainerRule = ContainerRule(), delimiter: UInt8 = 0x2C) throws -> String
    {
        var texts: [String] = []
        for chunkBytes in [256 << 10, 7] {
            var text: [UInt8] = []
            try SourceFile(path: path, chunkBytes: chunkBytes, wrapping: .workbook(rule, delimiter: delimiter))
                .eachChunk { _, bytes, _ in text += bytes }
            texts.append(String(decoding: text, as: UTF8.self))
        }
        #expect(texts[0] == texts[1])
        return texts[0]
    }

    private func problem(_ path: String, _ rule: ContainerRule = ContainerRule()) throws -> FileProblem? {
        do {
            _ = try text(path, rule)
            return nil
        } catch let problem as FileProblem {
            return problem
        }
    }

    /// A workbook of which only what matters is written: its parts by name.
    private func workbook(_ parts: [String: String], order: [String] = []) throws -> String {
        var all = [
            "_rels/.rels":
                "<Relationships><Relationship Id='1' Type='http://x/officeDocument' Target='xl/workbook.xml'/></Relationships>",
            "xl/workbook.xml":
                "<workbook xmlns:r='urn:r'><sheets><sheet name='One' sheetId='1' r:id='a'/><sheet name='Two' sheetId='2' r:id='b'/></sheets></workbook>",
            "xl/_rels/workbook.xml.rels":
                "<Relationships><Relationship Id='a' Type='http://x/worksheet' Target='worksheets/sheet1.xml'/><Relationship Id='b' Type='http://x/worksheet' Target='/xl/worksheets/sheet2.xml'/><Relationship Id='s' Type='http://x/styles' Target='styles.xml'/><Relationship Id='t' Type='http://x/sharedStrings' Target='sharedStrings.xml'/></Relationships>",
        ]
        all.merge(parts) { _, new in new }
        let names = order + all.keys.sorted().filter { !order.contains($0) }
        let path = folder.path("book.xlsx")
        try Spawning.write(
            try PackingTool.zip(names.map { ($0, Data((all[$0] ?? "").utf8)) }), to: URL(fileURLWithPath: path))
        return path
    }

    /// A workbook of one sheet with these rows, in which text is shared and numbers may have styles.
    private func sheet(_ rows: String, strings: String = "", styles: String = "", book: String? = nil) throws -> String
    {
        var parts = [
            "xl/worksheets/sheet1.xml":
                "<?xml version='1.0' encoding='UTF-8'?><worksheet><sheetData>\(rows)</sheetData></worksheet>",
            "xl/sharedStrings.xml": "<sst>\(strings)</sst>", "xl/styles.xml": "<styleSheet>\(styles)</styleSheet>",
        ]
        parts["xl/workbook.xml"] = book
        // The sheet may stand before what it needs.
        return try workbook(parts, order: ["xl/worksheets/sheet1.xml"])
    }

    @Test(
        "A number is its stored digits, rounded to the fifteen that Excel shows",
        arguments: [
            ("1.1000000000000001", "1.1"), ("4.5999999999999996E-2", "0.046"), ("99.515625", "99.515625"),
            ("-0.25", "-0.25"),
            ("100", "100"), ("1E-4", "0.0001"), ("1.5E+3", "1500"), ("1e21", "1000000000000000000000"), ("0", "0"),
            ("-0", "0"),
            ("0.30000000000000004", "0.3"), ("12345678901234567", "12345678901234600"),
            ("999999999999999.5", "1000000000000000"),
            ("0.1234567890123455", "0.123456789012346"), ("9.9999999999999995", "10"), ("007", "7"), (".5", "0.5"),
            ("+1", "1"),
            ("1.2.3", "1.2.3"), ("1e", "1e"), ("1e999", "1e999"), ("--1", "--1"), ("NaN", "NaN"),
        ])
    func numbers(_ stored: String, _ expected: String) throws {
        #expect(try text(sheet("<row r='1'><c r='A1'><v>\(stored)</v></c></row>")) == expected + "\n")
    }

    @Test(
        "A style makes a date or a time of a number, by its number or by its letters",
        arguments: [
            ("14", "", "46085", "2026-03-04"), ("22", "", "46085.445949074", "2026-03-04T10:42:10"),
            ("21", "", "0.445949074", "10:42:10"), ("46", "", "1.5", "36:00:00"),
            ("170", "yyyy\\-mm\\-dd", "46085", "2026-03-04"),
            ("170", "[h]:mm", "2.25", "54:00:00"), ("170", "0.00\" days\"", "46085", "46085"),
            ("170", "[Red]0.0", "1.5", "1.5"),
            ("170", "General", "46085", "46085"), ("170", "0.00E+00", "0.5", "0.5"),
            ("170", "mmm", "46085", "2026-03-04"),
            ("170", "mm:ss.0", "0.0000115741", "00:00:01"), ("170", "h:mm AM/PM", "46085.5", "12:00:00"),
            ("170", "[$-411]ge.m.d", "46085", "2026-03-04"), ("170", "0;\"d\"", "7", "7"), ("2", "", "46085", "46085"),
            ("14", "", "59", "1900-02-28"), ("14", "", "60", "1900-02-29"), ("14", "", "61", "1900-03-01"),
            ("14", "", "-5", "-5"),
            ("14", "", "2958465", "9999-12-31"), ("14", "", "2958466", "2958466"),
            ("22", "", "46085.9999999999", "2026-03-05T00:00:00"),
            ("22", "", "46085", "2026-03-04T00:00:00"), ("14", "", "45351", "2024-02-29"),
            ("22", "", "46085.0000000116", "2026-03-04T00:00:00.001"),
        ])
    func dates(_ id: String, _ code: String, _ stored: String, _ expected: String) throws {
        let formats =
            code.isEmpty
            ? "" : "<numFmts><numFmt numFmtId='\(id)' formatCode='\(code.replacing("\"", with: "&quot;"))'/></numFmts>"
        let styles =
            formats
            + "<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'/><xf numFmtId='\(id)'/></cellXfs>"
        #expect(
            try text(sheet("<row r='1'><c r='A1' s='1'><v>\(stored)</v></c></row>", styles: styles)) == expected + "\n")
    }

    @Test("Days may be counted from 1904")
    func since1904() throws {
        let book =
            "<workbook xmlns:r='urn:r'><workbookPr date1904='1'/><sheets><sheet name='One' r:id='a'/></sheets></workbook>"
        let styles = "<cellXfs><xf numFmtId='14'/></cellXfs>"
        let rows = "<row r='1'><c r='A1' s='0'><v>44623</v></c><c r='B1' s='0'><v>0</v></c></row>"
        #expect(try text(sheet(rows, styles: styles, book: book)) == "2026-03-04,1904-01-01\n")
    }

    @Test("Cells of every kind stand where they belong, and a row's line is its number")
    func cells() throws {
        let strings =
            "<si><t>RIC</t></si><si><r><t>Al</t></r><r><rPr/><t>fa</t></r><rPh><t>kana</t></rPh></si><si><t/></si><si><t>a_x000A_b_x005F_x</t></si>"
        let rows = """
            <row r="2"><c r="B2" t="s"><v>0</v></c><c r="D2" t="inlineStr"><is><t>a, "b"</t><rPh><t>no</t></rPh></is></c></row>
            <row><c t="s"><v>1</v></c><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#N/A</v></c></row>
            <row r="5"><c r="A5" t="str"><f>A1&amp;"x"</f><v>for&lt;mula</v></c><c r="B5"><f>1+1</f><v>2</v></c><c r="C5" s="9"/></row>
            <row r="6"><c r="A6" t="s"><v>3</v></c><c r="B6" t="d"><v>2026-03-04</v></c><c r="AA6"><v>27</v></c></row>
            <row r="7"><c r="A7" t="s"><v>2</v></c></row>
            """
        let expected = [
            "", ",RIC,,\"a, \"\"b\"\"\"", "Alfa,TRUE,FALSE,#N/A", "", "for<mula,2",
            "\"a\nb_x\",2026-03-04" + String(repeating: ",", count: 25) + "27",
            "", "",
        ]
        #expect(try text(sheet(rows, strings: strings)) == expected.joined(separator: "\n"))
        #expect(try text(sheet(rows, strings: strings), delimiter: UInt8(ascii: ";")).contains("Alfa;TRUE;FALSE;#N/A"))
    }

    @Test(
        "A formula that was never calculated is no empty cell and no zero: it stands as what no field takes",
        arguments: [
            ("<f>1+1</f>", "", "", false), ("<f>1+1</f><v></v>", "", "", false), ("<f>A1</f>", "str", "", false),
            ("<f>A1</f><v></v>", "str", "", true), ("<f>1+1</f><v>0</v>", "", "fullCalcOnLoad='1'", false),
            ("<f>1-1</f><v>0</v>", "", "fullCalcOnLoad='0'", true),
            ("<f>1+1</f><v>2</v>", "", "fullCalcOnLoad='1'", true),
            ("<v>0</v>", "", "fullCalcOnLoad='1'", true),
        ])
    func uncalculated(_ cell: String, _ kind: String, _ calculation: String, _ isCalculated: Bool) throws {
        let book =
            "<workbook xmlns:r='urn:r'><sheets><sheet name='One' r:id='a'/></sheets><calcPr \(calculation)/></workbook>"
        let type = kind.isEmpty ? "" : " t='\(kind)'"
        let row = "<row r='1'><c r='A1'><v>7</v></c><c r='B1'\(type)>\(cell)</c><c r='C1'><v>8</v></c></row>"
        let text = try text(sheet(row, book: book))
        #expect(text.contains("was never calculated") == !isCalculated, "\(text)")
        #expect(text.hasPrefix("7,") && text.hasSuffix(",8\n"))
        if cell.hasPrefix("<f>1+1</f>"), !isCalculated {
            #expect(text == "7,#N/A (the formula 1+1 was never calculated),8\n")
        }
    }

    @Test("A sheet is found by its name, the first one without; one that is not there is refused with those that are")
    func sheets() throws {
        let parts = [1, 2].map {
            (
                "xl/worksheets/sheet\($0).xml",
                "<worksheet><sheetData><row r='1'><c r='A1'><v>\($0)</v></c></row></sheetData></worksheet>"
            )
        }
        let path = try workbook(Dictionary(uniqueKeysWithValues: parts))
        #expect(try text(path) == "1\n")
        #expect(try text(path, ContainerRule(sheet: "Two")) == "2\n")
        let found = try problem(path, ContainerRule(sheet: "two"))
        #expect(found?.reason == "rows_missing" && found?.what.contains("One, Two") == true)
    }

    @Test(
        "What is no workbook, or a broken one, is refused",
        arguments: [
            "<row r='2'/><row r='1'/>", "<row r='1'><c r='B1'><v>1</v></c><c r='A1'><v>1</v></c></row>",
            "<row r='1048577'/>", "<row r='x'/>",
            "<row r='1'><c r='XFE1'><v>1</v></c></row>", "<row r='1'><c r='A1' t='s'><v>5</v></c></row>",
            "<row r='1'><c r='A1'>", "<row>&nbsp;</row>",
            "<row r='1'><c t='s'><v>-1</v></c></row>",
        ])
    func broken(_ rows: String) throws {
        #expect(try problem(sheet(rows))?.reason == "archive_damaged")
    }

    @Test("A sheet of too many rows is told from one whose rows are not in order")
    func rowsMax() throws {
        let tooMany = try #require(try problem(sheet("<row r='1048576'/><row r='1048577'/>")))
        #expect(tooMany.what.hasSuffix("it has more than 1,048,576 rows.") && tooMany.hint?.contains("CSV") == true)
        let mixed = try #require(try problem(sheet("<row r='2'/><row r='1'/>")))
        #expect(mixed.what.hasSuffix("its rows are not in order."))
    }

    @Test("A plain zip, a cut one, plain text and an old workbook have reasons of their own")
    func others() throws {
        let path = try sheet("<row r='1'><c r='A1'><v>1</v></c></row>")
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        func reason(_ bytes: Data) throws -> String? {
            try Spawning.write(bytes, to: URL(fileURLWithPath: path))
            return try problem(path)?.reason
        }
        #expect(try reason(PackingTool.pack(Data("a".utf8), "zip")) == "archive_damaged")
        #expect(try reason(whole.prefix(whole.count - 30)) == "archive_damaged")
        #expect(try reason(Data("RIC,BID\n".utf8)) == "archive_damaged")
        #expect(try reason(Data()) == "archive_damaged")
        #expect(try reason(Data([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0])) == "looks_like_a_spreadsheet")
        #expect(try reason(Data("<!doctype html>".utf8)) == "looks_like_html")
        let doctype = "<!DOCTYPE w [<!ENTITY a 'aaaaaaaaaa'>]><workbook/>"
        #expect(try problem(workbook(["xl/workbook.xml": doctype]))?.reason == "archive_damaged")
    }

    @Test("What unpacks to too much is refused", arguments: [nil, 200] as [Int?])
    func bounds(_ most: Int?) throws {
        let path = try sheet(
            "<row r='1'><c r='A1' t='inlineStr'><is><t>\(String(repeating: "x", count: 900_000))</t></is></c></row>")
        #expect(try problem(path, ContainerRule(maxExpanded: most))?.reason == (most == nil ? nil : "expands_too_far"))
    }

    @Test(
        "Workbooks of openpyxl are read as what was put into them", arguments: [1, 2, UInt64.random(in: 3...1_000_000)])
    func openpyxl(_ seed: UInt64) throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Differential/xlsx.py").standardized.path
        guard let python = Self.pythonWithOpenpyxl else {
            print("openpyxl is not installed: workbooks are not compared with it")
            return
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, script, folder.path, "\(seed)", "40"]
        let output = Pipe()
        process.standardOutput = output
        try Spawning.start(process)
        let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(
            separator: "\n")
        process.waitUntilExit()
        #expect(lines.count == 40)
        for line in lines {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            let expected = try String(contentsOf: URL(fileURLWithPath: folder.path("\(parts[0]).csv")), encoding: .utf8)
            let sheet = parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil
            // Rows that hold nothing may stand at the end, where cells have a style alone.
            let text = try text(folder.path("\(parts[0]).xlsx"), ContainerRule(sheet: sheet))
            #expect(
                text.trimmingCharacters(in: .newlines) == expected.trimmingCharacters(in: .newlines)
                    && text.hasPrefix(expected.prefix { $0 == "\n" }),
                "seed \(seed), workbook \(parts[0])")
        }
    }

    /// The Python that has it; nil: none has.
    private static let pythonWithOpenpyxl = ["python3", "/usr/bin/python3"].first { python in
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, "-c", "import openpyxl"]
        process.standardError = FileHandle.nullDevice
        guard (try? Spawning.start(process)) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

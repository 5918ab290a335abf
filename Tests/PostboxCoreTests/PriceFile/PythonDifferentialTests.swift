import Foundation
import PostboxCore
import TestSupport
import Testing

/// The readers against Python's `csv` and `json`, row by row, on generated nasty files.
@Suite(
    "Readers against Python", .computing,
    .enabled(if: PythonScript.isInstalled, "python3 is not installed: nothing to compare with"))
struct PythonDifferentialTests {
    private static let seeds: [UInt64] = [1, 2, UInt64(Date().timeIntervalSince1970)]

    @Test("CSV reads as Python's csv reads it", arguments: seeds)
    func csv(_ seed: UInt64) throws {
        var generator = NastyFiles(seed: seed)
        let files = (0..<300).map { number in number % 2 == 0 ? generator.csv() : generator.csvNoise() }
        let answers = try PythonScript.run(PythonScript.csvScript, on: files)
        try #require(answers.count == files.count)
        for (file, answer) in zip(files, answers) { compareCSV(file, answer, seed) }
    }

    private func compareCSV(_ bytes: [UInt8], _ answer: String, _ seed: UInt64) {
        let file = readInEveryWay(bytes) { CSVReader(finalNewline: .optional) }
        let expected = answer.split(separator: ";", omittingEmptySubsequences: true).dropFirst()
            .map { row in row.split(separator: ",", omittingEmptySubsequences: false).map { unhex($0) } }
            .filter { row in row.contains { !$0.isEmpty } }
        let comment: Comment = "seed \(seed): \(String(decoding: bytes, as: UTF8.self).debugDescription)"
        if let problem = file.problem {
            #expect(problem.reason == "unclosed_quote", comment)
        } else {
            #expect(file.rows.count == expected.count, comment)
        }
        for (row, cells) in zip(file.rows, expected) {
            let values = row.cells.map { String($0[$0.index($0.firstIndex(of: ":") ?? $0.startIndex, offsetBy: 1)...]) }
            switch row.problem?.reason {
            case nil: #expect(values == cells, comment)
            case "ragged_row": #expect(cells.count != 3, comment)
            case "bad_quote": #expect(row.source.contains("\""), comment)
            default: Issue.record("Unexpected: \(summary(row.problem)). \(comment)")
            }
        }
    }

    @Test("JSON reads as Python's json reads it", arguments: seeds)
    func json(_ seed: UInt64) throws {
        var generator = NastyFiles(seed: seed)
        let files = (0..<150).map { number in number % 3 == 0 ? generator.json() : generator.damagedJSON() }
        let answers = try PythonScript.run(PythonScript.jsonScript, on: files)
        try #require(answers.count == files.count)
        #expect(answers.contains { $0.hasPrefix("ok") } && answers.contains("broken"))
        for (file, answer) in zip(files, answers) { compareJSON(file, answer, seed) }
    }

    private func compareJSON(_ bytes: [UInt8], _ answer: String, _ seed: UInt64) {
        let file = readInEveryWay(bytes) { JSONReader(layout: .array) }
        let comment: Comment = "seed \(seed): \(String(decoding: bytes, as: UTF8.self))"
        #expect((file.problem == nil) == (answer != "broken"), comment)
        guard file.problem == nil, answer != "broken" else { return }
        let rows = answer.dropFirst(3).split(separator: ";", omittingEmptySubsequences: true)
        #expect(file.rows.count == rows.count, comment)
        for (row, expected) in zip(file.rows, rows) { compare(row, String(expected), comment) }
    }

    private func compare(_ row: ReadFile.Row, _ expected: String, _ comment: Comment) {
        switch row.problem?.reason {
        case nil:
            #expect(expected.hasPrefix("r"), comment)
            let cells = row.cells.map { cell in
                cell.firstRange(of: "=nested:").map { String(cell[..<$0.upperBound]) } ?? cell
            }
            let parts = expected.dropFirst().split(separator: ",").map { unhex($0) }
            #expect(cells == parts, comment)
        case "not_an_object": #expect(expected == "!", comment)
        case "bad_escape": #expect(expected.hasPrefix("s") || expected.hasPrefix("b"), comment)
        case "duplicate_key": #expect(expected.hasPrefix("d") || expected.hasPrefix("b"), comment)
        default: Issue.record("Unexpected: \(summary(row.problem)). \(comment)")
        }
    }

    private func unhex(_ text: Substring) -> String {
        let digits = Array(text.utf8)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Files that are right by the letter and awkward in every other way.
private struct NastyFiles: SeededChoices {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func csv() -> [UInt8] {
        let lineEnds = ["\n", "\r\n", "\r"]
        let pieces = [
            "", "a", " ", "\"", "\"\"", ",", "\n", "\r\n", "\r", "é", "😀", "x\"y", ";", "0.10", "abcdefghijklm",
        ]
        var text = pick(["", "\u{FEFF}"]) + "a,b,c" + pick(lineEnds)
        for _ in 0..<number(12) {
            if number(5) == 0 { text += pick(lineEnds) }
            let cells = (0..<3).map { _ in
                let value = (0..<number(3)).map { _ in pick(pieces) }.joined()
                let needsQuotes =
                    value.hasPrefix("\"") || value.unicodeScalars.contains { ",\n\r".unicodeScalars.contains($0) }
                let isQuoted = needsQuotes || number(3) == 0
                return isQuoted ? "\"" + value.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : value
            }
            text += cells.joined(separator: ",") + pick(lineEnds)
        }
        return Array(text.utf8)
    }

    mutating func csvNoise() -> [UInt8] {
        let pieces = ["a", "bc", ",", ",", "\"", "\"", "\n", "\r\n", "\r", "é", " "]
        return Array(("a,b,c\n" + (0..<number(40)).map { _ in pick(pieces) }.joined()).utf8)
    }

    mutating func json() -> [UInt8] {
        let rows = (0..<number(6)).map { _ in number(12) == 0 ? value(3) : object(0) }
        return Array((space() + "[" + rows.joined(separator: space() + "," + space()) + space() + "]" + space()).utf8)
    }

    mutating func damagedJSON() -> [UInt8] {
        var bytes = json()
        for _ in 0..<(1 + number(2)) {
            let at = number(bytes.count)
            guard bytes[at] < 0x80 else { continue }
            switch number(3) {
            case 0: bytes.remove(at: at)
            case 1: bytes.insert(pick(Array("[]{}\",:\\0-.eE1tnu \n\u{1}".utf8)), at: at)
            default: bytes[at] = pick(Array("[]{}\",:\\0-.eE1tnu \n\u{1}".utf8))
            }
        }
        return bytes
    }

    private mutating func object(_ depth: Int) -> String {
        let names = ["a", "b", "RIC", "é", "long name", "", "😀", "x\\\"y", "\\u0062x"]
        let chosen = names.filter { _ in number(2) == 0 }
        let rotation = chosen.isEmpty ? 0 : number(chosen.count)
        let members = (chosen[rotation...] + chosen[..<rotation]).map { name in
            space() + "\"\(name)\"" + space() + ":" + space()
                + (depth < 3 && number(5) == 0 ? object(depth + 1) : value(depth))
        }
        return "{" + members.joined(separator: space() + ",") + space() + "}"
    }

    private mutating func value(_ depth: Int) -> String {
        switch number(7) {
        case 0: return pick(["true", "false", "null", "NaN", "Infinity", "-Infinity"])
        case 1, 2:
            return pick(["0", "-0", "1.10", "-12.5e+3", "1E5", "98765432109876543210.000000001", "0.0", "1e-07"])
        case 3 where depth < 3:
            let items = (0..<number(3)).map { _ in value(depth + 1) }
            return "[" + space() + items.joined(separator: ",") + space() + "]"
        default:
            let pieces = [
                "a", " ", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\uD83D\\uDE00", "é", "😀", "{", "]", ",",
                "abcdefghijk",
                "\\b\\f\\r\\t", "\u{7F}", number(20) == 0 ? "\\ud800" : "x",
            ]
            return "\"" + (0..<number(5)).map { _ in pick(pieces) }.joined() + "\""
        }
    }

    private mutating func space() -> String { pick(["", "", "", " ", "\n", "\r\n", "\t "]) }
}

enum PythonScript {
    static let isInstalled = (try? run("print('yes')", on: [])) == ["yes"]

    /// Runs a script that gets one file a line, as hexadecimal digits, and returns the lines it prints.
    static func run(_ script: String, on files: [[UInt8]]) throws -> [String] {
        try run(
            script, lines: files.map { file in file.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() })
    }

    /// Runs a script that gets these lines, and returns those that it prints.
    static func run(_ script: String, lines: [String]) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "postbox-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let input = folder.appending(path: "files.txt")
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: input)

        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, input.path()]
        let output = Pipe()
        process.standardOutput = output
        try Spawning.start(process)
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map(String.init)
    }

    static let csvScript = """
        import csv, io, sys
        for line in open(sys.argv[1]):
            text = io.TextIOWrapper(io.BytesIO(bytes.fromhex(line.strip())), encoding="utf-8-sig", newline="")
            rows = [row for row in csv.reader(text) if row]
            print(";".join(",".join(cell.encode().hex() for cell in row) or "," for row in rows))
        """

    static let jsonScript = """
        import json, sys

        class Number(str): pass
        class Literal(str): pass
        class Object(list): pass

        def cells(object, path, out):
            names = [name for name, _ in object]
            if len(set(names)) < len(names): out["duplicate"] = True
            for name, value in object:
                if any(0xD800 <= ord(c) < 0xE000 for c in name): out["surrogate"] = True
                here = path + name
                if isinstance(value, Object) and value:
                    cells(value, here + ".", out)
                    continue
                if isinstance(value, (Object, list)): kind, text = "nested", ""
                elif isinstance(value, Number): kind, text = "number", value
                elif isinstance(value, Literal): kind, text = "plain", value
                elif isinstance(value, str): kind, text = "string", value
                elif isinstance(value, bool): kind, text = "bool", "true" if value else "false"
                else: kind, text = "null", ""
                if kind == "string" and any(0xD800 <= ord(c) < 0xE000 for c in text): out["surrogate"] = True
                out["cells"].append((here + "=" + kind + ":" + text).encode("utf-8", "surrogatepass").hex())

        def row(value):
            if not isinstance(value, Object): return "!"
            out = {"cells": []}
            cells(value, "", out)
            # Which of two problems is named first is not compared.
            mark = "s" if "surrogate" in out else "d" if "duplicate" in out else "r"
            if "surrogate" in out and "duplicate" in out: mark = "b"
            return mark + ",".join(out["cells"])

        for line in open(sys.argv[1]):
            try:
                value = json.loads(bytes.fromhex(line.strip()).decode(), parse_float=Number, parse_int=Number,
                                   parse_constant=Literal, object_pairs_hook=Object)
                if isinstance(value, Object) or not isinstance(value, list): raise ValueError
                print("ok " + ";".join(row(v) for v in value))
            except ValueError:
                print("broken")
        """
}

import Foundation
import TestSupport
import Testing

/// A price file as desks have it, the rule that reads it, and what must come of it: a section of a file in `Tests/Cases`.
struct Case: Sendable, CustomTestStringConvertible {
    /// What is dropped, or named by the configuration.
    struct Input: Sendable {
        var name: String
        /// `encoding=windows-1251`, `newline=crlf`, `packed=gz` …
        var options: [String: String]
        var text: String
    }

    /// A row's post: `1 2 Update ALFA.TST {"BID":1.5}`: its row, its line (`-`: not compared), kind, RIC, fields.
    struct Post: Sendable, Equatable {
        var row: Int
        var line: Int?
        var text: String
    }

    /// A problem: `3 4 not_a_decimal`; `-`: there is none, or it is not compared.
    struct Problem: Sendable, Equatable {
        var row: Int?
        var line: Int?
        var reason: String
        /// A part of its text.
        var words: String = ""
    }

    var document: String
    var title: String
    var rule = ""
    var tables = ""
    var inputs: [Input] = []
    var posts: [Post] = []
    var problems: [Problem] = []
    var code: Int32 = 0

    var testDescription: String { "\(document): \(title)" }

    /// All of `Tests/Cases`, and the examples of the article for users.
    static func all() throws -> [Case] {
        let package = try BuiltProgram.packageFolder()
        let folder = package.appendingPathComponent("Tests/Cases")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".md") }
            .sorted()
        let places =
            names.map { folder.appendingPathComponent($0) }
            + [package.appendingPathComponent("Sources/PostboxCore/Documentation.docc/YourFile.md")]
        return try places.flatMap { place in
            let text = try String(contentsOf: place, encoding: .utf8)
            return try cases(in: text, of: place.deletingPathExtension().lastPathComponent)
        }
    }

    private struct Mistake: Error { var text: String }

    private static func cases(in text: String, of document: String) throws -> [Case] {
        var cases: [Case] = []
        var block: (info: String, lines: [String])?
        for line in text.components(separatedBy: "\n") {
            if let open = block {
                if line == "```" {
                    guard let last = cases.indices.last else {
                        throw Mistake(text: "\(document): a block before a case")
                    }
                    try cases[last].take(open.info, open.lines)
                    block = nil
                } else {
                    block?.lines.append(line)
                }
            } else if line.hasPrefix("```") {
                block = (String(line.dropFirst(3)), [])
            } else if line.hasPrefix("## "), line != "## Overview" {
                cases.append(Case(document: document, title: String(line.dropFirst(3))))
            }
        }
        if let block { throw Mistake(text: "\(document): the block `\(block.info)` is never closed") }
        return cases
    }

    private mutating func take(_ info: String, _ lines: [String]) throws {
        let words = info.split(separator: " ").map(String.init)
        switch words.first ?? "" {
        case "yaml": rule = lines.joined(separator: "\n")
        case "tables": tables = lines.joined(separator: "\n")
        case "exit": code = Int32(lines.joined()) ?? -1
        case "posts": posts = try lines.map { try Self.post($0) }
        case "problems":
            problems = try lines.map { try Self.problem($0) }
            code = problems.contains { $0.row == nil && $0.line == nil } ? 3 : 2
        case let name where name.contains("."):
            var options: [String: String] = [:]
            for word in words.dropFirst() {
                let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
                options[parts[0]] = parts.count > 1 ? parts[1] : ""
            }
            inputs.append(Input(name: name, options: options, text: lines.joined(separator: "\n")))
        default: throw Mistake(text: "\(testDescription): the block `\(info)` is none of a case")
        }
    }

    private static func post(_ line: String) throws -> Post {
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, let row = Int(parts[0]), parts[1] == "-" || Int(parts[1]) != nil else {
            throw Mistake(text: "this is no post: \(line)")
        }
        return Post(row: row, line: Int(parts[1]), text: String(parts[2]))
    }

    private static func problem(_ line: String) throws -> Problem {
        let parts = line.split(separator: " ", maxSplits: 3)
        guard parts.count >= 3 else { throw Mistake(text: "this is no problem: \(line)") }
        return Problem(
            row: Int(parts[0]), line: Int(parts[1]), reason: String(parts[2]),
            words: parts.count > 3 ? String(parts[3]) : "")
    }
}

extension Case.Input {
    private struct Unknown: Error { var what: String }

    /// The bytes that lie on the disk.
    func bytes() throws -> Data {
        var text = text + "\n"
        if options["newline"] == "none" { text.removeLast() }
        if options["newline"] == "crlf" { text = text.replacingOccurrences(of: "\n", with: "\r\n") }
        if options["escapes"] != nil { text = text.replacingOccurrences(of: "\\t", with: "\t") }
        let encodings: [String: String.Encoding] = [
            "windows-1251": .windowsCP1251, "windows-1250": .windowsCP1250, "cp1252": .windowsCP1252,
            "latin1": .isoLatin1, "utf-16": .utf16, "shift_jis": .shiftJIS, "utf-8": .utf8,
        ]
        guard let encoding = encodings[options["encoding"] ?? "utf-8"] else {
            throw Unknown(what: options["encoding"] ?? "")
        }
        guard var data = text.data(using: encoding) else { throw Unknown(what: "a text beyond its encoding") }
        if options["bom"] != nil { data = Data([0xEF, 0xBB, 0xBF]) + data }
        if let base64 = options["base64"] {
            guard let decoded = Data(base64Encoded: self.text.replacingOccurrences(of: "\n", with: "")) else {
                throw Unknown(what: "base64 \(base64)")
            }
            data = decoded
        }
        if let cut = options["cut"].flatMap(Int.init) {
            data = try packed(data).dropLast(cut)
        } else {
            data = try packed(data)
        }
        return data
    }

    private func packed(_ data: Data) throws -> Data {
        guard let way = options["packed"] else { return data }
        let isTwice = options["twice"] != nil
        if way == "zip" {
            return try PackingTool.zip(
                [(options["member"] ?? "prices.csv", data)] + (isTwice ? [("other.txt", Data("other".utf8))] : []))
        }
        guard isTwice else { return try PackingTool.pack(data, way) }
        let half = (data.suffix(from: data.count / 2).firstIndex(of: UInt8(ascii: "\n")) ?? data.count - 1) + 1
        return try PackingTool.pack(data.prefix(half), way) + PackingTool.pack(data.suffix(from: half), way)
    }
}

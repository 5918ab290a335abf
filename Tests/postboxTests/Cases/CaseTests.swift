import Foundation
import TestSupport
import Testing

/// Price files as desks have them, each with its rule: what `check` makes of them.
@Suite("Cases", .computing)
struct CaseTests {
    @Test("There are at least sixty cases, each with a file and what comes of it")
    func complete() throws {
        let cases = try Case.all()
        #expect(cases.count >= 60)
        for one in cases {
            #expect(!one.inputs.isEmpty, "\(one.testDescription)")
            #expect(!one.posts.isEmpty || !one.problems.isEmpty || one.code == 78, "\(one.testDescription)")
        }
        #expect(Set(cases.map(\.testDescription)).count == cases.count)
    }

    @Test("The file becomes these posts and problems", arguments: try Case.all())
    func check(_ one: Case) async throws {
        let desk = try Desk()
        try desk.write(Self.configuration(of: one))
        for input in one.inputs {
            let place = desk.folder.appendingPathComponent(input.name)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try input.bytes().write(to: place)
        }
        let file = try #require(one.inputs.first).name
        let json = try await desk.command(
            ["check", "--config", "postbox.yaml", "--json", file], workingFolder: desk.folder)
        #expect(json.code == one.code, "\(json.errorOutput)")
        if one.code == 78 {
            #expect(!json.errorOutput.contains("unknown key"), "\(json.errorOutput)")
            return
        }
        #expect(Self.differences(one.problems, try Self.problems(in: json.errorOutput)).isEmpty)
        if one.code == 3 { return }

        let plain = try await desk.command(["check", "--config", "postbox.yaml", file], workingFolder: desk.folder)
        let lines = Self.lines(in: plain.output)
        var posts = try Self.posts(in: json.output)
        #expect(lines.count == posts.count, "\(plain.output)")
        for (index, line) in lines.enumerated() where index < posts.count { posts[index].line = line }
        let wanted = one.posts.enumerated().map { index, post in
            var post = post
            if post.line == nil, index < posts.count { post.line = posts[index].line }
            return post
        }
        #expect(posts == wanted)
    }

    static func configuration(of one: Case) -> String {
        var yaml = """
            spool: spool
            destinations:
              cache: {urls: ["ws://127.0.0.1:1/WebSocket"], user: x, service: NIPROV}

            """
        if !one.tables.isEmpty {
            yaml += "tables:\n" + one.tables.split(separator: "\n").map { "  \($0)\n" }.joined()
        }
        let lines = one.rule.components(separatedBy: "\n")
        yaml += "files:\n" + lines.enumerated().map { ($0 == 0 ? "  - " : "    ") + $1 + "\n" }.joined()
        return yaml
    }

    private static func posts(in output: String) throws -> [Case.Post] {
        try output.split(separator: "\n").map { line in
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let message = try #require(object["Message"] as? [String: Any])
            let key = try #require(object["Key"] as? [String: Any])
            // The fields as they are written: numbers are compared digit by digit.
            let start = try #require(line.range(of: "\"Fields\":"))
            let fields = Self.braced(line[start.upperBound...])
            return Case.Post(
                row: try #require(object["PostID"] as? Int),
                text: "\(message["Type"] ?? "") \(key["Name"] ?? "") \(fields)")
        }
    }

    /// From the opening brace to the one that closes it.
    private static func braced(_ text: Substring) -> Substring {
        var depth = 0
        var isInText = false
        var isEscaped = false
        for index in text.indices {
            let character = text[index]
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == "\"" {
                    isInText = false
                }
                continue
            }
            if character == "\"" { isInText = true }
            depth += character == "{" ? 1 : character == "}" ? -1 : 0
            if depth == 0 { return text[...index] }
        }
        return text
    }

    /// The lines that `check` prints in front of the posts.
    private static func lines(in output: String) -> [Int?] {
        output.split(separator: "\n").compactMap { text -> Int?? in
            let words = text.split(separator: " ")
            guard text.hasPrefix(" "), words.count > 2, let kind = words.prefix(2).last,
                kind == "Update" || kind == "Refresh"
            else { return nil }
            return .some(Int(words[0]))
        }
    }

    private static func problems(in errors: String) throws -> [Case.Problem] {
        try errors.split(separator: "\n").filter { $0.hasPrefix("{") }.map { line in
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            return Case.Problem(
                row: object["row"] as? Int, line: object["line"] as? Int, reason: object["reason"] as? String ?? "",
                words: object["text"] as? String ?? "")
        }
    }

    /// Problems that are missing, and those that nobody expects.
    private static func differences(_ wanted: [Case.Problem], _ got: [Case.Problem]) -> [String] {
        var left = got
        var found: [String] = []
        for problem in wanted {
            let index = left.firstIndex {
                $0.reason == problem.reason && (problem.row == nil || problem.row == $0.row)
                    && (problem.line == nil || problem.line == $0.line)
                    && (problem.words.isEmpty || $0.words.contains(problem.words))
            }
            if let index { left.remove(at: index) } else { found.append("missing: \(problem)") }
        }
        return found + left.map { "not expected: \($0)" }
    }
}

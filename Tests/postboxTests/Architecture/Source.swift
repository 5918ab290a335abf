import Foundation
import TestSupport
import Testing

/// A Swift file of Sources, as text.
struct Source {
    var module: String
    /// From the package's folder.
    var path: String
    var lines: [String]

    /// Lines with their numbers, comments left out.
    var code: [(number: Int, line: String)] {
        lines.enumerated().compactMap { index, line in
            let text = line.trimmingCharacters(in: .whitespaces)
            return text.isEmpty || text.hasPrefix("//") ? nil : (index + 1, text)
        }
    }

    /// As `code`, without what stands in quotes and behind the code.
    var bareCode: [(number: Int, line: String)] {
        code.map { number, line in
            let unquoted = line.replacing(/"(?:[^"\\]|\\.)*"/, with: "\"\"")
            return (
                number, unquoted.split(separator: "//", omittingEmptySubsequences: false).first.map(String.init) ?? ""
            )
        }
    }

    /// The folder in its module; empty: it lies in none.
    var folder: String {
        let parts = path.split(separator: "/")
        return parts.count > 3 ? String(parts[2]) : ""
    }

    /// Types and functions that it declares for other files to use, outside of all types.
    var declarations: [String] {
        let declaration =
            /^(?:@\w+(?:\([^)]*\))? )*(?:(?:package|internal|public|final|indirect|nonisolated) )*(?:struct|class|enum|actor|protocol|typealias|func) (\w+)/
        return lines.compactMap { $0.firstMatch(of: declaration).map { String($0.1) } }
    }

    var imports: [(number: Int, access: String, module: String)] {
        code.compactMap { number, line in
            let words = line.split(separator: " ").map(String.init)
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
                words[..<at].allSatisfy({ $0 == "internal" || $0 == "package" || $0 == "public" || $0.hasPrefix("@") })
            else { return nil }
            let access = words[..<at].first { !$0.hasPrefix("@") } ?? ""
            // `import struct Module.Name` imports of Module.
            let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let name = kinds.contains(words[at + 1]) && at + 2 < words.count ? words[at + 2] : words[at + 1]
            return (number, access, String(name.prefix { $0 != "." }))
        }
    }

    static func modules() throws -> [String] {
        FileManager.default.names(in: try BuiltProgram.packageFolder().appendingPathComponent("Sources"))
            .filter { !$0.hasPrefix(".") }
    }

    /// Every one of them; a tree without any is no tree.
    static func all() throws -> [Source] {
        let folder = try BuiltProgram.packageFolder()
        var files: [Source] = []
        for module in try modules() {
            let root = folder.appendingPathComponent("Sources/\(module)")
            let found = FileManager.default.enumerator(atPath: root.path)
            while let name = found?.nextObject() as? String {
                guard name.hasSuffix(".swift") else { continue }
                let text = try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
                files.append(
                    Source(
                        module: module, path: "Sources/\(module)/\(name)",
                        lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)))
            }
        }
        try #require(files.count > 50)
        return files
    }
}

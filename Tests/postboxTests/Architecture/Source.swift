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

    /// As `code`, without what stands in quotes and behind the code; of lines that `isOfInterest` alone.
    func bareCode(where isOfInterest: (String) -> Bool = { _ in true }) -> [(number: Int, line: String)] {
        // Made once: making a pattern takes as long as looking for it in many lines.
        let quoted = /"(?:[^"\\]|\\.)*"/
        return code.filter { isOfInterest($0.line) }.map { number, line in
            let unquoted = line.contains("\"") ? line.replacing(quoted, with: "\"\"") : line
            return (
                number, unquoted.split(separator: "//", omittingEmptySubsequences: false).first.map(String.init) ?? ""
            )
        }
    }

    /// Every word that stands behind a point, as members do.
    var members: Set<String> {
        lines.reduce(into: []) { found, line in found.formUnion(Self.words(line, behindPoints: true)) }
    }

    /// Words of a line, without those behind a point; or these alone. Byte by byte: a pattern takes its time with so many lines.
    static func words(_ line: String, behindPoints: Bool = false) -> [String] {
        var found: [String] = []
        var word: [UInt8] = []
        var before: UInt8 = 0
        for byte in Array(line.utf8) + [0] {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
            if isLetter || isDigit {
                word.append(byte)
                continue
            }
            if let first = word.first, first > UInt8(ascii: "9"), (before == UInt8(ascii: ".")) == behindPoints {
                found.append(String(decoding: word, as: UTF8.self))
            }
            word = []
            before = byte
        }
        return found
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
        // Most lines stand further in, and the pattern takes its time.
        return lines.filter { $0.utf8.first.map { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "/") } ?? false }
            .compactMap { $0.firstMatch(of: declaration).map { String($0.1) } }
    }

    var imports: [(number: Int, access: String, module: String)] {
        code.filter { $0.line.contains("import ") }.compactMap { number, line in
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

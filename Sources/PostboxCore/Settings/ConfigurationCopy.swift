/// The text of a configuration as it is kept for later: without the passwords that stand in it. Where it refers to one it says so, as
/// the file does.
package enum ConfigurationCopy {
    /// A value that may hold a password, as it stands in the file.
    package struct Secret: Sendable, Equatable {
        /// From 1.
        package var line: Int
        package var text: String
        /// It is an address: only a user's name and password in it are secret.
        package var isAddress: Bool

        package init(line: Int, text: String, isAddress: Bool) {
            self.line = line
            self.text = text
            self.isAddress = isAddress
        }

        /// Parts of it that nobody else is to read. What a reference brings in stands elsewhere.
        var parts: [String] {
            if isAddress {
                guard let scheme = text.firstRange(of: "://") else { return [] }
                let rest = text[scheme.upperBound...]
                let authority = rest.prefix { $0 != "/" }
                guard let at = authority.lastIndex(of: "@") else { return [] }
                return Self.literals(String(authority[..<at]))
            }
            return Self.literals(text)
        }

        /// What is looked for in remarks, too: the same, of an address the password alone.
        var passwords: [String] {
            guard isAddress else { return parts }
            return parts.compactMap { part in
                part.firstIndex(of: ":").map { String(part[part.index(after: $0)...]) }
            }
        }

        /// What stands between references.
        private static func literals(_ text: String) -> [String] {
            var parts: [String] = []
            var rest = text[...]
            while let open = rest.firstRange(of: "${") {
                parts.append(String(rest[..<open.lowerBound]))
                guard let close = rest[open.upperBound...].firstIndex(of: "}") else { break }
                rest = rest[rest.index(after: close)...]
            }
            parts.append(String(rest))
            return parts.filter { !$0.isEmpty }
        }
    }

    /// What stands in the place of a secret: a text to YAML, wherever it stands.
    package static let replaced = "REPLACED"
    /// What stands in the place of lines of which it cannot be told where the secret ends.
    package static let leftOut = "# left out: a secret stands here"
    /// A secret of so many characters is replaced wherever it stands, in a remark too.
    private static let longFrom = 6

    /// The text without these secrets.
    package static func text(of configuration: String, without secrets: [Secret]) -> String {
        // A line's end belongs to it, whatever it is.
        var lines = configuration.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        for secret in secrets {
            guard lines.indices.contains(secret.line - 1) else { continue }
            for part in secret.parts where lines[secret.line - 1] != leftOut {
                let at = secret.line - 1
                if let place = lines[at].ranges(of: part).last(where: { isValue($0, in: lines[at]) }) {
                    let isPair = secret.isAddress && part.contains(":")
                    lines[at].replaceSubrange(place, with: isPair ? "\(replaced):\(replaced)" : replaced)
                } else {
                    leaveOut(from: at, in: &lines)
                }
            }
        }
        var text = lines.joined(separator: "\n")
        for part in secrets.flatMap(\.passwords) where part.count >= longFrom {
            // The same word may be a key.
            let places = text.ranges(of: part).filter { $0.upperBound == text.endIndex || text[$0.upperBound] != ":" }
            for place in places.reversed() { text.replaceSubrange(place, with: replaced) }
        }
        return text
    }

    /// Whether it stands behind a key or a dash, and is not the key itself.
    private static func isValue(_ range: Range<String.Index>, in line: String) -> Bool {
        let before = line[..<range.lowerBound]
        return before.contains(":") || before.contains("-") || before.allSatisfy(\.isWhitespace)
    }

    /// It goes over several lines, or is written with escapes: the line goes, with all that belongs to it.
    private static func leaveOut(from at: Int, in lines: inout [String]) {
        func indentation(_ line: String) -> Int? {
            line.allSatisfy(\.isWhitespace) ? nil : line.prefix { $0 == " " }.count
        }
        let own = indentation(lines[at]) ?? 0
        lines[at] = leftOut
        var next = at + 1
        while next < lines.count, indentation(lines[next]).map({ $0 > own }) ?? true {
            if !lines[next].isEmpty { lines[next] = leftOut }
            next += 1
        }
    }
}

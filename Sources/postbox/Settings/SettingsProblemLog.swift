internal import Foundation
internal import PostboxCore

/// Collects the problems of one file, and knows what its values may refer to.
final class SettingsProblemLog {
    let folder: String
    private let file: String
    private let environment: [String: String]
    private(set) var problems: [SettingsProblem] = []
    /// What is allowed and not wise.
    private(set) var warnings: [SettingsProblem] = []

    init(file: String, folder: String, environment: [String: String]) {
        self.file = file
        self.folder = folder
        self.environment = environment
    }

    func add(line: Int, _ what: String) {
        problems.append(SettingsProblem(file: file, line: line, what: what))
    }

    /// Notes a problem of another file that this one names.
    func add(file: String, line: Int, _ what: String) {
        problems.append(SettingsProblem(file: file, line: line, what: what))
    }

    func warn(line: Int, _ what: String) {
        warnings.append(SettingsProblem(file: file, line: line, what: what))
    }

    /// `text` with `${env:NAME}` and `${file:PATH}` replaced and `$${` standing for `${`; nil after a problem.
    func expand(_ text: String, of owner: String, line: Int) -> String? {
        var result = ""
        var rest = text[...]
        while let open = rest.range(of: "${") {
            let before = rest[..<open.lowerBound]
            if before.last == "$" {
                result += before + "{"
                rest = rest[open.upperBound...]
                continue
            }
            guard let close = rest[open.upperBound...].firstIndex(of: "}") else {
                add(line: line, "\(owner) has `${` without `}`; write `$${` for the characters themselves")
                return nil
            }
            guard let value = lookUp(rest[open.upperBound..<close], of: owner, line: line) else { return nil }
            result += before + value
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    private func lookUp(_ reference: Substring, of owner: String, line: Int) -> String? {
        if reference.hasPrefix("env:") {
            let name = String(reference.dropFirst(4))
            if let value = environment[name] { return value }
            add(line: line, "\(owner) needs the environment variable `\(name)`, which is not set")
        } else if reference.hasPrefix("file:") {
            let path = String(reference.dropFirst(5))
            let bytes = SettingsLoader.contents(absolutePath(path, from: folder), atMost: 1 << 16)
            if let bytes, let text = String(validating: bytes, as: UTF8.self) {
                // A carriage return and a line feed are one Character.
                return text.last?.isNewline == true ? String(text.dropLast()) : text
            }
            let trouble = bytes == nil ? "cannot be read (or is longer than 64 KiB)" : "is not UTF-8 text"
            add(line: line, "\(owner) needs the file `\(path)`, which \(trouble)")
        } else {
            let ways = "`${env:NAME}` and `${file:PATH}` are replaced; write `$${` for the characters `${` themselves"
            add(line: line, "\(owner) has a `${` of an unknown kind: only \(ways)")
        }
        return nil
    }
}

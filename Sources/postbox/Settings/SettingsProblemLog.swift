internal import Foundation
internal import PostboxCore
internal import Yams

/// Collects the problems of one file, and knows what its values may refer to.
final class SettingsProblemLog {
    let folder: String
    private let file: String
    private let environment: [String: String]
    private(set) var problems: [SettingsProblem] = []
    /// What is allowed and not wise.
    private(set) var warnings: [SettingsProblem] = []
    /// Values that may hold passwords, as they stand in the file.
    private(set) var secrets: [ConfigurationCopy.Secret] = []

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

    /// Notes all texts of a value that may hold a password.
    func note(secret node: Node, isAddress: Bool, line: Int) {
        switch node {
        case .scalar(let scalar):
            secrets.append(
                ConfigurationCopy.Secret(line: scalar.mark?.line ?? line, text: scalar.string, isAddress: isAddress))
        case .sequence(let items):
            for item in items { note(secret: item, isAddress: isAddress, line: item.mark?.line ?? line) }
        case .mapping(let entries):
            for (key, value) in entries { note(secret: value, isAddress: isAddress, line: key.mark?.line ?? line) }
        case .alias: break
        }
    }

    /// Notes what is allowed and not wise.
    func warn(line: Int, _ what: String) { warnings.append(SettingsProblem(file: file, line: line, what: what)) }

    /// Notes that a secret stands in the file itself. `owner`: what has it, as a sentence begins with it.
    func warnOfLiteral(line: Int, _ owner: String) {
        let what =
            "\(owner) is a secret that stands in this file; write ${file:PATH}, ${credential:NAME} or ${env:NAME} instead"
        warnings.append(SettingsProblem(file: file, line: line, what: what, isLiteralSecret: true))
    }

    /// `text` with `${env:NAME}`, `${file:PATH}` and `${credential:NAME}` replaced and `$${` standing for `${`; nil after a problem.
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
            return content(absolutePath(path, from: folder), "the file `\(path)`", of: owner, line: line)
        } else if reference.hasPrefix("credential:") {
            return credential(String(reference.dropFirst(11)), of: owner, line: line)
        } else {
            let ways =
                "`${env:NAME}`, `${file:PATH}` and `${credential:NAME}` are replaced; write `$${` for the characters `${` themselves"
            add(line: line, "\(owner) has a `${` of an unknown kind: only \(ways)")
        }
        return nil
    }

    /// A file that the service manager laid down for this run alone: systemd.exec(5), `LoadCredential=`.
    private func credential(_ name: String, of owner: String, line: Int) -> String? {
        guard !name.isEmpty, name != ".", name != "..", !name.contains("/") else {
            add(line: line, "\(owner) needs a credential by its name, without a folder: `${credential:NAME}`")
            return nil
        }
        guard let folder = environment["CREDENTIALS_DIRECTORY"], folder.hasPrefix("/") else {
            let why = "the service manager gives none to this program (CREDENTIALS_DIRECTORY is not set)"
            add(line: line, "\(owner) needs the credential `\(name)`, and \(why)")
            return nil
        }
        return content("\(folder)/\(name)", "the credential `\(name)`", of: owner, line: line)
    }

    /// A file's text without its last line end. `what`: how a problem names it.
    private func content(_ path: String, _ what: String, of owner: String, line: Int) -> String? {
        let bytes = SettingsLoader.contents(path, atMost: 1 << 16)
        if let bytes, let text = String(validating: bytes, as: UTF8.self) {
            // A carriage return and a line feed are one Character.
            return text.last?.isNewline == true ? String(text.dropLast()) : text
        }
        let trouble = bytes == nil ? "cannot be read (or is longer than 64 KiB)" : "is not UTF-8 text"
        add(line: line, "\(owner) needs \(what), which \(trouble)")
        return nil
    }
}

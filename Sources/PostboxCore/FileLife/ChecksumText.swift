/// The SHA-256 of a price file as its companion has it, in small letters: a line of sha256sum (`HEX  NAME`, `HEX *NAME`) or
/// the digits alone. nil: it cannot be read so.
///
/// One line is the file's whatever name it has: producers write it under another one and rename. Of several lines it is the
/// one with the file's name, a path before it or not.
package func sha256(inCompanion bytes: [UInt8], of name: String) -> String? {
    let mark = Array("\u{FEFF}".utf8)
    let text = String(validating: bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...], as: UTF8.self)
    let lines = (text ?? "").split(whereSeparator: \.isNewline).map(parts)
    if lines.count == 1 { return lines[0].digest }
    return lines.first { $0.name.split(separator: "/").last.map(String.init) == name }?.digest
}

private func parts(_ line: Substring) -> (digest: String?, name: Substring) {
    // sha256sum begins a line with a backslash when it had to escape the name.
    let line = line.first == "\\" ? line.dropFirst() : line
    let digits = line.prefix { $0.isASCII && $0.isHexDigit }
    let rest = line.dropFirst(digits.count)
    let isWhole = digits.utf8.count == 64 && (rest.isEmpty || rest.first == " " || rest.first == "\t")
    var name = rest.drop { $0 == " " || $0 == "\t" }
    if name.first == "*" { name = name.dropFirst() }
    return (isWhole ? digits.lowercased() : nil, name)
}

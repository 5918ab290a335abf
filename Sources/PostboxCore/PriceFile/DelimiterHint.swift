/// What to set when a header shows that its cells are separated by something else than the rule's delimiter: it is one
/// column, with that in its name. Nil when it shows no such thing.
///
/// - Parameters:
///   - columns: All columns of a CSV file.
///   - delimiter: What the file was read with.
package func delimiterHint(columns: [Column], delimiter: UInt8) -> String? {
    guard columns.count == 1, let name = columns.first?.name.utf8, !name.contains(delimiter) else { return nil }
    // The one that stands there most often; of equal ones the first in this list.
    var best: (word: String, count: Int)?
    for (byte, word) in [
        (Byte.semicolon, "\";\""), (Byte.tab, "tab"), (UInt8(ascii: "|"), "\"|\""), (UInt8(ascii: ","), "\",\""),
    ] {
        let count = name.count(where: { $0 == byte })
        if count > best?.count ?? 0 { best = (word, count) }
    }
    return best.map { "Set `delimiter: \($0.word)` in the file's rule." }
}

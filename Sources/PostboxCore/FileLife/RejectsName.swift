/// The name of a file that holds the bad rows of a drop: `NAME.rejects-DROP.EXT`, and where the drop had several destinations
/// `NAME.rejects-DROP@DESTINATION.EXT`. NAME is the name that was dropped, whole; EXT is its extension, and
/// of a packed file that of what it holds.
package struct RejectsName: Sendable, Equatable {
    /// NAME: what the file was called when it was dropped. It may be a rejects file's name itself.
    package var original: String
    /// The drop whose rows they are; nil: none, as Postbox writes no number like that: `0`, `01`, or one that is too large.
    package private(set) var drop: Int?
    /// The number as it stands in the name.
    package private(set) var number: String
    /// nil: all destinations of that drop.
    package var destination: String?

    package init(original: String, drop: Int, destination: String? = nil) {
        self.original = original
        self.drop = drop
        number = "\(drop)"
        self.destination = destination
    }

    private static let mark = Array(".rejects-".utf8)

    /// Reads a name; nil: it is no rejects file's. What somebody put between the number and the extension does not matter.
    package init?(_ name: String) {
        let bytes = Array(name.utf8)
        guard let at = Self.lastMark(bytes), at > 0 else { return nil }
        let tail = bytes[(at + Self.mark.count)...]
        let digits = tail.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !digits.isEmpty else { return nil }
        original = String(decoding: bytes[..<at], as: UTF8.self)
        number = String(decoding: digits, as: UTF8.self)
        drop = digits.first == UInt8(ascii: "0") ? nil : Int(number)
        // What stands between the number and the extension, ` (1)`, `-fixed` or `.2`, somebody put there who saved the file.
        let rest = tail.dropFirst(digits.count)
        guard rest.first == UInt8(ascii: "@") else { return }
        let text = String(decoding: rest.dropFirst().prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self)
        destination = FileNames.unescaped(text.replacing("%2E", with: ".")) ?? text
    }

    /// The name itself.
    package var text: String {
        let ext = FileNames.textEnding(original)
        return original + ".rejects-\(number)" + (destination.map(Self.part) ?? "") + (ext.isEmpty ? "" : "." + ext)
    }

    /// What a name has for a destination.
    package static func part(of destination: String) -> String {
        // A dot ends it.
        "@" + FileNames.escaped(destination).replacing(".", with: "%2E")
    }

    /// The name of the file that the rows were in at first, for a rejects file, and for the rejects of one; any other name is its
    /// own.
    package static func root(of name: String) -> String {
        var name = name
        while let rejects = RejectsName(name) { name = rejects.original }
        return name
    }

    /// Whether somebody may take a file of this name for the rejects of a drop, which it is not.
    package static func isMistakable(_ name: String) -> Bool {
        name.lowercased().contains("rejects") && RejectsName(name) == nil
    }

    /// Where the last mark begins.
    private static func lastMark(_ bytes: [UInt8]) -> Int? {
        var at = bytes.count - mark.count
        while at >= 0 {
            if bytes[at..<at + mark.count].elementsEqual(mark) { return at }
            at -= 1
        }
        return nil
    }
}

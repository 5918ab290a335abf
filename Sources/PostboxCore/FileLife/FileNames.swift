/// Names of what lies beside a moved file.
package enum FileNames {
    /// The file's extension without its dot, and what comes before the dot. A leading dot makes no extension.
    package static func split(_ name: String) -> (stem: String, ext: String) {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return (name, "") }
        return (String(name[..<dot]), String(name[name.index(after: dot)...]))
    }

    /// The same with the ending of a packed file's name: `csv.gz` of `eod.csv.gz`, `zip` of `eod_2026.03.04.zip`.
    private static func splitPacked(_ name: String) -> (stem: String, ext: String) {
        let whole = split(name)
        guard Packing(fileName: name) != nil else { return whole }
        let inner = split(whole.stem)
        let isEnding = (1...5).contains(inner.ext.utf8.count) && inner.ext.contains { $0.isASCII && $0.isLetter }
        return isEnding ? (inner.stem, inner.ext + "." + whole.ext) : whole
    }

    /// The ending of what a file holds, packed or not, as its rejects have it; empty: it has none.
    static func textEnding(_ name: String) -> String {
        let inner = Packing.unpackedName(name)
        // The rejects of a workbook are lines of CSV; those of a zip without an ending inside any text.
        if PriceFileFormat(fileName: inner)?.traits.isWorkbook == true { return "csv" }
        let ext = split(inner).ext
        return ext.isEmpty && Packing(fileName: name) != nil ? "txt" : ext
    }

    /// `eod.csv`, then `eod.2.csv`, `eod.3.csv`; `eod.2.csv.gz` of a packed one.
    package static func numbered(_ name: String, _ number: Int) -> String {
        guard number > 1 else { return name }
        let (stem, ext) = splitPacked(name)
        return ext.isEmpty ? "\(stem).\(number)" : "\(stem).\(number).\(ext)"
    }

    package static func result(_ name: String) -> String { name + ".result.csv" }
    package static func skipped(_ name: String) -> String { name + skippedSuffix }
    /// Of the list of rows that do not count.
    package static let skippedSuffix = ".skipped.csv"
    package static func readBack(_ name: String) -> String { name + readBackSuffix }
    /// Of what a server stores of the rows.
    package static let readBackSuffix = ".readback.csv"
    package static func incident(_ name: String) -> String { name + incidentSuffix }
    /// Of the list of wrong values that a withdrawal replaces.
    package static let incidentSuffix = ".incident.csv"
    package static func summary(_ name: String) -> String { name + ".summary.json" }

    /// Whether what lies beside a file of that name would have too long a name itself (255 bytes), a number for a taken name
    /// included. `destinations`: those that may have a rejects file of their own.
    package static func isTooLong(_ name: String, destinations: [String] = []) -> Bool {
        let numbered = numbered(name, 99_999)
        let rejects = ([nil] + destinations).map {
            RejectsName(original: name, drop: 9_999_999_999, destination: $0).text
        }
        return ([summary(numbered), result(numbered)] + rejects).contains { $0.utf8.count > 255 }
    }

    /// Whether a name in the inbox is never taken: dot files and names that producers use while they write.
    package static func isIgnored(_ name: String) -> Bool {
        guard !name.hasPrefix("."), !name.hasSuffix("~") else { return true }
        let name = name.lowercased()
        return unfinished.contains { name.hasSuffix($0) }
    }

    /// Endings of files that are still being written, in small letters.
    private static let unfinished = [
        ".tmp", ".temp", ".part", ".partial", ".filepart", ".lftp", ".inprogress", ".writing", ".uploading",
        ".crdownload", ".!ut",
    ]

    // A destination may be called what no file may.

    /// As a part of a file's name; see `unescaped`.
    static func escaped(_ name: String) -> String {
        var out = ""
        for character in name {
            switch character {
            case "%": out += "%25"
            case "/": out += "%2F"
            default: out.append(character)
            }
        }
        return out
    }

    /// What `escaped` made a part of a file's name of; nil: it made none such.
    static func unescaped(_ text: String) -> String? {
        var out = ""
        var rest = text[...]
        while let first = rest.first {
            if first != "%" {
                out.append(first)
                rest = rest.dropFirst()
            } else if rest.hasPrefix("%25") {
                out += "%"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("%2F") {
                out += "/"
                rest = rest.dropFirst(3)
            } else {
                return nil
            }
        }
        return out
    }
}

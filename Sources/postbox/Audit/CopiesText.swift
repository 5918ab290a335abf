internal import PostboxCore
internal import PostboxIO

/// What a drop was claimed with, and where copies of that are kept.
struct CopiesText {
    private struct Copy {
        /// `configuration`, `table rics`, `dictionary fields`.
        var what: String
        var sha256: String
        /// Where the copy lies; nil: it is no longer kept.
        var path: String?
    }

    private let copies: [Copy]

    /// Throws `DiskError`.
    init(_ claimed: DropCopies, in directories: Settings.Directories) throws {
        let state = directories.state
        let (tables, dictionaries) = (TableFiles(state: state), DictionaryStore(state: state))
        var all: [(String, String, String)] = []
        if let sha256 = claimed.configuration {
            all.append(("configuration", sha256, ConfigurationFiles(state: state).path(sha256)))
        }
        for (name, copy) in (claimed.tables ?? [:]).sorted(by: { $0.key < $1.key }) {
            all.append(("table \(name)", copy.sha256, tables.path(copy.sha256)))
        }
        if let copy = claimed.dictionary {
            for part in DictionaryPart.allCases {
                let sha256 = copy.sha256(of: part)
                all.append(("dictionary \(part.rawValue)", sha256, dictionaries.path(sha256)))
            }
        }
        copies = try all.map { Copy(what: $0.0, sha256: $0.1, path: try Disk.exists($0.2) ? $0.2 : nil) }
    }

    /// One line each, for people.
    var lines: [String] {
        copies.map {
            "\($0.what): \($0.sha256.prefix(12)) " + ($0.path.map { "(\($0))" } ?? "(no copy is kept any more)")
        }
    }

    /// A list on one line.
    var json: String {
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        let items = copies.map {
            "{\"what\":\(quoted($0.what)),\"sha256\":\(quoted($0.sha256)),\"path\":\($0.path.map(quoted) ?? "null")}"
        }
        return "[" + items.joined(separator: ",") + "]"
    }
}

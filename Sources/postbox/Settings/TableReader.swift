internal import PostboxCore

/// Reads `tables`.
enum TableReader {
    static func read(_ value: SettingsValue, _ log: SettingsProblemLog) -> [TableRule] {
        let entries = value.entries("a mapping such as {rics: {file: rics.csv, key: ISIN}}") ?? []
        return entries.compactMap { name, value in
            if !VisibleText.isVisible(name) || name.contains(where: \.isWhitespace) {
                log.add(
                    line: value.line,
                    "`\(VisibleText.line(name))` in `tables` is no name: it has a blank or what cannot be seen")
            }
            guard let section = value.section(TableKey.self) else { return nil }
            section.require(.file)
            section.require(.key)
            var table = TableRule(name: name, path: section.path(.file) ?? "", key: section.text(.key) ?? "")
            section.read(.delimiter) { $0.parsed(as: "a delimiter", delimiter) }.map { table.delimiter = $0 }
            return table
        }
    }

    private static func delimiter(_ text: String) throws(SettingsMistake) -> UInt8 {
        guard text != "blanks" else {
            throw SettingsMistake("a delimiter: one ASCII character, or tab; a table is CSV")
        }
        return try SettingsText.delimiter(text)
    }
}

extension MappingRule {
    /// Whether a file of this name falls under the rule.
    package func matches(_ fileName: String) -> Bool {
        TextPattern(match, isNaming: true).matches(fileName)
    }

    /// What each `{NAME}` of the rule's `match` stands for in a file's name; empty: it has none, or the name does not fit.
    package func partsOfName(_ fileName: String) -> [String: String] {
        TextPattern(match, isNaming: true).values(in: fileName) ?? [:]
    }

    /// What stands against the names in `match`; nil: nothing.
    var problemOfNames: String? {
        let pattern = TextPattern(match, isNaming: true)
        if pattern.hasOpenBrace {
            return
                "`match` has a brace that is not closed: write {NAME}, or [{] where the files' names have a brace themselves"
        }
        let names = pattern.names
        for (index, name) in names.enumerated() {
            if names[..<index].contains(name) {
                return "`match` names two parts {\(name)}: which one would $\(name) be?"
            }
            if SettingsText.ownColumns.contains("$" + name) {
                return "`match` names a part {\(name)}, but $\(name) is a column of every file: choose another name"
            }
        }
        return nil
    }
}

/// Whether a file's name fits a pattern, as one of `ignore`.
package func fileName(_ name: String, matches pattern: String) -> Bool {
    TextPattern(pattern).matches(name)
}

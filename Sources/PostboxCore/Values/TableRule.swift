/// A table of the configuration, of which rules take values by a key: an entry of `tables`.
package struct TableRule: Sendable, Equatable {
    package var name: String
    /// Of its file, absolute.
    package var path: String
    /// The column by which rows are found.
    package var key: String
    /// One ASCII character.
    package var delimiter: UInt8

    package init(name: String, path: String, key: String, delimiter: UInt8 = UInt8(ascii: ",")) {
        self.name = name
        self.path = path
        self.key = key
        self.delimiter = delimiter
    }
}

/// A table as it was at some time: which bytes, and how they are read.
package struct TableCopy: Sendable, Hashable, Codable {
    /// Of its file's bytes, in hexadecimal.
    package var sha256: String
    package var key: String
    package var delimiter: UInt8

    package init(sha256: String, key: String, delimiter: UInt8) {
        self.sha256 = sha256
        self.key = key
        self.delimiter = delimiter
    }

    /// The table of today with these bytes.
    package init(_ rule: TableRule, sha256: String) {
        self.init(sha256: sha256, key: rule.key, delimiter: rule.delimiter)
    }
}

extension MappingRule {
    /// What the rule looks up: the tables by name, with the columns that it takes from each.
    package var tables: [String: Set<String>] {
        lookups.reduce(into: [:]) { $0[$1.lookup.table, default: []].insert($1.lookup.take) }
    }

    /// All lookups, each with the rule's key that it stands below.
    var lookups: [(key: RuleKey, lookup: Lookup)] {
        var found: [(key: RuleKey, lookup: Lookup)] = []
        if case .derived(_, let value) = ric, let lookup = value.lookup { found.append((.ric, lookup)) }
        for field in fields ?? [] {
            if case .derived(_, let value) = field.source, let lookup = value.lookup { found.append((.fields, lookup)) }
        }
        for column in shape?.lets ?? [] {
            if let lookup = column.value.lookup { found.append((.let, lookup)) }
        }
        for check in checks ?? [] { if let lookup = check.lookup { found.append((.checks, lookup)) } }
        return found
    }
}

extension Settings {
    /// The columns of a table that some rule takes, in order.
    package func columns(ofTable name: String) -> [String] {
        rules.reduce(into: Set()) { $0.formUnion($1.tables[name] ?? []) }.sorted()
    }
}

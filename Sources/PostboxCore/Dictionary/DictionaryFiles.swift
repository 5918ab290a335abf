/// Where the two files of a dictionary lie: absolute paths.
package struct DictionaryFiles: Sendable, Hashable {
    package var fields: String
    package var enums: String

    package init(fields: String, enums: String) {
        self.fields = fields
        self.enums = enums
    }

    /// The path of one of them.
    package func path(of part: DictionaryPart) -> String {
        switch part {
        case .fields: fields
        case .enums: enums
        }
    }
}

/// A dictionary as it was at some time: which bytes its two files had.
package struct DictionaryCopy: Sendable, Hashable, Codable {
    /// SHA-256 of RDMFieldDictionary, in hexadecimal.
    package var fields: String
    /// SHA-256 of enumtype.def.
    package var enums: String
    package var versions: DictionaryVersions

    package init(fields: String, enums: String, versions: DictionaryVersions) {
        self.fields = fields
        self.enums = enums
        self.versions = versions
    }

    /// SHA-256 of one of the files.
    package func sha256(of part: DictionaryPart) -> String {
        switch part {
        case .fields: fields
        case .enums: enums
        }
    }
}

extension Settings {
    /// The dictionary that a destination's values are held to; nil: none.
    package func dictionary(of destination: String) -> DictionaryFiles? {
        destinations.first { $0.name == destination }.flatMap { $0.dictionary ?? dictionary }
    }

    /// The dictionary that a rule's values are held to: its destinations have the same one.
    package func dictionary(of rule: MappingRule) -> DictionaryFiles? {
        rule.destinations.lazy.compactMap { dictionary(of: $0) }.first
    }

    /// All dictionaries that are named, each once, in the order of the file.
    package var dictionaries: [DictionaryFiles] {
        var all: [DictionaryFiles] = []
        for files in [dictionary] + destinations.map(\.dictionary) {
            if let files, !all.contains(files) { all.append(files) }
        }
        return all
    }
}

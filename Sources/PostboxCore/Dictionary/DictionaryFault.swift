/// The two files of a dictionary.
package enum DictionaryPart: String, Sendable, Hashable, CaseIterable, Codable {
    /// RDMFieldDictionary.
    case fields
    /// enumtype.def.
    case enums
}

/// Why a dictionary's file cannot be read whole.
package struct DictionaryFault: Error, Sendable, Equatable {
    package var part: DictionaryPart
    /// From 1; 0: it is about the file as a whole.
    package var line: Int
    /// Half a sentence for people, without a full stop.
    package var what: String

    package init(_ part: DictionaryPart, line: Int = 0, _ what: String) {
        self.part = part
        self.line = line
        self.what = what
    }

    /// With its line, for people.
    package var text: String { line > 0 ? "line \(line), \(what)" : what }
}

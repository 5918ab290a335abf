/// The fields that a site's servers know, as its two dictionary files have them: RDMFieldDictionary and enumtype.def.
///
/// It lies in flat arrays: a site has some 16,000 fields and as many display texts.
package struct FieldDictionary: Sendable {
    /// A field as the dictionary has it.
    package struct Field: Sendable, Equatable {
        /// As it is spelled on the wire: the acronym.
        package var name: String
        /// The name for people.
        package var title: String
        /// The FID.
        package var number: Int
        package var type: RWFType
        /// RWF LEN: bytes at most.
        package var length: Int
        /// Which of `enums` is the field's; nil: it has none.
        package var table: Int?
    }

    struct Record {
        /// Where its name lies in `bytes`; the title lies right behind it.
        var start: UInt32
        var nameCount: UInt8
        var titleCount: UInt8
        var type: RWFType
        var number: Int32
        var length: UInt16
        /// Which of `enums`, or -1.
        var table: Int32
    }

    /// What the files' tags say of their versions; empty: nothing.
    package var versions: DictionaryVersions
    /// The display texts of all enumerations.
    package var enums: EnumTables
    private let bytes: [UInt8]
    /// By name.
    private var records: [Record]

    /// - Parameter records: sorted by name, each name once.
    init(versions: DictionaryVersions, bytes: [UInt8], records: [Record]) {
        self.versions = versions
        enums = EnumTables()
        self.bytes = bytes
        self.records = records
    }

    /// How many fields there are.
    package var count: Int { records.count }

    /// The field of that name, spelled exactly so.
    package func field(_ name: String) -> Field? {
        index(of: Array(name.utf8)).map { field(at: $0) }
    }

    /// The fields whose names fit a pattern of `*`, `?` and sets, whatever the case of its letters, in the order of names.
    package func fields(like pattern: String) -> [Field] {
        let pattern = TextPattern(pattern.uppercased())
        return records.indices.lazy.map { field(at: $0) }.filter { pattern.matches($0.name.uppercased()) }
    }

    /// What a message adds of a name that is no field's: the nearest one, where there is one.
    package func words(ofNearestTo name: String) -> String {
        nearest(to: name).map { "; the nearest is \($0)" } ?? ""
    }

    /// The field's name that a mistyped one was most likely meant to be; nil: none is near.
    package func nearest(to name: String) -> String? {
        var search = NearestBytes(to: Array(name.utf8))
        for (index, record) in records.enumerated() { search.look(at: bytes, nameRange(record), index: index) }
        return search.best.map { field(at: $0).name }
    }

    /// Gives fields the table with the number `table`, as enumtype.def does. False: the field is no ENUM, and needs none.
    mutating func setTable(_ table: Int, at index: Int) -> Bool {
        guard records[index].type == .enum else { return false }
        records[index].table = Int32(table)
        return true
    }

    func index(of name: [UInt8]) -> Int? {
        var low = 0
        var high = records.count
        while low < high {
            let middle = (low + high) / 2
            switch compare(name.span, bytes.span.extracting(nameRange(records[middle]))) {
            case 0: return middle
            case ..<0: high = middle
            default: low = middle + 1
            }
        }
        return nil
    }

    func record(at index: Int) -> Record { records[index] }

    private func field(at index: Int) -> Field {
        let record = records[index]
        let name = nameRange(record)
        return Field(
            name: String(decoding: bytes[name], as: UTF8.self),
            title: String(
                decoding: bytes[name.upperBound..<name.upperBound + Int(record.titleCount)], as: UTF8.self),
            number: Int(record.number), type: record.type, length: Int(record.length),
            table: record.table < 0 ? nil : Int(record.table))
    }

    private func nameRange(_ record: Record) -> Range<Int> {
        Int(record.start)..<Int(record.start) + Int(record.nameCount)
    }
}

/// What the tags of the two files say: `Version` of the one, `DT_Version` of the other. Empty: there is no such tag.
package struct DictionaryVersions: Sendable, Hashable, Codable {
    package var fields: String
    package var enums: String

    package init(fields: String = "", enums: String = "") {
        self.fields = fields
        self.enums = enums
    }
}

/// Which of two pieces of bytes comes first: below zero, the first one; 0, they are the same.
func compare(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Int {
    for index in 0..<min(one.count, other.count) {
        let difference = Int(one[index]) - Int(other[index])
        if difference != 0 { return difference }
    }
    return one.count - other.count
}

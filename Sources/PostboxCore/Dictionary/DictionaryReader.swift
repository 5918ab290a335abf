/// Reads a site's two dictionary files, as they are. What cannot be read for certain is a fault of the whole: a field or a value
/// that was left out would be told as unknown.
package enum DictionaryReader {
    /// Bytes of a file at most: a real one has two million.
    package static let bytesMax = 64 << 20

    /// The dictionary in these bytes. Throws the first `DictionaryFault`.
    package static func read(fields: [UInt8], enums: [UInt8]) throws(DictionaryFault) -> FieldDictionary {
        var dictionary = try readFields(fields)
        try readEnums(enums, into: &dictionary)
        return dictionary
    }

    // MARK: - RDMFieldDictionary

    private typealias Line = (record: FieldDictionary.Record, number: Int)

    /// `ACRONYM "DDE NAME" FID RIPPLES|NULL TYPE LENGTH[ ( n )] RWFTYPE RWFLEN`
    private static func readFields(_ bytes: [UInt8]) throws(DictionaryFault) -> FieldDictionary {
        var lines = DictionaryLines(.fields, bytes)
        let types = Dictionary(uniqueKeysWithValues: RWFType.allCases.map { ($0.rawValue, $0) })
        var names: [UInt8] = []
        var found: [Line] = []
        var numbers: [Int32: Int] = [:]
        names.reserveCapacity(bytes.count / 6)
        while try lines.advance() {
            let name = try lines.word("acronym")
            guard name.count <= 255, isFieldName(lines.text(name)) else {
                throw lines.fault("the acronym \(shown(Array(lines.piece(name)).span)) cannot be a field's name")
            }
            let title = try lines.enclosed("DDE acronym", by: UInt8(ascii: "\""))
            guard title.count <= 255 else { throw lines.fault("the DDE acronym is longer than 255 bytes") }
            let number = Int32(try lines.number("FID", -32768...32767))
            _ = try lines.word("field to ripple to")
            _ = try lines.word("field type")
            _ = try lines.number("length", 0...99_999)
            if lines.skip(UInt8(ascii: "(")) {
                _ = try lines.number("length of a display text", 0...99_999)
                guard lines.skip(UInt8(ascii: ")")) else {
                    throw lines.fault("the bracket behind the length is not closed")
                }
            }
            let word = lines.text(try lines.word("RWF type"))
            guard let type = types[word] else {
                throw lines.fault("the RWF type \(shown(Array(word.utf8).span)) is unknown")
            }
            let length = try lines.number("RWF length", 0...65535)
            guard lines.isAtEnd else { throw lines.fault("there is more behind the RWF length") }
            if let other = numbers.updateValue(lines.number, forKey: number) {
                throw lines.fault("the FID \(number) stands in line \(other) already")
            }
            let start = UInt32(names.count)
            names += lines.piece(name)
            names += lines.piece(title)
            found.append(
                (
                    FieldDictionary.Record(
                        start: start, nameCount: UInt8(name.count), titleCount: UInt8(title.count), type: type,
                        number: number, length: UInt16(length), table: -1), lines.number
                ))
        }
        guard !found.isEmpty else { throw DictionaryFault(.fields, "there is no field in the file") }
        try sort(&found, names)
        return FieldDictionary(
            versions: DictionaryVersions(fields: lines.tags["Version"] ?? ""), bytes: Array(names[...]),
            records: found.map(\.record))
    }

    private static func sort(_ found: inout [Line], _ names: [UInt8]) throws(DictionaryFault) {
        func range(_ line: Line) -> Range<Int> {
            Int(line.record.start)..<Int(line.record.start) + Int(line.record.nameCount)
        }
        found.sort { one, other in
            let order = compare(names.span.extracting(range(one)), names.span.extracting(range(other)))
            return order < 0 || order == 0 && one.number < other.number
        }
        for (one, other) in zip(found, found.dropFirst())
        where compare(names.span.extracting(range(one)), names.span.extracting(range(other))) == 0 {
            let name = String(decoding: names[range(one)], as: UTF8.self)
            throw DictionaryFault(
                .fields, line: other.number, "the field \(name) stands in line \(one.number) already")
        }
    }

    // MARK: - enumtype.def

    /// Fields, one a line (`ACRONYM FID`), and behind them their values (`NUMBER "TEXT" MEANING`, `NUMBER #HEX# MEANING`).
    private static func readEnums(
        _ bytes: [UInt8], into dictionary: inout FieldDictionary
    ) throws(DictionaryFault) {
        var lines = DictionaryLines(.enums, bytes)
        /// Fields of the table at hand, as indices; nil stands for one that needs no table.
        var fields: [(index: Int?, line: Int)] = []
        var values: [(number: UInt16, text: [UInt8], isDeprecated: Bool)] = []
        var seen: [Int: Int] = [:]
        while try lines.advance() {
            if lines.isAtNumber {
                guard !fields.isEmpty else { throw lines.fault("a value stands before any field that has it") }
                values.append(try value(&lines))
                continue
            }
            if !values.isEmpty { close(&fields, &values, into: &dictionary) }
            let field = try field(&lines, in: dictionary)
            if let field, let other = seen.updateValue(lines.number, forKey: field) {
                throw lines.fault("the field has values already: it stands in line \(other)")
            }
            fields.append((field, lines.number))
        }
        if let last = fields.last, values.isEmpty {
            throw DictionaryFault(
                .enums, line: last.line, "no value stands behind this field: the file may have been cut off")
        }
        if !values.isEmpty { close(&fields, &values, into: &dictionary) }
        guard dictionary.enums.count > 0 else { throw DictionaryFault(.enums, "there is no enumeration in the file") }
        dictionary.enums.shrink()
        dictionary.versions.enums = lines.tags["DT_Version"] ?? lines.tags["Version"] ?? lines.tags["RT_Version"] ?? ""
    }

    private static func close(
        _ fields: inout [(index: Int?, line: Int)],
        _ values: inout [(number: UInt16, text: [UInt8], isDeprecated: Bool)], into dictionary: inout FieldDictionary
    ) {
        let table = dictionary.enums.add(values)
        for case (let index?, _) in fields { _ = dictionary.setTable(table, at: index) }
        fields = []
        values = []
    }

    /// nil: the dictionary has no such field. Throws `DictionaryFault` where name and number are those of two fields.
    private static func field(
        _ lines: inout DictionaryLines, in dictionary: FieldDictionary
    ) throws(DictionaryFault) -> Int? {
        let name = try lines.word("acronym")
        let number = try lines.number("FID", -32768...32767)
        guard lines.isAtEnd else { throw lines.fault("there is more behind the FID") }
        guard let index = dictionary.index(of: Array(lines.piece(name))) else { return nil }
        let known = dictionary.record(at: index).number
        guard known == Int32(number) else {
            throw lines.fault("\(lines.text(name)) has the FID \(number) here and \(known) in the field dictionary")
        }
        return index
    }

    private static func value(
        _ lines: inout DictionaryLines
    ) throws(DictionaryFault) -> (number: UInt16, text: [UInt8], isDeprecated: Bool) {
        let number = UInt16(try lines.number("value", 0...65535))
        let text: [UInt8]
        if lines.isAtHash {
            text = try hex(lines.enclosed("display text", by: UInt8(ascii: "#")), lines)
        } else {
            text = Array(lines.piece(try lines.enclosed("display text", by: UInt8(ascii: "\""))))
        }
        guard text.count <= 255 else { throw lines.fault("the display text is longer than 255 bytes") }
        return (number, text, isMarked(lines.piece(lines.rest)))
    }

    private static func hex(_ range: Range<Int>, _ lines: DictionaryLines) throws(DictionaryFault) -> [UInt8] {
        let digits = lines.piece(range).map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: 255
            }
        }
        guard digits.count % 2 == 0, !digits.contains(255) else {
            throw lines.fault("the display text between # is not written in pairs of hexadecimal digits")
        }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// Whether a meaning says that its value is no longer to be used.
    private static func isMarked(_ meaning: ArraySlice<UInt8>) -> Bool {
        let word: StaticString = "deprecated"
        let count = word.utf8CodeUnitCount
        guard meaning.count >= count else { return false }
        for start in meaning.startIndex...meaning.endIndex - count where meaning[start] | 0x20 == word.utf8Start[0] {
            var isWord = true
            for offset in 1..<count where meaning[start + offset] | 0x20 != word.utf8Start[offset] {
                isWord = false
                break
            }
            if isWord { return true }
        }
        return false
    }
}

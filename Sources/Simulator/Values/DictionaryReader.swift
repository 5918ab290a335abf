import Foundation

/// Reads a site's `RDMFieldDictionary` and `enumtype.def` (The wire §8.4).
enum DictionaryReader {
    /// The type of each field, ENUMs with their tables.
    /// - Throws: ``ScenarioError`` with file and line for what cannot be read.
    static func types(_ files: Scenario.DictionaryFiles) throws(ScenarioError) -> [String: FieldType] {
        var fields = try fields(in: try contents(of: files.fields), file: files.fields)
        let tables = try tables(in: try contents(of: files.enums), file: files.enums)
        for table in tables {
            for use in table.uses {
                // A table may serve fields that this dictionary does not have.
                guard let field = fields[use.name] else { continue }
                guard field.number == use.number else {
                    throw ScenarioError(
                        file: files.enums, line: use.line,
                        message: "\(use.name) is field \(use.number) here and \(field.number) in \(files.fields)")
                }
                if case .enumeration = field.type { fields[use.name]?.type = .enumeration(table.values) }
            }
        }
        return fields.mapValues(\.type)
    }

    private static func contents(of path: String) throws(ScenarioError) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw ScenarioError(file: path, line: 1, message: "the file cannot be read: \(error.localizedDescription)")
        }
    }

    // MARK: Fields

    struct Field {
        var number: Int16
        var type: FieldType
        var line: Int
    }

    /// Lines of `ACRONYM "DDE NAME" FID RIPPLES_TO FIELD_TYPE LENGTH [( n )] RWF_TYPE RWF_LEN`. The RWF type alone tells
    /// what a field holds.
    static func fields(in bytes: [UInt8], file: String) throws(ScenarioError) -> [String: Field] {
        var fields: [String: Field] = [:]
        var lines = DictionaryLines(bytes, file: file)
        while var line = lines.next() {
            let name = try line.word("the acronym")
            _ = try line.quoted("the DDE name")
            let number = try line.integer("the field's number", as: Int16.self)
            _ = try line.word("the field that it ripples to, or NULL,")
            _ = try line.word("the field type")
            _ = try line.integer("the length", as: UInt16.self)
            if line.take("(") {
                _ = try line.integer("the length of an enumeration's text", as: UInt16.self)
                guard line.take(")") else { throw line.problem("the length in parentheses is not closed") }
            }
            let typeName = try line.word("the RWF type")
            guard let type = FieldType(dictionaryName: typeName) else {
                throw line.problem("'\(typeName)' is no RWF type")
            }
            _ = try line.integer("the RWF length", as: UInt16.self)
            guard line.isAtEnd else { throw line.problem("there is more after the RWF length") }
            if let first = fields[name] { throw line.problem("\(name) stands in line \(first.line) already") }
            fields[name] = Field(number: number, type: type, line: line.number)
        }
        guard !fields.isEmpty else { throw ScenarioError(file: file, line: 1, message: "there is no field in it") }
        return fields
    }

    // MARK: Enumerations

    struct Table {
        struct Use {
            var name: String
            var number: Int16
            var line: Int
        }

        var uses: [Use] = []
        var values = EnumTable()
    }

    /// Tables, each of one or more lines `ACRONYM FID` and lines `VALUE "DISPLAY" MEANING` or `VALUE #HEX# MEANING`.
    static func tables(in bytes: [UInt8], file: String) throws(ScenarioError) -> [Table] {
        var tables: [Table] = []
        var hasValues = true
        var lines = DictionaryLines(bytes, file: file)
        while var line = lines.next() {
            let first = try line.word("a value or an acronym")
            guard line.isAtDisplay else {
                let number = try line.integer("the field's number", as: Int16.self)
                guard line.isAtEnd else { throw line.problem("there is more after the field's number") }
                if hasValues { tables.append(Table()) }
                hasValues = false
                tables[tables.count - 1].uses.append(.init(name: first, number: number, line: line.number))
                continue
            }
            guard let value = plainInteger(first.utf8, as: UInt16.self) else {
                throw line.problem("'\(first)' is no value from 0 to 65535")
            }
            guard !tables.isEmpty else { throw line.problem("a value stands before the first field") }
            tables[tables.count - 1].values.add(value, display: try line.display())
            hasValues = true
        }
        guard hasValues, !tables.isEmpty else {
            throw ScenarioError(file: file, line: 1, message: "there is no table in it, or the last one has no values")
        }
        return tables
    }
}

extension FieldType {
    /// The type of an RWF type's name in a field dictionary; nil for a name that there is not.
    init?(dictionaryName name: String) {
        switch name {
        case "INT", "INT32", "INT64": self = .int
        case "UINT", "UINT32", "UINT64": self = .uint
        case "REAL", "REAL32", "REAL64": self = .real
        case "FLOAT", "DOUBLE": self = .double
        case "DATE": self = .date
        case "TIME": self = .time
        case "DATETIME", "DATE_TIME": self = .dateTime
        case "ENUM": self = .enumeration(EnumTable())
        case "ASCII_STRING", "UTF8_STRING": self = .ascii
        case "RMTES_STRING": self = .text
        case "BUFFER", "OPAQUE": self = .buffer
        case "QOS", "STATE", "STATUS", "ARRAY", "XML", "FIELD_LIST", "ELEMENT_LIST", "ELEM_LIST", "FILTER_LIST", "MAP",
            "VECTOR", "SERIES", "ANSI_PAGE", "MSG", "JSON":
            self = .container
        default: return nil
        }
    }
}

/// The lines of a dictionary file that tell something: no blank ones, and none that begin with `!`, as comments and tags do.
private struct DictionaryLines {
    private let bytes: [UInt8]
    private let file: String
    private var at = 0
    private var number = 0

    init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    mutating func next() -> DictionaryLine? {
        while at < bytes.count {
            let end = bytes[at...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            number += 1
            let line = DictionaryLine(bytes[at..<end], file: file, number: number)
            at = end + 1
            if !line.isAtEnd { return line }
        }
        return nil
    }
}

/// One line of a dictionary file, read word by word.
private struct DictionaryLine {
    private var rest: ArraySlice<UInt8>
    private let file: String
    let number: Int

    init(_ bytes: ArraySlice<UInt8>, file: String, number: Int) {
        rest = bytes
        self.file = file
        self.number = number
        skipBlanks()
    }

    /// Whether nothing is left but a comment.
    var isAtEnd: Bool { rest.isEmpty || rest.first == UInt8(ascii: "!") }

    /// Whether the next word is a display text.
    var isAtDisplay: Bool { rest.first == UInt8(ascii: "\"") || rest.first == UInt8(ascii: "#") }

    func problem(_ message: String) -> ScenarioError {
        ScenarioError(file: file, line: number, message: message)
    }

    mutating func take(_ sign: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: sign) else { return false }
        rest = rest.dropFirst()
        skipBlanks()
        return true
    }

    mutating func word(_ what: String) throws(ScenarioError) -> String {
        let word = rest.prefix { !isBlank($0) && $0 != UInt8(ascii: "(") && $0 != UInt8(ascii: ")") }
        guard !word.isEmpty else { throw problem("\(what) is missing") }
        rest = rest.dropFirst(word.count)
        skipBlanks()
        return String(decoding: word, as: UTF8.self)
    }

    mutating func integer<Value: FixedWidthInteger>(
        _ what: String, as type: Value.Type
    ) throws(ScenarioError) -> Value {
        let text = try word(what)
        guard let value = plainInteger(text.utf8, as: type) else {
            throw problem("'\(text)' stands where \(what) should, a whole number from \(type.min) to \(type.max)")
        }
        return value
    }

    /// What stands between two quotes.
    mutating func quoted(_ what: String) throws(ScenarioError) -> [UInt8] {
        guard rest.first == UInt8(ascii: "\"") else { throw problem("\(what) in quotes is missing") }
        return try enclosed(by: UInt8(ascii: "\""), what)
    }

    /// A display text in quotes, or its bytes in hexadecimal digits between `#`.
    mutating func display() throws(ScenarioError) -> [UInt8] {
        guard rest.first == UInt8(ascii: "#") else { return try quoted("the display text") }
        let digits = try enclosed(by: UInt8(ascii: "#"), "the display text").map(hexDigit)
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 != nil }) else {
            throw problem("the display text between # has to be an even number of hexadecimal digits")
        }
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8((digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0))
        }
    }

    private mutating func enclosed(by mark: UInt8, _ what: String) throws(ScenarioError) -> [UInt8] {
        let inside = rest.dropFirst()
        guard let end = inside.firstIndex(of: mark) else { throw problem("\(what) is not closed") }
        rest = rest[(end + 1)...]
        defer { skipBlanks() }
        return Array(inside[..<end])
    }

    private mutating func skipBlanks() {
        rest = rest.drop(while: isBlank)
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}

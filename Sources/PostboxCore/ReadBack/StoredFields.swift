/// What became of a row that was sent and accepted, as the server shows it.
package enum StoredRow: Sendable, Equatable {
    /// Every field that was sent is stored with its value.
    case same
    /// Some are not: a JSON object of these with what is stored, null where there is nothing.
    case differs([UInt8])
    /// The server has no such item.
    case absent
    /// It cannot be told: an enum's text stands against its number, and no dictionary knows both; or the answer is no JSON.
    case unsure
    /// There was no answer in time.
    case unanswered
}

/// Holds what a server stored of rows against what was sent.
package struct StoredFields: Sendable {
    private let dictionary: FieldDictionary?

    /// `dictionary`: the one that the rows were made with; nil: there is none, and values go by their look.
    package init(_ dictionary: FieldDictionary?) {
        self.dictionary = dictionary
    }

    /// Compares two JSON objects of fields: each that was sent must be stored; what is stored besides does not matter.
    package func compare(sent: UnsafeRawBufferPointer, stored: UnsafeRawBufferPointer) -> StoredRow {
        guard var fields = JSONMembers(sent) else { return .unsure }
        var search = MemberSearch(stored)
        var differing: [UInt8] = []
        var isUnsure = false
        while let field = fields.next() {
            let found = search.value(of: field.name)
            switch value(field.name, field.value, found).compare(sent: field.value, stored: found) {
            case .same: break
            case .unsure: isUnsure = true
            case .differs:
                differing.append(UInt8(ascii: differing.isEmpty ? "{" : ","))
                differing.append(Byte.quote)
                differing.append(contentsOf: field.name)
                differing.append(contentsOf: [Byte.quote, UInt8(ascii: ":")])
                differing.append(contentsOf: found.map { Array($0) } ?? Array("null".utf8))
            }
        }
        guard !fields.isBroken, !search.isBroken else { return .unsure }
        if !differing.isEmpty { return .differs(differing + [UInt8(ascii: "}")]) }
        return isUnsure ? .unsure : .same
    }

    /// What is known of a field. Nothing has to be where the literals are the same.
    private func value(
        _ name: UnsafeRawBufferPointer, _ sent: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer?
    ) -> StoredValue {
        guard let dictionary, let stored, !matches(sent, stored), let index = dictionary.index(of: Array(name)) else {
            return StoredValue()
        }
        let record = dictionary.record(at: index)
        return StoredValue(
            type: record.type, enums: record.table < 0 ? nil : dictionary.enums,
            table: record.table < 0 ? nil : Int(record.table))
    }
}

/// Finds members by name in an object that is read once as long as they are asked for in its order.
private struct MemberSearch {
    private let bytes: UnsafeRawBufferPointer
    private var members: JSONMembers?
    private(set) var isBroken: Bool

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        members = JSONMembers(bytes)
        isBroken = members == nil
    }

    /// nil: there is none.
    mutating func value(of name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        if let found = rest(name) { return found }
        // From the beginning: it may stand before the one that was asked for last.
        members = JSONMembers(bytes)
        return rest(name)
    }

    private mutating func rest(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        while let member = members?.next() {
            if matches(member.name, name) { return member.value }
        }
        if members?.isBroken == true { isBroken = true }
        return nil
    }
}

/// A server's message about an item that was requested, where it lies (The wire §9).
package struct ItemAnswer {
    package enum Kind {
        /// The item's fields, a JSON object; `isComplete`: no further part comes.
        case image(fields: UnsafeRawBufferPointer, isComplete: Bool)
        /// The stream's state alone. An image of which the server itself says that it is Suspect is none.
        case status(StreamState)
    }

    /// The stream that it is for.
    package var id: Int32
    package var kind: Kind

    /// Understands one message of the market price domain; nil: it is of another domain or type, or no JSON.
    package init?(_ message: UnsafeRawBufferPointer) {
        guard var members = JSONMembers(message) else { return nil }
        var id: Int32?
        var isRefresh = false
        var isStatus = false
        var isComplete = true
        var state: UnsafeRawBufferPointer?
        var fields: UnsafeRawBufferPointer?
        while let member = members.next() {
            let value = member.value
            if matches(member.name, "ID") {
                id = Int32(String(decoding: value, as: UTF8.self))
            } else if matches(member.name, "Type") {
                isRefresh = matches(value, "\"Refresh\"") || matches(value, "2")
                isStatus = matches(value, "\"Status\"") || matches(value, "3")
                guard isRefresh || isStatus else { return nil }
            } else if matches(member.name, "Domain") {
                guard matches(value, "\"MarketPrice\"") || matches(value, "6") else { return nil }
            } else if matches(member.name, "State") {
                state = value
            } else if matches(member.name, "Fields") {
                fields = value
            } else if matches(member.name, "Complete") {
                isComplete = !matches(value, "false")
            }
        }
        guard !members.isBroken, let id, isRefresh || isStatus else { return nil }
        self.id = id
        if isStatus || !Self.isWell(state) {
            kind = .status(StreamState(state.flatMap { JSONValue.parse($0) }))
        } else {
            kind = .image(fields: fields ?? Self.noFields, isComplete: isComplete)
        }
    }

    /// Whether the image counts: a server leaves the state out, or says that the data are Ok.
    private static func isWell(_ state: UnsafeRawBufferPointer?) -> Bool {
        guard let state else { return true }
        guard var members = JSONMembers(state) else { return false }
        while let member = members.next() {
            if matches(member.name, "Data"), !matches(member.value, "\"Ok\""), !matches(member.value, "1") {
                return false
            }
        }
        return true
    }

    /// `{}`; it lives as long as the program.
    private static var noFields: UnsafeRawBufferPointer {
        let empty: StaticString = "{}"
        return UnsafeRawBufferPointer(start: empty.utf8Start, count: empty.utf8CodeUnitCount)
    }
}

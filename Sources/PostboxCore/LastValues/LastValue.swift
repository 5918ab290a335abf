/// The last value of a field that a server accepted.
package struct LastValue: Sendable, Equatable {
    /// The field's name.
    package var field: String
    /// The value as it went on the wire: JSON such as `1.50`, `"text"` or `null`.
    package var json: [UInt8]
    /// The drop that it came with.
    package var drop: Int
    /// How old that drop's values are: `DropPlace.age`.
    package var age: Int64
    /// When it was accepted: microseconds since 1970.
    package var acceptedAt: Int64
    /// So many files in a row brought this value, the drop's own among them: 1 at least.
    package var run: Int

    package init(field: String, json: [UInt8], drop: Int, age: Int64, acceptedAt: Int64, run: Int) {
        self.field = field
        self.json = json
        self.drop = drop
        self.age = age
        self.acceptedAt = acceptedAt
        self.run = run
    }
}

/// What a server accepted last of one RIC at one service: its fields, which may come from different drops.
///
/// A value of an older drop never replaces one of a newer drop, in whatever order they end. A Refresh replaces the whole image at the
/// server: fields that it does not name are blank there, and none of them has a last value from then on.
package struct LastValues: Sendable, Equatable {
    /// Each field once.
    package var fields: [LastValue]

    package init(_ fields: [LastValue]) {
        self.fields = fields
    }

    /// The field of that name; nil: no value of it was accepted, or a Refresh has blanked it since.
    package subscript(name: String) -> LastValue? { fields.first { $0.field == name } }
}

/// The last accepted values as one pass over a file looks them up: those of every drop that was closed when the view was made.
package struct LastValuesView: Sendable {
    package typealias Look = @Sendable (String, String, UnsafeRawBufferPointer) throws -> LastValues?

    private let look: Look

    /// - Parameter look: Answers for a destination, a service and a RIC's bytes.
    package init(_ look: @escaping Look) {
        self.look = look
    }

    /// Nothing is known of any RIC.
    package static let empty = LastValuesView { _, _, _ in nil }

    /// What was accepted last of a RIC; nil: nothing. It waits for the disk.
    ///
    /// Throws when the store cannot be read: then nothing is known, and nobody may take it for a RIC that was never seen.
    package func find(destination: String, service: String, ric: UnsafeRawBufferPointer) throws -> LastValues? {
        try look(destination, service, ric)
    }
}

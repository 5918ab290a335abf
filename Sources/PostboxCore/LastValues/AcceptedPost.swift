/// A row of a RIC that a server accepted, at one service of a destination.
package struct AcceptedPost: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        package var name: String
        /// As it went on the wire.
        package var json: [UInt8]

        package init(name: String, json: [UInt8]) {
            self.name = name
            self.json = json
        }
    }

    /// Its drop's.
    package var place: DropPlace
    /// From 1; 0: the store of last values tells of it, and no result.
    package var row: Int
    /// Microseconds since 1970.
    package var acceptedAt: Int64
    package var post: PostKind
    package var fields: [Field]

    package init(place: DropPlace, row: Int, acceptedAt: Int64, post: PostKind, fields: [Field]) {
        self.place = place
        self.row = row
        self.acceptedAt = acceptedAt
        self.post = post
        self.fields = fields
    }

    /// - Parameters:
    ///   - settledAt: as a result tells it.
    ///   - object: the fields, as a JSON object.
    package init(place: DropPlace, row: Int, settledAt: String, post: PostKind, object: UnsafeRawBufferPointer) {
        var fields: [Field] = []
        var members = JSONMembers(object)
        while let member = members?.next() {
            fields.append(Field(name: String(decoding: member.name, as: UTF8.self), json: Array(member.value)))
        }
        self.init(
            place: place, row: row, acceptedAt: TimeText.microseconds(settledAt) ?? 0, post: post, fields: fields)
    }

    /// What it says of a field; nil: nothing.
    package func json(of name: String) -> [UInt8]? { fields.last { $0.name == name }?.json }

    /// It says what a field holds, be it that a Refresh without the field blanks it.
    func says(_ name: String) -> Bool { post == .refresh || fields.contains { $0.name == name } }

    /// Its values are newer.
    func isNewer(than other: AcceptedPost) -> Bool {
        place == other.place ? row > other.row : place.isNewer(than: other.place)
    }

    /// It was accepted later.
    func isLater(than other: AcceptedPost) -> Bool {
        acceptedAt == other.acceptedAt ? isNewer(than: other) : acceptedAt > other.acceptedAt
    }
}

/// What fields of a RIC held before, found in the rows that were accepted of it: these are taken from the newest on, until every field has
/// its value or is known to have had none.
package struct EarlierValues {
    /// Fields that are looked for still.
    package private(set) var missing: Set<String>
    /// By field: JSON as it went on the wire.
    package private(set) var found: [String: [UInt8]] = [:]
    /// Nothing older counts: a Refresh replaced the whole image.
    private var isOver = false

    package init(_ fields: some Sequence<String>) { missing = Set(fields) }

    /// Older rows are of no interest.
    package var isComplete: Bool { isOver || missing.isEmpty }

    /// Takes the next older row. `fields`: a JSON object.
    package mutating func take(_ post: PostKind, _ fields: UnsafeRawBufferPointer) {
        guard !isComplete else { return }
        var members = JSONMembers(fields)
        while let member = members?.next() {
            let name = String(decoding: member.name, as: UTF8.self)
            // Of a name that stands twice a server takes the last one; none of ours does.
            if missing.remove(name) != nil { found[name] = Array(member.value) }
        }
        if post == .refresh { isOver = true }
    }
}

/// Whether a newer post makes an older one for the same RIC and service needless: it is a Refresh, or both are Updates and
/// the newer has every field of the older.
///
/// The fields are the JSON objects that `RowMapper` wrote.
package func covers(
    newer: PostKind, newerFields: UnsafeRawBufferPointer, older: PostKind, olderFields: UnsafeRawBufferPointer
) -> Bool {
    switch (newer, older) {
    case (.refresh, _): true
    case (.update, .refresh): false
    case (.update, .update): fieldsCover(newerFields, olderFields)
    }
}

/// The same of two mapped rows, each with the batch that has its bytes.
func covers(newer: MappedRow, in newerBatch: PostBatch, older: MappedRow, in olderBatch: PostBatch) -> Bool {
    newerBatch.bytes.withUnsafeBytes { newerBytes in
        olderBatch.bytes.withUnsafeBytes { olderBytes in
            covers(
                newer: newer.post, newerFields: newer.fields(in: newerBytes), older: older.post,
                olderFields: older.fields(in: olderBytes))
        }
    }
}

extension MappedRow {
    /// Its Fields object, of the bytes of its batch.
    func fields(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[fieldsStart..<fieldsStart + fieldsLength])
    }
}

/// Whether the newer Fields object has every field name of the older, whatever the values.
///
/// Both are JSON objects as `RowMapper` writes them: no space between tokens, no escapes in names. Of anything else the
/// answer is false.
package func fieldsCover(_ newer: UnsafeRawBufferPointer, _ older: UnsafeRawBufferPointer) -> Bool {
    var wanted = FieldNames(older)
    var offered = FieldNames(newer)
    while let name = wanted.next() {
        // Posts of one RIC mostly bring the same fields in the same order, so the search goes on where it stopped.
        let resumed = offered.position
        var found = false
        while let candidate = offered.next() {
            if isSame(newer, candidate, older, name) {
                found = true
                break
            }
        }
        if !found {
            offered.position = 1
            while offered.position < resumed, let candidate = offered.next() {
                if isSame(newer, candidate, older, name) {
                    found = true
                    break
                }
            }
        }
        if !found { return false }
    }
    return !wanted.isBroken && !offered.isBroken
}

private func isSame(
    _ a: UnsafeRawBufferPointer, _ aRange: Range<Int>, _ b: UnsafeRawBufferPointer, _ bRange: Range<Int>
) -> Bool {
    guard aRange.count == bRange.count else { return false }
    for offset in 0..<aRange.count where a[aRange.lowerBound + offset] != b[bRange.lowerBound + offset] { return false }
    return true
}

/// The field names of a Fields object, one after the other.
private struct FieldNames {
    private let json: UnsafeRawBufferPointer
    /// Where the next name's quote is, or the end.
    var position = 1
    private(set) var isBroken: Bool

    init(_ json: UnsafeRawBufferPointer) {
        self.json = json
        isBroken = json.count < 2 || json[0] != UInt8(ascii: "{") || json[json.count - 1] != UInt8(ascii: "}")
    }

    /// Where the next name lies, without its quotes.
    mutating func next() -> Range<Int>? {
        let end = json.count - 1
        guard !isBroken, position < end else { return nil }
        guard json[position] == UInt8(ascii: "\"") else { return broken() }
        let start = position + 1
        var index = start
        while index < end, json[index] != UInt8(ascii: "\"") { index += 1 }
        let name = start..<index
        guard index + 2 < json.count, json[index + 1] == UInt8(ascii: ":") else { return broken() }
        index += 2
        if json[index] == UInt8(ascii: "\"") {
            index += 1
            while index < end, json[index] != UInt8(ascii: "\"") { index += json[index] == UInt8(ascii: "\\") ? 2 : 1 }
            guard index < end else { return broken() }
            index += 1
        }
        while index < end, json[index] != UInt8(ascii: ",") { index += 1 }
        position = index + 1
        return name
    }

    private mutating func broken() -> Range<Int>? {
        isBroken = true
        return nil
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What becomes of a post, as the record tells it.
enum AnswerOutcome: String {
    case ack
    case nak
    case error
    /// Made, and lost as the scenario wants it.
    case lost
    /// Never to be answered.
    case silent
    /// Stood behind a post that drew an Error in the same frame.
    case dropped
    /// The post wanted no Ack.
    case unasked
}

/// What names a post in the record.
struct PostName {
    var postID: UInt32
    var ric: String
    var service: String
}

/// The file with one JSON line for each post and one for each answer, in the order in which they came and went.
///
/// A post: `{"event":"post","time":µs,"connection":n,"PostID":n,"RIC":text,"Service":text,"kind":"Refresh"|"Update"|"Status"|
/// "Fields"|"None","ack":bool,"Fields":text,"stored":object}`, where `Fields` is a string that holds the JSON text of the
/// Fields as it came, and `stored` has for each field what would be read back of it once the post is taken: a number as the
/// text of its literal (`"24.50"`, `"840"`), a text, a date or a time as it is, `"Inf"`, `"-Inf"`, `"NaN"`,
/// `"Invalid date"`, and null for a blank. Of a post without Fields there is no `stored`.
/// Of a post that drew an Error, or was dropped behind one, the kind is `"Error"` or `"Dropped"` and `Fields` is the whole post,
/// and there is no `stored`.
/// An answer: `{"event":"answer","time":µs,"connection":n,"PostID":n,"RIC":text,"Service":text,"outcome":"ack"|"nak"|"error"|
/// "lost"|"silent"|"dropped"|"unasked","NakCode":text,"Text":text}`, the last two where there are any.
/// Lines are handed to the operating system before the answers are, so that they outlive a kill.
final class PostRecord {
    private let descriptor: CInt
    private var pending: [UInt8] = []

    /// - Throws: ``SimulatorError`` when the file cannot be made.
    init(path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw SimulatorError("cannot write the record \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
    }

    func post(
        _ name: PostName, kind: String, wantsAck: Bool, fields: ArraySlice<UInt8>, stored: [StoredField]? = nil,
        connection: Int, at now: Moment
    ) {
        var line = start("post", name, connection, now)
        line.raw(",\"kind\":")
        line.string(kind)
        line.raw(wantsAck ? ",\"ack\":true" : ",\"ack\":false")
        line.raw(",\"Fields\":")
        line.string(fields)
        if let stored { readBack(stored, &line) }
        line.raw("}\n")
        pending += line.bytes
    }

    private func readBack(_ fields: [StoredField], _ line: inout JSONText) {
        line.raw(",\"stored\":{")
        // Of a field that a post has twice, the last is the one that is read back.
        var last: [String: Int] = [:]
        for (index, field) in fields.enumerated() { last[field.name] = index }
        var isFirst = true
        for (index, field) in fields.enumerated() where last[field.name] == index {
            if !isFirst { line.raw(",") }
            isFirst = false
            line.string(field.name)
            line.raw(":")
            let isBare = field.literal.utf8.first.map { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "n") } ?? false
            if isBare { line.raw(field.literal.utf8) } else { line.string(field.literal) }
        }
        line.raw("}")
    }

    func answer(
        _ name: PostName, _ outcome: AnswerOutcome, code: String? = nil, text: String = "", connection: Int,
        at now: Moment
    ) {
        var line = start("answer", name, connection, now)
        line.raw(",\"outcome\":")
        line.string(outcome.rawValue)
        if let code {
            line.raw(",\"NakCode\":")
            line.string(code)
        }
        if !text.isEmpty {
            line.raw(",\"Text\":")
            line.string(text)
        }
        line.raw("}\n")
        pending += line.bytes
    }

    func flush() {
        var written = 0
        pending.withUnsafeBytes { bytes in
            while written < bytes.count {
                let count = write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                written += count
            }
        }
        pending.removeAll(keepingCapacity: true)
    }

    private func start(_ event: StaticString, _ name: PostName, _ connection: Int, _ now: Moment) -> JSONText {
        var line = JSONText()
        line.raw("{\"event\":\"")
        line.raw(event)
        line.raw("\",\"time\":")
        line.number(now.epochMicroseconds)
        line.raw(",\"connection\":")
        line.number(connection)
        line.raw(",\"PostID\":")
        line.number(name.postID)
        line.raw(",\"RIC\":")
        line.string(name.ric)
        line.raw(",\"Service\":")
        line.string(name.service)
        return line
    }
}

/// Why a simulator cannot start.
package struct SimulatorError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

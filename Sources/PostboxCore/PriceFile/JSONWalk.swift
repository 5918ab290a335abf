/// Steps through a JSON document of any length, piece by piece, and holds no more of it than what is open.
struct JSONWalk {
    /// What comes next.
    enum Upcoming {
        /// A value; its first byte.
        case value(UInt8)
        /// A member's name.
        case name
        /// The end of the object or array that was opened last.
        case close
    }

    /// What was passed.
    enum Event {
        case objectStart
        case arrayStart
        case end
        case name(start: Int, length: Int, hasEscapes: Bool)
        case scalar(kind: RowBatch.Kind, start: Int, length: Int, hasEscapes: Bool)
    }

    private enum Stage {
        case value
        case firstElement
        case firstMember
        case member
        case afterValue
        case afterDocument
    }

    private var stage = Stage.value
    /// Objects and arrays open: whether each is an object.
    private var open: [Bool] = []

    /// Objects and arrays open now.
    var depth: Int { open.count }

    /// Whether the document is over.
    var isOver: Bool { stage == .afterDocument }

    /// Whether nothing was passed yet.
    var isUntouched: Bool { stage == .value && open.isEmpty }

    /// What was opened last is an array.
    var isInArray: Bool { open.last == false }

    /// Passes white space and commas up to what comes next; nil: the text ends before it.
    mutating func upcoming(_ cursor: inout JSONCursor) throws(JSONFault) -> Upcoming? {
        while let byte = cursor.nextByte() {
            switch stage {
            case .value: return .value(byte)
            case .firstElement: return byte == UInt8(ascii: "]") ? .close : .value(byte)
            case .firstMember: return byte == UInt8(ascii: "}") ? .close : .name
            case .member: return .name
            case .afterValue:
                let isObject = open.last == true
                if byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) { return .close }
                guard byte == UInt8(ascii: ",") else {
                    throw .syntax(
                        at: cursor.at, what: "A comma or the closing \(isObject ? "}" : "]") is missing.")
                }
                cursor.at += 1
                stage = isObject ? .member : .value
            case .afterDocument:
                throw .goesOn(at: cursor.at)
            }
        }
        return nil
    }

    /// Passes what comes next; a cursor that finds the text cut off has moved, and nothing else.
    ///
    /// - Parameter isLast: The text ends the file: digits at its end are no part of a longer number.
    mutating func pass(
        _ upcoming: Upcoming, _ cursor: inout JSONCursor, isLast: Bool
    ) throws(JSONFault) -> Event {
        switch upcoming {
        case .close:
            cursor.at += 1
            open.removeLast()
            stage = open.isEmpty ? .afterDocument : .afterValue
            return .end
        case .name:
            let name = try cursor.passName()
            stage = .value
            return .name(start: name.start, length: name.length, hasEscapes: name.hasEscapes)
        case .value(let first):
            switch first {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if open.count >= JSONCursor.depthMax { throw .isTooDeep(at: cursor.at) }
                let isObject = first == UInt8(ascii: "{")
                cursor.at += 1
                open.append(isObject)
                stage = isObject ? .firstMember : .firstElement
                return isObject ? .objectStart : .arrayStart
            case Byte.quote:
                let string = try cursor.passString()
                passedValue()
                return .scalar(
                    kind: .string, start: string.start, length: string.length, hasEscapes: string.hasEscapes)
            default:
                let start = cursor.at
                let kind = try cursor.passScalar(first)
                // More digits may follow in the next chunk.
                if cursor.at == cursor.count, !isLast { throw .isCutOff }
                passedValue()
                return .scalar(
                    kind: kind, start: start, length: kind == .null ? 0 : cursor.at - start, hasEscapes: false)
            }
        }
    }

    /// To be called when somebody else has passed the value that came next, or a member's name and its value.
    mutating func passedValue() { stage = open.isEmpty ? .afterDocument : .afterValue }
}

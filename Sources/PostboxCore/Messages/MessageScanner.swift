/// Reads the messages of one frame: plain Acks where they lie, everything else as a tree.
///
/// A server's frame is an array of one or more messages; a single object is read as well (The wire §7).
package struct MessageScanner {
    /// A frame that is no JSON.
    package struct Broken: Error, Equatable, CustomStringConvertible {
        package init() {}

        package var description: String { "it sent a message that is no JSON" }
    }

    package init() {}

    /// Appends the PostIDs of a frame that holds nothing but Acks without NakCode and Text, in order. False: it holds something
    /// else, and nothing was appended.
    package func scanAcks(_ frame: UnsafeRawBufferPointer, into ids: inout [UInt32]) -> Bool {
        guard frame.count > 2, frame[0] == UInt8(ascii: "[") else { return false }
        let before = ids.count
        var at = 0
        repeat {
            at += 1
            guard let ack = plainAck(frame, &at) else {
                ids.removeSubrange(before...)
                return false
            }
            ids.append(ack)
        } while at < frame.count && frame[at] == UInt8(ascii: ",")
        if at + 1 == frame.count, frame[at] == UInt8(ascii: "]") { return true }
        ids.removeSubrange(before...)
        return false
    }

    /// Calls `message` for each message of the frame, in order. `item`: is given those about an item first, where some were asked
    /// for, and says whether that was all; nil: none was.
    package func scan(
        _ frame: UnsafeRawBufferPointer, item: ((ItemAnswer) -> Bool)? = nil,
        _ message: (InboundMessage) throws -> Void
    ) throws {
        var at = 0
        skipBlanks(frame, &at)
        guard at < frame.count else { return }
        let isArray = frame[at] == UInt8(ascii: "[")
        if isArray { at += 1 }
        while true {
            skipBlanks(frame, &at)
            if at < frame.count, frame[at] == UInt8(ascii: ",") {
                at += 1
                continue
            }
            if isArray, at < frame.count, frame[at] == UInt8(ascii: "]") { return }
            if at == frame.count {
                if isArray { throw Broken() }
                return
            }
            if let ack = plainAck(frame, &at) {
                try message(.ack(Ack(ackID: ack)))
                continue
            }
            guard let end = objectEnd(frame, from: at) else { throw Broken() }
            let whole = UnsafeRawBufferPointer(rebasing: frame[at..<end])
            if let item, let answer = ItemAnswer(whole), item(answer) {
                at = end
                continue
            }
            guard let tree = JSONValue.parse(whole) else { throw Broken() }
            var read = InboundMessage(tree)
            if case .ack(var ack) = read, ack.verdict == .unreadable {
                ack.text = excerpt(frame[at..<end])
                read = .ack(ack)
            }
            at = end
            try message(read)
        }
    }

    /// An Ack without NakCode and Text, its members in any order and without blanks; nil: read it as a tree.
    @inline(__always)
    private func plainAck(_ frame: UnsafeRawBufferPointer, _ at: inout Int) -> UInt32? {
        var i = at
        guard i < frame.count, frame[i] == UInt8(ascii: "{") else { return nil }
        var ackID: UInt32?
        var isAck = false
        repeat {
            i += 1
            // No member is shorter than eight bytes with what stands behind it in an array; elsewhere it is read as a tree.
            guard i + 8 <= frame.count else { return nil }
            let word = UInt64(littleEndian: frame.loadUnaligned(fromByteOffset: i, as: UInt64.self))
            if word == Self.ackID {
                i += 8
                guard ackID == nil, let id = number(frame, &i), let postID = UInt32(exactly: id) else { return nil }
                ackID = postID
            } else if word & leadingBytes(5) == Self.id {
                i += 5
                if i < frame.count, frame[i] == UInt8(ascii: "-") { i += 1 }
                guard number(frame, &i) != nil else { return nil }
            } else if word == Self.type {
                guard i + 12 <= frame.count,
                    UInt32(littleEndian: frame.loadUnaligned(fromByteOffset: i + 8, as: UInt32.self)) == Self.ack
                else { return nil }
                i += 12
                isAck = true
            } else if word & leadingBytes(7) == Self.key {
                i += 7
                guard skipPlainObject(frame, &i) else { return nil }
            } else {
                return nil
            }
        } while i < frame.count && frame[i] == UInt8(ascii: ",")
        guard isAck, let ackID, i < frame.count, frame[i] == UInt8(ascii: "}") else { return nil }
        at = i + 1
        return ackID
    }

    /// `"AckID":`, `"ID":`, `"Type":"`, `Ack"` and `"Key":{`, the first byte in the lowest place.
    private static let ackID: UInt64 = 0x3a22_4449_6b63_4122
    private static let id: UInt64 = 0x3a_2244_4922
    private static let type: UInt64 = 0x223a_2265_7079_5422
    private static let ack: UInt32 = 0x226b_6341
    private static let key: UInt64 = 0x7b_3a22_7965_4b22

    @inline(__always)
    private func number(_ frame: UnsafeRawBufferPointer, _ at: inout Int) -> UInt64? {
        let end = min(frame.count, at &+ 11)
        let start = at
        var value: UInt64 = 0
        while at < end {
            let digit = frame[at] &- 0x30
            guard digit < 10 else { break }
            value = value &* 10 &+ UInt64(digit)
            at &+= 1
        }
        return at > start ? value : nil
    }

    /// Goes behind the end of an object of whole numbers and of texts without escapes; its opening brace is behind us. What is
    /// not written just so is read as a tree: it may end elsewhere than it seems.
    @inline(__always)
    private func skipPlainObject(_ frame: UnsafeRawBufferPointer, _ at: inout Int) -> Bool {
        while at < frame.count, frame[at] == Byte.quote {
            at &+= 1
            guard skipPlainString(frame, &at), at &+ 1 < frame.count, frame[at] == UInt8(ascii: ":") else {
                return false
            }
            at &+= 1
            if frame[at] == Byte.quote {
                at &+= 1
                guard skipPlainString(frame, &at) else { return false }
            } else {
                guard number(frame, &at) != nil else { return false }
            }
            guard at < frame.count else { return false }
            let byte = frame[at]
            at &+= 1
            if byte == UInt8(ascii: "}") { return true }
            guard byte == UInt8(ascii: ",") else { return false }
        }
        return false
    }

    /// Goes behind the end of a string without escapes; its opening quote is behind us.
    @inline(__always)
    private func skipPlainString(_ frame: UnsafeRawBufferPointer, _ at: inout Int) -> Bool {
        while at &+ 8 <= frame.count {
            let word = UInt64(littleEndian: frame.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let others = nonzeroBytes(word ^ repeated(Byte.quote)) & nonzeroBytes(word ^ repeated(Byte.backslash))
            let found = ~others & repeated(0x80)
            if found != 0 {
                at &+= found.trailingZeroBitCount &>> 3
                break
            }
            at &+= 8
        }
        while at < frame.count {
            let byte = frame[at]
            at &+= 1
            if byte == Byte.quote { return true }
            if byte == Byte.backslash { return false }
        }
        return false
    }

    private func skipBlanks(_ frame: UnsafeRawBufferPointer, _ at: inout Int) {
        while at < frame.count, frame[at] == 0x20 || (0x09...0x0d).contains(frame[at]) { at += 1 }
    }

    private func objectEnd(_ frame: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard frame[start] == UInt8(ascii: "{") else { return nil }
        var depth = 0
        var inString = false
        var at = start
        while at < frame.count {
            switch frame[at] {
            case UInt8(ascii: "\\") where inString: at += 1
            case UInt8(ascii: "\""): inString.toggle()
            case UInt8(ascii: "{") where !inString: depth += 1
            case UInt8(ascii: "}") where !inString:
                depth -= 1
                if depth == 0 { return at + 1 }
            default: break
            }
            at += 1
        }
        return nil
    }
}

/// Reads the messages of one frame: plain Acks where they lie, everything else as a tree.
///
/// A server's frame is an array of one or more messages; a single object is read as well (protocol §7).
package struct MessageScanner {
    /// A frame that is no JSON.
    package struct Broken: Error, Equatable {
        package init() {}
    }

    package init() {}

    /// Calls `message` for each message of the frame, in order.
    package func scan(
        _ frame: UnsafeRawBufferPointer, _ message: (InboundMessage) throws -> Void
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
                try message(.ack(ack))
                continue
            }
            guard let end = objectEnd(frame, from: at),
                let tree = JSONValue.parse(UnsafeRawBufferPointer(rebasing: frame[at..<end]))
            else { throw Broken() }
            at = end
            try message(InboundMessage(tree))
        }
    }

    /// An Ack without NakCode and Text, in the member order that servers use; nil: read it as a tree.
    @inline(__always)
    private func plainAck(_ frame: UnsafeRawBufferPointer, _ at: inout Int) -> Ack? {
        var i = at
        guard skip("{\"ID\":", frame, &i) else { return nil }
        while i < frame.count, frame[i] &- 0x30 < 10 || frame[i] == 0x2d { i += 1 }
        guard skip(",\"Type\":\"Ack\",\"AckID\":", frame, &i) else { return nil }
        var id: UInt64 = 0
        let digits = i
        while i < frame.count, frame[i] &- 0x30 < 10, i - digits < 11 {
            id = id * 10 + UInt64(frame[i] &- 0x30)
            i += 1
        }
        guard i > digits, i < frame.count, let ackID = UInt32(exactly: id) else { return nil }
        if frame[i] == UInt8(ascii: ",") {
            guard skip(",\"Key\":{", frame, &i) else { return nil }
            while i < frame.count, frame[i] != UInt8(ascii: "}") {
                if frame[i] == UInt8(ascii: "\\") || frame[i] == UInt8(ascii: "{") { return nil }
                if frame[i] == UInt8(ascii: "\"") {
                    i += 1
                    while i < frame.count, frame[i] != UInt8(ascii: "\"") {
                        if frame[i] == UInt8(ascii: "\\") { return nil }
                        i += 1
                    }
                }
                i += 1
            }
            i += 1
        }
        guard i < frame.count, frame[i] == UInt8(ascii: "}") else { return nil }
        at = i + 1
        return Ack(ackID: ackID)
    }

    @inline(__always)
    private func skip(_ word: StaticString, _ frame: UnsafeRawBufferPointer, _ at: inout Int) -> Bool {
        let count = word.utf8CodeUnitCount
        guard at + count <= frame.count, let base = frame.baseAddress else { return false }
        let start = word.utf8Start
        for n in 0..<count where start[n] != base.load(fromByteOffset: at + n, as: UInt8.self) { return false }
        at += count
        return true
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

/// Writes posts: everything but PostID, RIC, service and Fields is laid down once per login.
///
/// An off-stream Post on the Login stream, one a frame, because an Error in an array silences all that stands behind it
/// (observed §2.3). Shapes by protocol §3.5: RCC behind an ADS wants the same Key in the payload, RCC directly has neither
/// Domain nor PostUserInfo.
package struct MessageCodec: Sendable {
    private let head: [UInt8]
    private let beforeKey: [UInt8]
    /// One for each service: what closes the Key after the RIC.
    private let keyEnds: [[UInt8]]
    private let update: [UInt8]
    private let refresh: [UInt8]
    private let innerKeyStart: [UInt8]?
    private let serviceNames: [String]

    private static let tail: [UInt8] = Array("}}".utf8)

    /// `services`: index 0 is the default; an empty name leaves the Service out, so that the server's own default holds.
    /// `postUserInfo`: dotted IPv4 address and number (observed §2.4).
    package init(
        profile: Destination.Profile, services: [String], postUserInfo: (address: String, userID: UInt32)?
    ) {
        let domain = profile == .rcc ? "" : #","Domain":"MarketPrice""#
        head = Array((#"{"ID":1,"Type":"Post""# + domain + #","Ack":true,"PostID":"#).utf8)
        let info = postUserInfo.map {
            #""PostUserInfo":{"Address":"# + JSONText.quoted($0.address) + #","UserID":\#($0.userID)},"#
        }
        beforeKey = Array(("," + (info ?? "") + #""Key":{"Name":""#).utf8)
        keyEnds = services.map { name in
            name.isEmpty
                ? Array("\"}".utf8) : Array((#"","Service":"# + JSONText.quoted(name) + "}").utf8)
        }
        update = Array(#","Message":{"ID":0,"Type":"Update","#.utf8)
        refresh = Array(
            #","Message":{"ID":0,"Type":"Refresh","State":{"Stream":"Open","Data":"Ok"},"Solicited":false,"#.utf8)
        innerKeyStart = profile == .rccViaRTDS ? Array(#""Key":{"Name":""#.utf8) : nil
        serviceNames = services
    }

    private static let fieldsStart: [UInt8] = Array(#""Fields":"#.utf8)

    /// The service's name by its index.
    package func service(_ index: Int) -> String { serviceNames[index] }

    /// Bytes of the post's JSON with a PostID of ten digits: what a size limit is checked against.
    package func sizeMax(of row: MappedRow, in batch: PostBatch) -> Int {
        batch.bytes.withUnsafeBytes { bytes in
            size(row, ric: escapedLength(bytes, row), postIDDigits: 10)
        }
    }

    private func size(_ row: MappedRow, ric: Int, postIDDigits: Int) -> Int {
        let end = keyEnds[row.service].count
        var size = head.count + postIDDigits + beforeKey.count + ric + end
        size += row.post == .update ? update.count : refresh.count
        if let inner = innerKeyStart { size += inner.count + ric + end + 1 }
        return size + Self.fieldsStart.count + row.fieldsLength + Self.tail.count
    }

    private func escapedLength(_ bytes: UnsafeRawBufferPointer, _ row: MappedRow) -> Int {
        var extra = 0
        for at in row.ricStart..<row.ricStart + row.ricLength {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { extra += 1 }
        }
        return row.ricLength + extra
    }

    /// Bytes that one frame of this row can need.
    package func frameBytesMax(of row: MappedRow) -> Int {
        FrameCodec.headerBytesMax + size(row, ric: row.ricLength * 2, postIDDigits: 10)
    }

    /// Writes the row's post as one masked frame and returns its bytes. `out` has room for `frameBytesMax`.
    package func writeFrame(
        of row: MappedRow, bytes: UnsafeRawBufferPointer, postID: UInt32, mask: UInt32, to out: UnsafeMutableRawPointer
    ) -> Int {
        var digits = 1
        var power: UInt64 = 10
        while UInt64(postID) >= power {
            digits += 1
            power *= 10
        }
        let ric = escapedLength(bytes, row)
        let payload = size(row, ric: ric, postIDDigits: digits)
        let header = FrameCodec.headerBytes(payload: payload)
        FrameCodec.writeHeader(opcode: FrameCodec.Opcode.text, payload: payload, mask: mask, to: out)
        let start = out + header
        let end = write(row, bytes, postID, digits, isEscaped: ric != row.ricLength, to: start)
        precondition(end - start == payload, "a post's length and its bytes must agree")
        FrameCodec.mask(start, count: payload, with: mask)
        return header + payload
    }

    /// The post's JSON as bytes of its own: for `check --json`, traces and tests.
    package func json(of row: MappedRow, in batch: PostBatch, postID: UInt32) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: frameBytesMax(of: row))
        let count = out.withUnsafeMutableBytes { raw -> Int in
            guard let base = raw.baseAddress else { return 0 }
            return batch.bytes.withUnsafeBytes { bytes in
                let isEscaped = escapedLength(bytes, row) != row.ricLength
                return write(row, bytes, postID, String(postID).utf8.count, isEscaped: isEscaped, to: base) - base
            }
        }
        out.removeSubrange(count...)
        return out
    }

    private func write(
        _ row: MappedRow, _ bytes: UnsafeRawBufferPointer, _ postID: UInt32, _ digits: Int, isEscaped: Bool,
        to start: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        var at = start
        append(head, &at)
        var rest = postID
        for n in stride(from: digits - 1, through: 0, by: -1) {
            at.storeBytes(of: UInt8(0x30 + rest % 10), toByteOffset: n, as: UInt8.self)
            rest /= 10
        }
        at += digits
        append(beforeKey, &at)
        appendRIC(row, bytes, isEscaped, &at)
        append(keyEnds[row.service], &at)
        append(row.post == .update ? update : refresh, &at)
        if let inner = innerKeyStart {
            append(inner, &at)
            appendRIC(row, bytes, isEscaped, &at)
            append(keyEnds[row.service], &at)
            at.storeBytes(of: UInt8(ascii: ","), as: UInt8.self)
            at += 1
        }
        append(Self.fieldsStart, &at)
        if row.fieldsLength > 0, let base = bytes.baseAddress {
            at.copyMemory(from: base + row.fieldsStart, byteCount: row.fieldsLength)
            at += row.fieldsLength
        }
        append(Self.tail, &at)
        return at
    }

    @inline(__always)
    private func append(_ piece: [UInt8], _ at: inout UnsafeMutableRawPointer) {
        piece.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            at.copyMemory(from: base, byteCount: raw.count)
        }
        at += piece.count
    }

    @inline(__always)
    private func appendRIC(
        _ row: MappedRow, _ bytes: UnsafeRawBufferPointer, _ isEscaped: Bool, _ at: inout UnsafeMutableRawPointer
    ) {
        guard row.ricLength > 0, let base = bytes.baseAddress else { return }
        if isEscaped {
            for n in row.ricStart..<row.ricStart + row.ricLength {
                let byte = bytes[n]
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    at.storeBytes(of: UInt8(ascii: "\\"), as: UInt8.self)
                    at += 1
                }
                at.storeBytes(of: byte, as: UInt8.self)
                at += 1
            }
        } else {
            at.copyMemory(from: base + row.ricStart, byteCount: row.ricLength)
            at += row.ricLength
        }
    }
}

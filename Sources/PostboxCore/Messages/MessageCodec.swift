/// Writes posts: everything but PostID, RIC and Fields is laid down once per login.
///
/// An off-stream Post on the Login stream, one a frame, because an Error in an array silences all that stands behind it
/// (What servers do §2.3). The shapes are those of The wire §3.5: RCC behind an ADS wants the same Key in the payload,
/// RCC directly has neither Domain nor PostUserInfo.
package struct MessageCodec: Sendable {
    /// A part of `text`.
    struct Piece {
        var start: Int
        var count: Int
    }

    /// What stands between RIC and Fields, for one service and one kind of post.
    struct Middle {
        var afterRIC: Piece
        /// RCC behind an ADS names the RIC a second time; what follows it. Empty: it does not.
        var afterSecondRIC: Piece
    }

    /// All constant text, end to end.
    private var text: [UInt8] = []
    private var head = Piece(start: 0, count: 0)
    private var beforeKey = Piece(start: 0, count: 0)
    private var tail = Piece(start: 0, count: 0)
    /// Two for each service: Refresh, Update.
    private var middles: [Middle] = []
    private let serviceNames: [String]

    /// `services`: index 0 is the default; an empty name leaves the Service out, so that the server's own default holds.
    /// `postUserInfo`: dotted IPv4 address and number (What servers do §2.4).
    package init(
        profile: Destination.Profile, services: [String], postUserInfo: (address: String, userID: UInt32)?
    ) {
        serviceNames = services
        let domain = profile == .rcc ? "" : #","Domain":"MarketPrice""#
        let info = postUserInfo.map {
            #""PostUserInfo":{"Address":"# + JSONText.quoted($0.address) + #","UserID":\#($0.userID)},"#
        }
        head = add(#"{"ID":1,"Type":"Post""# + domain + #","Ack":true,"PostID":"#)
        beforeKey = add("," + (info ?? "") + #""Key":{"Name":""#)
        let update = #","Message":{"ID":0,"Type":"Update","#
        let refresh =
            #","Message":{"ID":0,"Type":"Refresh","State":{"Stream":"Open","Data":"Ok"},"Solicited":false,"#
        let fields = #""Fields":"#
        for name in services {
            let keyEnd = name.isEmpty ? "\"}" : #"","Service":"# + JSONText.quoted(name) + "}"
            for message in [refresh, update] {
                if profile == .rccViaRTDS {
                    middles.append(
                        Middle(
                            afterRIC: add(keyEnd + message + #""Key":{"Name":""#),
                            afterSecondRIC: add(keyEnd + "," + fields)))
                } else {
                    middles.append(
                        Middle(afterRIC: add(keyEnd + message + fields), afterSecondRIC: Piece(start: 0, count: 0)))
                }
            }
        }
        tail = add("}}")
    }

    private mutating func add(_ words: String) -> Piece {
        defer { text.append(contentsOf: words.utf8) }
        return Piece(start: text.count, count: words.utf8.count)
    }

    /// The service's name by its index.
    package func service(_ index: Int) -> String { serviceNames[index] }

    /// What writes posts from rows of one batch: `bytes` are the batch's. Valid within `body`.
    package func withWriter<Result>(
        of bytes: UnsafeRawBufferPointer, _ body: (PostWriter) throws -> Result
    ) rethrows -> Result {
        try text.withUnsafeBytes { text in
            try middles.withUnsafeBufferPointer { middles in
                try body(
                    PostWriter(
                        text: text, bytes: bytes, middles: middles, head: head, beforeKey: beforeKey, tail: tail))
            }
        }
    }

    /// Bytes of the post's JSON with a PostID of ten digits: what a size limit is checked against.
    package func sizeMax(of row: MappedRow, in batch: PostBatch) -> Int {
        batch.bytes.withUnsafeBytes { bytes in
            withWriter(of: bytes) { $0.size(row, ric: $0.escapedLength(row), postIDDigits: 10) }
        }
    }

    /// Tells the posts that go alone.
    package var lonePosts: LonePosts {
        let repeats = middles.contains { $0.afterSecondRIC.count > 0 }
        let middle = middles.map { $0.afterRIC.count + $0.afterSecondRIC.count }.max() ?? 0
        return LonePosts(
            around: FrameCodec.headerBytesMax + head.count + 10 + beforeKey.count + middle + tail.count,
            ricTimes: repeats ? 4 : 2)
    }

    /// The post's JSON as bytes of its own: for `check --json`, traces and tests.
    package func json(of row: MappedRow, in batch: PostBatch, postID: UInt32) -> [UInt8] {
        batch.bytes.withUnsafeBytes { bytes in
            withWriter(of: bytes) { writer in
                [UInt8](unsafeUninitializedCapacity: writer.frameBytesMax(of: row)) { out, count in
                    guard let base = UnsafeMutableRawPointer(out.baseAddress) else { return }
                    count = writer.writeJSON(of: row, postID: postID, to: base)
                }
            }
        }
    }
}

/// Which posts are so large that they go alone: nothing else is in flight, and nothing follows before the answer.
///
/// A server's read buffer holds one post of the greatest length and little beside it. A large one that comes while others are
/// unread breaks the connection (What servers do §2.9).
package struct LonePosts: Sendable, Equatable {
    /// Bytes of a whole frame: up to here posts go among others.
    package static let frameMax = 30_000

    /// No post whose Fields are as short as this is large, whatever its RIC: all others are told by this one comparison.
    let fieldsMax: Int
    private let around: Int
    private let ricTimes: Int
    private let frameMax: Int

    /// `around`: bytes of a frame without RIC and Fields. `ricTimes`: how many bytes of it one byte of the RIC may take.
    package init(around: Int, ricTimes: Int, frameMax: Int = Self.frameMax) {
        self.around = around
        self.ricTimes = ricTimes
        self.frameMax = frameMax
        fieldsMax = frameMax - around - ricTimes * RowMapper.ricBytesMax
    }

    /// Whether the row's frame may be longer than `frameMax`.
    package func holds(_ row: MappedRow) -> Bool {
        around + ricTimes * row.ricLength + row.fieldsLength > frameMax
    }
}

/// Lays down the posts of one batch's rows.
package struct PostWriter {
    fileprivate let text: UnsafeRawBufferPointer
    fileprivate let bytes: UnsafeRawBufferPointer
    fileprivate let middles: UnsafeBufferPointer<MessageCodec.Middle>
    fileprivate let head: MessageCodec.Piece
    fileprivate let beforeKey: MessageCodec.Piece
    fileprivate let tail: MessageCodec.Piece

    @inline(__always)
    private func middle(_ row: MappedRow) -> MessageCodec.Middle {
        middles[row.service &* 2 &+ (row.post == .update ? 1 : 0)]
    }

    @inline(__always)
    func size(_ row: MappedRow, ric: Int, postIDDigits: Int) -> Int {
        let middle = middle(row)
        let again = middle.afterSecondRIC.count
        return head.count + postIDDigits + beforeKey.count + ric + middle.afterRIC.count
            + (again > 0 ? again + ric : 0) + row.fieldsLength + tail.count
    }

    @inline(__always)
    func escapedLength(_ row: MappedRow) -> Int {
        let isPlain = areAllPlain(bytes, row.ricStart, row.ricLength) {
            nonzeroBytes($0 ^ repeated(Byte.quote)) & nonzeroBytes($0 ^ repeated(Byte.backslash))
        }
        if isPlain { return row.ricLength }
        return bytes[row.ricStart..<row.ricStart + row.ricLength].reduce(row.ricLength) { length, byte in
            length + (byte == Byte.quote || byte == Byte.backslash ? 1 : 0)
        }
    }

    /// Bytes that one frame of this row can need.
    @inline(__always)
    package func frameBytesMax(of row: MappedRow) -> Int {
        FrameCodec.headerBytesMax + size(row, ric: row.ricLength * 2, postIDDigits: 10)
    }

    /// Writes the row's post as one frame behind those that are there; there is room for `frameBytesMax`.
    @inline(__always)
    package func writeFrame(of row: MappedRow, postID: UInt32, mask: UInt32, to frames: inout PostFrames) {
        let digits = decimalDigits(UInt64(postID))
        let ric = escapedLength(row)
        let payload = size(row, ric: ric, postIDDigits: digits)
        let header = FrameCodec.headerBytes(payload: payload)
        FrameCodec.writeHeader(opcode: FrameCodec.Opcode.text, payload: payload, mask: mask, to: frames.end)
        let start = frames.end + header
        let end = write(row, postID, digits, isEscaped: ric != row.ricLength, to: start)
        precondition(end - start == payload, "a post's length and its bytes must agree")
        frames.add(payload: start, count: payload, mask: mask)
    }

    /// Writes the row's post as JSON and returns its bytes. `out` has room for `frameBytesMax`.
    package func writeJSON(of row: MappedRow, postID: UInt32, to out: UnsafeMutableRawPointer) -> Int {
        write(row, postID, decimalDigits(UInt64(postID)), isEscaped: escapedLength(row) != row.ricLength, to: out) - out
    }

    @inline(__always)
    private func write(
        _ row: MappedRow, _ postID: UInt32, _ digits: Int, isEscaped: Bool, to start: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        var at = start
        append(head, &at)
        writeDecimal(UInt64(postID), digits: digits, to: at)
        at += digits
        append(beforeKey, &at)
        appendRIC(row, isEscaped, &at)
        let middle = middle(row)
        append(middle.afterRIC, &at)
        if middle.afterSecondRIC.count > 0 {
            appendRIC(row, isEscaped, &at)
            append(middle.afterSecondRIC, &at)
        }
        append(bytes, row.fieldsStart, row.fieldsLength, &at)
        append(tail, &at)
        return at
    }

    @inline(__always)
    private func append(_ piece: MessageCodec.Piece, _ at: inout UnsafeMutableRawPointer) {
        append(text, piece.start, piece.count, &at)
    }

    @inline(__always)
    private func append(
        _ from: UnsafeRawBufferPointer, _ start: Int, _ count: Int, _ at: inout UnsafeMutableRawPointer
    ) {
        guard let base = from.baseAddress else { return }
        copyShort(base + start, to: at, count)
        at += count
    }

    @inline(__always)
    private func appendRIC(_ row: MappedRow, _ isEscaped: Bool, _ at: inout UnsafeMutableRawPointer) {
        guard isEscaped else { return append(bytes, row.ricStart, row.ricLength, &at) }
        for n in row.ricStart..<row.ricStart + row.ricLength {
            let byte = bytes[n]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                at.storeBytes(of: UInt8(ascii: "\\"), as: UInt8.self)
                at += 1
            }
            at.storeBytes(of: byte, as: UInt8.self)
            at += 1
        }
    }
}

/// Frames being written one behind the other.
///
/// A frame's payload is masked when the next one is written: read back at once, its bytes would still be in the processor's
/// store buffer, in other pieces than they are read, and each piece would have to be waited for.
package struct PostFrames: ~Copyable {
    /// Behind the last frame.
    package private(set) var end: UnsafeMutableRawPointer
    private var payload: UnsafeMutableRawPointer
    private var count = 0
    private var mask: UInt32 = 0

    /// In memory that outlives it.
    package init(at start: UnsafeMutableRawPointer) {
        end = start
        payload = start
    }

    @inline(__always)
    fileprivate mutating func add(payload: UnsafeMutableRawPointer, count: Int, mask: UInt32) {
        FrameCodec.mask(self.payload, count: self.count, with: self.mask)
        (self.payload, self.count, self.mask) = (payload, count, mask)
        end = payload + count
    }

    /// Masks the last frame, and returns where it ends.
    package consuming func finish() -> UnsafeMutableRawPointer {
        FrameCodec.mask(payload, count: count, with: mask)
        return end
    }
}

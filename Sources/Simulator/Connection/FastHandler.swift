import NIOCore

/// Answers at full speed for measuring a client: finds each `"PostID"` in the bytes and sends its Ack.
///
/// Nothing is checked or recorded, no Ping or Update is sent, and a message must not be spread over several frames. What stays:
/// the handshake, Login, Ack (packed where the scenario packs), Pong, Close, the counts of posts, Acks and posts a second, and
/// that a large frame behind others breaks the connection as it does with ``ReadBuffer``. Requests for items are answered with
/// what the last posts hold (``KeptPosts``).
/// In an object, the PostID is looked for where the last one stood, before anything is unmasked.
final class FastHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let provider: Provider
    private let scenario: Scenario
    private let number: Int
    private let transport: TransportEnd
    private var isUpgraded = false
    private var isEnding = false
    private var received = ByteBuffer()
    private var acks: FastAcks
    private var items = ItemDesk()
    /// Where `"PostID"` stood in the last object.
    private var hint = 0
    /// How many bytes the server's read buffer holds, and how many of them there are from the next frame on.
    private let bufferBytes: Int
    private var bufferRoom: Int
    /// Whether a frame did not fit into it.
    private var isBroken = false

    init(provider: Provider, scenario: Scenario, number: Int, transport: TransportEnd) {
        self.provider = provider
        self.scenario = scenario
        self.number = number
        self.transport = transport
        bufferBytes = min(scenario.readBufferCapacity, .max / 2)
        bufferRoom = bufferBytes
        acks = FastAcks(packs: scenario.packsAcks)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        var bytes = unwrapInboundIn(data)
        if received.readableBytes == 0 { received = bytes } else { received.writeBuffer(&bytes) }
        if !isUpgraded { upgrade(context) }
        guard isUpgraded else { return }

        let taken = received.withUnsafeReadableBytes { takeFrames($0, context) }
        write(acks.take(), context)
        let count = acks.takeCount()
        if count > 0 {
            let now = Moment.now()
            received.withUnsafeReadableBytes { bytes in
                provider.withState { state in
                    _ = state.countPosts(count, connection: number, at: now)
                    state.report.acks += count
                    state.kept.append(UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
                }
            }
        }
        received.moveReaderIndex(forwardBy: taken)
        if received.readableBytes == 0 { received = ByteBuffer() } else { received.discardReadBytes() }
        if isBroken { breakOff(context) }
    }

    private func breakOff(_ context: ChannelHandlerContext) {
        provider.withState {
            $0.report.note(
                .frameDoesNotFit, connection: number, at: Moment.now(),
                "a frame too large for what is left of the read buffer")
        }
        isEnding = true
        context.flush()
        transport.reset(context.channel)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func upgrade(_ context: ChannelHandlerContext) {
        switch Handshake.judge(&received) {
        case .incomplete:
            break
        case .accept(let response):
            isUpgraded = true
            context.write(wrapOutboundOut(ByteBuffer(string: response)), promise: nil)
        case .reject(let response):
            provider.withState { $0.report.refusedHandshakes += 1 }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: response)), promise: nil)
            isEnding = true
            context.close(promise: nil)
        }
    }

    // MARK: Frames

    /// Answers every whole frame in `bytes`; returns how many bytes those were.
    private func takeFrames(_ bytes: UnsafeRawBufferPointer, _ context: ChannelHandlerContext) -> Int {
        var at = 0
        var bufferEnd = bufferRoom
        while at + 6 <= bytes.count {
            let opcode = bytes[at] & 0x0F
            var length = Int(bytes[at + 1] & 0x7F)
            var header = 2
            if length == 126 {
                length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
                header = 4
            } else if length == 127 {
                guard at + 14 <= bytes.count else { break }
                length = (2..<10).reduce(0) { $0 << 8 | Int(bytes[at + $1]) }
                header = 10
            }
            if length > bufferEnd - at - header - 4 {
                // A buffer that ends with a frame is empty; else a frame of up to half of it is moved to its start.
                let limit = at == bufferEnd ? bufferBytes : bufferBytes / 2
                guard length <= limit - header - 4 else {
                    isBroken = true
                    break
                }
                bufferEnd = at + bufferBytes
            }
            guard length >= 0, length <= bytes.count - at - header - 4 else { break }
            let mask = bytes.loadUnaligned(fromByteOffset: at + header, as: UInt32.self).littleEndian
            let start = at + header + 4
            let payload = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + length)])
            at = start + length
            if opcode <= 2 {
                if !takeHinted(payload, mask) { takeAny(payload, mask, context) }
            } else {
                control(opcode, context)
            }
        }
        bufferRoom = at == bytes.count ? bufferBytes : bufferEnd - at
        return at
    }

    private static let name = UInt64(littleEndian: 0x2244_4974_736F_5022)  // "PostID", its quotes included

    /// Takes a post that has its PostID where the last one had it.
    private func takeHinted(_ payload: UnsafeRawBufferPointer, _ mask: UInt32) -> Bool {
        guard hint > 0, hint + 20 <= payload.count, payload[0] ^ UInt8(truncatingIfNeeded: mask) == UInt8(ascii: "{")
        else { return false }
        let turn = UInt32(hint & 3) * 8
        let turned = turn == 0 ? mask : mask >> turn | mask << (32 - turn)
        let key = UInt64(turned) << 32 | UInt64(turned)
        guard payload.loadUnaligned(fromByteOffset: hint, as: UInt64.self).littleEndian ^ key == FastHandler.name else {
            return false
        }
        var at = hint + 8
        var postID: UInt32 = 0
        var digits = 0
        while at < payload.count {
            let byte = payload[at] ^ UInt8(truncatingIfNeeded: mask >> (UInt32(at & 3) * 8))
            if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                postID = postID &* 10 &+ UInt32(byte - UInt8(ascii: "0"))
                digits += 1
            } else if digits > 0 || byte != UInt8(ascii: ":") && byte != UInt8(ascii: " ") {
                break
            }
            at += 1
        }
        guard digits > 0 else { return false }
        acks.add(postID)
        return true
    }

    /// Takes a frame of any content: an array of posts, a Login, a Ping.
    private func takeAny(_ payload: UnsafeRawBufferPointer, _ mask: UInt32, _ context: ChannelHandlerContext) {
        let text = [UInt8](unsafeUninitializedCapacity: payload.count) { plain, count in
            for index in payload.indices {
                plain[index] = payload[index] ^ UInt8(truncatingIfNeeded: mask >> (UInt32(index & 3) * 8))
            }
            count = payload.count
        }
        if text.first == UInt8(ascii: "["), contains(text, "\"Login\"") || !contains(text, "\"PostID\"") {
            takeOther(text, context)
        }
        var at = 0
        var isFirst = true
        while let place = find("\"PostID\"", in: text, from: at) {
            if isFirst, text[0] == UInt8(ascii: "{") { hint = place }
            isFirst = false
            at = place + 8
            var postID: UInt32 = 0
            while at < text.count, text[at] == UInt8(ascii: ":") || text[at] == UInt8(ascii: " ") { at += 1 }
            while at < text.count, text[at] >= UInt8(ascii: "0"), text[at] <= UInt8(ascii: "9") {
                postID = postID &* 10 &+ UInt32(text[at] - UInt8(ascii: "0"))
                at += 1
            }
            acks.add(postID)
        }
        if isFirst, text.first == UInt8(ascii: "{") { takeOther(text, context) }
    }

    private func takeOther(_ text: [UInt8], _ context: ChannelHandlerContext) {
        guard let json = try? JSONTokens(text) else { return }
        let converter = MessageConverter(
            json: json, fields: FieldDictionary([:], additional: [:], acceptsAnyName: true),
            services: scenario.services.mapValues(\.number))
        for root in json.roots {
            for element in json.tokens[root].kind == .array ? json.children(of: root) : [root] {
                var frame = ByteBuffer()
                switch try? converter.message(at: element) {
                case .ping?:
                    provider.withState { $0.report.pingsReceived += 1 }
                    frame.writeTextFrame([UInt8(ascii: "[")] + Answer.pong + [UInt8(ascii: "]")])
                case .login(let request)?:
                    provider.withState { $0.report.logins += 1 }
                    acks.streamID = request.id
                    guard request.wantsRefresh else { continue }
                    let refresh = Answer.loginRefresh(request, scenario: scenario)
                    frame.writeTextFrame([UInt8(ascii: "[")] + refresh + [UInt8(ascii: "]")])
                case .close(ids: _, domain: .login)?:
                    provider.withState { $0.report.loginCloses += 1 }
                    items.closeAll()
                case .close(let ids, _)?:
                    for id in ids { items.close(id) }
                case .item(let request)?:
                    answer(request, into: &frame)
                case nil:
                    guard let error = refusal(of: element, converter) else { continue }
                    frame.writeTextFrame([UInt8(ascii: "[")] + error + [UInt8(ascii: "]")])
                default:
                    continue
                }
                write(acks.take(), context)
                write(frame, context)
            }
        }
    }

    /// The Error that a message draws which cannot be converted; nil for one that can.
    private func refusal(of element: Int, _ converter: MessageConverter) -> [UInt8]? {
        do throws(ConversionError) {
            _ = try converter.message(at: element)
            return nil
        } catch {
            return Answer.error(error, id: converter.streamID(of: element), frame: converter.json.bytes)
        }
    }

    private func answer(_ request: ItemRequest, into frame: inout ByteBuffer) {
        let now = Moment.now()
        let messages = provider.withState { state in
            state.storeKept()
            _ = state.countItems(request.batch?.count ?? 1, connection: number, at: now)
            return items.take(request, refusal: nil, at: now.nanoseconds, &state)
        }
        for message in messages { frame.writeTextFrame([UInt8(ascii: "[")] + message + [UInt8(ascii: "]")]) }
    }

    private func control(_ opcode: UInt8, _ context: ChannelHandlerContext) {
        write(acks.take(), context)
        var frame = ByteBuffer()
        switch opcode {
        case 8:
            provider.withState { $0.report.closes += 1 }
            frame.writeCloseFrame(code: 1001)
            write(frame, context)
            isEnding = true
            context.flush()
            context.close(mode: .output, promise: nil)
        case 9:
            frame.writeEmptyPong()
            write(frame, context)
        default:
            break
        }
    }

    private func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard bytes.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(bytes), promise: nil)
    }

    // MARK: Searching

    private func contains(_ text: [UInt8], _ name: StaticString) -> Bool {
        find(name, in: text, from: 0) != nil
    }

    private func find(_ name: StaticString, in text: [UInt8], from start: Int) -> Int? {
        text.withUnsafeBufferPointer { text in
            name.withUTF8Buffer { name in
                var at = start
                let last = text.count - name.count
                while at <= last {
                    if text[at] == name[0], text[at + 1] == name[1],
                        (2..<name.count).allSatisfy({ text[at + $0] == name[$0] })
                    {
                        return at
                    }
                    at += 1
                }
                return nil
            }
        }
    }
}

/// Acks of fast mode, as the bytes of their frames.
private struct FastAcks {
    private let packs: Bool
    private var bytes: [UInt8] = []
    private var prefix: [UInt8] = []
    private var count = 0
    /// Where the frame that is being packed starts; its header of four bytes is filled in when it is whole.
    private var packStart: Int?

    /// Stream of the login.
    var streamID: Int32 = 1 {
        didSet { prefix = FastAcks.prefix(streamID) }
    }

    init(packs: Bool) {
        self.packs = packs
        prefix = FastAcks.prefix(1)
        bytes.reserveCapacity(1 << 20)
    }

    private static func prefix(_ id: Int32) -> [UInt8] {
        Array(#"{"ID":\#(id),"Type":"Ack","AckID":"#.utf8)
    }

    mutating func add(_ postID: UInt32) {
        count += 1
        if packs {
            if let start = packStart, bytes.count - start > 60_000 { endPack() }
            if packStart == nil {
                packStart = bytes.count
                bytes += [0, 0, 0, 0, UInt8(ascii: "[")]
            } else {
                bytes.append(UInt8(ascii: ","))
            }
            bytes += prefix
            append(postID, digits: FastAcks.digits(of: postID))
            bytes.append(UInt8(ascii: "}"))
        } else {
            let digits = FastAcks.digits(of: postID)
            bytes.append(0x81)
            bytes.append(UInt8(truncatingIfNeeded: prefix.count + digits + 3))
            bytes.append(UInt8(ascii: "["))
            bytes += prefix
            append(postID, digits: digits)
            bytes.append(UInt8(ascii: "}"))
            bytes.append(UInt8(ascii: "]"))
        }
    }

    mutating func take() -> ByteBuffer {
        endPack()
        guard !bytes.isEmpty else { return ByteBuffer() }
        let taken = ByteBuffer(bytes: bytes)
        bytes.removeAll(keepingCapacity: true)
        return taken
    }

    mutating func takeCount() -> Int {
        defer { count = 0 }
        return count
    }

    private mutating func endPack() {
        guard let start = packStart else { return }
        packStart = nil
        bytes.append(UInt8(ascii: "]"))
        let length = bytes.count - start - 4
        bytes[start] = 0x81
        if length < 126 {
            bytes[start + 1] = UInt8(length)
            bytes.removeSubrange((start + 2)..<(start + 4))
        } else {
            bytes[start + 1] = 126
            bytes[start + 2] = UInt8(length >> 8)
            bytes[start + 3] = UInt8(length & 255)
        }
    }

    private static func digits(of number: UInt32) -> Int {
        var digits = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        return digits
    }

    private mutating func append(_ number: UInt32, digits: Int) {
        let start = bytes.count
        for _ in 0..<digits { bytes.append(0) }
        var rest = number
        for place in stride(from: start + digits - 1, through: start, by: -1) {
            bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}

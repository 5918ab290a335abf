internal import Logging
internal import NIOCore
internal import PostboxCore

/// What a server's bytes mean for a lane.
extension PostingLane {
    func received(_ buffer: ByteBuffer, on number: Int) {
        guard let link, link.number == number else { return }
        var buffer = buffer
        let now = Clock.now()
        link.keepAlive.received(at: now.monotonic)
        if link.rest.readableBytes > 0 {
            link.rest.writeBuffer(&buffer)
            swap(&link.rest, &buffer)
            link.rest = ByteBuffer()
        }
        do {
            try take(&buffer, link, now)
            takeAcks(link, now)
            if buffer.readableBytes > 0, self.link === link {
                buffer.discardReadBytes()
                link.rest = buffer
            }
        } catch {
            takeAcks(link, now)
            end(number, .soon, "the server broke the WebSocket protocol: \(ConnectionMaker.words(error))")
        }
    }

    /// Takes whole frames, as long as the connection lasts.
    private func take(_ buffer: inout ByteBuffer, _ link: LaneLink, _ now: Moment) throws {
        while self.link === link {
            if world.trace == nil { try takePlainAcks(&buffer, link) }
            guard let (piece, count) = try next(buffer, link) else { return }
            switch piece {
            case .message(let range):
                try buffer.withUnsafeReadableBytes {
                    try messages(UnsafeRawBufferPointer(rebasing: $0[range]), link, now)
                }
            case .assembled(let bytes):
                try bytes.withUnsafeBytes { try messages($0, link, now) }
            case .nothing:
                break
            case .ping(let range):
                takeAcks(link, now)
                send(opcode: FrameCodec.Opcode.pong, buffer.withUnsafeReadableBytes { Array($0[range]) })
            case .close(let code):
                takeAcks(link, now)
                end(link.number, .soon, "the server closed the connection" + (code.map { " (code \($0))" } ?? ""))
            }
            buffer.moveReaderIndex(forwardBy: count)
        }
    }

    private func next(
        _ buffer: ByteBuffer, _ link: LaneLink
    ) throws -> (piece: MessageAssembler.Piece, count: Int)? {
        try buffer.withUnsafeReadableBytes { bytes in try link.assembler.next(bytes) }
    }

    private func takePlainAcks(_ buffer: inout ByteBuffer, _ link: LaneLink) throws {
        let taken = try buffer.withUnsafeReadableBytes { bytes in
            try link.assembler.plainAcks(bytes, MessageScanner(), into: &link.acks)
        }
        buffer.moveReaderIndex(forwardBy: taken)
    }

    private func messages(_ payload: UnsafeRawBufferPointer, _ link: LaneLink, _ now: Moment) throws {
        world.trace?.write(.received, destination.name, String(decoding: payload, as: UTF8.self))
        let scanner = MessageScanner()
        if scanner.scanAcks(payload, into: &link.acks) { return }
        takeAcks(link, now)
        // Of a frame that holds something else than Acks this is the way.
        try scanner.scan(payload, item: machine.awaitsItems ? { self.machine.itemAnswered($0, now: now) } : nil) {
            message in
            if case .ack(let ack) = message {
                run(machine.answered(ack, now: now, jitter: .random(in: 0...1)), now)
            } else {
                take(message, link, now)
            }
        }
    }

    /// Plain Acks that came together are one event.
    private func takeAcks(_ link: LaneLink, _ now: Moment) {
        guard !link.acks.isEmpty else { return }
        let foreign = machine.acked(link.acks, now: now)
        link.acks.removeAll(keepingCapacity: true)
        for id in foreign { strays.late("\(id)", "Ack", now) }
    }

    private func take(_ message: InboundMessage, _ link: LaneLink, _ now: Moment) {
        guard self.link === link else { return }
        switch message {
        case .ack, .pong:
            break
        case .ping:
            sendText(OutboundMessage.pong)
        case .other(let message):
            if message.isAck {
                strays.late(excerpt((message["AckID"]?.word ?? "").utf8, most: 40), "Ack without a readable AckID", now)
            } else if waiters.directory != nil {
                read(link.directory.take(message))
            }
        case .loginRefresh(let refresh):
            link.applicationName = refresh.applicationName
            if refresh.supportOMMPost == nil, destination.profile != .rcc, case .connecting = state {
                world.logger.warning(
                    "the server's login does not say whether it takes posts",
                    metadata: ["event": .event(.supportUnknown)])
            }
            run(link.login.received(refresh, at: now.monotonic), link.number)
        case .loginStatus(let status):
            run(link.login.received(status, at: now.monotonic), link.number)
        case .error(let error):
            take(error, link, now)
        }
    }

    private func take(_ error: ServerError, _ link: LaneLink, _ now: Moment) {
        if let postID = error.postID,
            let actions = machine.failed(postID, text: error.text, now: now, jitter: .random(in: 0...1))
        {
            run(actions, now)
        } else if machine.awaitsItems, let stream = error.streamID, machine.itemFailed(stream, now: now) {
            // What that means for other items is done when all was read.
            return
        } else if case .connecting = state {
            end(link.number, .slow, "the server refused the login: \(error.text)")
        } else {
            // Nothing is failed by guess: the post it means, if any, runs into its ack timeout.
            strays.write(
                .unmappedError, "an Error that names no post", ["text": "\(excerpt(error.text.utf8))"], now)
        }
    }

    private func read(_ answer: ServiceDirectory.Answer) {
        switch answer {
        case .foreign, .more: break
        case .complete(let services): waiters.endDirectory(services)
        case .refused: waiters.endDirectory(nil)
        }
    }
}

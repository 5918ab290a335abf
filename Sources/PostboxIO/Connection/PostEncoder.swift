internal import NIOCore
internal import PostboxCore

/// Lays down the posts of one login in bytes.
struct PostEncoder {
    private(set) var codec: MessageCodec
    /// Names of services by their index in posts.
    private(set) var services: [String]
    private var destination: Destination
    private let trace: Trace?
    private var masks: FrameMasks
    private var address = ""
    /// Kept from one write to the next: NIO is done with it as soon as the socket has taken all of it.
    private(set) var out = ByteBuffer()

    /// `seed`: for the frames' masks.
    init(_ destination: Destination, trace: Trace?, seed: UInt64) {
        self.destination = destination
        self.trace = trace
        services = destination.allServices
        codec = MessageCodec(profile: destination.profile, services: services, postUserInfo: nil)
        masks = FrameMasks(seed: seed)
    }

    /// Goes by other settings. Services keep the indexes that they have: rows that wait are mapped with them.
    mutating func use(_ new: Destination) {
        destination = new
        for name in new.allServices where !services.contains(name) { services.append(name) }
        makeCodec()
    }

    /// What this machine is called in logins where the configuration names no position.
    var position: String { destination.position ?? address }

    /// The local address of a new connection.
    mutating func connected(from address: String) {
        self.address = address
        makeCodec()
    }

    /// The index that a service's name has in posts of this login; a new name gets a new one.
    mutating func serviceIndex(_ name: String) -> Int {
        if let index = services.firstIndex(of: name) { return index }
        services.append(name)
        makeCodec()
        return services.count - 1
    }

    private mutating func makeCodec() {
        codec = MessageCodec(
            profile: destination.profile, services: services,
            postUserInfo: LocalAddress.postUserInfo(of: destination, address: address))
    }

    /// A frame of its own, for all that is no post.
    mutating func frame(opcode: UInt8, payload: [UInt8]) -> ByteBuffer {
        ByteBuffer(bytes: FrameCodec.frame(opcode: opcode, payload: payload, mask: masks.next()))
    }

    /// Lays the posts down in `out`.
    mutating func encode(_ sends: [PostingWindow.Send], of machine: borrowing LaneMachine) {
        out.clear()
        let codec = codec
        var at = 0
        while at < sends.count {
            let handle = sends[at].handover
            guard let handover = machine.handover(handle) else {
                preconditionFailure("a post that was taken has a handover")
            }
            var end = at + 1
            while end < sends.count, sends[end].handover == handle { end += 1 }
            let run = sends[at..<end]
            if trace != nil { traceSent(run, handover) }
            var masks = masks
            handover.batch.bytes.withUnsafeBytes { bytes in
                codec.withWriter(of: bytes) { writer in
                    let room = run.reduce(0) { $0 + writer.frameBytesMax(of: handover.rows[Int($1.index)]) }
                    out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { raw in
                        guard let base = raw.baseAddress else { return 0 }
                        var frames = PostFrames(at: base)
                        for send in run {
                            writer.writeFrame(
                                of: handover.rows[Int(send.index)], postID: send.postID, mask: masks.next(), to: &frames
                            )
                        }
                        return frames.finish() - base
                    }
                }
            }
            self.masks = masks
            at = end
        }
    }

    private func traceSent(_ run: ArraySlice<PostingWindow.Send>, _ handover: Handover) {
        for send in run {
            let json = codec.json(of: handover.rows[Int(send.index)], in: handover.batch, postID: send.postID)
            trace?.write(.sent, destination.name, String(decoding: json, as: UTF8.self))
        }
    }
}

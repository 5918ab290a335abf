import NIOCore

/// The posts of fast mode, as the bytes of their frames: only when an item is requested are they converted and stored.
struct KeptPosts {
    /// About so many bytes are kept; posts that are older are forgotten unread.
    private static let maxBytes = 64 << 20
    private static let chunkBytes = 1 << 20

    /// Whole frames each, the oldest first.
    private var chunks: [[UInt8]] = []

    mutating func append(_ frames: UnsafeRawBufferPointer) {
        if let last = chunks.last, last.count + frames.count <= KeptPosts.chunkBytes {
            chunks[chunks.count - 1].append(contentsOf: frames)
            return
        }
        // The oldest chunk's memory is that of the newest.
        var chunk = chunks.count < KeptPosts.maxBytes / KeptPosts.chunkBytes ? [] : chunks.removeFirst()
        chunk.removeAll(keepingCapacity: true)
        chunk.reserveCapacity(KeptPosts.chunkBytes)
        chunk.append(contentsOf: frames)
        chunks.append(chunk)
    }

    mutating func takeAll() -> [[UInt8]] {
        defer { chunks = [] }
        return chunks
    }
}

extension ProviderState {
    /// Converts and stores the posts that were kept; what a server would refuse is passed over.
    mutating func storeKept() {
        for chunk in kept.takeAll() {
            var bytes = ByteBuffer(bytes: chunk)
            var reader = FrameReader(maxBytes: .max, buffer: ReadBuffer(capacity: .max))
            while let frame = try? reader.next(from: &bytes) {
                guard case .message(let text) = frame, let json = try? JSONTokens(text) else { continue }
                let converter = MessageConverter(json: json, fields: fields, services: serviceNumbers)
                for root in json.roots {
                    for element in json.tokens[root].kind == .array ? json.children(of: root) : [root] {
                        if case .post(let post)? = try? converter.message(at: element) { store(post) }
                    }
                }
            }
        }
    }

    private mutating func store(_ post: Post) {
        guard let item = post.key.flatMap({ item(ric: $0.name, service: $0.service) }) else { return }
        let isRefresh = post.payload.kind == .refresh
        guard post.domain == .marketPrice, isRefresh || exists(item) else { return }
        if post.payload.closesItem { delete(item) } else { apply(post.payload.fields, to: item, replacing: isRefresh) }
    }
}

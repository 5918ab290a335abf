package import Dispatch
internal import Glibc
package import PostboxCore

/// Watches one directory with inotify and hands its events on in batches.
///
/// Unchecked, because Dispatch does not declare its sources Sendable: the source is set once in `init`, and afterwards only
/// cancelled, which Dispatch allows from any thread.
package final class Inotify: @unchecked Sendable {
    /// Events in the order they came, a batch a read.
    package let events: AsyncStream<[InboxEvent]>

    /// The directory as it was when the watch began.
    private let identity: (device: UInt64, inode: UInt64)
    private let source: any DispatchSourceRead
    private let continuation: AsyncStream<[InboxEvent]>.Continuation

    /// Begins to watch, and reads on `queue`. Throws when the directory is not there or the kernel gives no watch.
    package init(directory: String, queue: DispatchQueue = DispatchQueue(label: "inbox")) throws(DiskError) {
        // Before the watch: a directory that takes its place in between shows as another one.
        let status = try Disk.target(directory)
        let descriptor = inotify_init1(Int32(O_NONBLOCK | O_CLOEXEC))
        guard descriptor >= 0 else { throw DiskError(code: errno, call: "inotify_init1", path: directory) }
        let mask =
            IN_CREATE | IN_OPEN | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE
            | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
        guard inotify_add_watch(descriptor, directory, UInt32(mask)) >= 0 else {
            let code = errno
            _ = Glibc.close(descriptor)
            throw DiskError(code: code, call: "inotify_add_watch", path: directory)
        }
        identity = (status?.device ?? 0, status?.inode ?? 0)
        (events, continuation) = AsyncStream.makeStream()
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler { [continuation] in
            let batch = Self.drain(descriptor)
            if !batch.isEmpty { continuation.yield(batch) }
        }
        source.setCancelHandler { [continuation] in
            _ = Glibc.close(descriptor)
            continuation.finish()
        }
        source.resume()
    }

    /// Whether the watched directory is still the one at `path`. What is mounted over it, or a symbolic link that leads elsewhere
    /// now, is not reported by the kernel. Throws `DiskError`.
    package func isAt(_ path: String) throws(DiskError) -> Bool {
        guard let status = try Disk.target(path) else { return false }
        return status.device == identity.device && status.inode == identity.inode
    }

    package func stop() {
        source.cancel()
    }

    /// Reads until the queue is empty.
    private static func drain(_ descriptor: Int32) -> [InboxEvent] {
        var out: [InboxEvent] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 8)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return out }
            var at = 0
            // struct inotify_event: wd, mask, cookie, len (four bytes each), then the name.
            while at + 16 <= count {
                let mask = Int32(bitPattern: buffer.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self))
                let length = Int(buffer.loadUnaligned(fromByteOffset: at + 12, as: UInt32.self))
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[at + 16..<at + 16 + length])
                at += 16 + length
                if let event = event(mask, bytes) { out.append(event) }
            }
        }
    }

    private static func event(_ mask: Int32, _ bytes: UnsafeRawBufferPointer) -> InboxEvent? {
        if mask & IN_Q_OVERFLOW != 0 { return .rescan }
        if mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED) != 0 { return .directoryGone }
        if mask & IN_ISDIR != 0 { return nil }
        // A name that is no UTF-8 cannot be reported; the listing warns about it.
        guard let name = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self), !name.isEmpty else { return nil }
        if mask & IN_MOVED_TO != 0 { return .movedIn(name) }
        if mask & IN_CLOSE_WRITE != 0 { return .closed(name) }
        if mask & IN_CREATE != 0 { return .created(name) }
        if mask & IN_MODIFY != 0 { return .modified(name) }
        if mask & IN_OPEN != 0 { return .opened(name) }
        return .gone(name)
    }
}

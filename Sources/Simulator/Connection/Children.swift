import NIOCore
import Synchronization

/// How to break off each connection that is open.
final class Children: Sendable {
    private let enders = Mutex<[ObjectIdentifier: @Sendable () -> Void]>([:])

    /// Adds a connection until it is closed; called on its event loop.
    func add(_ channel: any Channel, _ transport: TransportEnd) {
        let loop = channel.eventLoop
        let bound = NIOLoopBound(transport, eventLoop: loop)
        let id = ObjectIdentifier(channel)
        enders.withLock { $0[id] = { loop.execute { bound.value.close() } } }
        channel.closeFuture.whenComplete { _ in
            _ = self.enders.withLock { $0.removeValue(forKey: id) }
        }
    }

    func all() -> [@Sendable () -> Void] {
        enders.withLock { Array($0.values) }
    }
}

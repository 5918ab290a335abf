package import PostboxCore

/// Looks RICs up in the runs of a store, as they were when it was made.
package struct LastLookUp: Sendable {
    /// The newest first.
    let runs: [LastRun]
    package let words: LastWords

    /// What one search after the other keeps: what was read of each run last.
    package final class Rooms {
        fileprivate let rooms: [LastRun.Room]

        fileprivate init(_ count: Int) {
            rooms = (0..<count).map { _ in LastRun.Room() }
        }
    }

    /// Those of one pass over many keys. Only one search at a time may use them.
    package func rooms() -> Rooms { Rooms(runs.count) }

    var view: LastValuesView {
        LastValuesView { destination, service, ric in
            guard let target = words.place(destination: destination, service: service) else { return nil }
            var found: LastValues?
            _ = try find(target, ric) { record in
                guard let values = record.values(words) else { throw LastRun.Damaged(path: "state/last") }
                found = values
            }
            return found
        }
    }

    /// Gives `body` all that is known of a RIC at a target. False: nothing is known. Throws `LastRun.Damaged` and `DiskError`.
    func find(_ target: Int, _ ric: UnsafeRawBufferPointer, _ body: (LastRecord) throws -> Void) throws -> Bool {
        var key = RawBytes(capacity: 64)
        LastKey.write(target: target, ric: ric, to: &key)
        let hash = LastKey.hash(target: target, ric: ric)
        for run in runs where try run.find(hash, key.written, in: LastRun.Room(), body) { return true }
        return false
    }

    /// Gives `body` the numbers of those of the keys that something is known of, with what is known, in the store's order; a record
    /// holds only within `body`. It waits for the disk.
    ///
    /// - Parameter rooms: Kept from one call to the next: nothing is allocated then.
    ///
    /// Throws `LastRun.Damaged`, `DiskError`, and what `body` throws.
    package func find(
        _ keys: inout LastKeys, in rooms: Rooms, _ body: (Int, LastRecord) throws -> Void
    ) throws {
        keys.sort()
        try keys.each { hash, key, number in
            for (run, room) in zip(runs, rooms.rooms) {
                if try run.find(hash, key, in: room, { try body(number, $0) }) { return }
            }
        }
    }
}

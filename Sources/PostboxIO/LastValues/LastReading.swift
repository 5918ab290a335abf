internal import Glibc
package import PostboxCore

/// The last accepted values as another program may read them while the service goes on: nothing is changed, nothing is created.
package struct LastReading: Sendable {
    /// What is known of a RIC at one service of a destination.
    package struct Found: Sendable, Equatable {
        package var destination: String
        package var service: String
        package var values: LastValues
    }

    private let lookUp: LastLookUp
    /// Drops that the store holds already, or that had nothing for it.
    package let applied: AppliedDrops
    /// There is no store.
    package let isNew: Bool

    /// Opens the store; where there is none, nothing is known. Throws `DiskError`, and what is wrong with a store that cannot be
    /// trusted.
    package init(folder: String) throws {
        var tries = 0
        while true {
            do {
                self = try LastReading(readingOnce: folder)
                return
            } catch let error as DiskError where error.code == ENOENT && tries < 10 {
                // The service replaced it between two looks.
                tries += 1
            }
        }
    }

    private init(readingOnce folder: String) throws {
        let path = folder + "/" + LastStoreFiles.manifest
        guard try Disk.exists(path) else {
            lookUp = LastLookUp(runs: [], words: LastWords())
            applied = AppliedDrops()
            isNew = true
            return
        }
        guard let manifest = LastManifest(try Disk.contents(path)) else { throw LastRun.Damaged(path: path) }
        let runs = try manifest.runs.reversed().map {
            try LastRun($0, path: LastStoreFiles.path(of: $0, in: folder))
        }
        lookUp = LastLookUp(runs: runs, words: manifest.words)
        applied = manifest.applied
        isNew = false
    }

    /// As the rows of a file ask. `open`: results that the store does not hold yet, finished or still growing; they are read now.
    ///
    /// Throws `DiskError`.
    package func answers(over open: [LastValuesStore.Closed]) throws -> LastAnswers {
        let open = open.filter { !applied.contains($0.place.drop) }.sorted { $1.place.isNewer(than: $0.place) }
        guard !open.isEmpty else { return lookUp.answers }
        var words = lookUp.words
        var rows = LastRows()
        for (ordinal, drop) in open.enumerated() {
            var accepted = AcceptedRows(drop: drop.place.drop, ordinal: ordinal)
            _ = try drop.result?.read(&accepted, into: &rows, &words) { _ in }
        }
        rows.sort()
        let known = words
        let overlay = LastOverlay(rows, places: open.map(\.place))
        return LastAnswers { [lookUp] questions, body in
            try LastBatch(questions, in: lookUp, words: known).answer(over: overlay, body)
        }
    }

    /// Gives `body` all that is known, RIC by RIC in the store's order, and the names that its places stand for. A record holds only
    /// within `body`. It waits for the disk.
    ///
    /// - Parameters:
    ///   - open: Results that the store does not hold yet, finished or still growing.
    ///   - spill: Where rows of those may lie meanwhile, where they are too many for the memory.
    ///
    /// Throws `DiskError`, what is wrong with a store that cannot be trusted, and what `body` throws.
    package func each(
        over open: [LastValuesStore.Closed], spilling spill: String, _ body: (LastRecord, LastWords) throws -> Void
    ) throws {
        var words = lookUp.words
        let open = open.filter { !applied.contains($0.place.drop) }.sorted { $1.place.isNewer(than: $0.place) }
        let rows = RowSpill(path: spill, memoryMax: Self.rowMemory)
        for (ordinal, drop) in open.enumerated() {
            var accepted = AcceptedRows(drop: drop.place.drop, ordinal: ordinal)
            if let result = drop.result { _ = try rows.take(result, &accepted, &words) }
        }
        let known = words
        try LastMerger(newer: lookUp.runs, older: [], rows: rows, places: open.map(\.place)).eachRecord {
            try body($0, known)
        }
        try rows.remove()
    }

    private static let rowMemory = 16 << 20

    /// Everything that is known of a RIC, by destination and service.
    ///
    /// - Parameters:
    ///   - open: Results that the store does not hold yet, finished or still growing.
    ///
    /// Throws `DiskError`, and what is wrong with a store that cannot be trusted.
    package func find(_ ric: [UInt8], over open: [LastValuesStore.Closed] = []) throws -> [Found] {
        var words = lookUp.words
        var rows = LastRows()
        let open = open.filter { !applied.contains($0.place.drop) }.sorted { $1.place.isNewer(than: $0.place) }
        for (ordinal, drop) in open.enumerated() {
            var accepted = AcceptedRows(drop: drop.place.drop, ordinal: ordinal, ric: ric)
            _ = try drop.result?.read(&accepted, into: &rows, &words) { _ in }
        }
        rows.sort()
        var found: [Found] = []
        for (place, target) in words.targets.enumerated() {
            var fold = LastFold()
            var key = RawBytes()
            ric.withUnsafeBytes { LastKey.write(target: place, ric: $0, to: &key) }
            fold.begin(key: key.written)
            var isKnown = try ric.withUnsafeBytes { bytes in
                try lookUp.find(place, bytes) { record in
                    guard fold.begin(record.body, keyCount: record.key.count) else {
                        throw LastRun.Damaged(path: "state/last")
                    }
                }
            }
            var index = 0
            while let row = rows.row(index) {
                index += 1
                guard LastKey.order(row.key, key.written) == 0, row.lay(over: &fold, of: open.map(\.place)) else {
                    continue
                }
                isKnown = true
            }
            guard isKnown, let values = fold.values(words) else { continue }
            found.append(Found(destination: target.destination, service: target.service, values: values))
        }
        return found.sorted { ($0.destination, $0.service) < ($1.destination, $1.service) }
    }
}

extension LastRow {
    /// Lays the row over what is known; false: it cannot be read.
    fileprivate func lay(over fold: inout LastFold, of places: [DropPlace]) -> Bool {
        ordinal < places.count && fold.take(self, of: places[ordinal])
    }
}

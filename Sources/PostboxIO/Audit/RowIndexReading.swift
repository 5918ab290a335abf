internal import Glibc
package import PostboxCore

/// The index of all rows as any program may read it while the service goes on: nothing is changed, nothing is created.
package struct RowIndexReading: Sendable {
    /// Where a row stands.
    package struct Place: Sendable, Hashable {
        /// Of its line in the unpacked result, or in the list of skipped rows.
        package var offset: Int
        package var isSkipped: Bool
    }

    private let runs: [IndexRun]
    /// Drops that are indexed whole.
    package let drops: [Int: IndexedPart]

    /// Opens the index; where there is none, nothing is indexed. A run that does not hold what was written to it counts for nothing.
    /// Throws `DiskError`.
    package init(folder: String) throws {
        var tries = 0
        while true {
            do {
                runs = try Self.open(folder)
                break
            } catch let error as DiskError where error.code == ENOENT && tries < 10 {
                // The service replaced it between two looks.
                tries += 1
            }
        }
        drops = IndexedPart.whole(runs.flatMap(\.parts))
    }

    private static func open(_ folder: String) throws -> [IndexRun] {
        let path = folder + "/" + IndexFiles.manifest
        guard try Disk.exists(path), let known = IndexFiles.read(try Disk.contents(path)) else { return [] }
        return try known.runs.compactMap { number in
            do {
                return try IndexRun(number: number, folder: folder)
            } catch is IndexRun.Damaged {
                return nil
            }
        }
    }

    /// Rows, by drop, whose RICs may be that one: another RIC may have the same hash. `untrusted`: drops whose part of the index turned
    /// out to be damaged, so that nothing is known of them. Throws `DiskError`.
    package func find(_ ric: [UInt8]) throws -> (places: [Int: Set<Place>], untrusted: Set<Int>) {
        let hash = ric.withUnsafeBytes { RICHash.of($0) }
        var places: [Int: Set<Place>] = [:]
        var untrusted: Set<Int> = []
        for run in runs {
            do {
                try run.find(hash) { entry in
                    guard Int(entry.drop) < run.parts.count else { return }
                    places[run.parts[Int(entry.drop)].drop, default: []].insert(
                        Place(offset: entry.offset, isSkipped: entry.isSkipped))
                }
            } catch is IndexRun.Damaged {
                untrusted.formUnion(run.parts.map(\.drop))
            }
        }
        return (places, untrusted)
    }

    /// Bytes of the index, and its rows.
    package var size: (bytes: Int, rows: Int) {
        (runs.reduce(0) { $0 + $1.size }, runs.reduce(0) { $0 + $1.rows })
    }
}

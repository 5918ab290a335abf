/// What newer rows were accepted, as journals tell it: an older value of a RIC and service is never sent after them.
///
/// An index of sixteen bytes a row: the rows themselves stay in their journals, and are read again in the rare case that one
/// matters.
package struct StaleGuard: Sendable {
    package enum Verdict: Sendable, Equatable {
        /// Nothing newer was accepted: it may be sent.
        case free
        /// A newer accepted row covers it: `DROP:ROW`.
        case superseded(String)
        /// A newer row was, or may have been accepted, and does not cover it: `DROP:ROW`.
        case overtaken(String)
    }

    /// Where a line begins.
    package struct Place: Sendable, Equatable {
        /// Which journal, in the order of `begin`.
        package var journal: Int
        /// Bytes from the journal's beginning.
        package var offset: Int
    }

    private struct Entry {
        var hash: UInt64
        /// Journal and offset in 24 and 40 bits.
        var place: UInt64
    }

    /// Bytes that hold nearly every line.
    private static let lineBytes = 4096

    private let destination: String
    /// Names by their index in mapped rows.
    private let services: [String]
    private var journals: [DropPlace] = []
    private var entries: [Entry] = []
    private var isSorted = true

    /// For one destination's rows; `services`: names by their index in mapped rows.
    package init(destination: String, services: [String]) {
        self.destination = destination
        self.services = services
    }

    package var isEmpty: Bool { entries.isEmpty }
    /// Rows it knows of.
    package var count: Int { entries.count }

    /// The lines that follow are those of this drop's journal; returns its number in `Place`.
    package mutating func begin(_ place: DropPlace) -> Int {
        journals.append(place)
        return journals.count - 1
    }

    /// Takes a line of the journal begun last. `isWanted`: by hash of RIC and service; others are of no interest.
    package mutating func take(_ line: ResultJournal.Line, isWanted: (UInt64) -> Bool) {
        guard line.mayBeAccepted, line.destination == destination,
            let service = services.firstIndex(where: { $0.utf8.elementsEqual(line.service) })
        else { return }
        let hash = keyHash(ric: line.ric, service: service)
        guard isWanted(hash) else { return }
        entries.append(Entry(hash: hash, place: UInt64(journals.count - 1) << 40 | UInt64(line.offset)))
        isSorted = false
    }

    /// To be called once when all lines are taken.
    package mutating func seal() {
        guard !isSorted else { return }
        entries.sort { $0.hash < $1.hash }
        isSorted = true
    }

    /// What stands against sending a row of the drop at `place`. `fetch` reads that many bytes of a journal again, fewer at its
    /// end.
    package func verdict(
        _ row: MappedRow, in batch: PostBatch, of place: DropPlace, fetch: (Place, Int) throws -> [UInt8]
    ) rethrows -> Verdict {
        var at = firstEntry(row.keyHash)
        var verdict = Verdict.free
        while at < entries.count, entries[at].hash == row.keyHash {
            let entry = entries[at]
            at += 1
            let found = Place(journal: Int(entry.place >> 40), offset: Int(entry.place & (1 << 40 - 1)))
            let journal = journals[found.journal]
            guard journal.drop == place.drop || journal.isNewer(than: place) else { continue }
            switch try judge(row, batch, journal, isOwn: journal.drop == place.drop, { try fetch(found, $0) }) {
            case .free: break
            case .superseded(let name): return .superseded(name)
            case .overtaken(let name): verdict = .overtaken(name)
            }
        }
        return verdict
    }

    private func judge(
        _ row: MappedRow, _ batch: PostBatch, _ journal: DropPlace, isOwn: Bool, _ fetch: (Int) throws -> [UInt8]
    ) rethrows -> Verdict {
        var verdict = Verdict.free
        try read(journal, fetch) { verdict = judge(row, batch, journal, isOwn: isOwn, $0) }
        return verdict
    }

    /// Gives the line that `fetch` reads, if it is whole.
    private func read(
        _ journal: DropPlace, _ fetch: (Int) throws -> [UInt8], _ body: (ResultJournal.Line) -> Void
    ) rethrows {
        var size = Self.lineBytes
        while true {
            let bytes = try fetch(size)
            if ResultJournal.line(bytes, drop: journal.drop, body) || bytes.count < size { return }
            size *= 2
        }
    }

    /// Whether newer rows of the row's RIC and service explain that these of its fields, a JSON object, have other values by now:
    /// later ones of its own drop, and those of newer drops, that were or may have been accepted. `fetch` as in `verdict`.
    package func explains(
        _ fields: [UInt8], of row: MappedRow, in batch: PostBatch, at place: DropPlace,
        fetch: (Place, Int) throws -> [UInt8]
    ) rethrows -> Bool {
        var left = Self.names(fields)
        var at = firstEntry(row.keyHash)
        while at < entries.count, entries[at].hash == row.keyHash, !left.isEmpty {
            let entry = entries[at]
            at += 1
            let found = Place(journal: Int(entry.place >> 40), offset: Int(entry.place & (1 << 40 - 1)))
            let journal = journals[found.journal]
            let isOwn = journal.drop == place.drop
            guard isOwn || journal.isNewer(than: place) else { continue }
            try read(journal, { try fetch(found, $0) }) { line in
                guard !isOwn || line.row > row.row, isSameItem(row, batch, line) else { return }
                // A Refresh replaces the whole list of fields.
                if line.post == .refresh { left = [] } else { left.subtract(Self.names(Array(line.fields))) }
            }
        }
        return left.isEmpty
    }

    private static func names(_ fields: [UInt8]) -> Set<[UInt8]> {
        fields.withUnsafeBytes { bytes in
            var names: Set<[UInt8]> = []
            var members = JSONMembers(bytes)
            while let member = members?.next() { names.insert(Array(member.name)) }
            return names
        }
    }

    private func isSameItem(_ row: MappedRow, _ batch: PostBatch, _ line: ResultJournal.Line) -> Bool {
        row.service < services.count && services[row.service].utf8.elementsEqual(line.service)
            && batch.bytes[row.ricStart..<row.ricStart + row.ricLength].elementsEqual(line.ric)
    }

    private func judge(
        _ row: MappedRow, _ batch: PostBatch, _ journal: DropPlace, isOwn: Bool, _ line: ResultJournal.Line
    ) -> Verdict {
        guard !isOwn || line.row > row.row, row.service < services.count,
            services[row.service].utf8.elementsEqual(line.service)
        else { return .free }
        return batch.bytes.withUnsafeBytes { own in
            let ric = UnsafeRawBufferPointer(rebasing: own[row.ricStart..<row.ricStart + row.ricLength])
            guard ric.elementsEqual(line.ric) else { return .free }
            let name = "\(journal.drop):\(line.row)"
            let isCovered =
                line.outcome == .acked
                && covers(newer: line.post, newerFields: line.fields, older: row.post, olderFields: row.fields(in: own))
            return isCovered ? .superseded(name) : .overtaken(name)
        }
    }

    private func firstEntry(_ hash: UInt64) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension ResultJournal.Line {
    /// The server holds the row's values, or may hold them.
    package var mayBeAccepted: Bool {
        outcome == .acked || outcome == .unknown
            || outcome == .nacked && reason == OutcomeDetail.refusedAfterDoubt
    }
}

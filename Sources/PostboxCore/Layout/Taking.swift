/// `take`: which of the rows that count are posted.
struct Taking: Sendable {
    enum Verdict {
        case takes
        /// Why not, in words.
        case skipped(String)
        /// The value that would tell cannot be read.
        case faulty(slot: Int)
    }

    private enum Wanted {
        case first(Int)
        case last(Int)
        case latest([Int])
    }

    private let wanted: Wanted
    /// How the column of `latest` writes its dates; nil: as ISO does.
    private var reader: DateReader?
    /// What a reading of the whole file found; nil: this is that reading.
    private let scan: RowScan?
    /// What this reading found so far.
    private(set) var found = RowScan()

    /// - Parameter slot: gives a column's slot.
    init(_ rule: TakeRule, sources: RowSources, slot: (String) -> Int) {
        scan = sources.scan?.rows
        // A corrected row is the latest only where it is that among all rows of the file that it comes from.
        found.latest = sources.taken?.latest
        switch rule {
        case .first(let count): wanted = .first(count)
        case .last(let count): wanted = .last(count)
        case .latest(let column, let date):
            wanted = .latest(column.names.map(slot))
            reader = date.flatMap { try? DateReader(ordering: $0, zones: sources.zone) }
        }
    }

    /// Takes the next row that counts. Throws `ambiguous_date` when a date is none of ISO and no pattern says how it is read.
    mutating func take(
        _ work: [RowBatch.Cell], _ names: [String], _ line: LinePlace, _ batch: RowBatch
    ) throws(FileProblem) -> Verdict {
        found.counted += 1
        switch wanted {
        case .first(let count):
            return found.counted <= count ? .takes : .skipped("behind the first \(count)")
        case .last(let count):
            guard let scan else { return .takes }
            return found.counted > scan.counted - count ? .takes : .skipped("before the last \(count)")
        case .latest(let slots):
            guard let slot = slots.first(where: { work[$0].column != .max }) ?? slots.first else { return .takes }
            let value = batch.text.span.extracting(work[slot].text(in: batch.text))
            var order: DateOrder?
            if work[slot].kind != .faulty, reader != nil {
                order = reader?.order(of: value)
            } else if work[slot].kind != .faulty {
                order = DateOrder(iso: value)
                if order == nil, Self.isOtherDate(value) { throw ambiguous(work[slot], names[slot], line, batch) }
            }
            guard let order else { return .faulty(slot: slot) }
            // Nobody knows whether a stamp with an offset is before one without.
            if let other = found.latest, other.kind != order.kind {
                throw ambiguous(work[slot], names[slot], line, batch)
            }
            found.latest = found.latest.map { max($0, order) } ?? order
            guard let latest = scan?.latest else { return .takes }
            return order < latest ? .skipped("\(names[slot]) is not the latest") : .takes
        }
    }

    /// Why a line that cannot be read is none of those that are taken, whatever it says; nil: it may be one.
    var whyBrokenIsSkipped: String? {
        switch wanted {
        case .first(let count): found.counted >= count ? "behind the first \(count)" : nil
        case .last(let count):
            scan.map { $0.counted - found.counted >= count } == true ? "before the last \(count)" : nil
        case .latest: nil
        }
    }

    /// Digits that are parted as those of a date are, in none of the forms that can be read in one way only.
    private static func isOtherDate(_ value: Span<UInt8>) -> Bool {
        var digits = 0
        for index in value.indices where value[index] &- UInt8(ascii: "0") <= 9 { digits += 1 }
        // An ISO date of a day that no calendar has is a value that cannot be read, no other form.
        let isISO = value.count >= 10 && value[4] == UInt8(ascii: "-") && value[7] == UInt8(ascii: "-")
        return digits > 0 && !isISO
    }

    private func ambiguous(
        _ cell: RowBatch.Cell, _ name: String, _ line: LinePlace, _ batch: RowBatch
    ) -> FileProblem {
        var place = RowProblem(reason: "ambiguous_date", line: line.number, what: "")
        if cell.column != .max { place.place(cell.bytes, rowStart: line.start, in: batch) }
        return FileProblem(
            reason: "ambiguous_date", line: place.line, column: place.column,
            what:
                "\(shown(Array(name.utf8).span)): \(shown(batch.text.span.extracting(cell.bytes))) is no date that can be "
                + "compared with the others of the file, so the latest cannot be told.",
            hint: "Say how the column writes dates: `take: {latest: \(name), date: dd.MM.yyyy}`.")
    }
}

internal import PostboxCore
internal import PostboxIO

/// What holds at a destination, and who said it first: what was withdrawn, and nothing could replace, is not posted again.
///
/// It is asked by one thread alone.
final class StandingValues {
    /// A field that holds, and who said its value first.
    struct Field {
        var name: String
        var json: [UInt8]
        /// The drop by which it holds, and how old that one is.
        var holder: DropPlace
        /// The file's drop; nil: no file's.
        var drop: Int?
        var isWithdrawn: Bool
    }

    /// What is known of a drop by itself.
    private enum Holder {
        /// It says values of its own.
        case file(isWithdrawn: Bool)
        /// It says values of others: who said them first does not matter.
        case copy
        /// The same, and it does.
        case asked
    }

    private let lineage: DropLineage
    private let destination: String
    private let isByFile: Bool
    private var holders: [Int: Holder] = [:]
    private var history: ValueHistory?

    /// - Parameter isByFile: which file said a value first is asked for, be it that a withdrawal posted it again.
    ///
    /// Throws as `LastImages.each` and `ValueHistory`.
    init(_ images: LastImages, at destination: String, isByFile: Bool, in directories: Settings.Directories) throws {
        let drops = try LedgerReading(in: directories)?.lineage() ?? []
        lineage = DropLineage(drops)
        self.destination = destination
        self.isByFile = isByFile
        guard drops.contains(where: { isAsked($0.number) }) else { return }
        var rics: Set<UInt64> = []
        try images.each { record, words in
            let (at, ric) = try record.item(in: words)
            guard at.destination == destination else { return }
            var isWanted = false
            guard record.eachField({ isWanted = isWanted || isAsked($0.drop) }) else { throw LastRecord.Damaged() }
            if isWanted { rics.insert(RICHash.of(ric)) }
        }
        guard !rics.isEmpty else { return }
        history = try ValueHistory(
            lineage, growing: images.growing, at: [destination], in: directories, isWanted: { rics.contains($0) })
    }

    /// The fields of a RIC at a service that hold, by its record. Throws as `ValueHistory`.
    func fields(
        _ record: LastRecord, _ words: LastWords, of ric: UnsafeRawBufferPointer, at service: String
    ) throws -> [Field] {
        var fields: [Field] = []
        var holding: [AcceptedPost] = []
        var isAsked = false
        try record.eachField(named: words) { field, name in
            var found = Field(
                name: name, json: Array(field.json), holder: DropPlace(drop: field.drop, age: field.age), drop: nil,
                isWithdrawn: false)
            switch holder(field.drop) {
            case .file(let isWithdrawn):
                found.drop = field.drop
                found.isWithdrawn = isWithdrawn
            case .copy: break
            case .asked: isAsked = true
            }
            fields.append(found)
            if history != nil { holding.append(AcceptedPost(field, named: name)) }
        }
        guard isAsked, let history else { return fields }
        let story = try history.story(
            of: Array(ric), at: destination, service: service, holding: holding, image: record.image)
        for index in fields.indices {
            guard case .asked = holder(fields[index].holder.drop),
                let (drop, isWithdrawn) = story.holder(of: fields[index].name)
            else { continue }
            fields[index].drop = drop.flatMap { lineage.copy($0) == nil ? $0 : nil }
            fields[index].isWithdrawn = isWithdrawn
        }
        return fields
    }

    private func isAsked(_ drop: Int) -> Bool { if case .asked = holder(drop) { true } else { false } }

    private func holder(_ drop: Int) -> Holder {
        if let known = holders[drop] { return known }
        let holder: Holder
        switch lineage.copy(drop) {
        case nil: holder = .file(isWithdrawn: lineage.isWithdrawn(drop, at: destination))
        case .withdrawal(_, let through)?:
            holder = isByFile || lineage.hasWithdrawals(after: through, at: destination) ? .asked : .copy
        case .republication(let base)?:
            holder = isByFile || lineage.hasWithdrawals(after: base, at: destination) ? .asked : .copy
        }
        holders[drop] = holder
        return holder
    }
}

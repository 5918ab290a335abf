internal import PostboxCore
internal import PostboxIO

/// What the servers accepted last of a RIC, for people and programs: read beside a running service, or without one.
struct LastLookup {
    private let ric: String
    private let found: [LastReading.Found]
    private let ledger: LedgerReading?

    /// Looks it up. `service`, `destination`: nil: all of them. Throws `DiskError`, `LedgerError`.
    init(_ ric: String, service: String?, destination: String?, in directories: Settings.Directories) throws {
        self.ric = ric
        ledger = try LedgerReading(in: directories)
        // What is open is asked for first: a drop that is closed meanwhile is in the store, or among the closed ones.
        let open = try ledger?.open() ?? []
        let store = try LastReading(folder: directories.state + "/last")
        found = try store.find(Array(ric.utf8), over: Self.results(open, ledger, store, directories)).filter {
            (service == nil || $0.service == service) && (destination == nil || $0.destination == destination)
        }
    }

    /// The same for many RICs together. A drop in work whose result is long counts when it is closed. Throws `DiskError`, `LedgerError`, and
    /// what is wrong with a store that cannot be trusted.
    static func answers(in directories: Settings.Directories) throws -> LastAnswers {
        let ledger = try LedgerReading(in: directories)
        let open = try ledger?.open() ?? []
        let store = try LastReading(folder: directories.state + "/last")
        let results = try Self.results(open, ledger, store, directories)
        return try store.answers(over: results.filter { ($0.result?.size ?? 0) <= longestRead })
    }

    /// Bytes of a result.
    private static let longestRead = 8 << 20

    var isEmpty: Bool { found.isEmpty }

    /// A table for each destination and service.
    var lines: [String] { found.flatMap { table(of: $0) } }

    /// An object on one line for each destination and service.
    var json: [String] { found.map { object(of: $0) } }

    /// Results of drops that the store does not hold yet: those in work, and those that were closed just now.
    static func results(
        _ open: [LedgerReading.Open], _ ledger: LedgerReading?, _ store: LastReading,
        _ directories: Settings.Directories
    ) throws -> [LastValuesStore.Closed] {
        let closed = try ledger?.lastSent(from: store.applied.firstMissing, atMost: 1000) ?? []
        var places = open.map {
            (
                $0.place,
                [
                    "\(directories.work)/\($0.place.drop)/" + FileMover.Part.result,
                    $0.folder + "/" + FileNames.result($0.target),
                ]
            )
        }
        places += closed.map { ($0.place, [$0.folder + "/" + FileNames.result($0.target)]) }
        var results: [Int: LastValuesStore.Closed] = [:]
        for (place, paths) in places where !store.applied.contains(place.drop) && results[place.drop] == nil {
            for path in paths {
                guard let result = try? AppliedResult(path: path) else { continue }
                results[place.drop] = LastValuesStore.Closed(place, result: result)
                break
            }
        }
        return Array(results.values)
    }

    private func table(of found: LastReading.Found) -> [String] {
        var rows = [["field", "value", "accepted at", "files", "drop", "file"]]
        for value in found.values.fields {
            rows.append([
                value.field, String(decoding: value.json, as: UTF8.self), TimeText.text(value.acceptedAt),
                String(value.run), String(value.drop), name(of: value.drop),
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return ["\(ric) of \(found.service) at \(found.destination)"]
            + rows.map { row in
                "  " + zip(row, widths).map { $0.padded($1) }.joined(separator: "  ")
            }
    }

    private func object(of found: LastReading.Found) -> String {
        let fields = found.values.fields.map { value in
            JSONText.quoted(value.field) + ":{\"value\":" + String(decoding: value.json, as: UTF8.self)
                + ",\"accepted_at\":" + JSONText.quoted(TimeText.text(value.acceptedAt))
                + ",\"files\":\(value.run),\"drop\":\(value.drop),\"file\":"
                + JSONText.quoted(name(of: value.drop)) + "}"
        }
        return "{\"ric\":" + JSONText.quoted(ric) + ",\"destination\":" + JSONText.quoted(found.destination)
            + ",\"service\":" + JSONText.quoted(found.service) + ",\"fields\":{" + fields.joined(separator: ",") + "}}"
    }

    /// What the drop's file was called; empty: the ledger does not know it any more.
    private func name(of drop: Int) -> String {
        (try? ledger?.drop(drop))?.name ?? ""
    }
}

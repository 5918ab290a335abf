internal import ArgumentParser
internal import PostboxCore
internal import PostboxIO

struct LastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "last",
        abstract: "Shows what the servers accepted last of a RIC.",
        discussion: """
            Prints each field with its value as it was sent, when it was accepted, how many files in a row brought it, and the drop \
            and file that it came with; rows of files in work that are accepted already among them. Works with and without a \
            running service.

            Ends with 2 when nothing is known of the RIC.
            """)

    @Argument(help: ArgumentHelp("The RIC, as it was sent.", valueName: "RIC"))
    var ric: String

    @Option(help: "Only this service.")
    var service: String?

    @Option(help: "Only this destination.")
    var destination: String?

    @Flag(help: "JSON, one object a line for each destination and service.")
    var json = false

    @OptionGroup var place: SpoolOptions

    func run() async throws {
        let directories: Settings.Directories
        do throws(SpoolPlace.Unknown) {
            directories = try SpoolPlace.find(config: place.config, spool: place.spool).directories
        } catch {
            CommandIssuer.end(error.description, PostboxCore.ExitCode.configuration)
        }
        let found: [LastReading.Found]
        let ledger: LedgerReading?
        do {
            ledger = try LedgerReading(path: directories.state + "/ledger.sqlite")
            // What is open is asked for first: a drop that is closed meanwhile is in the store, or among the closed ones.
            let open = try ledger?.open() ?? []
            let store = try LastReading(folder: directories.state + "/last")
            found = try store.find(Array(ric.utf8), over: Self.results(open, ledger, store, directories)).filter {
                (service == nil || $0.service == service) && (destination == nil || $0.destination == destination)
            }
        } catch {
            CommandIssuer.end(Words.of(error), PostboxCore.ExitCode.spool)
        }
        guard !found.isEmpty else {
            CommandIssuer.end("nothing is known of \(VisibleText.quoted(ric))", PostboxCore.ExitCode.partial)
        }
        for entry in found {
            for line in json ? [Self.json(ric, entry, ledger)] : Self.lines(ric, entry, ledger) {
                if json { Terminal.printExactly(line) } else { Terminal.print(line) }
            }
        }
        Terminal.exit(PostboxCore.ExitCode.ok)
    }

    /// Results of drops that the store does not hold yet: those in work, and those that were closed just now.
    private static func results(
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
            for path in paths where try Disk.status(path)?.isRegular == true {
                guard let result = try? AppliedResult(path: path) else { continue }
                results[place.drop] = LastValuesStore.Closed(place, result: result)
                break
            }
        }
        return Array(results.values)
    }

    private static func lines(_ ric: String, _ found: LastReading.Found, _ ledger: LedgerReading?) -> [String] {
        var rows = [["field", "value", "accepted at", "files", "drop", "file"]]
        for value in found.values.fields {
            rows.append([
                value.field, String(decoding: value.json, as: UTF8.self), TimeText.text(value.acceptedAt),
                String(value.run), String(value.drop), name(of: value.drop, ledger),
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return ["\(ric) of \(found.service) at \(found.destination)"]
            + rows.map { row in
                "  " + zip(row, widths).map { $0.padded($1) }.joined(separator: "  ")
            }
    }

    private static func json(_ ric: String, _ found: LastReading.Found, _ ledger: LedgerReading?) -> String {
        let fields = found.values.fields.map { value in
            JSONText.quoted(value.field) + ":{\"value\":" + String(decoding: value.json, as: UTF8.self)
                + ",\"accepted_at\":" + JSONText.quoted(TimeText.text(value.acceptedAt))
                + ",\"files\":\(value.run),\"drop\":\(value.drop),\"file\":"
                + JSONText.quoted(name(of: value.drop, ledger)) + "}"
        }
        return "{\"ric\":" + JSONText.quoted(ric) + ",\"destination\":" + JSONText.quoted(found.destination)
            + ",\"service\":" + JSONText.quoted(found.service) + ",\"fields\":{" + fields.joined(separator: ",") + "}}"
    }

    /// What the drop's file was called; empty: the ledger does not know it any more.
    private static func name(of drop: Int, _ ledger: LedgerReading?) -> String {
        (try? ledger?.drop(drop))?.name ?? ""
    }
}

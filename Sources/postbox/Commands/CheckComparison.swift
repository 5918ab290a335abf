internal import Foundation
internal import PostboxCore
internal import PostboxIO

/// A file that is checked by two configurations.
struct ComparedFile {
    var path: String
    /// The name that it had in the inbox.
    var name: String
    /// When it was claimed, microseconds since 1970; nil: it is taken as if it came now.
    var claimedAt: Int64?
}

/// Checks files by two configurations and tells what differs.
struct CheckComparison {
    let old: FileCheck
    let new: FileCheck
    let isJSON: Bool
    /// Differences that are shown of a file and destination; nil: all.
    let most: Int?

    /// True: nothing differs. Throws what keeps the file from being read, and `DiskError`.
    func run(_ file: ComparedFile) async throws -> Bool {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("postbox-check-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let now = file.claimedAt ?? Clock.wall()
        let before = try await notes(old, file, at: now, in: folder.path + "/old")
        let after = try await notes(new, file, at: now, in: folder.path + "/new")
        var isSame = true
        let names =
            before.whole.destinations + after.whole.destinations.filter { !before.whole.destinations.contains($0) }
        for name in ([""] + names) {
            let (one, other) = (trouble(before, name), trouble(after, name))
            guard one != other else { continue }
            isSame = false
            tell(file, name, one, other)
        }
        for name in names {
            let found = try RowComparison(before.rows(at: name), after.rows(at: name), most: most)
            if found.differing > 0 { isSame = false }
            tell(file, name, found)
        }
        if names.isEmpty, isSame, !isJSON {
            Terminal.print("\(file.path): the same: \(trouble(before, "") ?? "nothing is sent")")
        }
        return isSame
    }

    private func notes(
        _ check: FileCheck, _ file: ComparedFile, at now: Int64, in folder: String
    ) async throws -> CheckNotes {
        var check = check
        let notes = try CheckNotes(in: folder)
        check.notes = notes
        check.claimedAt = now
        _ = try await check.check(file.path, as: file.name)
        try notes.end()
        return notes
    }

    /// What becomes of the whole file there; nil: its rows go.
    private func trouble(_ notes: CheckNotes, _ destination: String) -> String? {
        if let trouble = notes.whole.troubles[destination] { return trouble }
        return destination.isEmpty || notes.whole.destinations.contains(destination) ? nil : "does not go there"
    }

    // MARK: - What is told

    private func tell(_ file: ComparedFile, _ destination: String, _ old: String?, _ new: String?) {
        if isJSON {
            func quoted(_ text: String?) -> String { VisibleText.quoted(text ?? "sent") }
            return Terminal.printExactly(
                "{\"file\":\(quoted(file.path)),\"destination\":\(destination.isEmpty ? "null" : quoted(destination)),\"row\":null,\"old\":{\"outcome\":\(quoted(old))},\"new\":{\"outcome\":\(quoted(new))}}"
            )
        }
        let place = destination.isEmpty ? file.path : "\(file.path) -> \(destination)"
        Terminal.print("\(place): the file as a whole: old \(old ?? "sent"), new \(new ?? "sent")")
    }

    private func tell(_ file: ComparedFile, _ destination: String, _ found: RowComparison) {
        if isJSON {
            for one in found.first { Terminal.printExactly(json(file, destination, one)) }
            return
        }
        let rows = Plural.text(found.rows, "row")
        let words =
            found.differing == 0
            ? "\(rows), all the same"
            : "\(found.differing) of \(rows) \(Plural.word(found.differing, "differs", "differ"))"
        Terminal.print("\(file.path) -> \(destination): \(words)")
        for one in found.first {
            let line = max(one.old?.line ?? 0, one.new?.line ?? 0)
            Terminal.print("  row \(one.row)" + (line > 0 ? " (line \(line))" : ""))
            Terminal.print("    old  " + text(one.old))
            Terminal.print("    new  " + text(one.new))
        }
        let left = found.differing - found.first.count
        if left > 0 { Terminal.print("  \(Plural.text(left, "more row")); --all shows all") }
    }

    private func text(_ note: CheckedRow?) -> String {
        guard let note else { return "no such row, or it is skipped" }
        return note.outcome + (note.text.isEmpty ? "" : "  " + note.text)
    }

    private func json(_ file: ComparedFile, _ destination: String, _ one: RowComparison.Difference) -> String {
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        func side(_ note: CheckedRow?) -> String {
            guard let note else { return "null" }
            let value = note.outcome.hasPrefix("posted") ? "\"post\":\(note.text)" : "\"reasons\":\(quoted(note.text))"
            return "{\"outcome\":\(quoted(note.outcome)),\(value)}"
        }
        let line = max(one.old?.line ?? 0, one.new?.line ?? 0)
        return "{\"file\":\(quoted(file.path)),\"destination\":\(quoted(destination)),\"row\":\(one.row),"
            + "\"line\":\(line > 0 ? "\(line)" : "null"),\"old\":\(side(one.old)),\"new\":\(side(one.new))}"
    }
}

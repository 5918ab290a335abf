internal import Glibc
internal import PostboxCore

/// Moves a settled drop to where it belongs. Every step can be repeated: a crash between two of them is finished by doing all
/// of them again.
package struct FileMover: Sendable {
    /// What lies in a drop's own directory while it is in work.
    package enum Part {
        package static let result = ".result.part"
        package static let rejects = ".rejects.part"
        package static let summary = ".summary.part"
        /// The list of rows that do not count.
        package static let skipped = ".skipped.part"
        /// What a server stores of the rows.
        package static let readBack = ".readback.part"
        /// Wrong values that the drop replaces, as they were found when it was made.
        package static let incidentNotes = ".incident.notes"
        /// The list that they become when its rows have their outcomes.
        package static let incident = ".incident.part"
        /// Which rows do not count, for a run that goes on after this one.
        package static let skippedRows = ".skipped.rows"
        /// Of a held drop: rows that need a look.
        package static let heldRows = ".held.rows"
        /// Rows that checks hold while the others go, for a run that goes on after this one.
        package static let checkedRows = ".held.checks"
        /// What checks against last accepted values found, for a run that goes on after this one.
        package static let lastFindings = ".checks"
        /// The same, while it is found.
        package static let newLastFindings = ".checks.part"

        /// Rejects of one destination among several.
        package static func rejects(of destination: String) -> String {
            rejects + RejectsName.part(of: destination)
        }

        /// Whether a name in a drop's directory is one of these.
        package static func isOne(_ name: String) -> Bool {
            [
                result, summary, rejects, skipped, skippedRows, readBack, heldRows, checkedRows, lastFindings,
                newLastFindings, incidentNotes, incident,
            ].contains(name)
                || name.hasPrefix(rejects + "@")
        }
    }

    /// A drop that is moved: what it is called, and whose bad rows there may be files of.
    package struct Moved: Sendable {
        package var drop: Int
        package var name: String
        package var destinations: [String]
        /// Some of its rows may not count: then what tells of them lies in the drop's directory.
        package var maySkip: Bool
        /// It may have been held: what tells of its rows lies in its directory.
        package var wasHeld: Bool
        /// Checks may hold some of its rows: then what tells of them lies there.
        package var mayHoldRows = false
        /// What came with it, by the names in the inbox; nil: that is not known.
        package var companions: [String]?
        /// Rows of it may have been read back: then what that showed lies in the drop's directory.
        package var mayBeReadBack = false
        /// It may have been compared with last accepted values: then what that showed lies in the drop's directory.
        package var mayHaveFindings = false
        /// It replaces wrong values: a list of them lies in the drop's directory.
        package var hasIncidents = false

        package init(
            drop: Int, name: String, destinations: [String], maySkip: Bool = false, wasHeld: Bool = false,
            companions: [String]? = nil
        ) {
            self.drop = drop
            self.name = name
            self.destinations = destinations
            self.maySkip = maySkip
            self.wasHeld = wasHeld
            self.companions = companions
        }

        /// Files of rejects that may lie in the drop's directory, and the names that they get.
        var rejects: [(part: String, target: String)] {
            let whole = [(part: Part.rejects, target: RejectsName(original: name, drop: drop).text)]
            guard destinations.count > 1 else { return whole }
            return whole
                + destinations.map {
                    (Part.rejects(of: $0), RejectsName(original: name, drop: drop, destination: $0).text)
                }
        }
    }

    package init() {}

    /// A name that is free in the folder, with everything that would lie beside it: `eod.csv`, else `eod.2.csv`, …
    /// `suffixes` are those of its companions. Rejects have a name of their own. Throws `DiskError`.
    package func freeName(
        _ name: String, in folder: String, suffixes: [String] = [], isReserved: (String) -> Bool
    ) throws(DiskError) -> String {
        var number = 1
        while true {
            let candidate = FileNames.numbered(name, number)
            number += 1
            if isReserved(folder + "/" + candidate) { continue }
            var isTaken = false
            for beside in [candidate, FileNames.result(candidate), FileNames.summary(candidate)]
                + suffixes.map({ candidate + $0 }) where try Disk.exists(folder + "/" + beside)
            {
                isTaken = true
                break
            }
            if !isTaken { return candidate }
        }
    }

    /// Result, rejects, companions, the file, and last the summary, each renamed into place and made durable. `directory` is the
    /// drop's own below `work/`. False: something else lies in that directory, which stays. Throws `DiskError`; what was done
    /// stays done.
    package func move(
        _ drop: Moved, from directory: String, to folder: String, as target: String, summary: [UInt8]
    ) throws(DiskError) -> Bool {
        try Disk.makeDirectory(folder, asAbove: true)
        try placeAll(drop, from: directory, to: folder, as: target)
        let part = directory + "/" + Part.summary
        // A drop is settled only when its summary lies here, durable. Where it no longer does, it was placed before, and whoever
        // waited for it may have taken it away.
        if try Disk.exists(part), try !Disk.exists(folder + "/" + FileNames.summary(target)) {
            try write(summary, to: part)
            try Disk.syncDirectory(folder)
            try place(part, folder + "/" + FileNames.summary(target))
        }
        try Disk.syncDirectory(folder)
        return try clear(directory)
    }

    /// The same for a drop whose summary lies in `directory` whole and durable, without syncs: those of `folder` are the
    /// caller's, before `clear`.
    package func moveUnsynced(
        _ drop: Moved, from directory: String, to folder: String, as target: String
    ) throws(DiskError) {
        try placeAll(drop, from: directory, to: folder, as: target)
        try place(directory + "/" + Part.summary, folder + "/" + FileNames.summary(target))
    }

    private func placeAll(
        _ drop: Moved, from directory: String, to folder: String, as target: String
    ) throws(DiskError) {
        try place(directory + "/" + Part.result, folder + "/" + FileNames.result(target))
        if drop.maySkip {
            try place(directory + "/" + Part.skipped, folder + "/" + FileNames.skipped(target))
            try Disk.remove(directory + "/" + Part.skippedRows)
        }
        if drop.mayBeReadBack { try place(directory + "/" + Part.readBack, folder + "/" + FileNames.readBack(target)) }
        if drop.hasIncidents {
            try place(directory + "/" + Part.incident, folder + "/" + FileNames.incident(target))
            try Disk.remove(directory + "/" + Part.incidentNotes)
        }
        if drop.mayHaveFindings {
            for part in [Part.lastFindings, Part.newLastFindings] { try Disk.remove(directory + "/" + part) }
        }
        if drop.wasHeld { try Disk.remove(directory + "/" + Part.heldRows) }
        if drop.mayHoldRows { try Disk.remove(directory + "/" + Part.checkedRows) }
        for rejects in drop.rejects { try placeBeside(directory + "/" + rejects.part, folder, rejects.target) }
        try CompanionFiles(in: directory, known: drop.companions).move(of: drop.name, to: folder, as: target)
        try place(directory + "/" + drop.name, folder + "/" + target)
    }

    /// Removes a drop's own directory when all of it is moved, unless `keep` takes it. False: something else lies in it, which
    /// stays. Throws `DiskError`.
    package func clear(
        _ directory: String, keep: (String) throws(DiskError) -> Bool = { _ in false }
    ) throws(DiskError) -> Bool {
        try Disk.remove(directory + "/" + Part.summary)
        if try keep(directory) { return true }
        do throws(DiskError) {
            try Disk.removeDirectory(directory)
        } catch {
            guard error.code == ENOTEMPTY || error.code == EEXIST else { throw error }
            return false
        }
        return true
    }

    /// Writes a whole small file. `mode`: its permission bits when it is new. Throws `DiskError`.
    package func write(
        _ bytes: [UInt8], to path: String, mode: UInt32 = 0o644, syncing: Bool = true
    ) throws(DiskError) {
        let descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        do throws(DiskError) {
            try Disk.write(descriptor, bytes, path: path)
            if syncing { try Disk.fsync(descriptor, path: path) }
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        try Disk.close(descriptor, path: path)
    }

    /// The same for a name that nobody else is given; where something has it all the same, it gets a number.
    private func placeBeside(_ from: String, _ folder: String, _ name: String) throws(DiskError) {
        // Hardly any drop has rejects.
        guard try Disk.exists(from) else { return }
        var number = 1
        while try rename(from, folder + "/" + FileNames.numbered(name, number)) == .isTaken { number += 1 }
    }

    /// Renames without replacing; done already when the source is gone.
    private func place(_ from: String, _ to: String) throws(DiskError) {
        guard try rename(from, to) != .isTaken else { throw DiskError(code: EEXIST, call: "renameat2", path: to) }
    }

    private enum Renamed {
        case isDone
        /// There is nothing to rename.
        case isGone
        /// Something has the name.
        case isTaken
    }

    private func rename(_ from: String, _ to: String) throws(DiskError) -> Renamed {
        do throws(DiskError) {
            if try Disk.renameNew(from, to) { return .isDone }
            return try Disk.exists(from) ? .isTaken : .isGone
        } catch {
            // The folder may be what is not there.
            guard error.code == ENOENT, try !Disk.exists(from) else { throw error }
            return .isGone
        }
    }
}

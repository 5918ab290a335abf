internal import Glibc
package import PostboxCore

/// `state/control/`: the desk's commands, a small file each. `hold`, `resume` and `cancel` write them, the service reads them, and either of them
/// may be killed at any moment: a command is there whole or not at all.
package struct ControlFolder: Sendable {
    /// A command as it stands.
    package struct Entry: Sendable, Equatable {
        package var note: CommandNote
        /// When it was given, microseconds since 1970.
        package var since: Int64
    }

    /// Commands that can be given although the disk is full.
    package static let reserves = 4
    /// Of a file that is set aside: a block of the usual file systems, and longer than any command.
    private static let reserveBytes = 4096

    package let path: String

    /// `stateDirectory`: the spool's `state/`.
    package init(stateDirectory: String) {
        path = stateDirectory + "/control"
    }

    /// Creates it when it is missing. Throws `DiskError`.
    package func make() throws(DiskError) {
        try Disk.makeDirectory(path)
    }

    /// All commands, and the names of what is none of ours. A folder that is missing holds none. Throws `DiskError`.
    package func read() throws(DiskError) -> (commands: [DeskCommand: Entry], foreign: [String]) {
        var commands: [DeskCommand: Entry] = [:]
        var foreign: [String] = []
        guard try Disk.exists(path) else { return (commands, foreign) }
        for name in try Disk.names(in: path).names where !name.hasPrefix(".") {
            if let command = DeskCommand(fileName: name), let entry = try entry(command) {
                commands[command] = entry
            } else if try Disk.exists(path + "/" + name) {
                foreign.append(name)
            }
        }
        return (commands, foreign.sorted())
    }

    /// What is held by now, in the order of the commands' names. Throws `DiskError`.
    package func holds() throws(DiskError) -> [DeskHold] {
        try read().commands.filter { $0.key.isHold }.sorted { $0.key.fileName < $1.key.fileName }
            .map { DeskHold($0.key, $0.value.note, since: $0.value.since) }
    }

    /// The command as it stands; nil: there is no such command. Throws `DiskError`.
    package func entry(_ command: DeskCommand) throws(DiskError) -> Entry? {
        try read(path + "/" + command.fileName)
    }

    private func read(_ file: String) throws(DiskError) -> Entry? {
        guard let status = try Disk.status(file), status.isRegular else { return nil }
        // Longer than any note of ours: whoever wrote it, the name is what counts.
        guard status.size <= 4096 else { return Entry(note: CommandNote(), since: status.modifiedAt / 1000) }
        do throws(DiskError) {
            let note = CommandNote(text: String(decoding: try Disk.contents(file), as: UTF8.self))
            return Entry(note: note, since: status.modifiedAt / 1000)
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
    }

    /// Gives a command, durably, on a full disk with what is set aside. A hold that stands is renewed by what is said anew. Throws
    /// `DiskError`.
    package func give(_ command: DeskCommand, _ note: CommandNote) throws(DiskError) -> DeskCommand.Given {
        try make()
        guard let standing = try entry(command) else {
            // A note of who was about to take an earlier one back, and was stopped in between, has nothing to do with this one.
            for number in Set(try numbers(of: command, Self.backPrefix)).subtracting(
                try numbers(of: command, Self.givenPrefix))
            {
                try Disk.remove(kept(command, Self.backPrefix, number))
            }
            return try put(command, note, isNew: true) ? .new : .known
        }
        guard command.isHold, let new = standing.note.renewed(by: note) else { return .known }
        return try put(command, new, isNew: false) ? .renewed : .known
    }

    /// Puts a command in its place, durably: over the one that stands, or where none does. False: one does. Throws `DiskError`; then
    /// everything is as it was.
    private func put(_ command: DeskCommand, _ note: CommandNote, isNew: Bool) throws(DiskError) -> Bool {
        let (part, file) = (try written(note), path + "/" + command.fileName)
        var isPut = true
        do throws(DiskError) {
            if isNew { isPut = try Disk.renameNew(part, file) } else { try Disk.rename(part, file) }
        } catch {
            try Disk.remove(part)
            throw error
        }
        if !isPut { try Disk.remove(part) }
        try Disk.syncDirectory(path)
        return isPut
    }

    /// Writes a note, on a full disk over what is set aside. Returns the path of the file, which has a name of its own.
    private func written(_ note: CommandNote) throws(DiskError) -> String {
        let part = part()
        do throws(DiskError) {
            try FileMover().write(Array(note.text.utf8), to: part)
        } catch {
            try Disk.remove(part)
            guard error.isFull, try writeIntoReserve(note, to: part) else { throw error }
        }
        return part
    }

    /// Sets blocks aside for commands to come, as far as they are missing: files that are full of blanks. Throws `DiskError` when
    /// there is no room; what is set aside by then stays.
    package func setAside() throws(DiskError) {
        var isChanged = false
        for number in 1...Self.reserves {
            let file = reserve(number)
            if try Disk.status(file)?.size == Self.reserveBytes { continue }
            // Half of one is of no use to anybody, and its name is wanted.
            try Disk.remove(file)
            do throws(DiskError) {
                try FileMover().write([UInt8](repeating: 0x20, count: Self.reserveBytes), to: file)
            } catch {
                try Disk.remove(file)
                throw error
            }
            isChanged = true
        }
        if isChanged { try Disk.syncDirectory(path) }
    }

    private func reserve(_ number: Int) -> String { path + "/.reserve-\(number)" }

    /// Writes a note over a file that was set aside, so that it needs no room. False: there is none.
    private func writeIntoReserve(_ note: CommandNote, to part: String) throws(DiskError) -> Bool {
        for number in 1...Self.reserves {
            do throws(DiskError) {
                // Its name is this process's own from here on.
                guard try Disk.renameNew(reserve(number), part) else { return false }
            } catch {
                if error.code == ENOENT { continue }
                throw error
            }
            let descriptor = try Disk.open(part, O_WRONLY)
            do throws(DiskError) {
                let bytes = Array(note.text.utf8.prefix(Self.reserveBytes))
                try bytes.span.withUnsafeBytes { (bytes) throws(DiskError) in
                    try Disk.write(descriptor, bytes, at: 0, path: part)
                }
                guard ftruncate(descriptor, off_t(bytes.count)) == 0 else {
                    throw DiskError(code: errno, call: "ftruncate", path: part)
                }
                try Disk.fsync(descriptor, path: part)
            } catch {
                _ = Glibc.close(descriptor)
                try Disk.remove(part)
                throw error
            }
            try Disk.close(descriptor, path: part)
            return true
        }
        return false
    }

    /// A command that was given and taken back.
    package struct Round: Sendable, Equatable {
        package var given: Entry
        /// Who took it back, and when; nil: a full disk kept no note of it.
        package var back: Entry?
        /// It is the so manieth of its command that nobody has told of.
        fileprivate var number: Int
    }

    /// Takes a command back, durably. Who gave it and who took it back is kept until it is told; on a full disk it is taken back all the
    /// same. False: there is no such command. Throws `DiskError`.
    package func takeBack(_ command: DeskCommand, _ note: CommandNote) throws(DiskError) -> Bool {
        guard try entry(command) != nil else { return false }
        var number = try numbers(of: command, Self.givenPrefix, Self.backPrefix).max() ?? 0
        // The note comes first: whoever finds the command gone finds it.
        let part = part()
        do throws(DiskError) {
            try FileMover().write(Array(note.text.utf8), to: part)
            repeat { number += 1 } while try !Disk.renameNew(part, kept(command, Self.backPrefix, number))
        } catch {
            try Disk.remove(part)
            guard error.isFull || error.code == ENAMETOOLONG else { throw error }
            number += 1
        }
        do throws(DiskError) {
            let file = path + "/" + command.fileName
            while try !Disk.renameNew(file, kept(command, Self.givenPrefix, number)) { number += 1 }
            try Disk.syncDirectory(path)
        } catch {
            try Disk.remove(kept(command, Self.backPrefix, number))
            // Somebody else was first.
            if error.code == ENOENT { return false }
            guard error.code == ENAMETOOLONG else { throw error }
            try remove([command])
        }
        return true
    }

    /// Commands that were given and taken back since that was last told, of each the first ones first. Throws `DiskError`.
    package func takenBack() throws(DiskError) -> [DeskCommand: [Round]] {
        var found: [DeskCommand: [Round]] = [:]
        guard try Disk.exists(path) else { return found }
        for name in try Disk.names(in: path).names {
            guard let (command, number) = Self.parts(of: name, Self.givenPrefix),
                let given = try read(path + "/" + name)
            else { continue }
            let back = try read(kept(command, Self.backPrefix, number))
            found[command, default: []].append(Round(given: given, back: back, number: number))
        }
        return found.mapValues { $0.sorted { $0.number < $1.number } }
    }

    /// What was found was told. Throws `DiskError`.
    package func forget(_ rounds: [DeskCommand: [Round]]) throws(DiskError) {
        guard !rounds.isEmpty else { return }
        for (command, rounds) in rounds {
            for round in rounds {
                try Disk.remove(kept(command, Self.givenPrefix, round.number))
                try Disk.remove(kept(command, Self.backPrefix, round.number))
            }
        }
        // Found again after others they would be told again.
        try Disk.syncDirectory(path)
    }

    private static let givenPrefix = ".given-"
    private static let backPrefix = ".back-"

    /// `.given-1-hold-inbox` is the command's own file, `.back-1-hold-inbox` the note of who took it back.
    private func kept(_ command: DeskCommand, _ prefix: String, _ number: Int) -> String {
        "\(path)/\(prefix)\(number)-\(command.fileName)"
    }

    private static func parts(of name: String, _ prefix: String) -> (command: DeskCommand, number: Int)? {
        guard name.hasPrefix(prefix) else { return nil }
        let parts = name.dropFirst(prefix.count).split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let number = Int(parts[0]), let command = DeskCommand(fileName: String(parts[1])) else {
            return nil
        }
        return (command, number)
    }

    private func numbers(of command: DeskCommand, _ prefixes: String...) throws(DiskError) -> [Int] {
        let names = try Disk.names(in: path).names
        return prefixes.flatMap { prefix in
            names.compactMap { name in Self.parts(of: name, prefix).flatMap { $0.command == command ? $0.number : nil }
            }
        }
    }

    /// A name of nobody else's for a file that is being written.
    private func part() -> String { "\(path)/.new-\(getpid())-\(UInt32.random(in: .min ... .max))" }

    /// Takes commands back, durably: those that do not stand are passed over. Throws `DiskError`.
    package func remove(_ commands: [DeskCommand]) throws(DiskError) {
        guard !commands.isEmpty, try Disk.exists(path) else { return }
        for command in commands { try Disk.remove(path + "/" + command.fileName) }
        try Disk.syncDirectory(path)
    }
}

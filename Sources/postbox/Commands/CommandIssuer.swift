internal import ArgumentParser
internal import Foundation
internal import PostboxCore
internal import PostboxIO

/// Which spool a command is for.
struct SpoolOptions: ParsableArguments {
    @Option(
        name: [.customShort("c"), .customLong("config")],
        help:
            "The configuration; else postbox.yaml here, or /etc/postbox/postbox.yaml. It need not be right: its `spool` is enough.",
        completion: .file(extensions: ["yaml", "yml"]))
    var named: String?

    @Option(help: "The spool, without a configuration.", completion: .directory)
    var spool: String?

    /// The configuration that is named, or the one that lies where one is looked for.
    var config: String { named ?? ConfigOption.usual }

    /// Where the spool lies, or says why that cannot be told and ends with 78; with 74 where one is named that is none.
    func find() -> SpoolPlace {
        do throws(SpoolPlace.Unknown) {
            let place = try SpoolPlace.find(config: config, spool: spool)
            // One that a configuration names may not have been used yet.
            if spool != nil { CommandIssuer.checkSpool(place.directories) }
            return place
        } catch {
            CommandIssuer.end(error.description, PostboxCore.ExitCode.configuration)
        }
    }
}

/// What `cancel`, `hold` and `resume` know about a spool: they look from outside and leave commands, whether a service runs or not.
///
/// They need the spool alone: not a good configuration, not its secrets, and no free disk.
struct CommandIssuer {
    let place: SpoolPlace
    let folder: ControlFolder
    private let ledger: LedgerReading?
    /// Why the ledger cannot be read; nil: it can, or there is none yet.
    private let ledgerTrouble: String?

    /// Finds the spool and opens the ledger for reading, or says why not and ends.
    init(_ options: SpoolOptions) {
        place = options.find()
        let state = place.directories.state
        if place.isMakeshift {
            // A command for a spool that nobody uses stops nothing.
            guard Self.orEnd({ try Disk.target(state)?.isDirectory == true }) else {
                Self.end(
                    "there is no spool at \(place.directories.spool): \(state) is missing", PostboxCore.ExitCode.spool)
            }
            if options.spool == nil {
                Terminal.error(
                    "\(options.config) is not right as a whole (see postbox config check); the spool is \(place.directories.spool)"
                )
            }
        }
        folder = ControlFolder(stateDirectory: state)
        do {
            ledger = try LedgerReading(in: place.directories)
            ledgerTrouble = nil
        } catch {
            ledger = nil
            ledgerTrouble = Words.of(error)
        }
    }

    /// Ends with 74 where there is no spool: its parts are there from its first use on.
    fileprivate static func checkSpool(_ directories: Settings.Directories) {
        let parts = [directories.state, directories.done, directories.failed]
        guard orEnd({ try parts.contains { try Disk.target($0)?.isDirectory == true } }) else {
            end("there is no spool at \(directories.spool)", PostboxCore.ExitCode.spool)
        }
    }

    static func end(_ text: String, _ code: Int32) -> Never {
        Terminal.error(text)
        Terminal.exit(code)
    }

    /// Who gives the command: also behind sudo.
    static var user: String { ProcessInfo.processInfo.environment["SUDO_USER"] ?? NSUserName() }

    // MARK: - What there is

    /// Runs a look at the disk, or says what failed and ends with 74.
    static func orEnd<Value>(_ body: () throws -> Value) -> Value {
        do {
            return try body()
        } catch {
            end(Words.of(error), PostboxCore.ExitCode.spool)
        }
    }

    func drop(_ number: Int) -> LedgerReading.Drop? { Self.orEnd { try ledger?.drop(number) } }

    /// Drops of that name; without a ledger that can be read those in work.
    func drops(named name: String) -> [LedgerReading.Drop] {
        if ledgerTrouble != nil {
            return numbersInWork().filter { fileInWork($0) == name }
                .map { LedgerReading.Drop(number: $0, name: name, stage: .posting) }
        }
        return Self.orEnd { try ledger?.drops(named: name) } ?? []
    }

    /// What holds a drop in work by now; nil: nothing does, or the ledger cannot tell its rule and its destinations.
    func hold(ofDrop number: Int) -> DeskHold? {
        Self.orEnd { try ledger?.line(of: number)?.hold(among: try folder.holds()) }
    }

    /// The highest number ever given; nil: not to be had.
    var lastNumber: Int? { ledgerTrouble == nil ? Self.orEnd { try ledger?.lastNumber() } ?? 0 : nil }

    /// The name of the file of an unfinished drop, or says why there is none and ends with 64.
    func openName(_ number: Int) -> String {
        if let known = drop(number) {
            guard !known.isFinished else {
                Self.end("\(Self.words(known)) already", PostboxCore.ExitCode.usage)
            }
            return known.name
        }
        // The ledger may be lost: the next start takes what lies in work/.
        if let name = fileInWork(number) { return name }
        if let ledgerTrouble { Self.end(ledgerTrouble, PostboxCore.ExitCode.spool) }
        Self.end("there is no drop \(number)", PostboxCore.ExitCode.usage)
    }

    private func numbersInWork() -> [Int] {
        (Self.orEnd { try Disk.names(in: place.directories.work) }).names.compactMap { Int($0) }.sorted()
    }

    private func fileInWork(_ number: Int) -> String? {
        let directory = place.directories.work + "/\(number)"
        return (try? Disk.names(in: directory))?.names.first { !$0.hasPrefix(".") }
    }

    /// Whether a file of that name lies in the inbox and may be taken.
    func isInInbox(_ name: String) -> Bool {
        isThere(name) && !InboxNames(rules: [], ignored: place.ignored).isIgnored(name)
    }

    /// Whether a file of that name lies in the inbox, and the configuration's `ignore` leaves it there.
    func isLeftAlone(_ name: String) -> Bool { isThere(name) && !isInInbox(name) }

    private func isThere(_ name: String) -> Bool {
        guard !name.contains("/"), !FileNames.isIgnored(name), !FileNames.isTooLong(name) else { return false }
        return Self.orEnd { try Disk.status(place.directories.inbox + "/" + name)?.isRegular == true }
    }

    /// The running service in words; nil: none runs.
    var service: String? { Self.orEnd { try SpoolLock.owner(stateDirectory: place.directories.state) } }

    /// How a finished drop ended.
    static func words(_ drop: LedgerReading.Drop) -> String {
        "drop \(drop.number) (\(drop.name)) is finished: \(drop.verdict?.rawValue ?? ""), \(drop.folder)/\(drop.target)"
    }

    // MARK: - Commands

    /// Leaves a command. Ends with 74 when it cannot be written.
    func give(
        _ command: DeskCommand, after: Int? = nil, why: String? = nil, until: Int64? = nil
    ) -> DeskCommand.Given {
        let note = CommandNote(by: Self.user, after: after, why: why, until: until)
        let given = Self.orEnd { try folder.give(command, note) }
        do throws(DiskError) {
            // What it may have been written over is there again for the next one.
            try folder.setAside()
        } catch {
            if !error.isFull { Terminal.error("the order stands, but nothing is set aside for the next one: \(error)") }
        }
        return given
    }

    /// Takes a command back. False: there is none. Ends with 74 when it cannot be removed.
    func takeBack(_ command: DeskCommand, why: String?) -> Bool {
        Self.orEnd { try folder.takeBack(command, CommandNote(by: Self.user, why: why)) }
    }
}

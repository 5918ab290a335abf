internal import Foundation
internal import PostboxCore
internal import PostboxIO

/// What `cancel`, `hold` and `resume` know about a spool: they look from outside and leave orders, whether a service runs or not.
struct DeskOrders {
    let settings: Settings
    let folder: ControlFolder
    private let ledger: LedgerReading?

    /// Loads the configuration and opens the ledger for reading, or says why not and ends.
    init(config: String) {
        settings = Configuration.loadOrExit(config).settings
        folder = ControlFolder(stateDirectory: settings.directories.state)
        do {
            ledger = try LedgerReading(path: settings.directories.state + "/ledger.sqlite")
        } catch {
            Self.end("\(error)", PostboxCore.ExitCode.spool)
        }
    }

    static func end(_ text: String, _ code: Int32) -> Never {
        Terminal.error(text)
        Terminal.exit(code)
    }

    /// Who gives the order: also behind sudo.
    static var user: String { ProcessInfo.processInfo.environment["SUDO_USER"] ?? NSUserName() }

    // MARK: - What there is

    /// Runs a look at the disk, or says what failed and ends with 74.
    static func orEnd<Value>(_ body: () throws -> Value) -> Value {
        do {
            return try body()
        } catch {
            end("\(error)", PostboxCore.ExitCode.spool)
        }
    }

    func drop(_ number: Int) -> LedgerReading.Drop? { Self.orEnd { try ledger?.drop(number) } }

    func drops(named name: String) -> [LedgerReading.Drop] { Self.orEnd { try ledger?.drops(named: name) } ?? [] }

    var lastNumber: Int { Self.orEnd { try ledger?.lastNumber() } ?? 0 }

    /// The name of the file of an unfinished drop, or says why there is none and ends with 64.
    func openName(_ number: Int) -> String {
        if let known = drop(number) {
            guard !known.isFinished else {
                Self.end("\(Self.words(known)) already", PostboxCore.ExitCode.usage)
            }
            return known.name
        }
        // The ledger may be lost: the next start takes what lies in work/.
        let directory = settings.directories.work + "/\(number)"
        if let name = (try? Disk.names(in: directory))?.names.first(where: { !$0.hasPrefix(".") }) { return name }
        Self.end("there is no drop \(number)", PostboxCore.ExitCode.usage)
    }

    /// Whether a file of that name lies in the inbox and may be taken.
    func isInInbox(_ name: String) -> Bool {
        guard !name.contains("/"), !FileNames.isIgnored(name), !FileNames.isTooLong(name) else { return false }
        return Self.orEnd { try Disk.status(settings.directories.inbox + "/" + name)?.isRegular == true }
    }

    /// The running service in words; nil: none runs.
    var service: String? { Self.orEnd { try SpoolLock.owner(stateDirectory: settings.directories.state) } }

    /// How a finished drop ended.
    static func words(_ drop: LedgerReading.Drop) -> String {
        "drop \(drop.number) (\(drop.name)) is finished: \(drop.verdict?.rawValue ?? ""), \(drop.folder)/\(drop.target)"
    }

    // MARK: - Orders

    /// Leaves an order. False: it stands already. Ends with 74 when it cannot be written.
    func give(_ order: ControlOrder, after: Int? = nil) -> Bool {
        Self.orEnd { try folder.give(order, ControlNote(by: Self.user, after: after)) }
    }

    /// Takes an order back. False: there is none. Ends with 74 when it cannot be removed.
    func takeBack(_ order: ControlOrder) -> Bool {
        Self.orEnd {
            guard try folder.entry(order) != nil else { return false }
            try folder.remove([order])
            return true
        }
    }
}

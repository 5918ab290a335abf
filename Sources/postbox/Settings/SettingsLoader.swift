internal import Foundation
internal import PostboxCore
internal import PostboxIO
internal import Yams

/// A configuration as it was loaded.
struct LoadedSettings: Sendable, Equatable {
    var settings: Settings
    /// The file's bytes as they were read, for its digest; secrets may stand in them.
    var sourceBytes: [UInt8]
    /// What is allowed and not wise: secrets that stand in the file itself.
    var warnings: [SettingsProblem] = []
    /// Its text as it may be kept: without the passwords that stand in it.
    var keptText = ""
    /// The dictionaries that it names, where they were asked for.
    var dictionaries: [DictionaryFiles: LoadedDictionary] = [:]
}

/// Reads `postbox.yaml`.
enum SettingsLoader {
    /// The checked settings of the file at `path`, with `${env:NAME}` looked up in `environment`.
    ///
    /// Relative paths in the file are taken from the file's folder, `path` itself from the current directory.
    /// - Parameters:
    ///   - withDictionaries: the dictionaries that it names are read too, and rules are held to them.
    ///   - folder: absolute: relative paths start there; nil: in the file's own folder.
    /// - Throws: every problem at once, in the order of lines; `path` as it was given names the file.
    static func load(
        path: String, withDictionaries: Bool = false, folder: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(SettingsProblems) -> LoadedSettings {
        let place = absolutePath(path, from: FileManager.default.currentDirectoryPath)
        guard let bytes = contents(place, atMost: 4 << 20) else {
            throw SettingsProblems([
                SettingsProblem(file: path, line: 0, what: "the configuration file cannot be read")
            ])
        }
        let folder = folder ?? place.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        return try read(
            bytes, file: path, folder: folder, environment: environment, withDictionaries: withDictionaries)
    }

    /// The checked settings that `bytes` stand for.
    /// - Parameters:
    ///   - file: names the file in problems.
    ///   - folder: absolute, without a slash at the end; relative paths start here.
    static func parse(
        _ bytes: [UInt8], file: String, folder: String, environment: [String: String]
    ) throws(SettingsProblems) -> Settings {
        try read(bytes, file: file, folder: folder, environment: environment).settings
    }

    /// The same, with all that belongs to it; `withDictionaries`: as `load` has it.
    static func read(
        _ bytes: [UInt8], file: String, folder: String, environment: [String: String], withDictionaries: Bool = false
    ) throws(SettingsProblems) -> LoadedSettings {
        let log = SettingsProblemLog(file: file, folder: folder, environment: environment)
        var dictionaries: [DictionaryFiles: LoadedDictionary] = [:]
        guard let root = compose(bytes, log),
            let settings = readSettings(root, log, withDictionaries ? { dictionaries = $0 } : nil), log.problems.isEmpty
        else {
            // Problems of other files stand behind those of this one.
            throw SettingsProblems(
                log.problems.sorted { ($0.file != file ? 1 : 0, $0.line) < ($1.file != file ? 1 : 0, $1.line) })
        }
        return LoadedSettings(
            settings: settings, sourceBytes: bytes, warnings: log.warnings.sorted { $0.line < $1.line },
            keptText: ConfigurationCopy.text(of: String(decoding: bytes, as: UTF8.self), without: log.secrets),
            dictionaries: dictionaries)
    }

    /// The file's content; nil when it cannot be read or is longer than `most` bytes.
    static func contents(_ path: String, atMost most: Int) -> [UInt8]? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: most + 1) ?? Data(), data.count <= most else { return nil }
        return [UInt8](data)
    }

    private static func compose(_ bytes: [UInt8], _ log: SettingsProblemLog) -> Node? {
        // Notepad writes a byte order mark.
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        guard let text = String(validating: bytes, as: UTF8.self) else {
            log.add(line: 0, "the configuration file is not UTF-8 text")
            return nil
        }
        do {
            guard let node = try Yams.compose(yaml: text), node.tag.description != Tag.Name.null.rawValue else {
                log.add(line: 0, "the configuration file is empty")
                return nil
            }
            return node
        } catch let error as YamlError {
            report(error, of: text, log)
        } catch {
            log.add(line: 0, "the configuration file is not YAML")
        }
        return nil
    }

    /// A value that begins with a star is an alias to YAML; in a pattern nobody means that. The line itself may hold a secret and
    /// is not shown.
    private static func starHint(_ yaml: String, _ line: Int) -> String {
        let lines = yaml.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard line > 0, line <= lines.count else { return "" }
        let text = lines[line - 1]
        let isStar = [": *", "- *", "[*", ", *", "[ *"].contains { text.contains($0) }
        return isStar ? "; put a pattern that begins with * in quotes: \"*.csv\"" : ""
    }

    /// Yams' own descriptions show the line as it stands, and with it a secret.
    private static func report(_ error: YamlError, of yaml: String, _ log: SettingsProblemLog) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let words = context.map { $0.text + ", " } ?? ""
            log.add(line: mark.line, "this is not YAML: \(words)\(problem)\(starHint(yaml, mark.line))")
        case .duplicatedKeysInMapping(let keys, let context):
            let words = keys.map { "`\($0)`" }.joined(separator: ", ")
            log.add(line: context.mark.line, "\(words) stands twice in the mapping that begins or goes on here")
        case .reader(let problem, _, _, _):
            log.add(line: 0, "this is not YAML: \(problem)")
        default:
            log.add(line: 0, "the configuration file is not YAML")
        }
    }

    /// - Parameter keep: gets the dictionaries, to which the rules were held; nil: nobody wants them.
    private static func readSettings(
        _ root: Node, _ log: SettingsProblemLog, _ keep: (([DictionaryFiles: LoadedDictionary]) -> Void)?
    ) -> Settings? {
        guard let top = SettingsSection<TopKey>(root, line: 1, name: "the top of the file", log) else { return nil }
        var settings = Settings(directories: directories(top), destinations: [])
        top.duration(.settle, least: .zero).map { settings.settle = $0 }
        top.duration(.rescan).map { settings.rescan = $0 }
        top.word(.archive).map { settings.archive = $0 }
        top.duration(.drainTimeout, least: .zero).map { settings.drainTimeout = $0 }
        settings.alertCommand = top.text(.alertCommand)
        settings.alertWebhook = top.read(.alertWebhook, AlertsReader.webhook)
        settings.alerts = top.read(.alerts, AlertsReader.rules) ?? []
        settings.heartbeat = top.read(.heartbeat, AlertsReader.heartbeat)
        settings.socket = top.path(.socket)
        top.duration(.downAlert).map { settings.downAlert = $0 }
        top.word(.duplicates).map { settings.duplicates = $0 }
        top.duration(.duplicatesWithin).map { settings.duplicatesWithin = $0 }
        top.texts(.ignored).map { settings.ignored = $0 }
        top.duration(.unmatchedAfter, least: .zero).map { settings.unmatchedAfter = $0 }

        if let value = top.value(.retention),
            let section = SettingsSection<RetentionKey>(value.node, line: value.line, name: "`retention`", log)
        {
            settings.retention = Retention(
                done: section.duration(.done), failed: section.duration(.failed),
                packAfter: section.duration(.packAfter))
        }
        settings.minFree = top.read(.minFree) { value in
            value.parsed(as: "a size or a share") { (text) throws(SettingsMistake) in try MinFree(text) }
        }
        settings.recordKey = top.path(.recordKey)
        settings.anchorCommand = top.text(.anchorCommand)
        (top.word(.lastValues) as Settings.Keeping?).map { settings.keepsLastValues = $0 == .on }

        settings.http = top.read(.http, HTTPReader.read)
        settings.reloadNeedsTwo = top.read(.reload) { $0.section(ReloadKey.self)?.bool(.fourEyes) } ?? false
        settings.tables = top.value(.tables).map { TableReader.read($0, log) } ?? []
        settings.dictionary = top.read(.dictionary, DictionaryKeys.read)
        top.require(.destinations)
        let destinations = top.read(.destinations) { DestinationReader.read($0, log) } ?? []
        let areAllRead = destinations.count == top.value(.destinations)?.node.mapping?.count
        settings.destinations = destinations.map(\.destination)
        let calendars = top.read(.calendars, ScheduleReader.calendars) ?? [:]
        let rules = top.value(.files).map { RuleReader.read($0, settings, calendars, log) } ?? []
        settings.rules = rules.map(\.rule)
        settings.schedules = rules.compactMap(\.schedule)

        for fault in settings.faults {
            switch fault.place {
            case .top(let key): top.report(fault.what, at: key)
            case .destination(let index, let key):
                // What a destination lacks depends on its profile; with that in doubt a second complaint misleads.
                let section = destinations[index].section
                if !section.isBroken(.profile) { section.report(fault.what, at: key) }
            case .rule(let index, let key):
                // A destination that could not be read at all is not a missing one.
                let section = rules[index].section
                if key == .destination, !areAllRead { continue }
                // The sentence quotes the name, and what a reference brings in is never shown.
                let isHidden = key == .destination && section.isReferring(key)
                section.report(
                    isHidden ? "`destination` must name destinations that exist, each once" : fault.what, at: key)
            }
        }
        // Without them a rule would be held to nothing.
        if let keep, log.problems.isEmpty { keep(DictionaryKeys.load(settings, rules, log)) }
        return settings
    }

    private static func directories(_ top: SettingsSection<TopKey>) -> Settings.Directories {
        top.require(.spool)
        return Settings.Directories(
            spool: top.path(.spool) ?? "/", inbox: top.path(.inbox), work: top.path(.work), done: top.path(.done),
            failed: top.path(.failed), state: top.path(.state))
    }
}

/// `path` as an absolute one, seen from `folder`; without `.`, doubled slashes and a slash at the end.
func absolutePath(_ path: String, from folder: String) -> String {
    let whole = path.hasPrefix("/") ? path : folder + "/" + path
    return whole.split(separator: "/").filter { $0 != "." }.map { "/" + $0 }.joined()
}

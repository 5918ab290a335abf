internal import Foundation
internal import PostboxCore
internal import Yams

/// Where a spool lies, as the commands of the desk need it: they must work although the configuration is broken, or wants secrets
/// that only the service has.
struct SpoolPlace: Sendable, Equatable {
    var directories: Settings.Directories
    /// Where the control socket lies, where that is not in `state`.
    var socket: String?
    /// Names of destinations; nil: not known.
    var destinations: [String]?
    /// The rules' `match`; nil: not known.
    var rules: [String]?
    /// Patterns of names that are left alone in the inbox, as far as they are known.
    var ignored: [String] = []
    /// The configuration is not right: what is known of it was read as well as it went.
    var isMakeshift: Bool

    /// Why a name is that of no destination, with those that there are; nil: it is one, nobody gave one, or that is not known.
    func problem(ofDestination name: String?) -> String? {
        destinations.flatMap { KnownNames.destinations($0).problem(of: name) }
    }

    var socketPath: String { socket ?? DeskSocketPath.usual(state: directories.state) }

    /// Why there is no telling where the spool is.
    struct Unknown: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    /// From the configuration at `config`; with `spool` from that alone, unless the configuration is that spool's.
    static func find(
        config: String, spool: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Unknown) -> SpoolPlace {
        let named = spool.map { absolutePath($0, from: FileManager.default.currentDirectoryPath) }
        do throws(SettingsProblems) {
            let settings = try SettingsLoader.load(path: config, environment: environment).settings
            if named == nil || named == settings.directories.spool {
                return SpoolPlace(
                    directories: settings.directories, socket: settings.socket,
                    destinations: settings.destinations.map(\.name), rules: settings.rules.map(\.match),
                    ignored: settings.ignored, isMakeshift: false)
            }
        } catch {
            let loose = loosely(config, environment)
            if let named {
                if case .success(let place) = loose, place.directories.spool == named { return place }
            } else {
                return try loose.get()
            }
        }
        return SpoolPlace(
            directories: Settings.Directories(spool: named ?? ""), destinations: nil, isMakeshift: true)
    }

    /// The places alone, from a configuration that is not right.
    private static func loosely(_ config: String, _ environment: [String: String]) -> Result<SpoolPlace, Unknown> {
        let path = absolutePath(config, from: FileManager.default.currentDirectoryPath)
        guard let bytes = SettingsLoader.contents(path, atMost: 4 << 20) else {
            return .failure(Unknown(description: "\(config) cannot be read; name the spool with --spool"))
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let folder = path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        let top = (try? Yams.compose(yaml: text))?.mapping
        let log = SettingsProblemLog(file: config, folder: folder, environment: environment)
        func place(_ key: TopKey) throws(Unknown) -> String? {
            let found: LooseKeys.Found =
                if let top {
                    top[key.rawValue].map { $0.scalar.map { .value($0.string) } ?? .unclear } ?? .absent
                } else {
                    LooseKeys.value(of: key.rawValue, in: text)
                }
            switch found {
            case .absent: return nil
            case .value(let value):
                guard let whole = log.expand(value, of: "`\(key.rawValue)`", line: 0), !whole.isEmpty else { break }
                return absolutePath(whole, from: folder)
            case .unclear: break
            }
            let why = log.problems.last.map { ": \($0.what)" } ?? ""
            throw Unknown(
                description: "`\(key.rawValue)` in \(config) cannot be read\(why); name the spool with --spool")
        }
        do throws(Unknown) {
            guard let spool = try place(.spool) else {
                throw Unknown(description: "there is no `spool` in \(config); name it with --spool")
            }
            let directories = Settings.Directories(
                spool: spool, inbox: try place(.inbox), work: try place(.work), done: try place(.done),
                failed: try place(.failed), state: try place(.state))
            let names = top?["destinations"]?.mapping.map { Array($0.keys).compactMap { $0.scalar?.string } }
            let ignored = top?["ignore"].map { $0.sequence.map(Array.init) ?? [$0] } ?? []
            return .success(
                SpoolPlace(
                    directories: directories, socket: try place(.socket), destinations: names,
                    ignored: ignored.compactMap { $0.scalar?.string },
                    isMakeshift: true))
        } catch {
            return .failure(error)
        }
    }
}

internal import Foundation
package import PostboxCore

/// The system's tz database (Debian's package tzdata): a file a zone.
package enum ZoneFiles {
    package static let folder = "/usr/share/zoneinfo"
    /// The largest has some 4 KB.
    private static let sizeMax = 1 << 20

    /// The rules of a zone such as `Europe/Zurich`.
    ///
    /// - Throws: what is wrong with the name, as a clause behind "is not", or with the database.
    package static func rules(_ name: String, in folder: String = folder) throws(SettingsMistake) -> TimeZoneRules {
        guard TimeZoneRules.isName(name) else { throw unknown }
        let bytes = try contents("\(folder)/\(name)")
        guard try isThere(folder) else {
            throw SettingsMistake("a time zone that can be looked up: install the package tzdata, \(folder) is missing")
        }
        guard let bytes else { throw unknown }
        return try TimeZoneRules(parsing: bytes)
    }

    /// The zone that people at this machine live in, as the C library has it: what `TZ` names, else what `/etc/localtime` is, else UTC.
    ///
    /// - Parameters:
    ///   - variable: the value of `TZ`; nil: it is not set.
    ///   - file: `/etc/localtime`.
    /// - Throws: what is wrong with it, as a clause behind "is not". A rule that `TZ` spells out, such as `CET-1CEST`, is not read.
    package static func local(
        _ variable: String? = ProcessInfo.processInfo.environment["TZ"], file: String = "/etc/localtime",
        in folder: String = folder
    ) throws(SettingsMistake) -> TimeZoneRules {
        // A colon there says that a name follows.
        guard let name = variable.map({ $0.first == ":" ? String($0.dropFirst()) : $0 }) else {
            return try contents(file).map { (bytes) throws(SettingsMistake) in try TimeZoneRules(parsing: bytes) }
                ?? .utc
        }
        if name.isEmpty || name == "UTC" { return .utc }
        guard name.first == "/" else { return try rules(name, in: folder) }
        guard let bytes = try contents(name) else { throw unknown }
        return try TimeZoneRules(parsing: bytes)
    }

    /// nil: there is no such file, or it is none of a zone.
    private static func contents(_ file: String) throws(SettingsMistake) -> [UInt8]? {
        do throws(DiskError) {
            let isReadable = try Disk.target(file).map { $0.isRegular && $0.size <= sizeMax } ?? false
            return isReadable ? try Disk.contents(file) : nil
        } catch {
            throw SettingsMistake("a time zone that can be looked up: \(error)")
        }
    }

    private static func isThere(_ path: String) throws(SettingsMistake) -> Bool {
        do throws(DiskError) {
            return try Disk.target(path) != nil
        } catch {
            throw SettingsMistake("a time zone that can be looked up: \(error)")
        }
    }

    private static var unknown: SettingsMistake {
        SettingsMistake(
            "a time zone of the system's tz database such as Europe/Zurich, as its letters are written there")
    }
}

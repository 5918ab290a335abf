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
        let file = "\(folder)/\(name)"
        let bytes: [UInt8]?
        let isInstalled: Bool
        do throws(DiskError) {
            let status = try Disk.target(file)
            let isReadable = status.map { $0.isRegular && $0.size <= sizeMax } ?? false
            bytes = isReadable ? try Disk.contents(file) : nil
            isInstalled = try Disk.target(folder) != nil
        } catch {
            throw SettingsMistake("a time zone that can be looked up: \(error)")
        }
        guard isInstalled else {
            throw SettingsMistake("a time zone that can be looked up: install the package tzdata, \(folder) is missing")
        }
        guard let bytes else { throw unknown }
        return try TimeZoneRules(parsing: bytes)
    }

    private static var unknown: SettingsMistake {
        SettingsMistake(
            "a time zone of the system's tz database such as Europe/Zurich, as its letters are written there")
    }
}

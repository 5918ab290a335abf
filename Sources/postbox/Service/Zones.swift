internal import PostboxCore
internal import PostboxIO

extension ZoneFiles {
    /// The rules of all zones that a price file's rule names. Throws `SettingsMistake`: the configuration was checked, but the
    /// system's tz database may have changed since.
    static func rules(of rule: MappingRule) throws -> [String: TimeZoneRules] {
        var zones: [String: TimeZoneRules] = [:]
        for name in rule.zoneNames { zones[name] = try rules(name) }
        return zones
    }
}

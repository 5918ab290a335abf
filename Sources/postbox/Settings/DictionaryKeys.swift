internal import PostboxCore
internal import PostboxIO

/// Reads `dictionary`, the files that it names, and holds rules to them.
enum DictionaryKeys {
    static func read(_ value: SettingsValue) -> DictionaryFiles? {
        guard let section = value.section(DictionaryKey.self) else { return nil }
        section.require(.fields)
        section.require(.enums)
        guard let fields = section.path(.fields), let enums = section.path(.enums) else { return nil }
        return DictionaryFiles(fields: fields, enums: enums)
    }

    /// The dictionaries that can be read; what is wrong with others, and with rules by them, is noted.
    static func load(
        _ settings: Settings, _ rules: [RuleReader.Result], _ log: SettingsProblemLog
    ) -> [DictionaryFiles: LoadedDictionary] {
        var loaded: [DictionaryFiles: LoadedDictionary] = [:]
        for files in settings.dictionaries {
            do throws(DictionaryFault) {
                loaded[files] = try DictionaryStore.read(files)
            } catch {
                log.add(file: files.path(of: error.part), line: error.line, "the dictionary: \(error.what)")
            }
        }
        for (rule, section, _) in rules {
            let files = settings.dictionary(of: rule)
            let dictionary = files.flatMap { loaded[$0]?.dictionary }
            // It cannot be read, which is told; or another destination has one, and what the rule writes was not looked at yet.
            if files != nil ? dictionary == nil : settings.dictionaries.isEmpty { continue }
            for problem in RowMapper.check(rule, dictionary) { add(problem, section, log) }
            for problem in writtenValueProblems(rule, dictionary, zones: zones(of: rule)) { add(problem, section, log) }
        }
        return loaded
    }

    private static func add(
        _ problem: MappingRuleProblem, _ section: SettingsSection<RuleKey>, _ log: SettingsProblemLog
    ) {
        let (entry, key) = (problem.path.dropFirst().first, problem.path.dropFirst(2).first)
        log.add(line: section.line(of: entry, key, in: .fields), problem.what)
    }

    /// Those that can be read: others are told where the rule names them.
    private static func zones(of rule: MappingRule) -> [String: TimeZoneRules] {
        var zones: [String: TimeZoneRules] = [:]
        for name in rule.zoneNames { zones[name] = try? ZoneFiles.rules(name) }
        return zones
    }
}

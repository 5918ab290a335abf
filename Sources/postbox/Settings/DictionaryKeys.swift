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
            guard let files = settings.dictionary(of: rule), let dictionary = loaded[files]?.dictionary else {
                continue
            }
            for problem in RowMapper.check(rule, dictionary) {
                let key = problem.path.count > 1 ? problem.path[1] : nil
                log.add(line: section.line(of: key, in: .fields), problem.what)
            }
        }
        return loaded
    }
}

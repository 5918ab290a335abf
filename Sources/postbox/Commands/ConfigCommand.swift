internal import ArgumentParser
internal import PostboxCore
internal import PostboxIO

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Looks at the configuration.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Says whether a configuration is right, with every problem at once.",
            discussion:
                "Prints what is in force, without secrets. Ends with 78 when something is wrong. Touches no network.")

        @Argument(help: "The configuration.", completion: .file(extensions: ["yaml", "yml"]))
        var file: String = "postbox.yaml"

        func run() async throws {
            let loaded = Configuration.loadOrExit(file, withDictionaries: true)
            _ = Configuration.tablesOrExit(loaded.settings)
            for line in SettingsSummary.lines(loaded.settings) { Terminal.print(line) }
            for (files, known) in loaded.dictionaries.sorted(by: { $0.key.fields < $1.key.fields }) {
                let (fields, enums) = (known.copy.versions.fields, known.copy.versions.enums)
                Terminal.print(
                    "\(files.fields): \(known.dictionary.count) fields of version \(fields), "
                        + "\(known.dictionary.enums.valueCount) values of version \(enums)")
            }
            for warning in loaded.warnings { Terminal.print("WARNING: \(warning.text)") }
            Terminal.print("\(file) is valid")
        }
    }
}

internal import ArgumentParser
internal import PostboxCore
internal import PostboxIO

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Looks at the configuration.", subcommands: [Check.self, Schema.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Says whether a configuration is right, with every problem at once.",
            discussion:
                "Prints what is in force, without secrets. Ends with 78 when something is wrong. Touches no network.")

        @OptionGroup var option: ConfigOption

        @Argument(help: "The same as --config.", completion: .file(extensions: ["yaml", "yml"]))
        var file: String?

        func validate() throws {
            if file != nil, option.named != nil {
                throw ValidationError("Name one configuration: FILE, or --config FILE.")
            }
        }

        func run() async throws {
            let file = file ?? option.path
            let loaded = Configuration.loadOrExit(file, withDictionaries: true)
            _ = Configuration.tablesOrExit(loaded.settings)
            for line in SettingsSummary.lines(loaded.settings) { Terminal.print(line) }
            for (files, known) in loaded.dictionaries.sorted(by: { $0.key.fields < $1.key.fields }) {
                let (fields, enums) = (known.copy.versions.fields, known.copy.versions.enums)
                Terminal.print(
                    "\(files.fields): \(Plural.text(known.dictionary.count, "field")) of version \(fields), "
                        + "\(Plural.text(known.dictionary.enums.valueCount, "value")) of version \(enums)")
            }
            for warning in loaded.warnings { Terminal.print("WARNING: \(warning.text)") }
            Terminal.print("\(file) is valid")
        }
    }

    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "schema",
            abstract: "Prints a JSON Schema of postbox.yaml, for editors.",
            discussion: """
                An editor that knows it offers keys while you write and marks those that are misspelt. It tells the form alone: \
                what fits together only `postbox config check` knows.

                    postbox config schema > postbox.schema.json

                and, as the first line of postbox.yaml, for editors with the YAML language server:

                    # yaml-language-server: $schema=postbox.schema.json
                """)

        func run() throws { Terminal.printExactly(SettingsSchema.text) }
    }
}

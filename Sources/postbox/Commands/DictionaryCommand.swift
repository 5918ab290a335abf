internal import ArgumentParser
internal import PostboxCore
internal import PostboxIO

struct DictionaryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dictionary",
        abstract: "Shows fields as the configuration's dictionary has them.",
        discussion: """
            Prints a field's number, type and length, and of an ENUM its numbers and display texts. With --like it lists the fields \
            whose names fit a pattern, whatever the case of its letters.

            Ends with 2 when there is no such field.
            """)

    @OptionGroup var option: ConfigOption

    @Option(help: ArgumentHelp("List the fields whose names fit, such as \"*BID*\".", valueName: "pattern"))
    var like: String?

    @Argument(help: "Names of fields.")
    var fields: [String] = []

    func validate() throws {
        if fields.isEmpty, like == nil {
            throw ValidationError("Name a field such as BID, or a pattern such as --like \"*BID*\".")
        }
    }

    func run() async throws {
        let loaded = Configuration.loadOrExit(option.path, withDictionaries: true)
        let all = loaded.settings.dictionaries
        guard !all.isEmpty else {
            Terminal.error("\(option.path) names no `dictionary`")
            Terminal.exit(PostboxCore.ExitCode.configuration)
        }
        var isMissing = false
        for files in all {
            guard let dictionary = loaded.dictionaries[files]?.dictionary else { continue }
            if all.count > 1 { Terminal.print("\(files.fields):") }
            if let like {
                let found = dictionary.fields(like: like)
                for field in found { Terminal.print(Self.line(field)) }
                if found.isEmpty {
                    isMissing = true
                    Terminal.error("no field's name fits \(VisibleText.quoted(like))")
                }
            }
            for name in fields {
                guard let field = dictionary.field(name) else {
                    isMissing = true
                    Terminal.error(
                        "there is no field \(VisibleText.line(name))\(dictionary.words(ofNearestTo: name))")
                    continue
                }
                Terminal.print(Self.line(field))
                guard let table = field.table else { continue }
                for value in dictionary.enums.values(of: table) {
                    let mark = value.isDeprecated ? "  (deprecated)" : ""
                    Terminal.print("  \(String(value.number).leftPadded(5))  \(value.shown)\(mark)")
                }
            }
        }
        Terminal.exit(isMissing ? PostboxCore.ExitCode.partial : PostboxCore.ExitCode.ok)
    }

    private static func line(_ field: FieldDictionary.Field) -> String {
        "\(field.name.padded(10))  \(String(field.number).leftPadded(6))  \(field.type.rawValue), length \(field.length)  "
            + "\"\(VisibleText.line(field.title))\""
    }
}

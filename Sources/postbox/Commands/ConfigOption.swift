internal import ArgumentParser
internal import Foundation

/// Which configuration a command goes by: one that has to be right as a whole. `SpoolOptions` is for those that need the spool alone.
struct ConfigOption: ParsableArguments {
    @Option(
        name: [.customShort("c"), .customLong("config")],
        help: "The configuration; else postbox.yaml here, or /etc/postbox/postbox.yaml.",
        completion: .file(extensions: ["yaml", "yml"]))
    var named: String?

    /// The one that is named, or that lies where one is looked for.
    var path: String { named ?? Self.usual }

    /// The one that lies where one is looked for; where none does, the path of the first place.
    static var usual: String {
        let places = ["postbox.yaml", "/etc/postbox/postbox.yaml"]
        return places.first { FileManager.default.fileExists(atPath: $0) } ?? places[0]
    }
}

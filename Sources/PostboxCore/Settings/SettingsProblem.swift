/// One thing wrong with the configuration, with its place.
package struct SettingsProblem: Error, Sendable, Equatable {
    package var file: String
    /// From 1; 0 when the file as a whole is meant.
    package var line: Int
    /// One sentence, naming the nearest known key where an unknown one was written.
    package var what: String

    /// What is warned of is a secret that stands in the file itself.
    package var isLiteralSecret: Bool

    package init(file: String, line: Int, what: String, isLiteralSecret: Bool = false) {
        self.file = file
        self.line = line
        self.what = what
        self.isLiteralSecret = isLiteralSecret
    }

    /// The event of a log line that warns of it.
    package var event: Event { isLiteralSecret ? .literalSecret : .configWarning }

    package var text: String { line > 0 ? "\(file):\(line): \(what)" : "\(file): \(what)" }
}

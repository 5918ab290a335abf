/// What is wrong with a value of the configuration, without its place.
///
/// The text says what is expected and never repeats the value: whoever knows whether the value is a secret quotes it.
package struct SettingsMistake: Error, Sendable, Equatable {
    /// A clause that follows "is not": `a duration such as 250ms, 2s, 5m, 24h or 1d`.
    package var expected: String

    package init(_ expected: String) {
        self.expected = expected
    }
}

/// Everything wrong with a configuration, in the order of its lines.
package struct SettingsProblems: Error, Sendable, Equatable {
    /// Never empty.
    package var problems: [SettingsProblem]

    package init(_ problems: [SettingsProblem]) {
        self.problems = problems
    }

    /// One line a problem.
    package var text: String { problems.map(\.text).joined(separator: "\n") }
}

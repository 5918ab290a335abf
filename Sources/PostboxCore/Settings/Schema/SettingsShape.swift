/// What may stand behind a key of the configuration, as far as its form tells: what an editor can know without reading the rest.
package indirect enum SettingsShape: Sendable, Equatable {
    /// Any scalar.
    case text
    case flag
    case duration
    /// A whole number.
    case number(ClosedRange<Int>)
    /// A number without an exponent, whole or not.
    case decimal
    /// `1%`, or a number of rows.
    case limit
    case percentage
    /// A size such as `500MB`.
    case size
    case words([String])
    /// A list of such values.
    case list(SettingsShape)
    /// A list of such values, or one.
    case texts
    /// A mapping whose keys are names of the user's own.
    case named(SettingsShape)
    /// A mapping with known keys.
    case section(SettingsForm)
    /// One of these.
    case either([SettingsShape])

    /// The words of an enum.
    package static func words<Word: RawRepresentable<String> & CaseIterable>(of _: Word.Type) -> SettingsShape {
        .words(Word.allCases.map(\.rawValue))
    }
}

/// The keys of one mapping of the configuration, made of the list that the loader goes by.
package struct SettingsForm: Sendable, Equatable {
    /// One of its keys.
    package struct Entry: Sendable, Equatable {
        package var key: String
        package var shape: SettingsShape
        package var isRequired: Bool
    }

    /// What the form is called in a schema.
    package var name: String
    package var entries: [Entry]

    package init<Key: ShapedKey>(_: Key.Type) {
        name = Key.formName
        entries = Key.allCases.map {
            Entry(key: $0.rawValue, shape: $0.shape, isRequired: Key.required.contains($0))
        }
    }
}

/// A key of which it is known what may stand behind it.
package protocol ShapedKey: SettingsKey {
    /// What the mapping is called in a schema.
    static var formName: String { get }
    /// Keys without which the mapping is never right.
    static var required: [Self] { get }
    var shape: SettingsShape { get }
}

extension ShapedKey {
    package static var required: [Self] { [] }

    /// A mapping with these keys.
    static var section: SettingsShape { .section(SettingsForm(Self.self)) }
}

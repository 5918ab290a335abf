package import Logging
package import PostboxCore

extension Logger.MetadataValue {
    /// A line's stable word, under the key `event`.
    package static func event(_ event: Event) -> Self { .string(event.word) }
}

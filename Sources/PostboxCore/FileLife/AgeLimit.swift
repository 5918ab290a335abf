/// Until when a file's rows may be sent: its rule's `max_age`, counted from its arrival.
package struct AgeLimit: Sendable, Equatable {
    /// Microseconds since 1970.
    private let end: Int64

    /// nil: the file may be of any age.
    ///
    /// - Parameter arrivedAt: When the file was last changed in the inbox, microseconds since 1970.
    package init?(_ rule: MappingRule, arrivedAt: Int64) {
        guard let most = rule.maxAge else { return nil }
        end = arrivedAt + most.nanoseconds / 1000
    }

    /// How long its rows may still be sent at that time (microseconds since 1970); nil: they are too old.
    package func left(at now: Int64) -> Duration? {
        now < end ? .microseconds(end - now) : nil
    }

    /// Why rows of a file that is too old are not sent.
    package static let isOver = FileTrouble(.maxAge, "not sent within the rule's max_age")
}

/// Something a desk should know at once.
package struct Alert: Sendable, Equatable {
    package var event: Event
    package var isError: Bool
    package var message: String
    package var facts: [String: String]
    /// How often what was wrong: NakCodes and reasons of rows, or what files wait for.
    package var reasons: [String: Int]

    package init(
        event: Event, isError: Bool = true, message: String, facts: [String: String] = [:],
        reasons: [String: Int] = [:]
    ) {
        self.event = event
        self.isError = isError
        self.message = message
        self.facts = facts
        self.reasons = reasons
    }
}

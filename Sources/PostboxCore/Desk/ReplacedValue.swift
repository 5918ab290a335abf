/// A wrong value that holds at a server, and what replaces it.
package struct ReplacedValue: Sendable, Equatable {
    /// What becomes of it: stable words of the control socket.
    package enum Fate: String, Sendable, Equatable, CaseIterable {
        /// What was there before is posted, be it a blank.
        case replaced
        /// There was no value before, and it is blanked.
        case blanked
        /// There was no value before, and it is left as it is.
        case left
        /// Nobody can tell any more what was there before: it is left as it is.
        case unknown
    }

    package var destination: String
    package var service: String
    package var ric: String
    package var field: String
    /// JSON, as it went on the wire; `null` also where a Refresh without the field blanked it.
    package var wrong: String
    /// The same; nil: it is left as it is.
    package var replacedBy: String?
    package var fate: Fate

    package init(
        destination: String, service: String, ric: String, field: String, wrong: String, replacedBy: String?,
        fate: Fate? = nil
    ) {
        self.destination = destination
        self.service = service
        self.ric = ric
        self.field = field
        self.wrong = wrong
        self.replacedBy = replacedBy
        self.fate = fate ?? (replacedBy == nil ? .left : .replaced)
    }

    /// So many are shown at most.
    package static let examplesMax = 100

    /// An object on one line.
    package var json: String {
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        return "{\"destination\":\(quoted(destination)),\"service\":\(quoted(service)),\"ric\":\(quoted(ric)),"
            + "\"field\":\(quoted(field)),\"wrong\":\(wrong),\"replaced_by\":\(replacedBy ?? "null"),"
            + "\"had_value\":\(fate == .replaced),\"fate\":\"\(fate.rawValue)\"}"
    }
}

/// What is known of a file when its last row has its outcome and what the servers store of it is read back: the ledger keeps it, so that
/// after a crash the file's summary says what it would have said without one.
package struct ReadBackNote: Sendable, Equatable {
    /// What went wrong with the file as a whole; nil: nothing.
    package var trouble: FileTrouble?
    /// What the rule's checks warned of; nil: they warn of nothing.
    package var warned: CheckWarnings?

    package init(trouble: FileTrouble? = nil, warned: CheckWarnings? = nil) {
        self.trouble = trouble
        self.warned = warned
    }

    /// An object, as the ledger has it; empty: there is nothing to be said.
    package var text: String {
        func quoted(_ text: String) -> String { JSONText.quoted(text) }
        var members: [String] = []
        if let trouble {
            members += ["\"reason\": \(quoted(trouble.reason.word))", "\"text\": \(quoted(trouble.text))"]
        }
        if let warned {
            let counts = warned.rows.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \($0.value)" }
            members += [
                "\"check_warnings\": {\(counts.joined(separator: ", "))}",
                "\"warnings\": [\(warned.file.map(quoted).joined(separator: ", "))]",
            ]
        }
        return members.isEmpty ? "" : "{" + members.joined(separator: ", ") + "}"
    }

    /// What `text` wrote, now or in an earlier version; nothing for any other text.
    package init(ofText text: [UInt8]) {
        let object = text.withUnsafeBytes { JSONValue.parse($0) }
        if let reason = object?["reason"]?.text, let words = object?["text"]?.text {
            trouble = FileTrouble(Reason(reason), words)
        }
        if case .object(let counts)? = object?["check_warnings"] {
            warned = CheckWarnings(
                rows: Dictionary(counts.compactMap { count in count.value.integer.map { (count.key, $0) } }) { $1 },
                file: object?["warnings"]?.items.compactMap(\.text) ?? [])
        }
    }
}

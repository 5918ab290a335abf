/// A configuration that a person wants in force, until another one wants the same: `reload: {four_eyes: true}`.
package struct ReloadProposal: Sendable, Equatable {
    /// SHA-256 of the file.
    package var sha256: String
    /// SHA-256 of its dictionaries' hashes.
    package var dictionaries: String
    /// SHA-256 of the file that is in force: with another one the same file is another change.
    package var inForce: String
    /// Who wants it.
    package var note: PersonNote

    package init(sha256: String, dictionaries: String, inForce: String, note: PersonNote) {
        self.sha256 = sha256
        self.dictionaries = dictionaries
        self.inForce = inForce
        self.note = note
    }

    /// It is about the same change, whoever wants it.
    package func isOf(_ other: ReloadProposal) -> Bool {
        sha256 == other.sha256 && dictionaries == other.dictionaries && inForce == other.inForce
    }

    /// What the wish comes to. `known`: what somebody wanted before; nil: nobody did.
    ///
    /// - Parameter person: who wants it now, as in `note`.
    package func answer(to known: ReloadProposal?, by person: Person) -> ReleaseRule.Answer {
        let before = known.flatMap { known in
            isOf(known) ? Hold.Proposal(by: known.note.by, at: known.note.at, rows: .all) : nil
        }
        return ReleaseRule(fourEyes: true).answer(before, by: person, rows: .all)
    }

    /// As the ledger keeps it.
    package var json: String {
        let quoted = VisibleText.quoted
        return "{\"sha256\":\(quoted(sha256)),\"dictionaries\":\(quoted(dictionaries)),\"in_force\":\(quoted(inForce)),"
            + "\"note\":\(note.json)}"
    }

    /// nil: it is none.
    package init?(json: String) {
        guard let value = JSONValue.parse(json), let sha256 = value["sha256"]?.text,
            let dictionaries = value["dictionaries"]?.text, let inForce = value["in_force"]?.text,
            let note = value["note"].flatMap({ PersonNote($0) })
        else { return nil }
        self.init(sha256: sha256, dictionaries: dictionaries, inForce: inForce, note: note)
    }
}

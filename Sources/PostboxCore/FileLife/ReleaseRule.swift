/// What becomes of rows that were in another file before, when something newer was accepted meanwhile: `corrections` of a rule.
package enum CorrectionRule: String, Sendable, Equatable, CaseIterable, Codable {
    /// They are held until somebody releases them. The default.
    case hold
    /// They are not sent.
    case skip
    /// They go as if they were new.
    case send
}

/// Who releases what is held, and until when: `release` of a rule.
package struct ReleaseRule: Sendable, Equatable, Codable {
    /// Names of those who may; empty: everybody who may act at all.
    package var by: [String]
    /// One proposes it, and another one releases it.
    package var fourEyes: Bool
    /// How long it may be held.
    package var within: Duration

    package init(by: [String] = [], fourEyes: Bool = false, within: Duration = .seconds(86400)) {
        self.by = by
        self.fourEyes = fourEyes
        self.within = within
    }

    /// What a person's wish to release rows comes to.
    package enum Answer: Sendable, Equatable {
        /// They are released. `proposedBy`: as `Person.text`, where a second person was needed.
        case released(proposedBy: String?)
        /// Another person is needed.
        case proposed
        /// He may not: why.
        case refused(String)
    }

    /// Decides it.
    ///
    /// - Parameters:
    ///   - proposal: What somebody else wanted before; nil: nobody.
    ///   - person: Who wants it now.
    ///   - rows: Which rows he wants released.
    package func answer(_ proposal: Hold.Proposal?, by person: Person, rows: RowChoice) -> Answer {
        let name = Self.name(person.text)
        guard by.isEmpty || by.contains(name) else {
            return .refused("\(name) may not release files of this rule; it is for \(by.joined(separator: ", "))")
        }
        guard fourEyes else { return .released(proposedBy: nil) }
        guard person.isNamed else {
            return .refused("\(name) is nobody in particular, and two people are needed: act under a name of your own")
        }
        // Whoever wants other rows is the first one who wants these.
        guard let proposal, Self.name(proposal.by) != name, proposal.rows == rows else { return .proposed }
        return .released(proposedBy: proposal.by)
    }

    /// The person behind a text such as `unix:alice` or `page:alice`.
    package static func name(_ text: String) -> String {
        text.firstIndex(of: ":").map { String(text[text.index(after: $0)...]) } ?? text
    }
}

extension MappingRule {
    /// How long what is held of its files may be held.
    package var holdWithin: Duration { (release ?? ReleaseRule()).within }
}

import Testing

@testable import PostboxCore

@Suite("A configuration that two people have to want")
struct ReloadProposalTests {
    private static func wanted(
        _ by: String, _ sha256: String = "new", dictionaries: String = "d", inForce: String = "old"
    ) -> ReloadProposal {
        ReloadProposal(
            sha256: sha256, dictionaries: dictionaries, inForce: inForce, note: PersonNote(by: by, at: 7, why: "rate"))
    }

    private static func answer(
        _ wanted: ReloadProposal, to known: ReloadProposal?, isNamed: Bool = true
    ) -> ReleaseRule.Answer {
        wanted.answer(to: known, by: Person(text: wanted.note.by, isNamed: isNamed))
    }

    @Test("The first one proposes it, another one takes it; one person by two ways is one")
    func two() {
        #expect(Self.answer(Self.wanted("unix:alice"), to: nil) == .proposed)
        let known = Self.wanted("unix:alice")
        #expect(Self.answer(Self.wanted("unix:bob"), to: known) == .released(proposedBy: "unix:alice"))
        #expect(Self.answer(Self.wanted("page:bob"), to: known) == .released(proposedBy: "unix:alice"))
        for one in ["unix:alice", "page:alice"] { #expect(Self.answer(Self.wanted(one), to: known) == .proposed) }
    }

    @Test("Whoever wants another file, other dictionaries or another change is the first one")
    func others() {
        let known = Self.wanted("unix:alice")
        #expect(Self.answer(Self.wanted("unix:bob", "other"), to: known) == .proposed)
        #expect(Self.answer(Self.wanted("unix:bob", dictionaries: "e"), to: known) == .proposed)
        #expect(Self.answer(Self.wanted("unix:bob", inForce: "another"), to: known) == .proposed)
    }

    @Test("Nobody in particular neither proposes nor agrees")
    func nobody() {
        for known in [nil, Self.wanted("unix:alice")] {
            for by in ["unix:root", "signal"] {
                guard case .refused(let why) = Self.answer(Self.wanted(by), to: known, isNamed: false) else {
                    Issue.record("\(by) may")
                    continue
                }
                #expect(why.contains("two people are needed"))
            }
        }
    }

    @Test("What the ledger keeps reads back")
    func json() {
        let wanted = Self.wanted("page:bob")
        #expect(ReloadProposal(json: wanted.json) == wanted)
        for text in ["", "{}", #"{"sha256":"a","dictionaries":"b","in_force":"c"}"#] {
            #expect(ReloadProposal(json: text) == nil)
        }
    }
}

import PostboxCore
import Testing

@Suite("What is held before a service begins")
struct HeldStartTests {
    private static let own = SpoolIdentity(machine: "a1", host: "desk1")

    @Test(
        "A machine is known by its number, and by its name where one of both has none",
        arguments: [
            (SpoolIdentity(machine: "a1", host: "desk1"), true), (.init(machine: "a1", host: "desk2"), true),
            (.init(machine: "b2", host: "desk1"), false), (.init(machine: nil, host: "desk1"), true),
            (.init(machine: nil, host: "desk2"), false),
        ])
    func same(other: SpoolIdentity, isSame: Bool) {
        #expect(Self.own.isSame(as: other) == isSame && other.isSame(as: Self.own) == isSame)
        #expect(SpoolIdentity(text: other.text) == other)
    }

    @Test("What is no identity is none", arguments: ["", "machine a1\n", "host\n", "\u{0}"])
    func none(text: String) { #expect(SpoolIdentity(text: text) == nil) }

    private static func start(_ isWanted: Bool, _ kept: SpoolIdentity?) -> HeldStart? {
        HeldStart(isWanted: isWanted, kept: kept, own: own, destinations: ["a", "b"], open: [7, 9])
    }

    @Test("On its own machine a service begins as it always does")
    func usual() {
        #expect(Self.start(false, nil) == nil && Self.start(false, Self.own) == nil)
    }

    @Test("When it is wanted, the inbox and all destinations are held")
    func wanted() throws {
        for kept in [nil, Self.own] {
            let start = try #require(Self.start(true, kept))
            #expect(start.commands == [.holdInbox, .holdDestination("a"), .holdDestination("b")])
            #expect(start.why == "started held" && start.copiedFrom == nil)
        }
    }

    @Test("On a copied spool it is not asked for, and each file in work is held by itself, in doubt")
    func copied() throws {
        for isWanted in [false, true] {
            let start = try #require(Self.start(isWanted, SpoolIdentity(machine: "b2", host: "desk2")))
            #expect(
                start.commands == [
                    .holdInbox, .holdDestination("a"), .holdDestination("b"), .holdDrop(7), .holdDrop(9),
                ])
            #expect(start.copiedFrom == "desk2" && start.why.hasPrefix(HeldStart.inDoubt))
        }
    }
}

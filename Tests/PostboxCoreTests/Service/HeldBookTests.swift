import PostboxCore
import Testing

@Suite("Drops that wait for a person")
struct HeldBookTests {
    private static let second: Int64 = 1_000_000
    private static let minute: Int64 = 60 * second

    private static func drop(_ number: Int, since: Int64 = 0, until: Int64, deadline: Int64? = nil) -> HeldBook.Drop {
        HeldBook.Drop(
            number: number, name: "h\(number).csv", rows: 3, since: since, until: until,
            deadline: deadline.map { .init(at: $0, text: "17:45 UTC") })
    }

    /// A service that is asked at times of its wall clock.
    private struct Desk {
        var service = PretendService()

        /// Up and running, with these drops held.
        init(_ held: HeldBook.Drop...) {
            service.run(until: 1)
            service.machine.heldKnown(held)
        }

        /// A round at that time: which drops' time is over, and the words of what was told.
        mutating func round(at wall: Int64) -> [String] {
            service.facts.wall = wall
            let before = service.told.count
            service.round()
            let over = service.actions.compactMap { if case .timeOut(let drops) = $0 { drops } else { nil } }
            return over.flatMap { $0 }.map { "over \($0)" } + service.told[before...].map(\.event.word)
        }
    }

    @Test(
        "A quarter of an hour before its end somebody is reminded, once; then it is ended, and tried again after a while"
    )
    func ends() {
        var desk = Desk(Self.drop(7, until: 60 * Self.minute))
        #expect(desk.round(at: 44 * Self.minute) == [])
        #expect(desk.round(at: 45 * Self.minute) == ["release_at_risk"])
        #expect(desk.round(at: 59 * Self.minute) == [])
        #expect(desk.round(at: 60 * Self.minute) == ["over 7"])
        // The ledger could not record it.
        desk.service.machine.heldKnown([Self.drop(7, until: 60 * Self.minute)])
        #expect(desk.round(at: 60 * Self.minute + 29 * Self.second) == [])
        #expect(desk.round(at: 60 * Self.minute + 30 * Self.second) == ["over 7"])
        desk.service.machine.heldKnown([])
        #expect(desk.round(at: 99 * Self.minute) == [])
    }

    @Test("What is held for a short while is told of half-way")
    func short() {
        var desk = Desk(Self.drop(7, since: 10 * Self.minute, until: 20 * Self.minute))
        #expect(desk.round(at: 14 * Self.minute) == [])
        #expect(desk.round(at: 15 * Self.minute) == ["release_at_risk"])
    }

    @Test(
        "A deadline of its rule that comes before its end is told of, too; one that has passed, or comes later, is not")
    func ruleDeadline() {
        var desk = Desk(Self.drop(7, until: 600 * Self.minute, deadline: 60 * Self.minute))
        #expect(desk.round(at: 44 * Self.minute) == [])
        #expect(desk.round(at: 45 * Self.minute) == ["release_at_risk"])
        #expect(
            desk.service.told.last?.message.contains("will miss the deadline of its rule, 17:45 UTC, unless") == true)
        #expect(desk.round(at: 60 * Self.minute) == [])
        #expect(desk.round(at: 585 * Self.minute) == ["release_at_risk"])
        #expect(desk.service.told.last?.message.contains("is refused at") == true)
        #expect(desk.service.told.last?.message.contains("deadline") == false)

        for (since, deadline) in [(0, 700), (0, 600), (100, 60), (0, 300)] as [(Int64, Int64)] {
            desk = Desk(
                Self.drop(
                    7, since: since * Self.minute, until: 600 * Self.minute, deadline: deadline * Self.minute))
            #expect(desk.round(at: 400 * Self.minute) == [])
            // Nothing that has passed wakes the service again and again.
            #expect(desk.service.waitsUntil > desk.service.now)
            #expect(desk.round(at: 590 * Self.minute) == ["release_at_risk"])
        }
        // Both at once are told once: of what comes first.
        desk = Desk(Self.drop(7, until: 64 * Self.minute, deadline: 60 * Self.minute))
        #expect(desk.round(at: 50 * Self.minute) == ["release_at_risk"])
        #expect(desk.service.told.last?.message.contains("deadline") == true)
        #expect(desk.round(at: 61 * Self.minute) == [])
    }

    @Test("The service comes back by itself when something is due")
    func deadline() {
        var desk = Desk(Self.drop(7, until: 30 * Self.second))
        _ = desk.round(at: 15 * Self.second)
        let wait = desk.service.waitsUntil - desk.service.now
        #expect(wait > 0 && wait <= 15 * PretendService.second)
    }

    @Test("Run once ends although something is held, and says that something is left")
    func once() {
        for (held, code) in [([], 0), ([Self.drop(7, until: .max)], 75)] as [([HeldBook.Drop], Int32)] {
            var service = PretendService(once: true)
            service.machine.heldKnown(held)
            service.lane("a", .ready)
            service.run(until: 5)
            #expect(service.code == code)
        }
    }

    @Test("What was released goes on as what an earlier run left does, once")
    func goesOn() {
        var service = PretendService()
        service.lane("a", .ready)
        let drop = DropBook.Drop(7, name: "h.csv", destinations: ["a"])
        service.machine.goesOn(drop)
        service.machine.goesOn(drop)
        service.round()
        #expect(service.begun == [7])
        service.machine.goesOn(drop)
        service.round()
        #expect(service.begun == [7])
    }
}

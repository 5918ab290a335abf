import PostboxCore
import Testing

@Suite("Too many refused rows")
struct NackLimitTests {
    @Test(
        "More than the rule allows stop the file, twenty at least",
        arguments: [
            (RowLimit.percent(value: 1, decimals: 0), 10_000, 100, false),
            (.percent(value: 1, decimals: 0), 10_000, 101, true),
            (.percent(value: 1, decimals: 0), 100, 19, false), (.percent(value: 1, decimals: 0), 100, 20, true),
            (.rows(50), 1000, 50, false), (.rows(50), 1000, 51, true), (.rows(0), 1000, 19, false),
            (.rows(0), 20, 20, true),
        ])
    func limit(_ limit: RowLimit, _ rows: Int, _ refused: Int, _ stops: Bool) {
        var watch = NackLimit(limit, rows: rows)
        for _ in 0..<refused { watch.add(1) }
        #expect((watch.stop?.reason == "too_many_nacked") == stops)
        #expect((NackLimit(limit, rows: rows, refused: refused).stop != nil) == stops)
    }

    @Test("The machine of a drop says it once")
    func machine() {
        let drop = DeliveryMachine.Drop(
            number: 7, rows: 100, postIDBase: 100, settled: nil, postedThrough: 0,
            nackLimit: NackLimit(.percent(value: 1, decimals: 0), rows: 100, refused: 12))
        var machine = DeliveryMachine(drop, window: 2, lead: 2)
        #expect(machine.takeStop() == nil)
        _ = machine.settled(10, refused: 7)
        #expect(machine.takeStop() == nil)
        _ = machine.settled(1, refused: 1)
        #expect(machine.takeStop()?.reason == "too_many_nacked")
        _ = machine.settled(1, refused: 1)
        #expect(machine.takeStop() == nil)
    }
}

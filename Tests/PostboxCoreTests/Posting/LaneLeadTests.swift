import Testing

@testable import PostboxCore

@Suite("How far ahead of the wire a lane takes rows")
struct LaneLeadTests {
    private static func lead(
        window: Int = 4, resend: Destination.Resend = .newest, bound: Int? = nil, queued: Int = 0
    ) -> LaneLead {
        var lead = LaneLead(destination(window, resend), bound: bound)
        lead.queued = queued
        return lead
    }

    private static func destination(_ window: Int, _ resend: Destination.Resend) -> Destination {
        let url = Destination.URL(isTLS: false, host: "localhost", port: 1, path: "/WebSocket")
        return Destination(name: "cache", urls: [url], service: "NIPROV", window: window, resend: resend)
    }

    @Test(
        "A turn comes while less than the lead waits to be sent; with resend never while nothing does",
        arguments: [
            (Destination.Resend.newest, nil, 511, true), (.newest, nil, 512, false), (.newest, 256, 63, true),
            (.newest, 256, 64, false), (.never, nil, 0, true), (.never, nil, 1, false), (.never, 10_000, 1, false),
        ] as [(Destination.Resend, Int?, Int, Bool)])
    func turns(resend: Destination.Resend, rate: Int?, queued: Int, hasRoom: Bool) {
        #expect(Self.lead(resend: resend, queued: queued).hasRoom(rate: rate) == hasRoom)
    }

    @Test(
        "So many rows may be committed: the lead whatever waits, but with resend never no more than a window in all, of which one commit that is larger goes alone",
        arguments: [
            (Destination.Resend.newest, 0, 1, 512), (.newest, 900, 700, 512), (.never, 0, 4, 4), (.never, 0, 9, 4),
            (.never, 3, 1, 1), (.never, 3, 2, nil), (.never, 4, 1, nil),
        ] as [(Destination.Resend, Int, Int, Int?)])
    func commits(resend: Destination.Resend, queued: Int, rows: Int, most: Int?) {
        #expect(Self.lead(resend: resend, queued: queued).most(with: rows, rate: nil) == most)
    }

    @Test("A bound stands in place of the lead by window and rate, but not of a window with resend never")
    func bound() {
        let bounded = Self.lead(window: 1000, bound: 7)
        #expect(bounded.rows(rate: nil) == 7 && bounded.rows(rate: 100_000) == 7)
        #expect(Self.lead(window: 1000, resend: .never, bound: 7).rows(rate: nil) == 1000)
    }

    @Test("Other settings hold at once, and what waits to be sent waits still")
    func otherSettings() {
        var lead = Self.lead(queued: 5)
        #expect(lead.rows(rate: nil) == 512 && lead.hasRoom(rate: nil))
        lead.use(Self.destination(20, .never))
        #expect(lead.rows(rate: nil) == 20 && lead.queued == 5 && !lead.hasRoom(rate: nil))
        #expect(lead.most(with: 15, rate: nil) == 15 && lead.most(with: 16, rate: nil) == nil)
    }
}

internal import Foundation

/// What the service takes while nothing happens.
struct Idle {
    let desk: Desk

    func measure(_ show: (Table) -> Void) throws {
        let seconds = max(1, min(20, desk.sizes.rows / 50_000))
        let server = try Server(.recording, desk)
        let spool = try Spool(desk, port: server.port)
        let service = try spool.start(once: false)
        try service.wait(until: "the service is logged in") { service.errors.contains(" logged_in ") }
        // The start's own work is over then.
        usleep(500_000)
        let before = Usage(of: service.pid)
        let start = ContinuousClock.now
        sleep(UInt32(seconds))
        let after = Usage(of: service.pid)
        let elapsed = (ContinuousClock.now - start).seconds
        try service.stop()
        try server.stop()
        var table = Table(
            "Watching an empty inbox, logged in", ["seconds", "CPU % of a core", "CPU ms / s", "sleeps / s"])
        let cpu = after.cpuSeconds(since: before) / elapsed
        table.add(
            String(seconds), Figure.short(cpu * 100), Figure.short(cpu * 1000),
            Figure.short(Double(after.sleeps(since: before)) / elapsed))
        show(table)
    }
}

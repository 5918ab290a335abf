internal import Foundation

/// Very many files of one row each.
struct SmallFiles {
    let desk: Desk

    func measure(_ show: (Table) -> Void) throws {
        let server = try Server(.fast, desk)
        try dropped(server, show)
        try waiting(server, show)
        try server.stop()
    }

    /// They are renamed into the inbox of a running service, one right after the other.
    private func dropped(_ server: Server, _ show: (Table) -> Void) throws {
        let count = desk.sizes.files
        let files = try desk.scratch.smallFiles(count)
        var seconds: [Double] = []
        var cpu: [Double] = []
        for _ in 0..<desk.runs {
            let spool = try Spool(desk, port: server.port)
            try spool.put(files, into: "staging")
            let service = try spool.start(once: false)
            try service.wait(until: "the service is logged in") { service.errors.contains(" logged_in ") }
            let before = Usage(of: service.pid)
            let start = Child.wall()
            for file in files {
                let name = (file as NSString).lastPathComponent
                rename("\(spool.folder)/staging/\(name)", "\(spool.folder)/inbox/\(name)")
            }
            var last = 0
            try service.wait(until: "every file is in done/", seconds: 1800) {
                // Often enough for a second's tenth, and seldom enough not to be in the way.
                usleep(100_000)
                let finished = try spool.finished(expected: count)
                last = finished.last
                return finished.files == count
            }
            seconds.append(Double(last - start) / 1e6)
            cpu.append(Usage(of: service.pid).cpuSeconds(since: before))
            try service.stop()
        }
        var table = Table(
            "Files of one row, renamed into the inbox of a running service", ["files", "s", "files/s", "CPU µs / file"])
        table.add(
            Figure.count(count), Figure.short(seconds.median), Figure.count(Double(count) / seconds.median),
            Figure.short(cpu.median / Double(count) * 1e6))
        table.note = "From the first rename to the last summary in `done/`."
        show(table)
    }

    /// They lie there when the program starts.
    private func waiting(_ server: Server, _ show: (Table) -> Void) throws {
        var table = Table(
            "Files of one row, waiting at the start",
            ["files", "first post after s", "all done after s", "files/s", "CPU µs / file", "peak MB", "slower a file"])
        var first: Double?
        for count in [max(1, desk.sizes.files / 10), desk.sizes.files]
            + (desk.sizes.isLong ? [desk.sizes.files * 10] : [])
        {
            let files = try desk.scratch.smallFiles(count)
            // Large ones take long, and their own length evens them out.
            let runs = try (0..<(first == nil ? desk.runs : 1)).map { _ in
                try PostboxRun.measure(desk, files, rows: count, port: server.port)
            }
            let seconds = runs.median { $0.lastFileSeconds - $0.firstPostSeconds } / Double(count)
            table.add(
                Figure.count(count), Figure.short(runs.median(\.firstPostSeconds)),
                Figure.short(runs.median(\.lastFileSeconds)), Figure.count(1 / seconds),
                Figure.short(runs.median(\.end.cpuSeconds) / Double(count) * 1e6), runs.peakMegabytes,
                first.map { Figure.short(seconds / $0) + " ×" } ?? "")
            first = first ?? seconds
        }
        table.note = "Files a second from the first post to the last summary. Only the first line is more than one run."
        show(table)
    }
}

internal import Foundation
internal import PostboxCore

/// Very many files of one row each.
struct SmallFiles {
    let desk: Desk

    func measure(_ show: (Table) -> Void) throws {
        let server = try Server(.fast, desk)
        try dropped(server, show)
        try waiting(server, show)
        try server.stop()
    }

    /// They are renamed into the inbox of a running service, one right after the other: into a new spool, and into one where very many
    /// lie in `done/` and `failed/` already.
    private func dropped(_ server: Server, _ show: (Table) -> Void) throws {
        let files = try desk.scratch.smallFiles(desk.sizes.files)
        let names = files.map { ($0 as NSString).lastPathComponent }
        let full = files.count * (desk.sizes.isLong ? 100 : 10)
        var runs: [[Dropped]] = [[], []]
        var filling: [Double] = []
        for _ in 0..<desk.runs {
            for (index, entries) in [0, full].enumerated() {
                let spool = try Spool(desk, port: server.port)
                try spool.put(files, into: "staging")
                let service = try start(spool)
                if entries > 0 { filling.append(try fill(spool, entries)) }
                runs[index].append(try drop(names, into: spool, service))
                try service.stop()
            }
        }
        var table = Table(
            "Files of one row, renamed into the inbox of a running service",
            ["`done/` holds", "files", "s", "files/s", "CPU µs / file", "slower a file"])
        let alone = runs[0].map(\.seconds).median
        func add(_ what: String, _ runs: [Dropped], isFirst: Bool = false) {
            let seconds = runs.map(\.seconds).median
            let perFile = runs.map(\.cpuSeconds).median / Double(files.count) * 1e6
            table.add(
                what, Figure.count(files.count), Figure.short(seconds),
                Figure.count(Double(files.count) / seconds), Figure.short(perFile),
                isFirst ? "" : Figure.short(seconds / alone) + " ×")
        }
        add("nothing", runs[0], isFirst: true)
        add("\(Figure.count(full)) names", runs[1])
        table.note = """
            From the first rename to the last summary in `done/`, in turns. The names are links to empty files, three for each finished \
            file as the program leaves them, and a tenth as many in `failed/`; the ledger knows nothing of them. Making them took \
            \(Figure.short(filling.median)) s.
            """
        if desk.sizes.isLong {
            let old = files.count * 10
            add("\(Figure.count(old * 3)) names, all in the ledger", [try dropIntoUsed(files, old, server)])
            table.note += " The files of the last line were finished by the program itself; it is one run."
        }
        show(table)
    }

    /// What many files took together.
    private struct Dropped {
        /// From the first rename to the last summary.
        var seconds: Double
        var cpuSeconds: Double
    }

    private func start(_ spool: Spool) throws -> Child {
        let service = try spool.start(once: false)
        try service.wait(until: "the service is logged in") { service.errors.contains(" logged_in ") }
        return service
    }

    /// Renames staged files into the inbox.
    private func drop(_ names: [String], into spool: Spool, _ service: Child) throws -> Dropped {
        // What was made before is not to be written meanwhile.
        sync()
        let before = Usage(of: service.pid)
        let start = Child.wall()
        for name in names { try spool.enter(name) }
        var finished = 0
        try service.wait(until: "every file is in done/", seconds: 1800) {
            // Often enough for a second's tenth, and seldom enough not to be in the way.
            usleep(100_000)
            while finished < names.count, spool.finishedAt(names[finished]) != nil { finished += 1 }
            return finished == names.count
        }
        let cpu = Usage(of: service.pid).cpuSeconds(since: before)
        let last = names.compactMap { spool.finishedAt($0) }.max() ?? start
        return Dropped(seconds: Double(last - start) / 1e6, cpuSeconds: cpu)
    }

    /// Makes so many names in `done/`, and a tenth as many in `failed/`, as finished files have them. Returns the seconds that took.
    private func fill(_ spool: Spool, _ entries: Int) throws -> Double {
        let start = ContinuousClock.now
        for (folder, count) in [("done", entries), ("failed", entries / 10)] {
            var empty = ""
            for number in 0..<count / 3 {
                let path = "\(spool.folder)/\(folder)/" + String(format: "old-%07d.csv", number)
                // On ext4 a file has 65,000 names at most.
                let isNew = number.isMultiple(of: 20_000)
                if isNew {
                    guard FileManager.default.createFile(atPath: path, contents: nil) else {
                        throw BenchError("\(path) cannot be made")
                    }
                    empty = path
                }
                for name in (isNew ? [] : [path]) + [FileNames.result(path), FileNames.summary(path)] {
                    guard link(empty, name) == 0 else { throw BenchError("\(name) cannot be made: errno \(errno)") }
                }
            }
        }
        return (ContinuousClock.now - start).seconds
    }

    /// The same in a spool in which the program itself has finished so many files before.
    private func dropIntoUsed(_ files: [String], _ old: Int, _ server: Server) throws -> Dropped {
        let spool = try Spool(desk, port: server.port)
        try spool.put(try desk.scratch.smallFiles(old))
        let end = try spool.start(once: true).wait()
        guard end.exitCode == 0 else { throw BenchError("postbox ended with \(end.exitCode)") }
        try spool.put(files, into: "staging", prefix: "new-")
        let service = try start(spool)
        let dropped = try drop(files.map { "new-" + ($0 as NSString).lastPathComponent }, into: spool, service)
        try service.stop()
        return dropped
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

import Foundation
import PostboxCore
import TestSupport
import Testing

@Suite("Cancel, hold and resume, end to end", .serialized, .ownThreads)
struct ControlTests {
    private static let rows = 400

    private static func file(_ prefix: String = "R", rows: Int = rows) -> String {
        "RIC,BID\n" + (1...rows).map { "\(prefix)\($0).TST,\($0)\n" }.joined()
    }

    /// Slow enough to be met in mid-file on a busy machine: ten posts a second.
    private static let slow = "window: 10\nmax_posts_per_second: 10"

    private static let quick = "window: 10"

    /// A port where nothing listens.
    private static let nowhere = "ws://127.0.0.1:1/WebSocket"

    private static func control(_ desk: Desk) -> URL { desk.path(.state).appendingPathComponent("control") }

    /// Without what is set aside for orders to come.
    private static func orders(_ desk: Desk) -> [String] {
        FileManager.default.names(in: control(desk)).filter { !$0.hasPrefix(".") }
    }

    /// Runs one of the commands, which must end with that code; what it said.
    @discardableResult
    private static func say(_ desk: Desk, _ words: [String], code: Int32 = 0) async throws -> String {
        // The end of a file takes a while on a busy machine.
        let patience = words[0] == "cancel" ? ["--wait", "100s"] : []
        let end = try await desk.command(words + patience + ["--config", "postbox.yaml"])
        #expect(end.code == code, "\(words): \(end.output)\(end.errorOutput)\n\(desk.log())")
        return end.output + end.errorOutput
    }

    private static func stop(_ service: ChildProcess) async throws {
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    // MARK: - Cancel

    @Test("A file cancelled by name in mid-file: what is in flight settles, the rest is unsent, nothing more is posted")
    func midFile() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: Self.slow)
        try desk.drop("wrong.csv", Self.file())
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 30 }
        let said = try await Self.say(desk, ["cancel", "wrong.csv"])
        #expect(said.contains("drop 1 (wrong.csv) is cancelled: partial"))
        // Its end is there when the command says so.
        let file = try desk.finished("wrong.csv", in: .failed)
        let posted = try simulator.posts().count
        #expect(posted < Self.rows)
        #expect(file.column("row") == (1...Self.rows).map(String.init))
        #expect(file.column("outcome") == (1...Self.rows).map { $0 <= posted ? "acked" : "unsent" })
        #expect(Set(file.rows.dropFirst(posted).map { $0["reason"] }) == ["cancelled"])
        #expect(file.summary.verdict == "partial" && file.summary.reason == "cancelled")
        #expect(file.rejects.map { $0.split(separator: 0x0a).count } == Self.rows - posted + 1)
        #expect(Self.orders(desk).isEmpty)

        // The next file goes as if nothing had been.
        try desk.drop("right.csv", Self.file("X", rows: 5))
        #expect(try await desk.finish("right.csv", in: .done).summary.rows == 5)
        #expect(try simulator.posts().count == posted + 5)
        #expect(try await Self.say(desk, ["cancel", "1"], code: 64).contains("is finished: partial"))
        #expect(try await Self.say(desk, ["cancel", "wrong.csv"], code: 64).contains("is finished: partial"))
        #expect(try await Self.say(desk, ["cancel", "77"], code: 64).contains("there is no drop 77"))
        #expect(try await Self.say(desk, ["cancel", "no.csv"], code: 64).contains("there is no no.csv"))
        try await Self.stop(service)
        #expect(desk.log().contains(" cancelling "))
    }

    @Test("A file cancelled while it waits for its turn behind another is refused, and the other goes on")
    func waitingForItsTurn() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("login: {ping_timeout: 300s}")
        try desk.configure([simulator.url], destination: "window: 10\nmax_posts_per_second: 100\nack_timeout: 300s")
        try desk.drop("a.csv", Self.file("A", rows: 300))
        let service = try desk.start()
        try await eventually("a.csv is posted") { try simulator.posts().count >= 10 }
        // Nothing is answered until b.csv is over: a.csv cannot end before.
        simulator.process.send(SIGSTOP)
        try desk.drop("b.csv", Self.file("B", rows: 300))
        try await eventually("b.csv is in work") {
            desk.log().contains("drop=2") && desk.names(in: .work).contains("2")
        }
        try await Self.say(desk, ["cancel", "2"])
        let file = try desk.finished("b.csv", in: .failed)
        #expect(Set(file.column("outcome")) == ["unsent"] && file.rows.count == 300)
        #expect(file.summary.verdict == "refused" && file.summary.reason == "cancelled")
        #expect(desk.names(in: .done).isEmpty)
        simulator.process.send(SIGCONT)
        #expect(try await desk.finish("a.csv", in: .done).summary.outcomes["acked"] == 300)
        #expect(try simulator.posts().allSatisfy { $0.ric.hasPrefix("A") })
        try await Self.stop(service)
    }

    @Test("A file in the inbox is cancelled although its destination is down, and its rows lie beside it unchanged")
    func inInbox() async throws {
        let desk = try Desk()
        try desk.configure([Self.nowhere])
        try desk.drop("wrong.csv", Self.file(rows: 3))
        try desk.drop("right.csv", Self.file(rows: 2))
        let service = try desk.start()
        try await eventually("both wait") { desk.log().components(separatedBy: " waiting ").count == 3 }
        let said = try await Self.say(desk, ["cancel", "wrong.csv"])
        #expect(said.contains("is cancelled: refused") && said.contains("3 unsent"))
        let file = try desk.finished("wrong.csv", in: .failed)
        #expect(file.column("outcome") == ["unsent", "unsent", "unsent"])
        #expect(file.column("reason") == ["cancelled", "cancelled", "cancelled"])
        #expect(file.summary.verdict == "refused" && file.summary.reason == "cancelled")
        #expect(file.rejects.map { String(decoding: $0, as: UTF8.self) } == Self.file(rows: 3))
        #expect(desk.names(in: .inbox) == ["right.csv"] && desk.names(in: .work).isEmpty)
        #expect(Self.orders(desk).isEmpty)
        try await Self.stop(service)
    }

    @Test(
        "A file that `ignore` leaves in the inbox is not cancelled, and the command says why", arguments: [false, true])
    func ignored(isBroken: Bool) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "ignore: [\"*.part.csv\"]" + (isBroken ? "\nnonsense: 1" : ""))
        try FileManager.default.createDirectory(at: desk.path(.state), withIntermediateDirectories: true)
        try desk.drop("a.part.csv", "RIC,BID\nA.TST,1\n")
        for flags in [[], ["--inbox"]] {
            #expect(try await Self.say(desk, ["cancel", "a.part.csv"] + flags, code: 64).contains("`ignore`"))
        }
        #expect(Self.orders(desk).isEmpty)
    }

    @Test("Ordered without a service, a cancellation takes effect at the next start before anything is sent")
    func withoutService() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try desk.drop("wrong.csv", Self.file(rows: 3))
        try desk.drop("right.csv", Self.file("X", rows: 2))
        #expect(try await Self.say(desk, ["cancel", "wrong.csv"]).contains("at the next start"))
        #expect(try await Self.say(desk, ["cancel", "wrong.csv"]).contains("at the next start"))
        #expect(Self.orders(desk) == ["cancel-file-wrong.csv"])
        #expect(try await desk.once() == 3)
        #expect(try desk.finished("wrong.csv", in: .failed).summary.reason == "cancelled")
        #expect(try desk.finished("right.csv", in: .done).summary.rows == 2)
        #expect(try simulator.posts().map(\.ric) == ["X1.TST", "X2.TST"])
        #expect(Self.orders(desk).isEmpty)

        // A later file of that name is another file.
        try desk.drop("wrong.csv", Self.file("Y", rows: 1))
        #expect(try await desk.once() == 0)
    }

    @Test(
        "A drop that a killed run left is cancelled at the next start while its destination is down: in doubt is unknown"
    )
    func leftBehind() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("ack_delay: 100ms")
        // More rows than are ever handed over ahead.
        let rows = 2000
        try desk.configure([simulator.url], destination: Self.slow)
        try desk.drop("wrong.csv", Self.file(rows: rows))
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 30 }
        service.send(SIGKILL)
        #expect(try await service.exitCode() == 137)
        simulator.process.send(SIGKILL)
        let posted = try simulator.posts().count
        #expect(try await Self.say(desk, ["cancel", "wrong.csv"]).contains("drop 1 (wrong.csv) will be cancelled"))

        try desk.configure([Self.nowhere], destination: Self.slow)
        let next = try desk.start()
        let file = try await desk.finish("wrong.csv", in: .failed)
        #expect(file.column("row") == (1...rows).map(String.init))
        let outcomes = file.column("outcome")
        #expect(Set(outcomes) == ["acked", "unknown", "unsent"])
        // What may have been sent is not called unsent.
        for (row, outcome) in zip(1..., outcomes) where row <= posted { #expect(outcome != "unsent", "row \(row)") }
        #expect(outcomes.last == "unsent")
        #expect(file.summary.reason == "cancelled")
        #expect(file.summary.login["cache"]?["url"] == simulator.url)
        try await eventually("the order is over") { Self.orders(desk).isEmpty }
        try await Self.stop(next)
    }

    @Test(
        "A held file that a kill left in mid-work sends nothing, not even what is in doubt, and newer files go; then it is resumed, or cancelled",
        arguments: [true, false])
    func heldInDoubt(isResumed: Bool) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("ack_delay: 100ms")
        try desk.configure([simulator.url], destination: Self.slow)
        try desk.drop("old.csv", Self.file())
        var service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 30 }
        service.send(SIGKILL)
        #expect(try await service.exitCode() == 137)
        let before = try simulator.posts().count
        try await Self.say(desk, ["hold", "drop", "1", "--why", "wrong day"])

        // All RICs of which something may have been sent, and others; with other values.
        let rics = 350
        try desk.configure([simulator.url], destination: Self.quick)
        try desk.drop("new.csv", "RIC,BID\n" + (1...rics).map { "R\($0).TST,9\($0)\n" }.joined())
        service = try desk.start()
        let newer = try await desk.finish("new.csv", in: .done)
        #expect(Set(newer.column("outcome")) == ["acked"])
        let status = try await desk.command(["status", "--json", "--config", "postbox.yaml"]).output
        let file = JSONValue.parse(status)?["work"]?["files"]?.items.first
        #expect(file?["state"]?.text == "held" && file?["in_doubt"]?.flag == true, "\(status)")
        #expect(file?["why"]?.text == "wrong day")
        service.send(SIGKILL)
        #expect(try await service.exitCode() == 137)
        #expect(try await desk.once() == 75)
        #expect(try simulator.posts().count == before + rics)

        service = try desk.start()
        try await eventually("it is logged in") { service.errorOutput.contains(" logged_in ") }
        if isResumed {
            try await Self.say(desk, ["resume", "drop", "1"])
            let old = try await desk.finish("old.csv", in: .done)
            #expect(old.column("row") == (1...Self.rows).map(String.init))
            let outcomes = old.column("outcome")
            #expect(Set(outcomes.prefix(rics)).isSubset(of: ["acked", "superseded"]))
            #expect(Set(outcomes.dropFirst(rics)) == ["acked"])
            // Nothing old goes after what is newer.
            #expect(try simulator.posts().count == before + Self.rows)
        } else {
            try await Self.say(desk, ["cancel", "1"])
            let old = try desk.finished("old.csv", in: .failed)
            #expect(old.column("row") == (1...Self.rows).map(String.init))
            #expect(old.summary.reason == "cancelled" && old.column("outcome").last == "unsent")
            for (row, outcome) in zip(1..., old.column("outcome")) where row <= before {
                #expect(outcome != "unsent", "row \(row)")
            }
            #expect(try simulator.posts().count == before + rics)
        }
        try await Self.stop(service)
    }

    @Test("A drop whose destination is no longer configured can be cancelled", arguments: ["claimed", "offered"])
    func destinationGone(label: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: "window: 10")
        try desk.drop("a.csv", Self.file(rows: 600))
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        try desk.write(
            "spool: spool\nsettle: 0s\ndestinations:\n  other:\n    urls: [\"\(Self.nowhere)\"]\n    user: tester\n    service: X\n"
        )
        try await Self.say(desk, ["cancel", "1"])
        let next = try desk.start()
        let file = try await desk.finish("a.csv", in: .failed)
        #expect(file.rows.count == 600 && file.summary.reason == "cancelled")
        // Nothing was sent before it was claimed for good, so all of it can be told.
        let wasSent = label == "offered"
        #expect(Set(file.column("outcome")) == (wasSent ? ["unknown", "unsent"] : ["unsent"]))
        #expect(file.summary.verdict == (wasSent ? "failed" : "refused"))
        #expect(file.column("ric").last == (wasSent ? "" : "R600.TST"))
        // All rows are bad, and the file is there.
        #expect(file.rejects.map { String(decoding: $0, as: UTF8.self) } == Self.file(rows: 600))
        // How the rows were sent stands in the ledger.
        #expect(file.summary.login["cache"]?["url"] == (wasSent ? simulator.url : nil))
        try await Self.stop(next)
    }

    @Test("Cancelled while the connection is lost, a file ends without waiting for the server")
    func disconnected() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("ack_delay: 1s")
        try desk.configure([simulator.url], destination: "window: 10")
        try desk.drop("wrong.csv", Self.file())
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 30 }
        simulator.process.send(SIGKILL)
        try await eventually("the loss is seen") { desk.log().contains(" disconnected ") }
        try await Self.say(desk, ["cancel", "wrong.csv"])
        let file = try desk.finished("wrong.csv", in: .failed)
        #expect(file.column("row") == (1...Self.rows).map(String.init))
        #expect(Set(file.column("outcome")).isSubset(of: ["acked", "unknown", "unsent"]))
        #expect(file.summary.outcomes["unsent"] ?? 0 > 0)
        try await Self.stop(service)
    }

    @Test("A name that several files have cancels none of them until it is said which")
    func ambiguous() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: Self.slow)
        try desk.drop("eod.csv", Self.file())
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 10 }
        try await Self.say(desk, ["hold", "inbox"])
        try await eventually("the inbox is held") { desk.log().contains(" held ") }
        try desk.drop("eod.csv", Self.file("X", rows: 3))
        let said = try await Self.say(desk, ["cancel", "eod.csv"], code: 64)
        #expect(said.contains("postbox cancel 1") && said.contains("postbox cancel --inbox eod.csv"))
        #expect(Self.orders(desk) == ["hold-inbox"])
        try await Self.say(desk, ["cancel", "1"])
        #expect(try desk.finished("eod.csv", in: .failed).summary.drop == 1)
        // A hold of the inbox does not keep a wrong file from being cancelled.
        try await Self.say(desk, ["cancel", "eod.csv"])
        let second = try desk.finished("eod.2.csv", in: .failed)
        #expect(second.summary.drop == 2 && second.summary.verdict == "refused")
        try await Self.stop(service)
    }

    @Test(
        "Killed anywhere between the order and the end of it, a cancellation is finished at the next start",
        arguments: ["claim_recorded", "claim_renamed", "claimed", "result_complete", "settled", "moved", "closed"])
    func killed(label: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try desk.drop("wrong.csv", Self.file(rows: 3))
        try await Self.say(desk, ["cancel", "wrong.csv"])
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        #expect(Self.orders(desk) == ["cancel-file-wrong.csv"])
        // A new file of that name is not the one that was meant.
        if label != "claim_recorded" { try desk.drop("wrong.csv", Self.file("X", rows: 2)) }
        _ = try await desk.once()
        let file = try desk.finished("wrong.csv", in: .failed)
        #expect(Set(file.column("outcome")) == ["unsent"] && file.summary.reason == "cancelled")
        #expect(try simulator.posts().map(\.ric) == (label == "claim_recorded" ? [] : ["X1.TST", "X2.TST"]))
        #expect(Self.orders(desk).isEmpty && desk.names(in: .work).allSatisfy { $0 == "guard" })
    }

    // MARK: - Hold and resume

    @Test("A held inbox is not claimed from, over a restart, until it is resumed; files in work go on")
    func holdInbox() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: Self.slow)
        try desk.drop("a.csv", Self.file("A", rows: 100))
        let first = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 10 }
        #expect(try await Self.say(desk, ["hold", "inbox"]).contains("the inbox is held."))
        try await eventually("it is held") { desk.log().contains(" held ") }
        #expect(try await Self.say(desk, ["hold", "inbox"]).contains("held already"))
        // What is said anew counts from now on, and is on record.
        #expect(
            try await Self.say(desk, ["hold", "inbox", "--until", "2020-01-01T00:00Z"]).contains(
                "replaced, to be over at 2020-01-01T00:00:00.000000Z, which is past"))
        let renewed = try await Self.say(
            desk, ["hold", "inbox", "--why", "odd prices", "--until", "2099-01-01T00:00Z"])
        #expect(renewed.contains("held already; what was said about it is replaced, to be over at 2099-01-01"))
        let record = desk.folder.appendingPathComponent("spool/record.jsonl")
        try await eventually("it is on record") {
            try String(contentsOf: record, encoding: .utf8).contains("odd prices")
        }
        let status = JSONValue.parse(try await desk.command(["status", "--json"]).output)
        let hold = status?["holds"]?.items.first
        #expect(hold?["why"]?.text == "odd prices" && hold?["until"]?.text?.hasPrefix("2099-01-01T00:00:00") == true)
        try desk.drop("b.csv", Self.file("B", rows: 5))
        _ = try await desk.finish("a.csv", in: .done)
        #expect(desk.names(in: .inbox) == ["b.csv"])
        try await Self.stop(first)

        // Nothing to do for who does not wait for ever.
        #expect(try await desk.once() == 0)
        #expect(desk.names(in: .inbox) == ["b.csv"])
        let second = try desk.start()
        try await eventually("it is held still") { second.errorOutput.contains("the inbox is held since 20") }
        #expect(try await Self.say(desk, ["resume", "inbox"]).contains("the inbox goes on."))
        #expect(try await desk.finish("b.csv", in: .done).summary.rows == 5)
        #expect(try await Self.say(desk, ["resume", "inbox"], code: 64).contains("the inbox is not held"))
        try await Self.stop(second)
    }

    @Test("A held destination gets nothing new in mid-file and no new file, and others go on")
    func holdDestination() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let other = try await desk.simulate(name: "other")
        func configure(_ destination: String) throws {
            try desk.configure(
                [simulator.url, other.url], destination: destination,
                files: """
                      - {match: "a*.csv", destination: cache, ric: {column: RIC}, fields: {BID: BID}}
                      - {match: "b*.csv", destination: second, ric: {column: RIC}, fields: {BID: BID}}
                    """)
        }
        try configure(Self.slow)
        let rows = 300
        try desk.drop("a1.csv", Self.file("A", rows: rows))
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 10 }
        try await Self.say(desk, ["hold", "destination", "cache"])
        try await eventually("it is held") { desk.log().contains(" held ") }
        try desk.drop("a2.csv", Self.file("B", rows: 5))
        try desk.drop("b.csv", Self.file("C", rows: 20))
        #expect(try await desk.finish("b.csv", in: .done).summary.outcomes["acked"] == 20)
        let posted = try simulator.posts().count
        #expect(posted < rows)
        #expect(desk.names(in: .inbox) == ["a2.csv"] && desk.names(in: .work).contains("1"))
        #expect(desk.log().contains("cache is held"))
        #expect(try simulator.events().filter { $0.event == "answer" }.count == posted)
        #expect(try await Self.say(desk, ["hold", "destination", "nowhere"], code: 64).contains("cache, second"))
        #expect(try await Self.say(desk, ["hold", "destination"], code: 64).contains("Which destination?"))
        try await Self.stop(service)

        // Held across the restart: work is left, and nobody waits for it.
        try configure(Self.quick)
        #expect(try await desk.once() == 75)
        #expect(try simulator.posts().count == posted)
        let next = try desk.start()
        try await eventually("it is held still") { next.errorOutput.contains("destination cache is held since 20") }
        try await Self.say(desk, ["resume", "destination", "cache"])
        #expect(try await desk.finish("a1.csv", in: .done).summary.outcomes["acked"] == rows)
        #expect(try await desk.finish("a2.csv", in: .done).summary.outcomes["acked"] == 5)
        #expect(try simulator.posts().count == rows + 5)
        try await Self.stop(next)
    }

    @Test("A held destination's file can be cancelled")
    func cancelHeld() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: Self.slow)
        try desk.drop("a.csv", Self.file())
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 10 }
        try await Self.say(desk, ["hold", "destination", "cache"])
        try await eventually("it is held") { desk.log().contains(" held ") }
        try await Self.say(desk, ["cancel", "a.csv"])
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.summary.reason == "cancelled" && file.rows.count == Self.rows)
        #expect(file.summary.outcomes["acked"] == (try simulator.posts().count))
        try await Self.stop(service)
    }

    @Test("A file for two destinations goes on at the one that is not held, and can be cancelled at the other")
    func holdOneOfTwo() async throws {
        let desk = try Desk()
        // One is slow enough to be held in mid-file, the other is not.
        let simulator = try await desk.simulate("ack_delay: 1s")
        let other = try await desk.simulate(name: "other")
        try desk.configure(
            [simulator.url, other.url], destination: Self.quick,
            files: "  - {match: \"*\", destination: [cache, second]}")
        let rows = 300
        try desk.drop("a.csv", Self.file(rows: rows))
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 10 }
        try await Self.say(desk, ["hold", "destination", "cache"])
        try await eventually("the hold is seen") { desk.log().contains(" held ") }
        try await eventually("the other has all of it") { try other.posts().count == rows }
        // For twice as long as a post would be answered and the next one sent.
        try await eventually("what is in flight is answered, and nothing follows") {
            let events = try simulator.events()
            guard let last = events.last, events.count == 2 * events.count(where: { $0.event == "post" }) else {
                return false
            }
            return Date().timeIntervalSince1970 - Double(last.time) / 1e6 > 2
        }
        let posted = try simulator.posts().count
        #expect(posted < rows)
        #expect(try await Self.say(desk, ["cancel", "a.csv"]).contains("partial"))
        let file = try desk.finished("a.csv", in: .failed)
        #expect(try simulator.posts().count == posted)
        #expect(file.summary.outcomes["acked"] == rows + posted && file.summary.outcomes["unsent"] == rows - posted)
        try await Self.stop(service)
    }

    @Test("As long as orders cannot be read nothing new is begun")
    func unreadable() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        let state = desk.path(.state)
        try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
        // A file where the folder should be.
        try Data().write(to: Self.control(desk))
        try desk.drop("a.csv", Self.file(rows: 2))
        let service = try desk.start()
        try await eventually("it is said") { desk.log().contains(" control_fault ") }
        try await eventually("the destination is up") { desk.log().contains(" logged_in ") }
        #expect(desk.names(in: .inbox) == ["a.csv"])
        try FileManager.default.removeItem(at: Self.control(desk))
        _ = try await desk.finish("a.csv", in: .done)
        try await Self.stop(service)
    }

    @Test("A held drop hands nothing more over, later files go past it, and it goes on when it is resumed")
    func holdDrop() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        // Far fewer rows are handed over at once than the file has.
        let rows = 3000
        try desk.configure([simulator.url], destination: "window: 10\nmax_posts_per_second: 40")
        try desk.drop("a.csv", Self.file("A", rows: rows))
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 10 }
        try await Self.say(desk, ["hold", "drop", "1"])
        try await eventually("it is held") { desk.log().contains(" held ") }
        try desk.drop("b.csv", Self.file("B", rows: 20))
        #expect(try await desk.finish("b.csv", in: .done).summary.outcomes["acked"] == 20)
        try await Self.stop(service)
        let posted = try simulator.posts().filter { $0.ric.hasPrefix("A") }.count
        #expect(posted < rows)

        try desk.configure([simulator.url], destination: Self.quick)
        #expect(try await desk.once() == 75)
        #expect(try simulator.posts().filter { $0.ric.hasPrefix("A") }.count == posted)
        #expect(Self.orders(desk) == ["hold-drop-1"])
        try await Self.say(desk, ["resume", "drop", "1"])
        #expect(try await desk.once() == 0)
        let file = try desk.finished("a.csv", in: .done)
        #expect(file.column("outcome") == Array(repeating: "acked", count: rows))
        #expect(try simulator.posts().count == rows + 20)
        #expect(try await Self.say(desk, ["hold", "drop", "1"], code: 64).contains("is finished: done"))
        #expect(try await Self.say(desk, ["resume", "drop", "1"], code: 64).contains("is finished: done"))
        #expect(try await Self.say(desk, ["hold", "drop", "x"], code: 64).contains("Give its number"))
    }

    @Test("What is no order in state/control/ is reported once and left alone; orders that come to nothing go away")
    func junk() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try FileManager.default.createDirectory(at: Self.control(desk), withIntermediateDirectories: true)
        let junk = ["README", "hold-drop-012", "cancel-drop-x"]
        for name in junk { try Data("junk".utf8).write(to: Self.control(desk).appendingPathComponent(name)) }
        let folder = Self.control(desk).appendingPathComponent("hold-inbox")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        let void = ["hold-drop-7", "cancel-drop-8", "cancel-file-no.csv"]
        for name in void { try Data().write(to: Self.control(desk).appendingPathComponent(name)) }
        try desk.drop("a.csv", Self.file(rows: 2))
        let service = try desk.start()
        _ = try await desk.finish("a.csv", in: .done)
        // Read a second time, they are not reported again.
        try Data().write(to: Self.control(desk).appendingPathComponent("cancel-file-later.csv"))
        try await eventually("the orders came to nothing") { Self.orders(desk) == (junk + ["hold-inbox"]).sorted() }
        try await Self.stop(service)
        #expect(desk.log().components(separatedBy: " foreign_order ").count == 5)
        #expect(desk.log().components(separatedBy: " order_void ").count == 5)
    }
}

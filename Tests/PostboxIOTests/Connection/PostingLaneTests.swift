import Foundation
import PostboxCore
import PostboxIO
import Simulator
import TestSupport
import Testing

@Suite("A lane with a friendly server", .serialized, .ownThreads)
struct PostingLaneTests {
    @Test("Logs in, posts Refresh and Update, and every row ends acked once")
    func acked() async throws {
        try await withSimulator { server in
            try await withLane(destination(server.port)) { courier in
                let parcels =
                    [Parcel("NEW.TST", .refresh, fields: #"{"BID":22.10,"GEN_TEXT16":"a \"b\" é"}"#)]
                    + (2...3000).map { Parcel("R\($0)", fields: #"{"ASK":\#($0).25}"#) }
                await courier.send(parcels)
                try await courier.settled(3000)
                #expect(courier.endings.map(\.row).sorted() == Array(1...3000))
                #expect(courier.endings.allSatisfy { $0.outcome == .acked && $0.attempts == 1 })
                #expect(server.values(of: "NEW.TST")?["BID"] == "22.10")
                #expect(server.values(of: "R3000")?["ASK"] == "3000.25")
                let report = server.report()
                #expect(report.refreshPosts == 1)
                #expect(report.updatePosts == 2999)
                #expect(report.violations == [])
                #expect(report.highestInFlight <= 1000)
                let counts = await courier.lane.counts
                #expect(counts.sent == 3000 && counts.acked == 3000 && counts.nacked == 0)
            }
        }
    }

    @Test("The window is never exceeded, and what the login told is kept")
    func window() async throws {
        try await withSimulator {
            $0.ackDelay = .milliseconds(10)
            $0.login.maxMsgSize = 5000
            $0.login.pingTimeout = .seconds(7)
        } _: { server in
            try await withLane(destination(server.port) { $0.window = 5 }) { courier in
                await courier.send((1...40).map { Parcel("R\($0)") })
                try await courier.settled(40)
                #expect(server.report().highestInFlight == 5)
                let limits = await courier.lane.limits
                #expect(limits.maxMsgSize == 5000)
                #expect(limits.pingTimeout == 7_000_000_000)
                let sizing = await courier.lane.sizing()
                #expect(sizing.maxMsgSize == 5000)
                let facts = Dictionary(await courier.lane.loginFacts) { first, _ in first }
                #expect(facts["url"] == server.url)
            }
        }
    }

    @Test("A refused, an unanswered and an erroneous post each get their own outcome, and the others theirs")
    func outcomes() async throws {
        try await withSimulator {
            $0.unknown = ["DAVE"]
            $0.silent = ["MUTE"]
            $0.naks = [.init(ric: "ODD", code: .init(rawValue: 132), text: "[900]: Service Denied")]
            $0.ackDelays = [.init(ric: "LATE", delay: .milliseconds(250))]
        } _: { server in
            let target = destination(server.port) {
                $0.ackTimeout = .seconds(4)
                $0.services = ["NOSUCH"]
            }
            try await withLane(target) { courier in
                await courier.send([
                    Parcel("GOOD"), Parcel("MUTE"), Parcel("DAVE"), Parcel("BAD", fields: #"{"NOPE":1}"#),
                    Parcel("ODD"), Parcel("ELSE", service: 1), Parcel("LATE"),
                ])
                try await courier.settled(7)
                let endings = Dictionary(courier.endings.map { ($0.row, $0) }) { first, _ in first }
                #expect(endings.count == 7)
                #expect(endings[1]?.outcome == .acked)
                #expect(endings[2]?.outcome == .unknown)
                #expect(endings[2]?.detail.reason == "ack_timeout")
                #expect(endings[3]?.outcome == .nacked)
                #expect(endings[3]?.detail.nakCode == "SymbolUnknown")
                #expect(endings[4]?.outcome == .nacked)
                #expect(endings[4]?.detail.nakCode == "Error")
                #expect(endings[4]?.detail.text.contains("NOPE") == true)
                #expect(endings[5]?.detail.nakCode == "132")
                #expect(endings[5]?.detail.text == "[900]: Service Denied")
                #expect(endings[6]?.detail.text.contains("NOSUCH") == true)
                #expect(endings[7]?.outcome == .acked)
                #expect(server.report().connections == 1)
                #expect(await courier.lane.state == .ready)
            }
        }
    }

    @Test("Acks that come twice, out of order and packed settle each row once")
    func strangeAcks() async throws {
        try await withSimulator {
            $0.duplicateAcksEvery = 3
            $0.reordering = .init(window: 16, seed: 3)
            $0.packsAcks = true
            $0.keyInAck = false
            $0.nakCodeForm = .number
            $0.unknown = ["X*"]
        } _: { server in
            try await withLane(destination(server.port)) { courier in
                await courier.send((1...500).map { Parcel($0 % 10 == 0 ? "X\($0)" : "R\($0)") })
                try await courier.settled(500)
                #expect(courier.endings.map(\.row).sorted() == Array(1...500))
                #expect(
                    courier.endings.filter { $0.outcome == .nacked }.map(\.row).sorted().map { $0 % 10 }
                        == Array(repeating: 0, count: 50))
                #expect(courier.endings.filter { $0.outcome == .acked }.count == 450)
            }
        }
    }

    @Test("A refusal that may pass is tried again, and given up after so many tries")
    func retries() async throws {
        try await withSimulator {
            $0.naks = [
                .init(ric: "BUSY", code: .noResources, text: "later", times: 1),
                .init(ric: "NEVER", code: .noResources, text: "later"),
            ]
        } _: { server in
            try await withLane(destination(server.port) { $0.attemptsMax = 2 }) { courier in
                await courier.send([Parcel("BUSY"), Parcel("NEVER"), Parcel("FINE")])
                try await courier.settled(3)
                let endings = Dictionary(courier.endings.map { ($0.row, $0) }) { first, _ in first }
                #expect(endings[1]?.outcome == .acked)
                #expect(endings[1]?.attempts == 2)
                #expect(endings[2]?.outcome == .nacked)
                #expect(endings[2]?.attempts == 2)
                #expect(endings[2]?.detail.nakCode == "NoResources")
                #expect(endings[3]?.attempts == 1)
            }
        }
    }

    @Test("A destination that is itself at fault pauses with an alert; a cancelled drop's rows end unsent")
    func stopped() async throws {
        try await withSimulator {
            $0.naks = [.init(ric: "*", code: .deniedBySrc, text: "Unable to find service for post")]
        } _: { server in
            try await withLane(destination(server.port) { $0.window = 1 }) { courier in
                await courier.send((1...20).map { Parcel("R\($0)") })
                try await courier.state("paused") { if case .paused = $0 { true } else { false } }
                try await eventually("the alert") { courier.alerts.contains { $0.event == .destinationPaused } }
                #expect(server.report().posts == 1)
                await courier.lane.cancel(drop: 1, reason: "cancelled", text: "by the desk")
                try await courier.settled(20)
                let unsent = courier.endings.filter { $0.outcome == .unsent }
                #expect(unsent.count >= 19)
                #expect(unsent.allSatisfy { $0.detail.reason == "cancelled" && $0.attempts == 0 })
                #expect(await courier.lane.isBusy == false)
            }
        }
    }

    @Test("One refusal for twenty different RICs in a row is the destination's fault: from then on rows wait")
    func sameRefusalForAll() async throws {
        try await withSimulator {
            $0.naks = [.init(ric: "*", code: .accessDenied, text: "No entitlement")]
        } _: { server in
            try await withLane(destination(server.port) { $0.window = 1 }) { courier in
                await courier.send((1...40).map { Parcel("R\($0)") })
                try await courier.state("paused") { if case .paused = $0 { true } else { false } }
                try await courier.settled(19)
                #expect(server.report().posts == 20)
                #expect(courier.endings.allSatisfy { $0.outcome == .nacked && $0.detail.nakCode == "AccessDenied" })
                await courier.lane.cancel(drop: 1, reason: "cancelled", text: "by the desk")
                try await courier.settled(40)
                #expect(courier.endings.count { $0.outcome == .unsent } == 20)
            }
        }
    }

    @Test("Posts of several drops leave in the drops' order, whoever offers first")
    func order() async throws {
        let folder = try TemporaryFolder()
        try await withSimulator({ $0.reordering = .init(window: 8) }, recordPath: folder.path("record.jsonl")) {
            server in
            try await withLane(destination(server.port) { $0.window = 50 }) { courier in
                // Each has its place before the first may be sent.
                let places = await [
                    courier.lane.open(DropPlace(drop: 1)), courier.lane.open(DropPlace(drop: 2)),
                ]
                await courier.send((1...300).map { Parcel("C\($0 % 40)") }, drop: 3, handoverRows: 20)
                try await courier.ready()
                #expect(places.count == 2)
                #expect(server.report().posts == 0)
                await courier.send((1...300).map { Parcel("B\($0 % 40)") }, drop: 12, handoverRows: 20)
                await courier.lane.close(drop: 2)
                await courier.lane.finishOffering(1)
                try await courier.settled(600)
                let order = try posts(of: folder.text("record.jsonl"))
                #expect(order.count == 600)
                #expect(order == (3_000_001...3_000_300).map { $0 } + (12_000_001...12_000_300).map { $0 })
            }
        }
    }

    /// PostIDs in the order in which they came.
    private func posts(of record: String) throws -> [Int] {
        struct Event: Decodable {
            var event: String
            var postID: Int

            private enum CodingKeys: String, CodingKey {
                case event
                case postID = "PostID"
            }
        }
        return try record.split(separator: "\n").map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
            .filter { $0.event == "post" }.map(\.postID)
    }

    @Test("The size that is checked is the size that is sent")
    func sizes() async throws {
        let folder = try TemporaryFolder()
        let trace = try Trace(path: folder.path("trace"))
        try await withSimulator { server in
            try await withLane(destination(server.port), trace: trace) { courier in
                try await courier.ready()
                let sizing = await courier.lane.sizing()
                let (codec, most) = (sizing.codec, sizing.maxMsgSize)
                #expect(most == 61430)
                let empty = handover([Parcel("A", fields: #"{"GEN_TEXT16":""}"#)], drop: 999, firstRow: 1)
                let filler = String(
                    repeating: "x", count: most - codec.sizeMax(of: empty.rows[0], in: empty.batch))
                let row = Parcel("A", fields: #"{"GEN_TEXT16":"\#(filler)"}"#)
                let one = handover([row], drop: 999, firstRow: 1)
                #expect(codec.sizeMax(of: one.rows[0], in: one.batch) == most)
                await courier.send([row], drop: 999)
                try await courier.settled(1)
                #expect(courier.endings[0].outcome == .acked)
                #expect(server.report().violations == [])
                let sent = try folder.text("trace").split(separator: "\n").filter { $0.contains(#""Type":"Post""#) }
                let json = try #require(sent.first?.split(separator: " ", maxSplits: 3).last)
                // The check counts a PostID of ten digits, this one has nine.
                #expect(json.utf8.count == most - 1)
            }
        }
    }

    @Test("The trace has every message with its direction, and no token")
    func trace() async throws {
        let folder = try TemporaryFolder()
        let trace = try Trace(path: folder.path("trace"))
        try await withSimulator { server in
            try await withLane(
                destination(server.port), trace: trace, credentials: { _, _ in .token("s3cret\\\"token") }
            ) { courier in
                await courier.send((1...50).map { Parcel("R\($0)") })
                try await courier.settled(50)
                await courier.lane.reissue(.token("an0ther-secret"))
                _ = try await server.report { $0.reissues == 1 }
                await courier.stop()
                let text = try folder.text("trace")
                let lines = text.split(separator: "\n")
                #expect(lines.filter { $0.contains(" cache >> ") && $0.contains(#""Type":"Post""#) }.count == 50)
                #expect(lines.filter { $0.contains(" cache << ") && $0.contains(#""Type":"Ack""#) }.count == 50)
                #expect(
                    lines.filter { $0.contains(#">> {"ID":1,"Domain":"Login""#) && $0.contains(#""***""#) }.count == 2)
                #expect(lines.contains { $0.contains("<< ") && $0.contains(#""Type":"Refresh""#) })
                #expect(lines.contains { $0.hasSuffix(#">> {"ID":1,"Type":"Close","Domain":"Login"}"#) })
                #expect(!text.contains("s3cret") && !text.contains("an0ther"))
                #expect(trace.missing == 0)
            }
        }
    }

    @Test("A stop waits for the answers in flight, logs out, and leaves the rest for another run")
    func drain() async throws {
        let rows = 10_000
        try await withSimulator {
            $0.ackDelay = .milliseconds(300)
        } _: { server in
            try await withLane(destination(server.port) { $0.window = 10 }) { courier in
                // Five minutes of work, so that a stop is never too late.
                await courier.send((1...rows).map { Parcel("R\($0)") })
                _ = try await server.report { $0.posts >= 10 }
                await courier.stop(timeout: .seconds(120))
                try await eventually("the drop's outcomes end") { courier.closedStreams == 1 }
                let report = try await server.report { $0.openConnections == 0 }
                #expect(courier.endings.allSatisfy { $0.outcome == .acked })
                #expect(courier.endings.count == report.posts)
                #expect(report.posts < rows)
                #expect(report.loginCloses == 1)
                #expect(report.closes == 1)
                #expect(await courier.lane.state == .stopped)
                #expect(await courier.lane.turn(of: 1).turn == .over)
            }
        }
    }

    @Test("A stop does not wait longer than it may for answers that do not come")
    func shortDrain() async throws {
        try await withSimulator {
            $0.silent = ["*"]
        } _: { server in
            try await withLane(destination(server.port) { $0.ackTimeout = .seconds(600) }) { courier in
                await courier.send([Parcel("A")])
                _ = try await server.report { $0.posts == 1 }
                let start = ContinuousClock.now
                await courier.stop(timeout: .milliseconds(200))
                let took = ContinuousClock.now - start
                #expect(took >= .milliseconds(190))
                #expect(took < .seconds(60))
                #expect(courier.endings == [])
            }
        }
    }
}

@Suite("A lane that cannot log in", .serialized, .ownThreads)
struct LoginTroubleTests {
    @Test("A rejected login is told, alerted, and not repeated at once")
    func rejected() async throws {
        try await withSimulator {
            $0.login.users = ["fred"]
        } _: { server in
            try await withLane(destination(server.port)) { courier in
                let state = try await courier.state("refused") { if case .refused = $0 { true } else { false } }
                #expect("\(state)".contains("UserUnknownToPermSys"))
                try await eventually("the alert") { courier.alerts.contains { $0.event == .loginRefused } }
                // A tight loop would be through dozens of logins by now.
                try await Task.sleep(for: .milliseconds(300))
                #expect(server.report().loginRejections == 1)
                #expect(courier.alerts.count == 1)
            }
        }
    }

    @Test("A server that takes no posts is refused in words")
    func noPosts() async throws {
        try await withSimulator {
            $0.login.supportsOMMPost = false
        } _: { server in
            try await withLane(destination(server.port)) { courier in
                let state = try await courier.state("refused") { if case .refused = $0 { true } else { false } }
                #expect("\(state)".contains("the server takes no posts: its login says SupportOMMPost 0"))
                #expect(server.report().posts == 0)
            }
        }
    }

    @Test("A login that does not say whether posts are taken is good")
    func unsaid() async throws {
        try await withSimulator {
            $0.login.supportsOMMPost = nil
        } _: { server in
            try await withLane(destination(server.port)) { try await $0.ready() }
        }
    }

    @Test("A busy system is waited out")
    func busy() async throws {
        try await withSimulator {
            $0.login.systemBusyTimes = 1
        } _: { server in
            try await withLane(destination(server.port)) { courier in
                await courier.send([Parcel("A")])
                try await courier.settled(1)
                #expect(courier.endings[0].outcome == .acked)
                #expect(server.report().connections == 2)
                #expect(courier.alerts.isEmpty)
            }
        }
    }

    private func sentence(of port: Int, path: String = "/WebSocket") async throws -> String {
        var text = ""
        let target = destination(port) { $0.urls[0].path = path }
        try await withLane(target) { courier in
            let state = try await courier.state("connecting with a reason") {
                if case .connecting(let why) = $0 { why != "no answer yet" } else { false }
            }
            if case .connecting(let why) = state { text = why }
        }
        return text
    }

    @Test("An absent server is one sentence")
    func absent() async throws {
        let port = try await freePort()
        #expect(try await sentence(of: port) == "\(address(port).text) cannot be reached: Connection refused")
    }

    @Test("A wrong path is one sentence with what to check")
    func wrongPath() async throws {
        try await withSimulator { server in
            let text = try await sentence(of: server.port, path: "/Nowhere")
            #expect(
                text.hasPrefix("\(address(server.port, path: "/Nowhere").text) refused the WebSocket upgrade: HTTP 400")
            )
            #expect(text.contains("check host, port and path"))
            #expect(server.report().refusedHandshakes >= 1)
        }
    }

    @Test(
        "Each other thing than a tr_json2 server is one sentence",
        arguments: [
            ("other", "speaks the sub-protocol chat, not tr_json2"), ("none", "speaks no sub-protocol, not tr_json2"),
            ("accept", "is no WebSocket server: its Sec-WebSocket-Accept is wrong"), ("page", "HTTP 200"),
            ("close", "closed the connection during the WebSocket upgrade"),
        ])
    func others(kind: String, words: String) async throws {
        let server = try await OddServer.start { head in
            let accept = OddServer.accept(head)
            return switch kind {
            case "other": OddServer.switching(accept, "Sec-WebSocket-Protocol: chat")
            case "none": OddServer.switching(accept)
            case "accept": OddServer.switching("bm9uc2Vuc2U=", "Sec-WebSocket-Protocol: tr_json2")
            case "page": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            default: nil
            }
        }
        let text = try await sentence(of: server.port)
        #expect(text.contains(words))
        #expect(text.contains("ws://127.0.0.1:\(server.port)/WebSocket"))
        #expect(!text.contains("\n"))
        try await server.stop()
    }
}

@Suite("A lane whose connection breaks", .serialized, .ownThreads)
struct LostConnectionTests {
    /// Every row has one ending, and a superseded row a later acked one of its RIC.
    private func check(_ courier: Courier, _ parcels: [Parcel]) {
        let endings = courier.endings
        #expect(endings.map(\.row).sorted() == Array(1...parcels.count))
        let acked = Set(endings.filter { $0.outcome == .acked }.map(\.row))
        for ending in endings where ending.outcome == .superseded {
            let successor = ending.detail.supersededBy.split(separator: ":").compactMap { Int($0) }
            guard successor.count == 2, successor[0] == 1 else {
                Issue.record("row \(ending.row) is superseded by '\(ending.detail.supersededBy)'")
                continue
            }
            #expect(acked.contains(successor[1]))
            #expect(successor[1] > ending.row)
            #expect(parcels[successor[1] - 1].ric == parcels[ending.row - 1].ric)
        }
    }

    @Test(
        "After resets every row is acked, or superseded by an acked one",
        arguments: [Scenario.Disconnect.Manner.reset, .close])
    func newest(manner: Scenario.Disconnect.Manner) async throws {
        try await withSimulator {
            $0.disconnect = .init(afterPosts: 60, times: 2, manner: manner)
            $0.ackDelay = .milliseconds(5)
        } _: { server in
            try await withLane(destination(server.port)) { courier in
                let parcels = (1...400).map { Parcel("R\($0 % 25)", fields: #"{"BID":\#($0)}"#) }
                await courier.send(parcels)
                try await courier.settled(400)
                check(courier, parcels)
                #expect(courier.endings.allSatisfy { $0.outcome.isGood })
                #expect(courier.endings.contains { $0.outcome == .superseded })
                for ric in 0..<25 {
                    #expect(server.values(of: "R\(ric)")?["BID"] == "\(ric == 0 ? 400 : 375 + ric)")
                }
                #expect(server.report().logins == 3)
                #expect(server.report().violations == [])
            }
        }
    }

    @Test("With resend never, what was in flight is unknown and nothing is sent twice")
    func never() async throws {
        try await withSimulator {
            $0.disconnect = .init(afterPosts: 60, times: 1)
            $0.ackDelay = .milliseconds(20)
        } _: { server in
            try await withLane(destination(server.port) { $0.resend = .never }) { courier in
                let parcels = (1...300).map { Parcel("R\($0)") }
                await courier.send(parcels)
                try await courier.settled(300)
                check(courier, parcels)
                let unknown = courier.endings.filter { $0.outcome == .unknown }
                #expect(!unknown.isEmpty)
                #expect(unknown.allSatisfy { $0.detail.reason == "connection_lost" })
                #expect(courier.endings.filter { $0.outcome == .acked }.count == 300 - unknown.count)
                #expect(courier.endings.allSatisfy { $0.attempts == 1 })
                #expect(server.report().posts <= 300)
            }
        }
    }

    @Test(
        "A handover in doubt from an earlier run is settled like what was in flight",
        arguments: [Destination.Resend.newest, .never])
    func earlierRun(resend: Destination.Resend) async throws {
        try await withSimulator { server in
            try await withLane(destination(server.port) { $0.resend = resend }) { courier in
                let parcels = (1...40).map { Parcel("R\($0 % 10)") }
                await courier.send(parcels, isInDoubt: true)
                try await courier.settled(40)
                check(courier, parcels)
                let outcomes = courier.outcomes()
                if resend == .newest {
                    #expect((31...40).allSatisfy { outcomes[$0] == .acked })
                    #expect((1...30).allSatisfy { outcomes[$0] == .superseded })
                    #expect(server.report().posts == 10)
                } else {
                    #expect(outcomes.values.allSatisfy { $0 == .unknown })
                    #expect(server.report().posts == 0)
                }
            }
        }
    }

    @Test("The next server is taken when the first is not there, and the first again when it is well")
    func failover() async throws {
        let port = try await freePort()
        try await withSimulator { second in
            let target = destination(port, second.port) { $0.failback = true }
            try await withLane(target) { courier in
                await courier.send((1...20).map { Parcel("R\($0)") })
                try await courier.settled(20)
                #expect(second.report().posts == 20)
                try await withSimulator({ _ in }, port: port) { first in
                    _ = try await first.report { $0.logins == 1 }
                    await courier.send((1...20).map { Parcel("R\($0)") }, drop: 2)
                    try await courier.settled(40)
                    #expect(first.report().posts == 20)
                    #expect(second.report().posts == 20)
                    _ = try await second.report { $0.loginCloses == 1 }
                    #expect(courier.endings.allSatisfy { $0.outcome == .acked && $0.attempts == 1 })
                }
            }
        }
    }

    @Test("While the login is Suspect nothing new goes")
    func suspect() async throws {
        try await withSimulator {
            $0.suspect = .init(afterPosts: 5, duration: .seconds(3))
        } _: { server in
            try await withLane(destination(server.port) { $0.window = 1 }) { courier in
                await courier.send((1...30).map { Parcel("R\($0)") })
                try await courier.settled(30)
                guard case .paused? = courier.state(at: "login_suspect") else {
                    Issue.record("no pause, but \(courier.states)")
                    return
                }
                #expect(courier.endings.allSatisfy { $0.outcome == .acked })
                #expect(await courier.lane.state == .ready)
                // The post that began it counts itself.
                #expect(server.report().violations.map(\.text) == ["post 1000005"])
                #expect(server.report().connections == 1)
                #expect(courier.alerts.map(\.event.word) == ["login_suspect"])
            }
        }
    }

    @Test("A silent server is cut after the ping timeout, and the rows go on another connection")
    func halfOpen() async throws {
        try await withSimulator {
            $0.halfOpen = .init(afterPosts: 5)
            $0.login.pingTimeout = .seconds(4)
        } _: { server in
            try await withLane(destination(server.port)) { courier in
                await courier.send((1...40).map { Parcel("R\($0)") })
                try await courier.settled(40)
                #expect(courier.endings.allSatisfy { $0.outcome == .acked })
                #expect(server.report().logins == 2)
                #expect(server.report().pingsReceived >= 1)
                #expect(courier.states.contains(.connecting("the server was silent for the whole ping timeout")))
            }
        }
    }

    @Test("A server that has been silent since a post is a lost connection, and no verdict on the post")
    func silentSincePost() async throws {
        try await withSimulator {
            $0.halfOpen = .init(afterPosts: 1)
        } _: { server in
            try await withLane(destination(server.port) { $0.ackTimeout = .seconds(3) }) { courier in
                await courier.send([Parcel("A")])
                try await courier.settled(1)
                #expect(courier.endings[0].outcome == .acked)
                #expect(courier.endings[0].attempts == 2)
                #expect(courier.states.contains(.connecting("the server was silent for the whole ack timeout")))
            }
        }
    }

    @Test("A server that answers pings and no post pauses the destination")
    func mute() async throws {
        try await withSimulator {
            $0.silent = ["MUTE*"]
            // A pong comes between the posts and the end of their timeout.
            $0.login.pingTimeout = .seconds(6)
        } _: { server in
            let target = destination(server.port) {
                $0.ackTimeout = .seconds(4)
                $0.ackTimeoutsBeforePause = 3
                $0.window = 3
            }
            try await withLane(target) { courier in
                await courier.send((1...9).map { Parcel("MUTE\($0)") })
                try await courier.state("paused") { if case .paused = $0 { true } else { false } }
                try await courier.settled(3)
                #expect(courier.endings.map(\.outcome) == [.unknown, .unknown, .unknown])
                #expect(server.report().posts == 3)
                #expect(courier.alerts.map(\.event.word) == ["destination_paused"])
            }
        }
    }

    @Test("A crash of the server in mid-file loses no row")
    func crashes() async throws {
        try await withSimulator {
            $0.ackDelay = .milliseconds(100)
        } _: { server in
            try await withLane(destination(server.port) { $0.window = 30 }) { courier in
                // Five seconds of work for crashes within the first.
                let parcels = (1...1500).map { Parcel("R\($0 % 200)") }
                await courier.send(parcels, handoverRows: 30)
                for part in 1...2 {
                    _ = try await server.report { $0.posts >= part * 150 }
                    server.breakConnections()
                }
                try await courier.settled(1500)
                check(courier, parcels)
                #expect(courier.endings.allSatisfy { $0.outcome.isGood })
                #expect(server.report().logins == 3)
            }
        }
    }
}

@Suite("The rate of a lane", .serialized, .ownThreads)
struct RateTests {
    private func contribution(_ port: Int) -> Destination {
        Destination(name: "rcc", profile: .rcc, urls: [address(port)], service: "DDS_TRCE")
    }

    /// Tries it until the machine lets the server read in time: else no rate is promised. False: it did not.
    private func onCalmMachine(_ attempt: (PostedRecord) async throws -> Bool) async throws {
        for _ in 1...5 {
            let folder = try TemporaryFolder()
            if try await attempt(PostedRecord(URL(fileURLWithPath: folder.path("record.jsonl")))) { return }
        }
        Issue.record("this machine is too busy to measure a rate")
    }

    /// Whether more than the limit came, and the machine was at fault.
    private func isDisturbed(_ server: SimulatorServer, _ courier: Courier, _ record: PostedRecord, limit: Int) throws
        -> Bool
    {
        guard server.report().maxPostsInAnySlidingSecond > limit else { return false }
        let once = courier.endings.filter { $0.attempts == 1 }
        return try record.wayVariation(
            sent: Dictionary(once.map { ($0.drop * 1_000_000 + $0.row, Int($0.sentAt)) }) { first, _ in first }) > 0.5
    }

    @Test(
        "The login's limit holds in every sliding second, also when the server stalls and lets go",
        arguments: [false, true])
    func limit(stalls: Bool) async throws {
        try await onCalmMachine { record in
            var isCalm = true
            try await withSimulator(
                {
                    $0.login.shape = .rcc
                    $0.maxMessagesPerSecond = 1000
                    if stalls { $0.stall = .init(afterPosts: 1000, duration: .milliseconds(300)) }
                }, recordPath: record.file.path
            ) { server in
                try await withLane(contribution(server.port), credentials: { _, _ in .token("any") }) { courier in
                    try await courier.ready()
                    let start = ContinuousClock.now
                    await courier.send((1...3300).map { Parcel("R\($0)") })
                    try await courier.settled(3300)
                    let took = ContinuousClock.now - start
                    #expect(courier.endings.allSatisfy { $0.outcome == .acked && $0.attempts == 1 })
                    #expect(took > .milliseconds(3200))
                    // A busy machine needs its time; a lane that waits needlessly after every few posts needs minutes.
                    #expect(took < .seconds(30))
                    #expect(await courier.lane.limits.maxMessagesPerSecond == 1000)
                    guard try !isDisturbed(server, courier, record, limit: 1000) else {
                        isCalm = false
                        return
                    }
                    let report = server.report()
                    #expect(report.maxPostsInAnySlidingSecond <= 1000)
                    #expect(report.violations == [])
                }
            }
            return isCalm
        }
    }

    @Test("The destination's own limit holds as well, across connections")
    func own() async throws {
        try await onCalmMachine { record in
            var isCalm = true
            try await withSimulator(
                {
                    $0.maxMessagesPerSecond = 100
                    $0.disconnect = .init(afterPosts: 50)
                }, recordPath: record.file.path
            ) { server in
                try await withLane(destination(server.port) { $0.maxPostsPerSecond = 100 }) { courier in
                    await courier.send((1...180).map { Parcel("R\($0)") })
                    try await courier.settled(180)
                    #expect(courier.endings.allSatisfy { $0.outcome == .acked })
                    #expect(server.report().logins == 2)
                    guard try !isDisturbed(server, courier, record, limit: 100) else {
                        isCalm = false
                        return
                    }
                    #expect(server.report().maxPostsInAnySlidingSecond <= 100)
                    #expect(server.report().violations == [])
                }
            }
            return isCalm
        }
    }
}

import TestSupport
import Testing

@testable import Simulator

@Suite("The read buffer, as real servers do it (What servers do §2.9)", .serialized, .ownThreads)
struct ReadBufferTests {
    /// The frames of one go, by their bytes: which of them do not fit.
    private func broken(_ frames: [Int]) -> [Int] {
        var buffer = ReadBuffer(capacity: 61690)
        for (index, bytes) in frames.enumerated() {
            guard buffer.makeRoom(for: bytes) else { return [index] }
            buffer.take(bytes, isLast: false)
        }
        return []
    }

    @Test("A frame of more than half the buffer has to fit behind what came in the same go, and no other has")
    func room() {
        #expect(broken(Array(repeating: 160, count: 50) + [54_000]) == [50])
        #expect(broken([200, 40_000]) == [])
        #expect(broken([21_690, 40_000]) == [])
        #expect(broken([21_691, 40_000]) == [1])
        #expect(broken([40_000, 40_000]) == [1])
        #expect(broken([40_000, 30_000, 30_000]) == [])
        #expect(broken([30_845, 30_846]) == [1])
        #expect(broken([30_844, 30_846, 61_690]) == [])
        #expect(broken([61_690]) == [])
        #expect(broken([61_690, 61_690]) == [])
        #expect(broken([61_691]) == [0])
        #expect(broken((0..<10_000).map { $0 * 7919 % 30_846 }) == [])
    }

    @Test("What has been read to its end is forgotten, and a frame that was moved counts from the start")
    func drained() {
        var buffer = ReadBuffer(capacity: 61690)
        var fits: [Bool] = []
        for _ in 0..<3 {
            fits.append(buffer.makeRoom(for: 40_000))
            buffer.take(40_000, isLast: true)
        }
        buffer.take(40_000, isLast: false)
        // The second time it is asked while the rest of the frame is on its way.
        for _ in 0..<2 { fits.append(buffer.makeRoom(for: 30_000)) }
        buffer.take(30_000, isLast: false)
        fits.append(buffer.makeRoom(for: 31_690))
        #expect(fits == Array(repeating: true, count: 6))
        let hasRoom = buffer.makeRoom(for: 31_691)
        #expect(!hasRoom)
    }

    /// The bytes of a post's frame of a size, its header of eight bytes included.
    private func frame(_ postID: Int, bytes: Int = 200) -> [UInt8] {
        let empty = RawClient.post(postID, fields: #"{"MY_TEXT":""}"#).utf8.count
        let text = String(repeating: "x", count: bytes - 8 - empty)
        return RawClient.frame(Array(RawClient.post(postID, fields: "{\"MY_TEXT\":\"\(text)\"}").utf8))
    }

    private func withServer(
        isFast: Bool, readBuffer: Int = 61690, _ body: (SimulatorServer, RawClient) async throws -> Void
    ) async throws {
        var scenario = Scenario()
        scenario.readBufferBytes = readBuffer
        let server = try await SimulatorServer.start(scenario: scenario, fast: isFast)
        do {
            let client = try RawClient(port: server.port)
            _ = try client.logIn()
            try await body(server, client)
            try await server.stop()
        } catch {
            try await server.stop()
            throw error
        }
    }

    /// Sends and reads Acks until the connection breaks, with a reset or, where that came while it was being sent, with an
    /// error of the sending.
    private func breaks(_ client: RawClient, sending bytes: [UInt8]) throws -> Bool {
        let isSent = (try? client.sendBytes(bytes)) != nil
        while true {
            switch try client.next() {
            case .text: continue
            case .end(let isReset): return isReset || !isSent
            default: return false
            }
        }
    }

    @Test(
        "Small posts and a large one in one write are reset, and the large one is not done", arguments: [false, true])
    func among(isFast: Bool) async throws {
        try await withServer(isFast: isFast) { (server, client) async throws in
            let small = (1...120).flatMap { frame($0) }
            #expect(try breaks(client, sending: small + frame(121, bytes: 40_000)))
            let report = server.report()
            #expect(report.posts == 120)
            #expect(report.violations.map(\.kind) == [.frameDoesNotFit])
        }
    }

    @Test("A large post is fine when nothing else is under way, again and again", arguments: [false, true])
    func alone(isFast: Bool) async throws {
        try await withServer(isFast: isFast) { (server, client) async throws in
            for id in 1...8 {
                try client.sendBytes(frame(id, bytes: [40_000, 61_690, 200, 30_846][id % 4]))
                #expect(try client.message().contains(#""AckID":\#(id)"#))
            }
            #expect(server.report().violationCount == 0)
        }
    }

    @Test("Three large posts among 2,000 small ones in one stream are reset", arguments: [false, true])
    func stream(isFast: Bool) async throws {
        try await withServer(isFast: isFast) { (server, client) async throws in
            var bytes: [UInt8] = []
            for id in 1...2003 { bytes += frame(id, bytes: [500, 1000, 1500].contains(id) ? 40_000 : 200) }
            #expect(try breaks(client, sending: bytes))
            #expect(server.report().posts < 2003)
            #expect(server.report().violations.map(\.kind) == [.frameDoesNotFit])
        }
    }

    @Test("Frames of up to half the buffer are fine among others, whatever their order", arguments: [false, true])
    func halves(isFast: Bool) async throws {
        try await withServer(isFast: isFast) { (server, client) async throws in
            var random = SeededRandom(seed: 7)
            for round in 0..<3 {
                var bytes: [UInt8] = []
                for id in 1...50 {
                    let isLarge = Int.random(in: 0..<3, using: &random) == 0
                    bytes += frame(
                        round * 50 + id, bytes: Int.random(in: isLarge ? 25_000...30_845 : 200...2000, using: &random))
                }
                try client.sendBytes(bytes)
                #expect(try client.messages(50).compactMap { $0["AckID"] as? Int } == (1...50).map { round * 50 + $0 })
            }
            #expect(server.report().violationCount == 0)
        }
    }

    @Test("With a buffer of 0 a scenario lets every frame fit", arguments: [false, true])
    func unlimited(isFast: Bool) async throws {
        try await withServer(isFast: isFast, readBuffer: 0) { (server, client) async throws in
            let bytes = (1...120).flatMap { frame($0) } + frame(121, bytes: 40_000) + frame(122, bytes: 40_000)
            try client.sendBytes(bytes)
            #expect(try client.messages(122).compactMap { $0["AckID"] as? Int } == Array(1...122))
            #expect(server.report().violationCount == 0)
        }
    }
}

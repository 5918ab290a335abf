import Foundation
import TestSupport
import Testing

@Suite("The last accepted values, end to end", .serialized, .ownThreads)
struct LastValuesTests {
    private struct Told: Decodable, Equatable {
        struct Field: Decodable, Equatable {
            var value: Double
            var files: Int
            var drop: Int
            var file: String
        }

        var ric: String
        var destination: String
        var service: String
        var fields: [String: Field]
    }

    private static func last(_ desk: Desk, _ ric: String) async throws -> [Told] {
        let end = try await desk.command(["last", ric, "--json", "--config", "postbox.yaml"])
        #expect(end.code == (end.output.isEmpty ? 2 : 0), "\(end.errorOutput)")
        return try end.output.split(separator: "\n").map { try JSONDecoder().decode(Told.self, from: Data($0.utf8)) }
    }

    private static func store(_ desk: Desk) -> [String] {
        FileManager.default.names(in: desk.path(.state).appendingPathComponent("last"))
    }

    @Test("What was accepted last is shown with its file, and in how many files it stood")
    func shown() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("unknown: [R2.TST]")
        try desk.configure([simulator.url])
        try desk.drop("a.csv", "RIC,BID,ASK\nR1.TST,1.5,2\nR2.TST,7,8\n")
        #expect(try await desk.once() == 2)
        try desk.drop("b.csv", "RIC,BID,ASK\nR1.TST,1.50,3\n")
        #expect(try await desk.once() == 0)
        #expect(
            try await Self.last(desk, "R1.TST") == [
                Told(
                    ric: "R1.TST", destination: "cache", service: "NIPROV",
                    fields: [
                        "BID": .init(value: 1.5, files: 2, drop: 2, file: "b.csv"),
                        "ASK": .init(value: 3, files: 1, drop: 2, file: "b.csv"),
                    ])
            ])
        // The server refused it.
        #expect(try await Self.last(desk, "R2.TST").isEmpty)
        let table = try await desk.command(["last", "R1.TST", "--config", "postbox.yaml", "--service", "NIPROV"])
        #expect(table.code == 0 && table.output.contains("R1.TST of NIPROV at cache\n"))
        #expect(table.output.contains(/BID +1\.50 +20\d\d-\S+Z +2 +2 +b\.csv/))
        let other = try await desk.command(["last", "R1.TST", "--config", "postbox.yaml", "--service", "none"])
        #expect(other.code == 2 && other.errorOutput.contains("nothing is known of \"R1.TST\""))
        let none = try await desk.command(["last", "R1.TST", "--config", "postbox.yaml", "--destination", "none"])
        #expect(
            none.code == 64 && none.errorOutput.contains("there is no destination none; the configuration has cache"))
        #expect(Self.store(desk).contains("manifest") && Self.store(desk).count == 2)
    }

    @Test("Rows of a file in work are among them as soon as they are accepted, also when the service was killed")
    func inWork() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: "window: 10\nmax_posts_per_second: 10")
        try desk.drop("a.csv", "RIC,BID\n" + (1...300).map { "R\($0).TST,\($0)\n" }.joined())
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 30 }
        // Its line is written with the answer, and the simulator notes a post before it answers.
        try await eventually("the first row has its line") {
            let path = desk.path(.work).appendingPathComponent("1/.result.part")
            return try String(contentsOf: path, encoding: .utf8).contains(",R1.TST,")
        }
        #expect(try await Self.last(desk, "R1.TST").first?.fields["BID"]?.value == 1)
        #expect(try await Self.last(desk, "R300.TST").isEmpty)
        service.send(SIGKILL)
        #expect(try await service.exitCode() == 137)
        #expect(try await Self.last(desk, "R1.TST").first?.fields["BID"]?.files == 1)
    }

    @Test(
        "Killed at any step behind a file's end, its values are there after the next start, and counted once",
        arguments: [
            "settled", "moved", "closed", "last_run_written", "last_run_named", "last_manifest_written",
            "last_manifest_named", "last_merged",
        ])
    func killed(_ step: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try desk.drop("a.csv", "RIC,BID\nR1.TST,1\n")
        #expect(try await desk.once() == 0)
        try desk.drop("b.csv", "RIC,BID\nR1.TST,1.0\nR2.TST,2\n")
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": step]) == 137, "\(desk.log())")
        let between = try await Self.last(desk, "R1.TST").first?.fields["BID"]
        #expect(between?.drop == 2 && between?.files == 2)
        #expect(try await desk.once() == 0)
        let after = try await Self.last(desk, "R1.TST").first?.fields["BID"]
        #expect(after?.drop == 2 && after?.files == 2)
        #expect(try await Self.last(desk, "R2.TST").first?.fields["BID"]?.value == 2)
        #expect(Self.store(desk).filter { !$0.hasSuffix(".run") } == ["manifest"])
    }

    @Test("A store that is gone or damaged is made anew from the results that are there")
    func rebuilt() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        for (name, bid) in [("a", "1"), ("b", "2"), ("c", "2.0")] {
            try desk.drop("\(name).csv", "RIC,BID\nR1.TST,\(bid)\n")
            #expect(try await desk.once() == 0)
        }
        let store = desk.path(.state).appendingPathComponent("last")
        try FileManager.default.removeItem(at: store)
        #expect(try await desk.once() == 0)
        #expect(try await Self.last(desk, "R1.TST").first?.fields["BID"]?.files == 2)

        let run = try #require(Self.store(desk).first { $0.hasSuffix(".run") })
        try Data("no run".utf8).write(to: store.appendingPathComponent(run))
        let told = try await desk.command(["last", "R1.TST", "--config", "postbox.yaml"])
        #expect(told.code == 74 && told.errorOutput.contains("\(run) does not hold what was written to it"))
        #expect(try await desk.once() == 0)
        #expect(desk.log().contains("does not hold what was written to it"))
        #expect(try await Self.last(desk, "R1.TST").first?.fields["BID"]?.files == 2)
    }

    @Test("Turned off, nothing is kept; turned on again, it catches up")
    func off() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "last_values: off")
        try desk.drop("a.csv", "RIC,BID\nR1.TST,1\n")
        #expect(try await desk.once() == 0)
        #expect(Self.store(desk).isEmpty)
        try desk.configure([simulator.url])
        #expect(try await desk.once() == 0)
        #expect(Self.store(desk).contains("manifest"))
        #expect(try await Self.last(desk, "R1.TST").first?.fields["BID"]?.file == "a.csv")
    }
}

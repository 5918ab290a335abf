import Foundation
import TestSupport
import Testing

/// `postbox init` on the files that the project has.
@Suite("postbox init", .computing)
struct InitTests {
    @Test("What is written for a sample is a valid configuration", arguments: SampleTests.all)
    func samples(_ sample: SampleTests.Sample) async throws {
        let desk = try Desk()
        let place = try BuiltProgram.packageFolder().appendingPathComponent("samples/\(sample.name)")
        #expect(try await Self.writes(desk, place.path) == nil)
    }

    @Test(
        "What is written for a case's file is a valid configuration; else it is said why none is",
        arguments: try Case.all())
    func cases(_ one: Case) async throws {
        let desk = try Desk()
        let input = try #require(one.inputs.first)
        let place = desk.folder.appendingPathComponent(input.name)
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try input.bytes().write(to: place)
        if let why = try await Self.writes(desk, input.name) {
            #expect(one.problems.contains { why.contains($0.reason) } || one.code == 78, "\(why)")
        }
    }

    @Test(
        "Where every field is in question no row would be posted, and that is said",
        arguments: [
            "RIC;Bid\nA.TST;1,234\n", "RIC,bid\nA.TST,(1.5)\n", "RIC,bid\nA.TST,99-162\n",
            "RIC;Px Bid;Px Ask\nA.TST;101,125;101.250\n",
        ])
    func open(text: String) async throws {
        let desk = try Desk()
        try Data(text.utf8).write(to: desk.folder.appendingPathComponent("p.csv"))
        #expect(try await Self.writes(desk, "p.csv") == nil)
        let answer = try await desk.command(["init", "p.csv"], workingFolder: desk.folder)
        #expect(answer.errorOutput.contains("no row is posted until you answer the questions"), "\(answer.errorOutput)")
        #expect(answer.errorOutput.contains("1 row: 0 would be posted, 1 rejected"), "\(answer.errorOutput)")
        #expect(!answer.errorOutput.contains("bad_field_name"), "\(answer.errorOutput)")
    }

    @Test("A column that is asked about is not among the posts that are shown")
    func asked() async throws {
        let desk = try Desk()
        try Data("RIC;TRADE_DATE;MYVAL\nA.TST;03/04/2026;7\n".utf8).write(
            to: desk.folder.appendingPathComponent("p.csv"))
        #expect(try await Self.writes(desk, "p.csv") == nil)
        let answer = try await desk.command(["init", "p.csv"], workingFolder: desk.folder)
        #expect(answer.errorOutput.contains(#"{"MYVAL":7}"#), "\(answer.errorOutput)")
    }

    /// Nil: a configuration is written, and valid; else why there is none.
    private static func writes(_ desk: Desk, _ file: String) async throws -> String? {
        let answer = try await desk.command(["init", file, "--into", "drafted.yaml"], workingFolder: desk.folder)
        let place = desk.folder.appendingPathComponent("drafted.yaml")
        guard answer.code == 0 else {
            #expect(!FileManager.default.fileExists(atPath: place.path))
            return answer.errorOutput
        }
        let check = try await desk.command(["config", "check", "drafted.yaml"], workingFolder: desk.folder)
        let drafted = try String(contentsOf: place, encoding: .utf8)
        #expect(check.code == 0, "\(drafted)\n\(check.errorOutput)")
        return nil
    }
}

import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@testable import postbox

/// What tests of rows and files stand on that checks hold.
enum HeldByChecks {
    /// A BID below 1 waits; the others go.
    static let below1 = """
          - match: "*.csv"
            checks: [{field: BID, min: 1, on_fail: hold}]
            hold_file_above: 100%
        """
    static let four = "RIC,BID\nA.TST,5\nB.TST,0.5\nC.TST,0.2\nD.TST,7\n"
    static let held = "a.csv.rejects-1.csv"

    /// A desk whose service has contributed `four` as `a.csv`, so that two of its rows are held.
    ///
    /// - Parameters:
    ///   - label: where the service was killed; nil: it was not.
    ///   - destination: lines for the destination.
    ///   - rule: another line for the rule.
    static func contributed(
        killedAt label: String? = nil, destination: String = "", rule: String = ""
    ) async throws -> (desk: Desk, simulator: RunningSimulator) {
        let (desk, simulator) = try await Desk.withSimulator(
            destination: destination, files: below1 + (rule.isEmpty ? "" : "\n    " + rule))
        try desk.drop("a.csv", four)
        let code = try await desk.once(environment: label.map { ["POSTBOX_FAIL_POINT": $0] } ?? [:])
        #expect(code == (label == nil ? 75 : 137), "\(desk.log())")
        return (desk, simulator)
    }

    static func held(_ desk: Desk) async throws -> [HeldDrop] { try await DeskActsTests.acts(desk).held() }

    /// What a person does between two runs, in words.
    static func act(_ desk: Desk, _ act: DeskAct) async throws -> String {
        DeskActsTests.word(try await DeskActsTests.acts(desk).act(act, by: DeskActsTests.alice))
    }

    static func posts(_ simulator: RunningSimulator, _ ric: String) throws -> [String?] {
        try simulator.posts().filter { $0.ric == ric }.map(\.fields)
    }

    static func json(_ desk: Desk, _ name: String, in folder: Desk.Folder) throws -> [String: Any] {
        let data = try Data(contentsOf: desk.path(folder).appendingPathComponent(name + ".summary.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Names of directories in `work/`, hidden ones too.
    static func work(_ desk: Desk) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: desk.path(.work).path).filter { $0 != "guard" }.sorted()
    }

    static func bytes(_ desk: Desk, _ drop: Int, _ name: String) throws -> String {
        try String(
            contentsOf: desk.path(.work).appendingPathComponent("\(drop)/\(name)"), encoding: .utf8)
    }

    static func loseLedger(_ desk: Desk) throws {
        for name in desk.names(in: .state) where name.hasPrefix("ledger") {
            try FileManager.default.removeItem(at: desk.path(.state).appendingPathComponent(name))
        }
    }

    /// As after a power cut: no line of the drop's result was durable.
    static func loseLines(_ desk: Desk, _ drop: Int) throws {
        let path = desk.path(.work).appendingPathComponent("\(drop)/.result.part")
        let text = try String(contentsOf: path, encoding: .utf8)
        try Data((text.split(separator: "\n").first.map { $0 + "\n" } ?? "").utf8).write(to: path)
    }

    static let three = "RIC,BID\nA.TST,5\nB.TST,0.5\nC.TST,7\n"
}

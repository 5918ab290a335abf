import Foundation
import PostboxCore
import TestSupport
import Testing

@testable import postbox

@Suite("The spool of a configuration that is not right")
struct SpoolPlaceTests {
    private static let good = """
        spool: sp
        destinations:
          cache: {urls: "ws://h", user: u, service: S}
        """

    private static func find(
        _ yaml: String, spool: String? = nil, environment: [String: String] = [:]
    ) throws -> Result<SpoolPlace, SpoolPlace.Unknown> {
        let desk = try Desk()
        try desk.write(yaml)
        let path = desk.folder.appendingPathComponent("postbox.yaml").path
        do throws(SpoolPlace.Unknown) {
            var place = try SpoolPlace.find(config: path, spool: spool, environment: environment)
            for key in [\SpoolPlace.directories.spool, \.directories.inbox, \.directories.work, \.directories.state] {
                place[keyPath: key] = place[keyPath: key].replacing(desk.folder.path, with: "")
            }
            return .success(place)
        } catch {
            return .failure(error)
        }
    }

    @Test("A good one says all")
    func whole() throws {
        let place = try Self.find(Self.good).get()
        #expect(!place.isMakeshift && place.destinations == ["cache"])
        #expect(place.directories.spool == "/sp" && place.directories.state == "/sp/state")
    }

    @Test(
        "A mistake elsewhere, a secret that is missing, or text that is no YAML does not hide the spool",
        arguments: [
            (good + "\nsettle: 5", true), (good + "\nalert_command: ${env:NOT_SET}", true),
            (good + "\n  broken: [", false),
            (good + "\nfiles:\n  - match: *.csv", false), (good + "\nspool: sp", false), ("spool: 'sp'\n\t{{{", false),
            ("settle: [}\nspool: ${env:WHERE}", false),
        ])
    func broken(yaml: String, knowsDestinations: Bool) throws {
        let place = try Self.find(yaml, environment: ["WHERE": "sp"]).get()
        #expect(place.isMakeshift)
        #expect(place.directories.spool == "/sp" && place.directories.inbox == "/sp/inbox")
        #expect(place.destinations == (knowsDestinations ? ["cache"] : nil))
    }

    @Test("Folders that lie elsewhere are found as well")
    func elsewhere() throws {
        let place = try Self.find("spool: /sp\nstate: /local/state # fast\ninbox: in\n{{{").get()
        #expect(place.directories.state == "/local/state" && place.directories.inbox == "/in")
        #expect(place.directories.work == "/sp/work")
    }

    @Test(
        "What does not tell its spool says so, and what to do",
        arguments: ["settle: 5s\n{{{", "spool: ${env:NOT_SET}\n{{{", "spool: /a\nspool: /b", "spool: {a: b}"])
    func unknown(yaml: String) throws {
        guard case .failure(let why) = try Self.find(yaml) else {
            Issue.record("it was found")
            return
        }
        #expect(why.description.contains("--spool") && why.description.contains("spool"))
        #expect(try Self.find(yaml, spool: "/named").get().directories.state == "/named/state")
    }

    @Test("A spool that is named goes before the configuration's, which tells the rest when it is the same")
    func named() throws {
        let place = try Self.find("spool: /sp\nstate: /local\n{{{", spool: "/sp").get()
        #expect(place.directories.state == "/local")
        let other = try Self.find("spool: /sp\nstate: /local\n{{{", spool: "/other").get()
        #expect(other.directories.state == "/other/state" && other.isMakeshift)
    }
}

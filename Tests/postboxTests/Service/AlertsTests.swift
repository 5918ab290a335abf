import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@testable import postbox

@Suite("Alerts")
struct AlertsTests {
    @Test("Counts by reason are told the most frequent first")
    func words() {
        #expect(Alerts.words(["no_ric": 2, "not_a_decimal": 12, "a": 2]) == "not_a_decimal:12,a:2,no_ric:2")
    }

    @Test("A command that hangs is ended, and the alerts that wait behind it are told")
    func hanging() async throws {
        let desk = try Desk()
        let told = desk.folder.appendingPathComponent("told")
        // The first four hang, and no more run at once. A shell on a busy machine takes seconds to begin.
        let command = """
            read -r line; printf '%s\\n' "$line" >> '\(told.path)'
            case $line in *'"m'[1-4]'"'*) sleep 1000;; esac
            """
        let alerts = Alerts(command: command, environment: [:], patience: .seconds(20), logger: LineLog.silent)
        for number in 1...9 { alerts.send(Alert(event: .fault, message: "m\(number)")) }
        await alerts.finish(within: .seconds(100))
        try await eventually("all are told") {
            let text = (try? String(contentsOf: told, encoding: .utf8)) ?? ""
            return (1...9).allSatisfy { text.contains("\"m\($0)\"") }
        }
    }
}

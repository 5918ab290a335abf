import Foundation
import PostboxCore
import TestSupport
import Testing

@Suite("Monitoring, with Prometheus' own tool", .serialized, .ownThreads)
struct MonitoringTests {
    /// Debian's `prometheus` has it. It is not there on every user's machine; where changes are tested it is.
    private static var promtool: String? {
        let found = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        if found == nil, ProcessInfo.processInfo.environment["CI"] != nil {
            Issue.record("promtool is missing: install Debian's prometheus")
        }
        return found
    }

    private func run(_ tool: String, _ arguments: [String], input: Data) throws -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = arguments
        let (into, out) = (Pipe(), Pipe())
        process.standardInput = into
        process.standardOutput = out
        process.standardError = out
        try Spawning.start(process)
        try into.fileHandleForWriting.write(contentsOf: input)
        try into.fileHandleForWriting.close()
        let text = String(decoding: try out.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test("Prometheus finds nothing wrong with the metrics of a service that has posted")
    func metrics() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("unknown: [R2.TST]")
        let page = try await ServedDesk.start(desk, simulator.url)
        try desk.drop("eod.csv", ServedDesk.file(rows: 5))
        try await eventually("the file has ended") { desk.names(in: .failed).contains("eod.csv") }
        var text = ""
        try await eventually("its rows are counted") {
            let answer = page.ask("GET", "/metrics")
            guard answer.hasPrefix("HTTP/1.1 200"), let end = answer.range(of: "\r\n\r\n") else { return false }
            text = String(answer[end.upperBound...])
            return text.contains("verdict=\"partial\"} 1")
        }
        #expect(text.contains("postbox_rows_total{destination=\"cache\",outcome=\"acked\"} 4\n"))
        #expect(text.contains("postbox_rows_total{destination=\"cache\",outcome=\"nacked\"} 1\n"))
        #expect(text.contains("postbox_naks_total{destination=\"cache\",code=\"SymbolUnknown\"} 1\n"))
        #expect(text.contains("postbox_ack_seconds_count{destination=\"cache\"} 4\n"))
        #expect(text.contains("postbox_login_up{destination=\"cache\"} 1\n"))
        #expect(text.contains("postbox_alerts_total{event=\"file_partial\"} 1\n"))
        #expect(text.contains("process_resident_memory_bytes ") && text.contains("postbox_spool_free_bytes "))
        let open = page.ask("GET", "/metrics", headers: "Accept: application/openmetrics-text; version=1.0.0\r\n")
        #expect(open.contains("application/openmetrics-text") && open.hasSuffix("# EOF\n"))
        if let tool = Self.promtool {
            let (code, output) = try run(tool, ["check", "metrics"], input: Data(text.utf8))
            #expect(code == 0 && output.isEmpty, "\(output)")
        }
        try await page.stop()
    }

    @Test("Prometheus finds nothing wrong with the sample's alerts")
    func rules() throws {
        guard let tool = Self.promtool else { return }
        let rules = try BuiltProgram.packageFolder().appendingPathComponent("samples/monitoring/postbox_alerts.yml")
        let (code, output) = try run(tool, ["check", "rules", rules.path], input: Data())
        #expect(code == 0 && output.contains("9 rules found"), "\(output)")
    }

    @Test(
        "Each metric that alerts and board of the samples name is one of Postbox's, and each of these is in the documentation"
    )
    func names() throws {
        let folder = try BuiltProgram.packageFolder()
        let known = Set(MetricFamily.allCases.map(\.rawValue))
        for name in ["postbox_alerts.yml", "grafana.json"] {
            let text = try String(
                contentsOf: folder.appendingPathComponent("samples/monitoring/\(name)"), encoding: .utf8)
            let named = text.matches(of: /\b(?:postbox|process)_[a-z_]+/).map { String($0.0) }.filter {
                $0 != "postbox_alerts"
            }
            #expect(named.count >= 8)
            for metric in named {
                let family = metric.hasSuffix("_bucket") ? String(metric.dropLast(7)) : metric
                #expect(known.contains(family), "\(name): \(metric)")
            }
        }
        let article = try String(
            contentsOf: folder.appendingPathComponent("Sources/PostboxCore/Documentation.docc/Monitoring.md"),
            encoding: .utf8)
        for family in MetricFamily.allCases {
            #expect(article.contains("| `\(family.rawValue)` | \(family.kind.rawValue) | \(family.help) |"))
        }
    }
}

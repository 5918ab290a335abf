import Testing

@testable import PostboxCore

@Suite("What monitoring programs are told")
struct MetricsTests {
    private static var metrics: Metrics {
        var lane = StatusBoard.Lane(name: "rcc\"\\\n", state: .paused("x"), isHeld: false, since: 0, lastTrouble: nil)
        lane.traffic.inFlight = 7
        lane.traffic.rateLimit = 1000
        lane.traffic.naks.add("SymbolUnknown", count: 3)
        lane.traffic.latency.add(2_000_000)
        lane.traffic.latency.add(Int64(200) * 1_000_000_000)
        var board = StatusBoard(
            service: .init(version: "1", spool: "/s", configSHA256: "ab", startedAt: 0), lanes: [lane], files: [],
            filesInAll: 4, waiting: [], waitingInAll: 2, isInboxHeld: false)
        board.service.diskFree = 1234
        board.oldestWaitingAt = 10_000_000
        var late = ScheduleBook.Line(rule: "eod_*", state: .late, count: 3, arrived: 1, done: 1)
        (late.by, late.deadline) = (12_000_000, 12_400_000)
        var early = ScheduleBook.Line(rule: "fx", state: .expected, count: 1, arrived: 0, done: 0)
        early.by = 99_000_000
        var never = ScheduleBook.Line(rule: "old", state: .missing, count: 0, arrived: 0, done: 0)
        never.missingDays = [MissingDay(rule: "old", day: 1, lacking: 2), MissingDay(rule: "old", day: 2, lacking: 1)]
        board.schedule = [late, early, never]
        var files = ClosedFiles()
        files.add("eod_*", .done, at: 5_500_000)
        files.add("eod_*", .partial, at: 6_500_000)
        return Metrics(
            board: board, rows: ["cache": [5, 0, 1, 0, 0, 0]], files: files, alerts: [.filePartial: 2],
            tokensEnd: ["rcc": 1_700_000_000_000_000],
            process: Metrics.Process(
                cpuSeconds: 1.5, residentMemory: 1, virtualMemory: 2, openDescriptors: 3, mostDescriptors: 4,
                startedAt: 5), now: 12_500_000)
    }

    @Test("Each figure is a sample under its name")
    func samples() {
        let lines = Self.metrics.text(.prometheus).split(separator: "\n").map(String.init)
        for line in [
            #"postbox_rows_total{destination="cache",outcome="acked"} 5"#,
            #"postbox_rows_total{destination="cache",outcome="nacked"} 1"#,
            #"postbox_naks_total{destination="rcc\"\\\n",code="SymbolUnknown"} 3"#,
            #"postbox_posts_in_flight{destination="rcc\"\\\n"} 7"#,
            #"postbox_ack_seconds_bucket{destination="rcc\"\\\n",le="0.001024"} 0"#,
            #"postbox_ack_seconds_bucket{destination="rcc\"\\\n",le="0.002048"} 1"#,
            #"postbox_ack_seconds_bucket{destination="rcc\"\\\n",le="67.108864"} 1"#,
            #"postbox_ack_seconds_bucket{destination="rcc\"\\\n",le="+Inf"} 2"#,
            #"postbox_ack_seconds_sum{destination="rcc\"\\\n"} 200.002"#,
            #"postbox_login_up{destination="rcc\"\\\n"} 1"#,
            #"postbox_token_expires_timestamp_seconds{destination="rcc"} 1700000000.0"#,
            #"postbox_files_total{rule="eod_*",verdict="partial"} 1"#,
            #"postbox_last_success_timestamp_seconds{rule="eod_*"} 5.5"#,
            "postbox_files_open 4", "postbox_inbox_files 2", "postbox_inbox_oldest_seconds 2.5",
            "postbox_spool_free_bytes 1234", #"postbox_alerts_total{event="file_partial"} 2"#,
            #"postbox_expected_files_missing{rule="eod_*"} 2"#, #"postbox_expected_files_missing{rule="fx"} 0"#,
            #"postbox_expected_files_missing{rule="old"} 3"#,
            #"postbox_deadline_missed{rule="eod_*"} 1"#, #"postbox_deadline_at_risk{rule="eod_*"} 0"#,
            "postbox_ready 0", "process_cpu_seconds_total 1.5",
        ] { #expect(lines.contains(line), "\(line) is missing") }
        // A rule without a deadline has none to miss.
        #expect(!lines.contains { $0.hasPrefix(#"postbox_deadline_missed{rule="fx"}"#) })
    }

    @Test(
        "Every metric has its help and its type before its samples, in each form",
        arguments: MetricsText.Form.allCases)
    func form(form: MetricsText.Form) {
        let text = Self.metrics.text(form)
        let isOpen = form == .openMetrics
        for family in MetricFamily.allCases {
            let isTotal = family.rawValue.hasSuffix("_total")
            let title = isOpen && isTotal ? String(family.rawValue.dropLast(6)) : family.rawValue
            #expect(text.contains("# HELP \(title) \(family.help)\n# TYPE \(title) \(family.kind.rawValue)\n"))
        }
        #expect(text.hasSuffix("# EOF\n") == isOpen)
        #expect(MetricsText.Form(accept: form.kind.rawValue) == form)
    }
}

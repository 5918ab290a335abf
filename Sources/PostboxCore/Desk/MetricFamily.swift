/// The metrics that Postbox has: the one list, which the documentation is held to.
package enum MetricFamily: String, CaseIterable, Sendable {
    case rows = "postbox_rows_total"
    case naks = "postbox_naks_total"
    case inFlight = "postbox_posts_in_flight"
    case ackSeconds = "postbox_ack_seconds"
    case rateLimit = "postbox_rate_limit"
    case loginUp = "postbox_login_up"
    case tokenEnds = "postbox_token_expires_timestamp_seconds"
    case files = "postbox_files_total"
    case lastSuccess = "postbox_last_success_timestamp_seconds"
    case filesOpen = "postbox_files_open"
    case inboxFiles = "postbox_inbox_files"
    case inboxOldest = "postbox_inbox_oldest_seconds"
    case heldFiles = "postbox_held_files"
    case filesMissing = "postbox_expected_files_missing"
    case deadlineAtRisk = "postbox_deadline_at_risk"
    case deadlineMissed = "postbox_deadline_missed"
    case spoolFree = "postbox_spool_free_bytes"
    case spoolLow = "postbox_spool_low"
    case alerts = "postbox_alerts_total"
    case ready = "postbox_ready"
    case build = "postbox_build_info"
    case cpu = "process_cpu_seconds_total"
    case residentMemory = "process_resident_memory_bytes"
    case virtualMemory = "process_virtual_memory_bytes"
    case openDescriptors = "process_open_fds"
    case mostDescriptors = "process_max_fds"
    case processStart = "process_start_time_seconds"

    /// As Prometheus tells metrics apart.
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package var kind: Kind {
        if self == .ackSeconds { return .histogram }
        return rawValue.hasSuffix("_total") ? .counter : .gauge
    }

    /// What it says, in a sentence.
    package var help: String {
        switch self {
        case .rows: "Rows that got their outcome since the start, by destination and outcome."
        case .naks: "Posts that the server refused since the start, by destination and NakCode."
        case .inFlight: "Posts that are sent and not answered."
        case .ackSeconds: "Seconds from sending a post to its Ack."
        case .rateLimit: "Posts a second that the destination allows; absent: it has no limit."
        case .loginUp: "1 while the destination is logged in, else 0."
        case .tokenEnds: "When the destination's token expires."
        case .files: "Files that ended since the start, by rule and verdict."
        case .lastSuccess: "When the last file of the rule ended done, since the start."
        case .filesOpen: "Files in work."
        case .inboxFiles: "Files that wait in the inbox."
        case .inboxOldest: "How long the oldest file has been waiting in the inbox; 0: none waits."
        case .heldFiles: "Held drops that wait to be released or refused."
        case .filesMissing:
            "Files that the rule expects and that are not there by their time, also of earlier days while nobody has them, by rule."
        case .deadlineAtRisk: "1 while a file of the rule will miss its deadline at the present rate, else 0."
        case .deadlineMissed: "1 while the rule's deadline has passed and not everything is done, else 0."
        case .spoolFree: "Bytes that are free where the spool lies."
        case .spoolLow: "1 while less than min_free is free there and nothing is claimed, else 0."
        case .alerts: "Alerts since the start, by event."
        case .ready: "1 while every destination is logged in and nothing keeps files from going, else 0."
        case .build: "Version and configuration in use; always 1."
        case .cpu: "Processor time that the process used."
        case .residentMemory: "Memory of the process that is in RAM."
        case .virtualMemory: "Address space of the process."
        case .openDescriptors: "Open file descriptors."
        case .mostDescriptors: "File descriptors that may be open."
        case .processStart: "When the process started."
        }
    }
}

/// Writes metrics as monitoring programs read them.
package struct MetricsText: Sendable {
    /// How they are written.
    package enum Form: Sendable, CaseIterable {
        /// Prometheus' text format, version 0.0.4.
        case prometheus
        /// OpenMetrics 1.0.0.
        case openMetrics

        /// The one that a request's `Accept` asks for; nil: there was none.
        package init(accept: String?) {
            self = accept?.lowercased().contains("application/openmetrics-text") == true ? .openMetrics : .prometheus
        }

        package var kind: DeskReply.Kind {
            switch self {
            case .prometheus: .prometheus
            case .openMetrics: .openMetrics
            }
        }
    }

    private let form: Form
    private var out = ""
    private var name = ""

    package init(_ form: Form) { self.form = form }

    /// The samples that follow are of this one.
    package mutating func begin(_ family: MetricFamily) {
        name = family.rawValue
        // A counter's family has no ending in OpenMetrics, and its samples have one.
        let title = form == .openMetrics && family.kind == .counter ? String(name.dropLast("_total".count)) : name
        out += "# HELP \(title) \(family.help)\n# TYPE \(title) \(family.kind.rawValue)\n"
    }

    package mutating func sample(_ labels: [(String, String)], _ value: Int) { write(name, labels, "\(value)") }

    package mutating func sample(_ labels: [(String, String)], number: Double) { write(name, labels, "\(number)") }

    /// A time in microseconds since 1970, told in seconds.
    package mutating func sample(_ labels: [(String, String)], seconds time: Int64) {
        write(name, labels, "\(Double(time) / 1e6)")
    }

    /// - Parameters:
    ///   - buckets: Upper bounds and how many were at most that.
    ///   - count: All of them, also those beyond the last bound.
    package mutating func histogram(
        _ labels: [(String, String)], _ buckets: [(bound: Double, count: Int)], count: Int, sum: Double
    ) {
        for bucket in buckets { write(name + "_bucket", labels + [("le", "\(bucket.bound)")], "\(bucket.count)") }
        write(name + "_bucket", labels + [("le", "+Inf")], "\(count)")
        write(name + "_sum", labels, "\(sum)")
        write(name + "_count", labels, "\(count)")
    }

    /// All that was written.
    package func finish() -> String { form == .openMetrics ? out + "# EOF\n" : out }

    private mutating func write(_ name: String, _ labels: [(String, String)], _ value: String) {
        out += name
        if !labels.isEmpty {
            out += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
        }
        out += " \(value)\n"
    }

    /// A label's value: backslash, quote and line end are escaped.
    private static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

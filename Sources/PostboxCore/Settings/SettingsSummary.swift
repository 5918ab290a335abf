/// The settings in force, for people: what `postbox config check` prints.
package enum SettingsSummary {
    /// Plain lines without any secret: directories, each destination, each rule.
    package static func lines(_ settings: Settings) -> [String] {
        directories(settings.directories) + times(settings) + (settings.http.map(http) ?? [])
            + settings.tables.map(table)
            + (settings.dictionary.map { [dictionary($0)] } ?? []) + settings.destinations.flatMap(destination)
            + rules(settings.rules)
    }

    private static func directories(_ directories: Settings.Directories) -> [String] {
        let usual = Settings.Directories(spool: directories.spool)
        let moved = [
            ("inbox", directories.inbox, usual.inbox), ("work", directories.work, usual.work),
            ("done", directories.done, usual.done), ("failed", directories.failed, usual.failed),
            ("state", directories.state, usual.state),
        ].filter { $0.1 != $0.2 }
        return ["spool: \(directories.spool)"] + moved.map { "\($0.0): \($0.1)" }
    }

    private static func times(_ settings: Settings) -> [String] {
        var lines = ["taken after \(text(settings.settle)) of quiet, inbox listed every \(text(settings.rescan))"]
        lines.append("archive \(settings.archive.rawValue), a stop waits \(text(settings.drainTimeout)) at most")
        let within = settings.duplicates == .process ? "" : " within \(text(settings.duplicatesWithin))"
        lines.append("duplicates\(within): \(settings.duplicates.rawValue)")
        if !settings.ignored.isEmpty { lines.append("ignored: \(settings.ignored.joined(separator: ", "))") }
        lines.append("refused after \(text(settings.unmatchedAfter)) when no rule and no ending tells what it is")
        if !settings.keepsLastValues { lines.append("last values: not kept") }
        // The command itself may carry a key to the place it reports to.
        if settings.alertCommand != nil { lines.append("alert command: set") }
        if let webhook = settings.alertWebhook { lines.append("alert webhook: set, for \(webhook.template.rawValue)") }
        lines += settings.alerts.map(alerts)
        if let heartbeat = settings.heartbeat { lines.append("heartbeat: every \(text(heartbeat.every))") }
        if let least = settings.minFree { lines.append("nothing is claimed with less than \(least.words) free") }
        let kept = [
            ("packed after", settings.retention.packAfter), ("done kept", settings.retention.done),
            ("failed kept", settings.retention.failed),
        ].compactMap { name, time in time.map { "\(name) \(text($0))" } }
        if !kept.isEmpty { lines.append("results: " + kept.joined(separator: ", ")) }
        if let key = settings.recordKey { lines.append("record signed with: \(key)") }
        if settings.anchorCommand != nil { lines.append("anchor command: set") }
        lines.append("down and waiting are alerts after \(text(settings.downAlert))")
        return lines
    }

    private static func alerts(_ rule: AlertRule) -> String {
        let parts = [
            rule.events.map { $0.map(\.word).joined(separator: ", ") },
            rule.rules.map { "of \($0.joined(separator: ", "))" },
            rule.badRows.map { "with \(Plural.text($0, "bad row")) or more" },
        ].compactMap(\.self)
        let what = parts.isEmpty ? "all others" : parts.joined(separator: " ")
        return "alerts: \(what) -> \(rule.route.rawValue)" + (rule.again.map { ", again every \(text($0))" } ?? "")
    }

    private static func http(_ http: HTTPSettings) -> [String] {
        var lines: [String] = []
        if let listen = http.listen {
            let reading = http.isOpenForReading ? ", everybody there may read" : ""
            lines.append("page and API: \(http.tls == nil ? "http" : "https")://\(listen.text)\(reading)")
        }
        if let tls = http.tls { lines.append("  cert_file: \(tls.certificateFile), key_file: \(tls.keyFile)") }
        if let header = http.trustedUserHeader {
            lines.append("  people by the header \(header) from a system account at the control socket")
        }
        lines += http.users.map { user in
            let may = DeskRight.allCases.filter { user.may.contains($0) }.map(\.rawValue).joined(separator: ", ")
            let rules = user.rules.isEmpty ? "" : ", rules \(user.rules.joined(separator: ", "))"
            let until = user.until.map { ", before \(TimeText.day($0))" } ?? ""
            return "  user \(user.name): may \(may)\(rules)\(until)"
        }
        return lines
    }

    private static func table(_ table: TableRule) -> String {
        let delimiter = table.delimiter == UInt8(ascii: "\t") ? "tab" : String(UnicodeScalar(table.delimiter))
        return "table \(table.name): \(table.path), key \(table.key), delimiter \(delimiter)"
    }

    private static func dictionary(_ files: DictionaryFiles) -> String {
        "dictionary: fields \(files.fields), enums \(files.enums)"
    }

    private static func destination(_ destination: Destination) -> [String] {
        var lines = ["destination \(destination.name): \(destination.profile.rawValue)"]
        lines.append("  urls: " + destination.urls.map(\.text).joined(separator: ", "))
        lines.append("  login: " + login(destination))
        lines.append("  service: " + destination.allServices.joined(separator: ", "))
        let rate =
            destination.maxPostsPerSecond.map { "at most \(Plural.text($0, "post")) a second" }
            ?? "rate as the login says"
        lines.append(
            "  limits: window \(destination.window), ack timeout \(text(destination.ackTimeout)), \(rate), "
                + "\(Plural.text(destination.attemptsMax, "attempt")), pause after \(Plural.text(destination.ackTimeoutsBeforePause, "ack timeout"))"
        )
        lines.append("  in doubt: \(destination.resend.rawValue), user info: \(userInfo(destination.postUserInfo))")
        if destination.verify != .none {
            lines.append(
                "  read back: \(destination.verify.text), \(destination.verifyWindow) at once, within \(text(destination.verifyWithin))"
            )
        }
        if let files = destination.dictionary { lines.append("  " + dictionary(files)) }
        if let proxy = destination.proxy { lines.append("  proxy: \(withoutCredentials(proxy))") }
        if let file = destination.tls.caFile { lines.append("  ca_file: \(file)") }
        if let file = destination.tls.certificateFile { lines.append("  cert_file: \(file)") }
        if !destination.tls.verify {
            lines.append("  WARNING: the server's certificate is not verified (tls: verify: false)")
        }
        if destination.rehearses { lines.append("  rehearse: it logs in, and NOTHING is posted") }
        lines += destination.quiet.map { "  quiet: \($0.words)" }
        if destination.failback { lines.append("  failback: to the first URL when it is well again") }
        lines += destination.nakRules.map { rule in
            "  nak \(rule.code)\(rule.text.map { " \"\($0)\"" } ?? ""): \(rule.nakClass.rawValue)"
        }
        return lines
    }

    private static func login(_ destination: Destination) -> String {
        let position = destination.position ?? "auto"
        let application = "application id \(destination.applicationID), position \(position)"
        guard let token = destination.token else { return "user \(destination.user), \(application)" }
        let grant =
            switch token.grant {
            case .password(let username, _): "version 1, user \(username)"
            case .secret: "version 2, client secret"
            case .keyFile(let path): "version 2, key \(path)"
            }
        let user = destination.user.isEmpty ? "" : "user \(destination.user), "
        return "\(user)token \(grant), client id \(token.clientID), from \(token.url), \(application)"
    }

    private static func userInfo(_ info: Destination.PostUserInfo) -> String {
        switch info {
        case .auto: "auto"
        case .none: "none"
        case .given(let address, let userID): "\(address) \(userID)"
        }
    }

    private static func rules(_ rules: [MappingRule]) -> [String] {
        guard !rules.isEmpty else { return ["files: the plain mapping, by extension"] }
        return rules.map { rule in
            var parts = [post(rule.post), ric(rule.ric)]
            parts.append(rule.fields.map { Plural.text($0.count, "field") } ?? "every other column a field")
            if let limit = rule.maxRejected { parts.append("at most \(text(limit)) rejected") }
            parts += rule.tolerate.sorted { $0.key < $1.key }.map { "tolerates \($0.key) \(text($0.value))" }
            if let age = rule.maxAge { parts.append("within \(text(age))") }
            if let suffix = rule.readySuffix { parts.append("taken with its marker \(suffix)") }
            if let checksum = rule.checksum { parts.append("taken with its checksum .\(checksum.rawValue)") }
            if let trailer = rule.trailer { parts.append(text(trailer)) }
            if rule.order == .name { parts.append("in the order of names") }
            if rule.noRows == .ok { parts.append("may have no rows") }
            if let priority = rule.priority { parts.append("priority \(priority)") }
            return
                "files \(rule.match) -> \(rule.destinations.joined(separator: ", ")): \(parts.joined(separator: "; "))"
        }
    }

    private static func text(_ trailer: TrailerRule) -> String {
        func text(_ place: TrailerRule.Place) -> String {
            switch place {
            case .cell(let number): "cell \(number)"
            case .member(let name): "member \(name)"
            }
        }
        var parts = ["trailer \(trailer.match)"]
        if let count = trailer.count { parts.append("row count in \(text(count))") }
        if let sum = trailer.sum { parts.append("sum of \(sum.column) in \(text(sum.field))") }
        return parts.joined(separator: ", ")
    }

    private static func post(_ post: PostRule) -> String {
        switch post {
        case .refresh: "refresh"
        case .update: "update"
        case .column(let column, _, _): "refresh or update by column \(column)"
        case .plain: "update, or as the column Post says"
        }
    }

    private static func ric(_ ric: RICRule) -> String {
        switch ric {
        case .column(let column): return "ric from \(column)"
        case .plain: return "ric from RIC"
        case .template(let parts):
            let text = parts.map { part in
                switch part {
                case .text(let text): text
                case .column(let column): "{\(column)}"
                }
            }
            return "ric \(text.joined())"
        case .derived(let source, let value):
            return "ric made of \((source.names + value.columns).joined(separator: ", "))"
        }
    }

    private static func text(_ limit: RowLimit) -> String {
        switch limit {
        case .rows(let rows): return Plural.text(rows, "row")
        case .percent(let value, let decimals):
            let digits = String(value)
            let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
            return decimals == 0 ? "\(value)%" : "\(padded.dropLast(decimals)).\(padded.suffix(decimals))%"
        }
    }

    /// In the largest unit that holds it exactly.
    private static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard attoseconds == 0 else { return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms" }
        for (unit, size) in [("d", Int64(86400)), ("h", 3600), ("m", 60)] where seconds > 0 && seconds % size == 0 {
            return "\(seconds / size)\(unit)"
        }
        return "\(seconds)s"
    }

    private static func withoutCredentials(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@"), let scheme = url.firstIndex(of: "/") else { return url }
        return url[..<scheme] + "//" + url[url.index(after: at)...]
    }
}

/// The answers of the control socket as lines for people.
package enum StatusText {
    /// Rows of a held drop that are shown.
    static let rowsShown = 20
    /// Files of a kind that are shown.
    static let filesShown = 20

    /// Of `StatusBoard.json`.
    package static func lines(_ board: JSONValue) -> [String] {
        let service = board["service"]
        let lanes = items(board["destinations"])
        let isLoggedIn = lanes.allSatisfy { $0["state"]?.text == LaneState.ready.word }
        let state =
            service?["trouble"]?.text
            ?? (isLoggedIn ? service?["not_ready"]?.text ?? "ready" : "not logged in everywhere")
        let version = text(service?["version"])
        var lines = [
            "postbox \(version) on \(text(service?["spool"])) since \(time(service?["started"])): \(state)",
            "configuration \(text(service?["config_sha256"]).prefix(12)) since \(time(service?["config_since"]))", "",
        ]
        lines += table(
            [
                "destination", "state", "since", "posts/s", "limit", "ack p50", "p99", "in flight", "queued", "acked",
                "refused", "url",
            ],
            lanes.map { lane in
                [
                    text(lane["name"]),
                    text(lane["state"]) + (lane["held"]?.flag == true ? ", held" : "")
                        + (lane["leaving"]?.flag == true ? ", leaving" : "")
                        + (lane["rehearse"]?.flag == true ? ", rehearses" : ""),
                    // What holds one that is logged in is told since when; of one that is down it is told apart.
                    time((lane["state"]?.text == LaneState.ready.word ? lane["hold"]?["since"] : nil) ?? lane["since"]),
                    lane["posts_per_second"]?.word ?? "", number(lane["rate_limit"]),
                    milliseconds(lane["ack_p50_ms"]), milliseconds(lane["ack_p99_ms"]), number(lane["in_flight"]),
                    number(lane["queued"]), number(lane["acked"]), number(lane["nacked"]), text(lane["url"]),
                ]
            })
        for lane in lanes {
            if let why = lane["why"]?.text { lines.append("  \(text(lane["name"])): \(why)") }
            if let hold = lane["hold"] { lines.append("  \(text(lane["name"])): held\(words(ofHold: hold))") }
        }
        lines += ["", "\(number(board["work"]?["count"])) in work"]
        let work = items(board["work"]?["files"])
        lines += table(
            ["drop", "file", "state", "lines", "settled", "rows/s", "left", "outcomes"],
            work.prefix(filesShown).map { file in
                [
                    number(file["drop"]), text(file["file"]),
                    text(file["state"]) + (file["in_doubt"]?.flag == true ? ", in doubt" : "")
                        + (file["late"]?.flag == true ? ", late" : ""), number(file["lines"]),
                    number(file["settled"]), file["rows_per_second"]?.word ?? "",
                    file["seconds_left"]?.integer.map(span) ?? "", counts(file["outcomes"]),
                ]
            })
        for file in work.prefix(filesShown) {
            for wait in items(file["waits_for"]).compactMap({ DestinationWait($0) }) {
                lines.append("  drop \(number(file["drop"])) \(VisibleText.line(wait.words))")
            }
            guard let hold = file["hold"] else { continue }
            lines.append("  drop \(number(file["drop"])): \(text(hold["what"])) is held\(words(ofHold: hold))")
        }
        let inbox = board["inbox"]
        lines += [
            "",
            "\(number(inbox?["count"])) in the inbox"
                + (inbox?["held"]?.flag == true ? ", which is held\(words(ofHold: inbox?["hold"]))" : ""),
        ]
        lines += table(
            ["file", "waits for"],
            items(inbox?["files"]).prefix(filesShown).map {
                [text($0["file"]), waits(text($0["why"]), held: $0["held"]?.text)]
            })
        let schedule = items(board["schedule"])
        let next = schedule.filter { $0["next"] != nil }.min { text($0["next"]) < text($1["next"]) }
        if inbox?["count"]?.integer == 0, let next {
            lines.append("  next expected: \(text(next["rule"])) by \(text(next["next_local"]))")
        }
        if !schedule.isEmpty {
            lines += ["", "today"]
            lines += table(
                ["rule", "state", "expected", "arrived", "done", "by", "deadline", "why"],
                schedule.map { line in
                    [
                        text(line["rule"]), text(line["state"]), number(line["expected"]), number(line["arrived"]),
                        number(line["done"]), text(line["by_local"]), text(line["deadline_local"]), text(line["why"]),
                    ]
                })
        }
        let holds = items(board["holds"])
        if !holds.isEmpty {
            lines += ["", "on hold by the desk"]
            lines += table(
                ["what", "since", "until", "by", "why"],
                holds.map { hold in
                    [
                        text(hold["what"]), time(hold["since"]), hold["until"].map(time) ?? "", text(hold["by"]),
                        text(hold["why"]),
                    ]
                })
        }
        let held = items(board["held"])
        if !held.isEmpty {
            lines += ["", "\(held.count) held (postbox held shows the rows)"]
            lines += held.prefix(filesShown).map { head($0) }
        }
        lines += alerts(board)
        let finished = items(board["finished"])
        if !finished.isEmpty {
            lines += ["", "finished last"]
            lines += table(
                ["drop", "file", "verdict", "at"],
                finished.prefix(filesShown).map {
                    let made = $0["made"]?.text.flatMap(MadeFor.init(rawValue:)).map { " (\($0.words))" } ?? ""
                    return [number($0["drop"]), text($0["file"]) + made, text($0["verdict"]), time($0["at"])]
                })
        }
        return lines
    }

    private static func alerts(_ board: JSONValue) -> [String] {
        let all = items(board["alerts"])
        let standing = all.filter { $0["over"] == nil }
        let over = all.count - standing.count
        var lines: [String] = []
        if !all.isEmpty {
            lines += [
                "",
                "\(Plural.text(standing.count, "alert stands", "alerts stand")), \(over) of the last day \(Plural.word(over, "is", "are")) over",
            ]
            lines += table(
                ["alert", "event", "since", "times", "who has it", "message"],
                standing.prefix(filesShown).map { alert in
                    [
                        number(alert["id"]), text(alert["event"]), time(alert["at"]), number(alert["times"]),
                        alert["ack"].map { "\(text($0["by"])): \(text($0["why"]))" }
                            ?? (alert["muted"]?.flag == true ? "nobody, muted" : "nobody"), text(alert["message"]),
                    ]
                })
        }
        let mutes = items(board["mutes"])
        if !mutes.isEmpty {
            lines += ["", "nobody is called for"]
            lines += table(
                ["mute", "event", "rule", "destination", "until", "by", "why"],
                mutes.map { mute in
                    [
                        number(mute["id"]), text(mute["event"]), text(mute["rule"]), text(mute["destination"]),
                        time(mute["until"]), text(mute["by"]), text(mute["why"]),
                    ]
                })
        }
        return lines
    }

    /// Of the list of held drops.
    package static func heldLines(_ answer: JSONValue) -> [String] {
        let held = items(answer["held"])
        guard !held.isEmpty else { return ["nothing is held"] }
        var lines: [String] = []
        for drop in held {
            if !lines.isEmpty { lines.append("") }
            lines.append(head(drop))
            if let person = drop["proposed_by"]?.text {
                lines.append("  \(person) proposes its release; somebody else has to release it")
            }
            let rows = items(drop["examples"])
            lines += table(
                ["row", "RIC", "field", "now", "new", "reason", "why"],
                rows.prefix(rowsShown).map { row in
                    ["row", "ric", "field", "old", "new", "reason", "text"].map { row[$0]?.word ?? "" }
                })
            let all = drop["rows"]?.integer ?? rows.count
            let shown = min(rows.count, rowsShown)
            if all > shown, shown > 0 {
                lines.append("  and \(all - shown) more; all that is known: postbox held --json")
            }
            let number = number(drop["drop"])
            lines.append("  postbox release \(number)    or    postbox refuse \(number) --why TEXT")
        }
        return lines
    }

    private static func head(_ drop: JSONValue) -> String {
        let original = drop["original"]?.integer.map { ", of drop \($0)" } ?? ""
        return
            "drop \(number(drop["drop"])) (\(text(drop["file"]))\(original)): \(Plural.text(drop["rows"]?.integer ?? 0, "row")) held "
            + "since \(time(drop["since"])), until \(time(drop["until"]))"
            + (drop["deadline"].map { ", to be done by \(time($0))" } ?? "") + ": \(text(drop["why"]))"
    }

    /// ` since 2026-11-21 08:00:03, until 2026-11-21 10:00:00, by alice: a test`
    private static func words(ofHold hold: JSONValue?) -> String {
        guard let hold else { return "" }
        return " since \(time(hold["since"]))" + (hold["until"].map { ", until \(time($0))" } ?? "")
            + (hold["by"]?.text.map { ", by \(ReleaseRule.name($0))" } ?? "")
            + (hold["why"]?.text.map { ": \($0)" } ?? "")
    }

    /// What a word for what a file waits for means. `held`: what is held, where it waits for that.
    static func waits(_ word: String, held: String? = nil) -> String {
        switch word {
        case "destination": "its destination"
        case "table": "its table"
        case "marker": "its marker"
        case "checksum": "its checksum"
        case "writer": "its writer, or to stand still"
        case "held": "\(held ?? "a hold") to be resumed"
        case "turn": "its turn"
        case "room": "room on the disk"
        default: word
        }
    }

    private static func items(_ value: JSONValue?) -> [JSONValue] {
        if case .array(let items)? = value { items } else { [] }
    }

    private static func text(_ value: JSONValue?) -> String { value?.text ?? "" }

    private static func number(_ value: JSONValue?) -> String { value?.integer.map(String.init) ?? "" }

    /// To the second: `2026-11-21 08:00:03`, of UTC.
    private static func time(_ value: JSONValue?) -> String {
        let text = text(value)
        guard text.utf8.count >= 19 else { return text }
        return String(text.prefix(19)).split(separator: "T").joined(separator: " ")
    }

    private static func milliseconds(_ value: JSONValue?) -> String { value?.word.map { $0 + " ms" } ?? "" }

    /// `11 min 50 s`, `2 h 5 min`; whole seconds.
    package static func span(_ seconds: Int) -> String {
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
        if hours > 0 { return minutes > 0 ? "\(hours) h \(minutes) min" : "\(hours) h" }
        if minutes > 0 { return rest > 0 ? "\(minutes) min \(rest) s" : "\(minutes) min" }
        return "\(rest) s"
    }

    private static func counts(_ value: JSONValue?) -> String {
        guard case .object(let members)? = value else { return "" }
        return members.map { "\($0.value.integer ?? 0) \($0.key)" }.joined(separator: ", ")
    }

    /// Columns below their names; nothing where there are no rows.
    static func table(_ names: [String], _ rows: [[String]]) -> [String] {
        guard !rows.isEmpty else { return [] }
        let cells = ([names] + rows).map { $0.map { VisibleText.line($0) } }
        let widths = names.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            let line = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: max(0, width - cell.count))
            }.joined(separator: "  ")
            return "  " + String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

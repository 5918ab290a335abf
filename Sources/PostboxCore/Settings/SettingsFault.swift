/// Something wrong between values that are well written each for itself.
package struct SettingsFault: Sendable, Equatable {
    /// Whose key it is, so that a loader finds the line.
    package enum Place: Sendable, Hashable {
        case top(TopKey)
        /// Index into `Settings.destinations`.
        case destination(Int, DestinationKey)
        /// Index into `Settings.rules`.
        case rule(Int, RuleKey)
    }

    package var place: Place
    /// One sentence.
    package var what: String

    package init(_ place: Place, _ what: String) {
        self.place = place
        self.what = what
    }
}

extension Settings {
    /// Everything that does not fit together: directories, destinations by profile, rules against destinations.
    package var faults: [SettingsFault] {
        directoryFaults + destinationFaults + ruleFaults + tableFaults + dictionaryFaults + ignoreFaults
    }

    private var directoryFaults: [SettingsFault] {
        let all: [(TopKey, String)] = [
            (.inbox, directories.inbox), (.work, directories.work), (.done, directories.done),
            (.failed, directories.failed), (.state, directories.state),
        ]
        var faults: [SettingsFault] = []
        for (index, later) in all.enumerated() {
            for earlier in all[..<index] where overlaps(earlier.1, later.1) {
                let words = "`\(earlier.0.rawValue)` and `\(later.0.rawValue)`"
                // The first of the two may be the default and have no line; both are named.
                faults.append(SettingsFault(.top(later.0), "\(words) must be folders apart, neither inside the other"))
            }
        }
        if let what = DeskSocketPath.fault(socketPath) {
            faults.append(SettingsFault(.top(socket == nil ? .spool : .socket), what))
        }
        return faults
    }

    private func overlaps(_ a: String, _ b: String) -> Bool {
        a == b || a.hasPrefix(b + "/") || b.hasPrefix(a + "/")
    }

    private var destinationFaults: [SettingsFault] {
        var faults: [SettingsFault] = []
        if destinations.isEmpty {
            faults.append(SettingsFault(.top(.destinations), "`destinations` needs at least one destination"))
        }
        for (index, destination) in destinations.enumerated() {
            let profile = destination.profile.rawValue
            let who = "the destination `\(destination.name)`"
            func add(_ key: DestinationKey, _ what: String) {
                faults.append(SettingsFault(.destination(index, key), what))
            }
            if destination.profile == .rcc, destination.token == nil {
                add(.token, "\(who) needs a `token`: its profile rcc logs in with one")
            }
            if destination.profile != .rcc, destination.user.isEmpty {
                add(.user, "\(who) needs a `user`: its profile \(profile) logs in with one")
            }
            if destination.service.isEmpty {
                add(.service, "\(who) needs a `service` to post to")
            }
            if destination.verify != .none, destination.profile != .rtds {
                add(
                    .verify,
                    "\(who) has the profile \(profile), which answers no request for an item: `verify` goes with the profile rtds alone"
                )
            }
            if hasDoubles(destination.services) {
                add(.services, "\(who) names a service twice")
            }
            if hasDoubles(destination.urls.map(\.text)) { add(.urls, "\(who) names a URL twice") }
        }
        return faults
    }

    private var ruleFaults: [SettingsFault] {
        var faults: [SettingsFault] = []
        let names = destinations.map(\.name)
        if rules.isEmpty, destinations.count > 1 {
            let list = names.joined(separator: ", ")
            faults.append(
                SettingsFault(
                    .top(.files), "with several destinations (\(list)) `files` must say which one a file is for"))
        }
        for (index, rule) in rules.enumerated() {
            func add(_ key: RuleKey, _ what: String) {
                faults.append(SettingsFault(.rule(index, key), what))
            }
            if rule.destinations.isEmpty {
                let list = names.joined(separator: ", ")
                add(.destination, "the rule needs a `destination`: one or several of \(list)")
            }
            if let what = rule.problemOfNames { add(.match, what) }
            for fault in rule.layoutFaults + rule.writtenNumberFaults { add(fault.key, fault.what) }
            if hasDoubles(rule.destinations) { add(.destination, "`destination` names a destination twice") }
            for name in rule.destinations {
                guard let destination = destinations.first(where: { $0.name == name }) else {
                    let nearest = NearestWord.of(name, in: names).map { "; the nearest is `\($0)`" } ?? ""
                    add(.destination, "there is no destination `\(name)`\(nearest)")
                    continue
                }
                if rule.post.asksForRefresh, destination.profile.isUpdateOnly {
                    let profile = destination.profile.rawValue
                    add(
                        .post,
                        "`post` asks for a Refresh, but the destination `\(name)` (\(profile)) takes Updates only")
                }
            }
            for what in rule.checkProblems { add(.checks, what) }
            if rule.comparesWithLast, !keepsLastValues {
                add(
                    .checks,
                    "`move` and `factor` without `from`, and `unchanged`, compare with the last accepted values, which `last_values: off` does not keep: leave that out, or the checks"
                )
            }
            if rule.trailer != nil {
                if let format = rule.knownFormat {
                    if format.traits.trailer == nil { add(.trailer, PriceFileFormat.withTrailerOnly) }
                } else {
                    add(.trailer, PriceFileFormat.trailerNeedsFormat)
                }
            }
            if rule.knownFormat?.traits.isWorkbook == true, rule.readsDecimalCommas {
                add(
                    .format,
                    "\(PriceFileFormat.marksOfWorkbooks): leave `decimal` and `thousands` out"
                )
            }
            if rule.rowElement != nil, rule.format?.traits.hasRowElement == false {
                add(.rowElement, PriceFileFormat.withRowElementOnly)
            }
        }
        return faults
    }

    /// Tables that nobody has, or that Postbox itself would take away.
    private var tableFaults: [SettingsFault] {
        var faults: [SettingsFault] = []
        for table in tables {
            let folders = [
                directories.inbox, directories.work, directories.done, directories.failed, directories.state,
            ]
            if let folder = folders.first(where: { table.path.hasPrefix($0 + "/") }) {
                faults.append(
                    SettingsFault(
                        .top(.tables),
                        "the file of the table `\(table.name)` lies in \(folder), which is Postbox's own: put it elsewhere"
                    ))
            }
        }
        let names = tables.map(\.name)
        for (index, rule) in rules.enumerated() {
            for (key, lookup) in rule.lookups where !names.contains(lookup.table) {
                let nearest = NearestWord.of(lookup.table, in: names).map { "; the nearest is `\($0)`" } ?? ""
                faults.append(
                    SettingsFault(
                        .rule(index, key),
                        "`\(key == .checks ? "checks" : "lookup")` names the table `\(lookup.table)`, which is not in `tables`\(nearest)"
                    ))
            }
        }
        return faults
    }

    /// Dictionaries of one rule that differ: its rows are made once, for all its destinations.
    private var dictionaryFaults: [SettingsFault] {
        rules.enumerated().compactMap { index, rule in
            let own = rule.destinations.filter { name in destinations.contains { $0.name == name } }
            guard let first = own.first,
                let other = own.first(where: { dictionary(of: $0) != dictionary(of: first) })
            else { return nil }
            return SettingsFault(
                .rule(index, .destination),
                "the destinations `\(first)` and `\(other)` do not have the same `dictionary`: write a rule for each of them, "
                    + "with patterns that keep their files apart")
        }
    }

    /// A rule whose files or markers would never be seen.
    private var ignoreFaults: [SettingsFault] {
        var faults: [SettingsFault] = []
        for pattern in ignored where pattern.isEmpty || pattern.contains("/") {
            faults.append(
                SettingsFault(
                    .top(.ignored), "`ignore` is a list of patterns for names such as \"*.lck\", without a folder"))
        }
        let names = InboxNames(rules: rules, ignored: ignored)
        for (index, rule) in rules.enumerated() {
            guard let example = rule.exampleName else { continue }
            if names.isIgnored(example) {
                faults.append(
                    SettingsFault(
                        .rule(index, .match), "`match` fits names such as \(example), which are ignored in the inbox"))
            } else if let suffix = rule.readySuffix, names.isIgnored(example + suffix) {
                faults.append(
                    SettingsFault(
                        .rule(index, .ready),
                        "the marker of \(example) would be \(example + suffix), a name that is ignored in the inbox"))
            }
        }
        return faults
    }

    private func hasDoubles(_ texts: [String]) -> Bool { Set(texts).count != texts.count }
}

extension MappingRule {
    /// Some of its numbers are said to have other signs than a decimal point.
    var readsDecimalCommas: Bool {
        let forms =
            [number] + (shape?.lets ?? []).map(\.value.number)
            + (fields ?? []).map { if case .derived(_, let value) = $0.source { value.number } else { nil } }
        return forms.contains { $0?.decimal == "," || $0?.thousands != nil }
    }

    /// A name that the rule's pattern fits; nil: it has sets of characters.
    fileprivate var exampleName: String? {
        guard !match.contains("["), !match.isEmpty else { return nil }
        var text = match
        for name in TextPattern(match, isNaming: true).names { text = text.replacing("{\(name)}", with: "x") }
        return String(text.map { $0 == "*" || $0 == "?" ? "x" : $0 })
    }
}

extension PostRule {
    /// Whether some row becomes a Refresh by what the rule says; the plain mapping leaves that to the row.
    package var asksForRefresh: Bool {
        switch self {
        case .refresh: true
        case .update, .plain: false
        case .column(_, let refresh, _): !refresh.isEmpty
        }
    }
}

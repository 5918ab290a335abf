/// A price file that Postbox writes itself, of values as they went on the wire: JSON lines with the columns RIC, Service and Post, and one
/// for each field. Values go again exactly as they stand there.
package enum WireFile {
    /// Less urgent than any rule may be.
    package static let leastUrgent = -1001
    /// As urgent as a rule may be.
    package static let mostUrgent = 1000

    /// The rule that such a file goes by.
    ///
    /// - Parameter act: what the drop was made for; the rule is called so.
    package static func rule(of act: DeskVerb, to destination: String, priority: Int) -> MappingRule {
        var rule = MappingRule(
            match: act.rawValue, destinations: [destination], empty: .blank, format: .jsonLines, priority: priority,
            lineBreaks: .keep)
        rule.sendsAsIs = true
        // What is newer stays. Nobody is asked about it: these values are known already.
        rule.corrections = .skip
        return rule
    }

    /// What stands in a file that posts nothing: a list without rows.
    package static let withoutRows = Array("[]\n".utf8)

    /// The same rule for a file that posts nothing.
    package static func ruleWithoutRows(_ rule: MappingRule) -> MappingRule {
        var rule = rule
        rule.format = .json
        rule.noRows = .ok
        return rule
    }

    /// The file's name: `republish-cache-812.jsonl`.
    package static func name(of act: DeskVerb, to destination: String, drop: Int) -> String {
        let most = 100
        let name = FileNames.escaped(destination)
        return "\(act.rawValue)-\(name.utf8.count <= most ? name : String(name.prefix(most)))-\(drop).jsonl"
    }

    /// The drop that a file of ours is of, by its name; nil: it is no such name.
    package static func drop(ofName name: String) -> Int? {
        guard [DeskVerb.republish, .withdraw].contains(where: { name.hasPrefix($0.rawValue + "-") }),
            name.hasSuffix(".jsonl"), let mark = name.lastIndex(of: "-")
        else { return nil }
        // A taken name has a number behind the drop's: `.2`.
        let digits = name[name.index(after: mark)...].prefix { $0 != "." }
        return DeskCall.number(digits)
    }

    /// Appends a row.
    ///
    /// - Parameter fields: names and values, these as JSON.
    package static func add(
        ric: UnsafeRawBufferPointer, service: String, post: PostKind,
        fields: [(name: String, json: some Collection<UInt8>)], to out: inout [UInt8]
    ) {
        out.append(contentsOf: "{\"RIC\":\"".utf8)
        JSONText.escape(ric, into: &out)
        let word = post == .refresh ? "Refresh" : "Update"
        out.append(contentsOf: "\",\"Service\":\(JSONText.quoted(service)),\"Post\":\"\(word)\"".utf8)
        for field in fields {
            out.append(contentsOf: ",\(JSONText.quoted(field.name)):".utf8)
            out.append(contentsOf: field.json)
        }
        out.append(contentsOf: "}\n".utf8)
    }

    /// Whether last accepted values of a RIC go as a Refresh: wherever one is allowed, as an Update may find no item there.
    ///
    /// - Parameters:
    ///   - isUpdateOnly: the destination takes no Refresh.
    ///   - isImage: a Refresh of the RIC was accepted, so that its fields are all that there is.
    ///   - rule: how the rule of its newest value posts; nil: that is not known.
    package static func post(isUpdateOnly: Bool, isImage: Bool, rule: PostRule?) -> PostKind {
        guard !isUpdateOnly else { return .update }
        // The item is somebody else's where a rule only ever updates it: a Refresh would blank what that one posts.
        return isImage || rule.map { $0 != .update } ?? false ? .refresh : .update
    }
}

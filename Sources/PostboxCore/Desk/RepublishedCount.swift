/// What a republication posts, or would post, counted; and how people are told.
package struct RepublishedCount: Sendable, Equatable {
    package private(set) var refreshes = 0
    package private(set) var updates = 0
    /// RICs by their service: the same RIC is another one at each.
    private var services: [String: Int] = [:]
    /// RICs of services that the destination no longer has.
    package var leftOut = 0
    /// Fields that hold a value that somebody has withdrawn and that nothing could replace.
    package var withdrawn = 0

    package init() {}

    /// Counts a RIC of a service.
    package mutating func add(_ post: PostKind, ofService service: String) {
        if post == .refresh { refreshes += 1 } else { updates += 1 }
        services[service, default: 0] += 1
    }

    /// RICs, each at each service.
    package var rics: Int { refreshes + updates }

    /// Counts by stable words.
    package var facts: [String: Int] {
        ["rics": rics, "refresh": refreshes, "update": updates, "left_out": leftOut, "withdrawn": withdrawn].filter {
            $0.value > 0 || $0.key == "rics"
        }
    }

    /// For people. `drop`: the one that posts it; nil: it only would be posted.
    package func text(to destination: String, asDrop drop: Int?) -> String {
        let kinds = [(refreshes, "as Refresh"), (updates, "as Update")].filter { $0.0 > 0 }.map {
            "\(PageWords.count($0.0)) \($0.1)"
        }
        // When people are told, nothing is posted yet.
        let verb = drop == nil ? "would be" : "will be"
        return
            "the destination \(destination): \(PageWords.count(rics, "RIC"))\(ofServices) \(verb) posted again\(drop.map { ", as drop \($0)" } ?? ""): "
            + kinds.joined(separator: ", ") + rest
    }

    /// ` (2 of service s, 1 of service t)`; empty: all are of one.
    private var ofServices: String {
        guard services.count > 1 else { return "" }
        guard services.count <= Self.namedMax else {
            return " of \(services.count) services (a RIC counts once for each service)"
        }
        let each = services.sorted { $0.key < $1.key }.map { "\(PageWords.count($0.value)) of service \($0.key)" }
        return " (\(each.joined(separator: ", ")))"
    }

    private static let namedMax = 5

    /// For people, where nothing is to be posted. `wanted`: what was asked for; empty: everything.
    package func nothing(to destination: String, of wanted: String) -> String {
        "the destination \(destination): no accepted value is known" + (wanted.isEmpty ? "" : " of \(wanted)")
            + (withdrawn == 0 ? "" : " that was not withdrawn") + rest
    }

    private var rest: String {
        var found: [String] = []
        if leftOut > 0 {
            found.append(
                "\(PageWords.count(leftOut, "RIC")) of services that the configuration no longer has for it \(Plural.word(leftOut, "is", "are")) left out"
            )
        }
        if withdrawn > 0 {
            found.append(
                "\(PageWords.count(withdrawn, "field")) \(Plural.word(withdrawn, "is", "are")) left out: what \(Plural.word(withdrawn, "it holds", "they hold")) was withdrawn, and nothing was there before"
            )
        }
        return found.map { "; " + $0 }.joined()
    }
}

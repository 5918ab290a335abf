/// Tells once of each file that waits for its destination, of many files of the first ones only: a start may find very many.
package struct WaitingForDestination: Sendable {
    /// Files that are named one by one.
    static let namedMax = LeftFiles.namedMax

    private var said: Set<String> = []
    /// Files of which that will be told as soon as their destinations have told why.
    private var unsaid: [String: [String]] = [:]

    package init() {}

    /// The file was claimed.
    package mutating func taken(_ name: String) {
        said.remove(name)
        unsaid[name] = nil
    }

    /// The file waits.
    package mutating func waits(
        _ name: String, for destinations: [String], _ lanes: LaneBook, _ standing: Standing
    ) -> Told? {
        guard said.count <= Self.namedMax, !said.contains(name) else { return nil }
        guard !lanes.isUntried(anyOf: destinations) else {
            if unsaid.count <= Self.namedMax { unsaid[name] = destinations }
            return nil
        }
        said.insert(name)
        let isMany = said.count > Self.namedMax
        var facts = ["why": lanes.reason(destinations, standing)]
        if !isMany { facts["file"] = name }
        return .line(
            LogLine(
                .info, event: .waiting,
                "\(isMany ? "more files wait" : "\(name) waits") in the inbox for \(isMany ? "their" : "its") destination",
                facts: facts))
    }

    /// The destination told how it is.
    package mutating func changed(_ destination: String, _ lanes: LaneBook, _ standing: Standing) -> [Told] {
        var told: [Told] = []
        for (file, destinations) in unsaid.sorted(by: { $0.key < $1.key }) where destinations.contains(destination) {
            unsaid[file] = nil
            guard !lanes.areReady(destinations) else { continue }
            if let line = waits(file, for: destinations, lanes, standing) { told.append(line) }
        }
        return told
    }
}

/// Names that have to stand still for a while, by the time since when they do. Whoever changes is added again, and stands
/// in it twice: only the entry with the time that still holds counts.
struct QuietQueue: Sendable {
    private var entries: [(since: Int64, name: String)] = []
    private var head = 0

    /// `since`: nanoseconds.
    mutating func add(_ name: String, since: Int64) {
        var at = entries.count
        // Times come in order, but for what is told late.
        while at > head, entries[at - 1].since > since { at -= 1 }
        entries.insert((since, name), at: at)
    }

    var front: (since: Int64, name: String)? { head < entries.count ? entries[head] : nil }

    mutating func removeFront() {
        head += 1
        if head >= entries.count {
            entries = []
            head = 0
        } else if head > 64, head * 2 > entries.count {
            entries.removeFirst(head)
            head = 0
        }
    }

    /// The first time for which `holds` is true.
    func first(where holds: (_ since: Int64, _ name: String) -> Bool) -> Int64? {
        entries[head...].first { holds($0.since, $0.name) }?.since
    }
}

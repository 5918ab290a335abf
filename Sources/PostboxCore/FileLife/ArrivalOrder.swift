/// Files that can be taken, in the order of taking: priority, then change time, then name. Files of a rule that goes by name share the
/// places that they have by arrival in the order of their names.
///
/// Adding and taking cost the same however many files wait: what is new is merged in, what is gone is passed over once.
struct ArrivalOrder: Sendable {
    struct Entry: Sendable, Equatable {
        var name: String
        /// Nanoseconds since 1970.
        var changedAt: Int64
        /// The rule whose files are taken in the order of their names; nil: by arrival.
        var rule: Int?
        /// Higher goes first.
        var priority = 0

        func comesBefore(_ other: Entry) -> Bool {
            if priority != other.priority { return priority > other.priority }
            return changedAt != other.changedAt ? changedAt < other.changedAt : name < other.name
        }

        func isNamedBefore(_ other: Entry) -> Bool {
            name != other.name ? name < other.name : changedAt < other.changedAt
        }
    }

    /// Entries in order, from `head` on; each once.
    private struct Run: Sendable {
        var entries: [Entry] = []
        var head = 0

        /// `new` in order. Returns how many entries were gone through.
        mutating func add(_ new: [Entry], _ comesBefore: (Entry, Entry) -> Bool) -> Int {
            guard let first = new.first else { return 0 }
            if head == entries.count {
                entries = new
                head = 0
                return new.count
            }
            if let last = entries.last, comesBefore(last, first) {
                entries += new
                return new.count
            }
            var merged: [Entry] = []
            merged.reserveCapacity(entries.count - head + new.count)
            var at = 0
            for entry in entries[head...] {
                while at < new.count, comesBefore(new[at], entry) {
                    merged.append(new[at])
                    at += 1
                }
                if at < new.count, new[at] == entry { at += 1 }
                merged.append(entry)
            }
            merged += new[at...]
            entries = merged
            head = 0
            return merged.count
        }

        /// The first of those that can be taken, at most `most`, and how many entries were gone through. What cannot is passed
        /// over for good: the others close up behind it.
        mutating func front(_ most: Int, _ isTakeable: (Entry) -> Bool) -> (entries: [Entry], visits: Int) {
            var out: [Entry] = []
            var at = head
            while at < entries.count, out.count < most {
                if isTakeable(entries[at]) { out.append(entries[at]) }
                at += 1
            }
            let visits = at - head
            head = at - out.count
            if visits > out.count { entries.replaceSubrange(head..<at, with: out) }
            if head > 64, head * 2 > entries.count {
                entries.removeFirst(head)
                head = 0
            }
            return (out, visits)
        }
    }

    private var byArrival = Run()
    private var byName: [Int: Run] = [:]
    /// How many entries were gone through so far: what it costs.
    private(set) var visits = 0

    /// Adds entries in any order, each once; one that is there already stays.
    mutating func add(_ new: [Entry]) {
        visits += byArrival.add(new.sorted { $0.comesBefore($1) }, { $0.comesBefore($1) })
        for (rule, entries) in Dictionary(grouping: new.filter { $0.rule != nil }, by: { $0.rule ?? 0 }) {
            visits += byName[rule, default: Run()].add(
                entries.sorted { $0.isNamedBefore($1) }, { $0.isNamedBefore($1) })
        }
    }

    /// The names that are to be taken first, at most `most`. What `isTakeable` denies is left out, and may be added again when
    /// that has changed.
    mutating func first(_ most: Int, where isTakeable: (Entry) -> Bool) -> [String] {
        let places = byArrival.front(most, isTakeable)
        visits += places.visits
        // As many files of a rule can be taken as have places by arrival.
        var shares: [Int: Int] = [:]
        for case let rule? in places.entries.lazy.map(\.rule) { shares[rule, default: 0] += 1 }
        var names: [Int: ArraySlice<Entry>] = [:]
        for (rule, share) in shares {
            guard let named = byName[rule]?.front(share, isTakeable) else { continue }
            visits += named.visits
            names[rule] = named.entries[...]
        }
        return places.entries.map { place in place.rule.flatMap { names[$0]?.popFirst()?.name } ?? place.name }
    }
}

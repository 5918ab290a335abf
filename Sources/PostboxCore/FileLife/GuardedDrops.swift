/// Which drops may still send, and whose results are kept for as long: what a newer drop had accepted stands against the rows
/// of older ones.
package struct GuardedDrops: Sendable {
    /// Drops that are not closed; true: every row has its outcome.
    private var open: [DropPlace: Bool] = [:]
    /// Of these, the ones that may have handed rows over to a lane.
    private var sending: Set<DropPlace> = []
    /// Whose results are kept, the oldest first.
    private var kept: [DropPlace]
    /// When the oldest file in the inbox arrived, microseconds since 1970; nil: none waits that could be overtaken.
    package var oldestWaiting: Int64?
    /// The last age given out, by priority.
    private var lastAge: [Int: Int64] = [:]
    /// Files that were complete and could not be claimed while others could: the least age that each has by its place among these.
    private var passed: [String: Int64] = [:]
    /// The greatest of these.
    private var mostPassed: Int64?
    /// The last age given out to one of them since what decides about them changed, by priority.
    private var lastPassed: [Int: Int64] = [:]
    /// The last age given out, by rules whose files go by name: there the order of arrival counts for nothing.
    private var lastByName: [String: Int64] = [:]
    /// The newest drop that has all its outcomes.
    private var newestDone: DropPlace?

    /// `kept`: whose results an earlier run kept. A name in `work/guard/` tells drop and age alone.
    package init(kept: [DropPlace]) {
        self.kept = kept.sorted { $1.isNewer(than: $0) }
    }

    /// The age of a file that is claimed now, as its arrival: microseconds since 1970. Files of one priority are claimed in the
    /// order in which their values count, so none is older than one that was claimed before it under its own priority or a lower
    /// one, unless that one passed it: a file that waited for a hold or for a destination is as old as it was then, whatever went meanwhile.
    ///
    /// - Parameters:
    ///   - name: the file's, where it may have been passed.
    ///   - rule: the file's, where its files go by name.
    package mutating func age(
        arrival: Int64, priority: Int, name: String? = nil, ofRuleByName rule: String? = nil
    ) -> Int64 {
        var least = max(arrival, rule.flatMap { lastByName[$0] } ?? .min)
        defer { if let rule { lastByName[rule] = least } }
        if let name, let known = passed.removeValue(forKey: name) {
            // Those that go together go in the order in which their values count.
            least = lastPassed.reduce(max(least, known)) { $1.key <= priority ? max($0, $1.value) : $0 }
            lastPassed[priority] = least
            return least
        }
        // What passes a file is newer, however the clock goes.
        if let mostPassed { least = max(least, mostPassed + 1) }
        least = lastAge.reduce(least) { $1.key <= priority ? max($0, $1.value) : $0 }
        lastAge[priority] = least
        return least
    }

    /// Others are claimed before these complete files, which wait for something. `priorities`: of each of them.
    package mutating func pass(_ priorities: [String: Int]) {
        for (name, priority) in priorities where passed[name] == nil {
            let least = lastAge.reduce(0) { $1.key <= priority ? max($0, $1.value) : $0 }
            passed[name] = least
            mostPassed = max(mostPassed ?? least, least)
        }
    }

    /// What decides whether files may go has changed: those that go from here on may have waited for something else than those before.
    package mutating func letGo() { lastPassed = [:] }

    /// No file waits any more.
    package mutating func forgetPassed() {
        passed = [:]
        mostPassed = nil
    }

    /// Whether drops that are newer than a file of that age are through: what they had accepted stands against its rows.
    package func isLate(age: Int64) -> Bool { newestDone.map { $0.age > age } ?? false }

    /// The drop may send.
    package mutating func opened(_ place: DropPlace) {
        open[place] = false
        lastAge[place.priority] = max(place.age, lastAge[place.priority] ?? 0)
    }

    /// The drop hands rows over, or did so in an earlier run.
    package mutating func sends(_ place: DropPlace) { sending.insert(place) }

    /// Every row of the drop has its outcome: it sends nothing any more.
    package mutating func settled(_ place: DropPlace) {
        open[place] = true
        done(place)
    }

    /// The drop has all its outcomes, perhaps since an earlier run.
    package mutating func done(_ place: DropPlace) {
        if newestDone.map({ place.isNewer(than: $0) }) ?? true { newestDone = place }
    }

    /// Whether a settled drop's result is to be kept, because an older drop may still send.
    package func isToKeep(_ place: DropPlace) -> Bool {
        open.contains { !$0.value && place.isNewer(than: $0.key) } || oldestWaiting.map { $0 < place.age } ?? false
    }

    /// Whether a drop whose values are older is not closed.
    package func isOlderOpen(than place: DropPlace) -> Bool { open.keys.contains { place.isNewer(than: $0) } }

    /// The drop's result is kept.
    package mutating func keep(_ place: DropPlace) {
        // Mostly it is the newest.
        let at = (kept.lastIndex { !$0.isNewer(than: place) } ?? -1) + 1
        if at == 0 || kept[at - 1] != place { kept.insert(place, at: at) }
    }

    /// The drop is done with. Returns those whose results need not be kept any longer.
    package mutating func closed(_ place: DropPlace) -> [DropPlace] {
        open[place] = nil
        sending.remove(place)
        return forget()
    }

    /// Forgets the results that no open drop is older than, and returns them.
    package mutating func forget() -> [DropPlace] {
        var oldest = open.keys.reduce(nil) { (oldest: DropPlace?, place) in
            oldest.map { $0.isNewer(than: place) ? place : $0 } ?? place
        }
        if let waiting = oldestWaiting, oldest.map({ waiting < $0.age }) ?? true {
            oldest = DropPlace(drop: 0, age: waiting)
        }
        let count = kept.firstIndex { place in oldest.map { place.isNewer(than: $0) } ?? false } ?? kept.count
        let forgotten = Array(kept[..<count])
        kept.removeFirst(count)
        return forgotten
    }

    /// Drops whose results may hold newer accepted rows than the one at `place`: its own, and those of newer drops.
    package func journals(for place: DropPlace) -> [DropPlace] {
        var found = Set(kept.filter { $0.isNewer(than: place) })
        found.formUnion(open.keys.filter { $0 == place || $0.isNewer(than: place) })
        return found.sorted { $1.isNewer(than: $0) }
    }

    /// Whether newer drops went before this one began. A lane knows of those that are open there; one that has all its outcomes
    /// and is not moved yet is known here alone.
    package func wasOvertaken(_ place: DropPlace) -> Bool {
        kept.contains { $0.isNewer(than: place) } || sending.contains { $0.isNewer(than: place) }
    }
}

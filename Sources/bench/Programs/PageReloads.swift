/// When the page's script loads the page anew: at each change that it is told, half a second after the last time at the earliest.
struct PageReloads {
    /// What has come of a line of the event stream.
    private var line: [UInt8] = []
    private var dueAt: ContinuousClock.Instant?
    private var isLoading = false
    /// Something changed that the load which is due, or under way, may not show.
    private var isWanted = false
    private var last: ContinuousClock.Instant?

    /// Takes what came of the event stream.
    mutating func hear(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            let isChange = ["event: status", "event: lost"].contains { line.elementsEqual($0.utf8) }
            line.removeAll(keepingCapacity: true)
            guard isChange else { continue }
            if dueAt == nil, !isLoading { wait() } else { isWanted = true }
        }
    }

    /// Whether the page is to be loaded now.
    mutating func begin() -> Bool {
        guard let due = dueAt, ContinuousClock.now >= due else { return false }
        dueAt = nil
        isLoading = true
        return true
    }

    /// It was loaded.
    mutating func end() {
        last = .now
        isLoading = false
        if isWanted { wait() }
    }

    private mutating func wait() {
        isWanted = false
        dueAt = last.map { $0 + .milliseconds(500) } ?? .now
    }
}

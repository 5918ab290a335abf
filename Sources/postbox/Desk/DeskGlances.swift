internal import PostboxCore

/// What was found out a moment ago, for whoever asks again before it is too old. Times are nanoseconds of the monotonic clock.
struct Glance<Value: Sendable>: Sendable {
    private var seen: (value: Value, at: Int64)?
    /// Nanoseconds for which it is good.
    private let goodFor: Int64

    init(goodFor: Int64) { self.goodFor = goodFor }

    /// nil: nobody looked, or it is too old.
    func value(at now: Int64) -> Value? { seen.flatMap { now - $0.at < goodFor ? $0.value : nil } }

    mutating func keep(_ value: Value, at now: Int64) { seen = (value, now) }

    mutating func forget() { seen = nil }
}

/// What the desk has looked at: many ask for the same, several times a second.
struct DeskGlances: Sendable {
    var board = Glance<StatusBoard>(goodFor: 200_000_000)
    /// How many failures are open; nil: the ledger cannot be read.
    var failures = Glance<Int?>(goodFor: 2_000_000_000)
    /// What stands at the record's end; nil: there is no record.
    var record = Glance<RecordLook?>(goodFor: 2_000_000_000)

    /// Something was done, which is to be seen at once.
    mutating func forgetBoard() {
        board.forget()
        failures.forget()
    }
}

import TestSupport

/// The wire as the server saw it, of files of `PriceRows`: a row's value tells which row of which file it is, so that a newer one is a
/// larger.
struct PostedWire {
    /// Whether it was posted, by file and row.
    private var posted: [[Bool]] = []
    private var accepted: [String: (value: Int, connection: Int)] = [:]
    private var newest: [String: Int] = [:]
    /// Values of posts without an answer, by connection and PostID.
    private var waiting: [String: Int] = [:]
    /// `doubles`: posts beyond the first of a row.
    private(set) var (posts, doubles, connections) = (0, 0, 0)

    /// A file is dropped, the next one by number: these are the newest values of its RICs.
    mutating func expect(_ rows: PriceRows) {
        for (at, ric) in rows.rics.enumerated() { newest[ric] = rows.value(at) }
        posted.append(Array(repeating: false, count: rows.rics.count))
    }

    /// The next line of the record. Throws `Broken` when it is a post that no row made, or an old one after something newer.
    mutating func take(_ event: RunningSimulator.Event) throws {
        connections = max(connections, event.connection)
        let name = "\(event.connection) \(event.postID)"
        guard event.event == "post" else {
            guard let value = waiting.removeValue(forKey: name), event.outcome == "ack",
                value > accepted[event.ric]?.value ?? 0
            else { return }
            accepted[event.ric] = (value, event.connection)
            return
        }
        let value = try PriceRows.value(event)
        waiting[name] = value
        posts += 1
        let (file, row) = (value / 10_000 - 1, value % 10_000)
        guard posted.indices.contains(file), posted[file].indices.contains(row) else {
            throw Broken(description: "a post that no row made: \(event)")
        }
        if posted[file][row] { doubles += 1 }
        posted[file][row] = true
        if let newer = accepted[event.ric], newer.value > value {
            throw Broken(
                description:
                    "\(event.ric): \(value) came on connection \(event.connection) after \(newer.value) was accepted on connection \(newer.connection)"
            )
        }
    }

    /// Whatever became of the older ones: each RIC ends with its newest value.
    func verify() throws {
        guard newest == accepted.mapValues(\.value) else {
            throw Broken(description: "the server does not hold the newest value of every RIC")
        }
    }
}

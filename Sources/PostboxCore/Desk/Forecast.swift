/// When files in work will be through at the present rate.
package enum Forecast {
    /// Whole seconds until each file's last row has its outcome, by drop; a file is missing where that cannot be told: it was not read
    /// yet, it is held, or nothing goes at one of its destinations.
    ///
    /// A destination takes the rows of the files before it first, each at the rate of now.
    ///
    /// - Parameters:
    ///   - files: In the order in which their rows go.
    ///   - lanes: Of all destinations, with their rates.
    package static func seconds(_ files: [StatusBoard.File], _ lanes: [StatusBoard.Lane]) -> [Int: Int] {
        let rates = Dictionary(lanes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
            .filter { $0.value.state == .ready && !$0.value.isHeld }.mapValues(\.traffic.answersPerSecond)
        var ahead: [String: Double] = [:]
        var out: [Int: Int] = [:]
        for file in files {
            guard case .posting(let lines) = file.state, !file.destinations.isEmpty else { continue }
            let left = Double(max(0, lines - file.settled)) / Double(file.destinations.count)
            var seconds: Double? = 0
            for name in file.destinations {
                ahead[name, default: 0] += left
                if let rate = rates[name], rate > 0 {
                    seconds = seconds.map { max($0, ahead[name, default: 0] / rate) }
                } else {
                    seconds = nil
                }
            }
            if let seconds, seconds < 1e9 { out[file.drop] = Int(seconds.rounded(.up)) }
        }
        return out
    }
}

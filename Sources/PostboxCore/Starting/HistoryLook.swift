/// Whether a file has several days of the same instruments: each day's row would be posted, and the one that is last in the file would stay.
enum HistoryLook {
    /// What a draft asks then; nil: no instrument comes again with another day.
    ///
    /// - Parameter ric: the column that names the instruments.
    static func question(_ sketch: FileSketch, _ looks: ColumnLooks, ric: Int) -> FileSketch.Line? {
        let names = sketch.columns[ric].values
        for index in sketch.columns.indices where index != ric {
            let patterns: [String]
            switch looks.looks[index] {
            case .date(let date): patterns = [date.patterns[0]]
            case .ambiguousDate(_, let possible): patterns = possible
            default: continue
            }
            let days = sketch.columns[index].values
            // Where rows lack values nobody knows which belong together.
            guard days.count == names.count, comesAgain(names, days) else { continue }
            let name = sketch.columns[index].name
            return .question(
                "Instruments come again with another \(name): each row is posted, and the last one stays. Is the latest one meant?",
                choices: patterns.map { pattern in
                    let form = pattern == "yyyy-MM-dd" ? "" : ", date: \(yaml(pattern))"
                    return "take: {latest: \(yaml(name))\(form)}"
                })
        }
        return nil
    }

    private static func comesAgain(_ names: [String], _ days: [String]) -> Bool {
        var first: [String: String] = [:]
        for (name, day) in zip(names, days) where !name.isEmpty && !day.isEmpty {
            if let known = first[name], known != day { return true }
            first[name] = first[name] ?? day
        }
        return false
    }
}

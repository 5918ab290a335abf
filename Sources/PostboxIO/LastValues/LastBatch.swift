internal import PostboxCore

/// Many RICs looked up together, in the order in which runs have them: a block is read once for all that lie in it.
struct LastBatch {
    private struct Key {
        var hash: UInt64
        /// Index of the question.
        var index: Int
    }

    private let lookUp: LastLookUp
    private let questions: LastQuestions
    /// By target of the questions: its place in the store's names; nil: nothing was ever accepted there.
    private let targets: [Int?]
    /// By field of the questions, as above.
    private let fields: [Int?]

    init(_ questions: LastQuestions, in lookUp: LastLookUp, words: LastWords) {
        self.lookUp = lookUp
        self.questions = questions
        targets = questions.targets.map { words.place(destination: $0.destination, service: $0.service) }
        fields = questions.fields.map { words.fields.firstIndex(of: $0) }
    }

    /// Answers each question once. `open`: what the store does not hold yet; nil: nothing. Throws `LastRun.Damaged` and `DiskError`.
    func answer(over open: LastOverlay?, _ body: (Int, LastAnswer) throws -> Void) throws {
        var answer = LastAnswer(fields: fields.count)
        var keys: ContiguousArray<Key> = []
        keys.reserveCapacity(questions.questions.count)
        try questions.bytes.withUnsafeBytes { bytes in
            for (index, question) in questions.questions.enumerated() {
                guard let target = targets[question.target] else {
                    try body(index, answer)
                    continue
                }
                let ric = UnsafeRawBufferPointer(rebasing: bytes[question.ric])
                keys.append(Key(hash: LastKey.hash(target: target, ric: ric), index: index))
            }
            keys.sort { $0.hash < $1.hash }
            var fold = LastFold()
            var key = RawBytes(capacity: 64)
            for run in lookUp.runs where !keys.isEmpty {
                let room = LastRun.Room()
                var left = 0
                for at in keys.indices {
                    let entry = keys[at]
                    write(entry, bytes, to: &key)
                    let isFound = try run.find(entry.hash, key.written, in: room) { record in
                        guard fold.begin(record.body, keyCount: record.key.count) else {
                            throw LastRun.Damaged(path: run.path)
                        }
                    }
                    if isFound {
                        try open?.lay(over: &fold, entry.hash, key.written)
                        answer.take(fold, fields: fields, of: questions.place)
                        try body(entry.index, answer)
                    } else {
                        keys[left] = entry
                        left += 1
                    }
                }
                keys.removeSubrange(left...)
            }
            for entry in keys {
                write(entry, bytes, to: &key)
                fold.begin(key: key.written)
                try open?.lay(over: &fold, entry.hash, key.written)
                answer.take(fold, fields: fields, of: questions.place)
                try body(entry.index, answer)
            }
        }
    }

    private func write(_ entry: Key, _ bytes: UnsafeRawBufferPointer, to key: inout RawBytes) {
        let question = questions.questions[entry.index]
        key.removeAll()
        guard let target = targets[question.target] else { return }
        LastKey.write(target: target, ric: UnsafeRawBufferPointer(rebasing: bytes[question.ric]), to: &key)
    }
}

/// Accepted rows that a store does not hold yet, in the order of their keys.
struct LastOverlay: Sendable {
    /// As `LastRows` has them.
    private var text: [UInt8] = []
    private var rows: [(hash: UInt64, start: Int)] = []
    private let places: [DropPlace]

    /// `rows`: sorted. `places`: of the drops that they name.
    init(_ all: borrowing LastRows, places: [DropPlace]) {
        self.places = places
        var index = 0
        while let row = all.row(index) {
            rows.append((row.hash, text.count))
            text += row.bytes
            index += 1
        }
    }

    /// Lays what is known of a key over what a store knows. Throws `LastRun.Damaged` where a row cannot be read.
    func lay(over fold: inout LastFold, _ hash: UInt64, _ key: UnsafeRawBufferPointer) throws {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        try text.withUnsafeBytes { text in
            while low < rows.count, rows[low].hash == hash {
                let row = LastRow(text, at: rows[low].start)
                low += 1
                guard let row, row.ordinal < places.count else { throw LastRun.Damaged(path: "state/last") }
                guard LastKey.order(row.key, key) == 0 else { continue }
                guard fold.take(row, of: places[row.ordinal]) else { throw LastRun.Damaged(path: "state/last") }
            }
        }
    }
}

extension LastLookUp {
    /// As the rows of a file ask.
    var answers: LastAnswers {
        LastAnswers { questions, body in
            try LastBatch(questions, in: self, words: words).answer(over: nil, body)
        }
    }
}

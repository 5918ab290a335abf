/// What holds now in place of the values that a held drop's rows would change: others may have been accepted since it was held.
package struct HeldNow: Sendable {
    /// What is asked of the store of last values; nil: nothing.
    package let questions: LastQuestions?
    private let rows: [HeldRow]
    /// By question: the row that it is about.
    private let asked: [Int]
    private let fields: [String]

    /// - Parameters:
    ///   - rows: as they were when they were held. Rows of a service that nobody noted stay so, where there are several.
    ///   - destination: where they were judged.
    ///   - services: its services as the drop was claimed with them, the default first.
    package init(_ rows: [HeldRow], at destination: String, services: [String]) {
        self.rows = rows
        fields = Set(rows.flatMap(Self.fields)).sorted()
        var asked: [Int] = []
        var bytes: [UInt8] = []
        var questions: [LastQuestions.Question] = []
        for (index, row) in rows.enumerated() {
            guard let service = row.service ?? (services.count == 1 ? 0 : nil), services.indices.contains(service)
            else {
                continue
            }
            let start = bytes.count
            bytes += row.ric.utf8
            questions.append(LastQuestions.Question(target: service, ric: start..<bytes.count))
            asked.append(index)
        }
        self.asked = asked
        self.questions =
            questions.isEmpty
            ? nil
            : LastQuestions(
                targets: services.map { LastWords.Target(destination: destination, service: $0) }, fields: fields,
                bytes: bytes, questions: questions, place: DropPlace(drop: .max, age: .max))
    }

    /// The rows with what holds now, by the store of last values. Waits for the disk. Throws as `LastAnswers`.
    package func rows(_ answers: LastAnswers) throws -> [HeldRow] {
        guard let questions else { return rows }
        var rows = rows
        try answers.answer(questions) { index, answer in
            let row = rows[asked[index]]
            rows[asked[index]].old = old(of: row, answer)
        }
        return rows
    }

    /// The rows where nobody can tell now what holds.
    package var unknown: [HeldRow] {
        var rows = rows
        for index in rows.indices { rows[index].old = nil }
        return rows
    }

    private func old(of row: HeldRow, _ answer: LastAnswer) -> String? {
        func json(_ field: String) -> String? {
            fields.firstIndex(of: field).flatMap { answer.seen[$0] }.map { String(decoding: $0.json, as: UTF8.self) }
        }
        guard row.field.isEmpty else { return json(row.field) }
        let members = Self.fields(row).compactMap { field in json(field).map { JSONText.quoted(field) + ":" + $0 } }
        return members.isEmpty ? nil : "{" + members.joined(separator: ",") + "}"
    }

    /// Fields that a row would change, in its own order.
    private static func fields(_ row: HeldRow) -> [String] {
        guard row.field.isEmpty else { return [row.field] }
        var names: [String] = []
        Array((row.new ?? "").utf8).withUnsafeBytes { text in
            var members = JSONMembers(text)
            while let member = members?.next() { names.append(String(decoding: member.name, as: UTF8.self)) }
        }
        return names
    }
}

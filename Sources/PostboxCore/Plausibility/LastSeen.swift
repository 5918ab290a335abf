/// A value that was accepted last of a RIC and a field at a destination, as a check compares with it.
package struct LastSeen: Sendable, Equatable {
    /// As it went on the wire: JSON such as `1.50` or `"text"`.
    package var json: [UInt8]
    /// The drop that it came with.
    package var drop: Int
    /// When it was accepted: microseconds since 1970.
    package var acceptedAt: Int64
    /// So many files in a row brought it: 1 at least.
    package var run: Int

    package init(json: [UInt8], drop: Int, acceptedAt: Int64, run: Int) {
        self.json = json
        self.drop = drop
        self.acceptedAt = acceptedAt
        self.run = run
    }
}

/// Rows of a file whose last accepted values are wanted together.
package struct LastQuestions: Sendable {
    /// One row at one destination.
    package struct Question: Sendable, Equatable {
        /// Index into `targets`.
        package var target: Int
        /// Where the RIC lies in `bytes`.
        package var ric: Range<Int>

        package init(target: Int, ric: Range<Int>) {
            self.target = target
            self.ric = ric
        }
    }

    /// Destinations, each with a service of it.
    package var targets: [LastWords.Target]
    /// Names of the fields that are wanted.
    package var fields: [String]
    package var bytes: [UInt8]
    package var questions: [Question]
    /// The drop that asks: a value that came with it, or with a newer one, is none that it follows.
    package var place: DropPlace

    package init(
        targets: [LastWords.Target], fields: [String], bytes: [UInt8], questions: [Question], place: DropPlace
    ) {
        self.targets = targets
        self.fields = fields
        self.bytes = bytes
        self.questions = questions
        self.place = place
    }
}

/// What is known of one row: by field of the questions; nil: nothing of that field was accepted.
package struct LastAnswer: Sendable, Equatable {
    package var seen: [LastSeen?]
    /// By field: the value came with the drop that asks, or with a newer one.
    package var isNewer: [Bool]

    package init(fields: Int) {
        seen = Array(repeating: nil, count: fields)
        isNewer = Array(repeating: false, count: fields)
    }

    /// Nothing is known.
    package mutating func clear() {
        for index in seen.indices {
            seen[index] = nil
            isNewer[index] = false
        }
    }

    /// Takes what a fold has of these fields, by their places among the store's; nil: the store knows no such field.
    package mutating func take(_ fold: borrowing LastFold, fields: [Int?], of place: DropPlace) {
        clear()
        fold.each { known, json, origin, run in
            guard let index = fields.firstIndex(where: { $0 == known }) else { return }
            seen[index] = LastSeen(
                json: Array(json), drop: origin.drop, acceptedAt: origin.acceptedAt, run: run)
            let drop = DropPlace(drop: origin.drop, age: origin.age)
            isNewer[index] = !place.isNewer(than: drop)
        }
    }
}

/// The last accepted values as the rows of a file ask for them, many together.
package struct LastAnswers: Sendable {
    /// Gives `body` the answer to each question once, in any order; the index is the question's. It waits for the disk. Throws when
    /// the store cannot be read: then nothing is known, and nobody may take a RIC for one that was never seen.
    package typealias Answer = @Sendable (LastQuestions, _ body: (Int, LastAnswer) throws -> Void) throws -> Void

    private let answer: Answer

    package init(_ answer: @escaping Answer) { self.answer = answer }

    /// Nothing is known of any RIC.
    package static let empty = LastAnswers { questions, body in
        let none = LastAnswer(fields: questions.fields.count)
        for index in questions.questions.indices { try body(index, none) }
    }

    /// As `Answer`.
    package func answer(_ questions: LastQuestions, _ body: (Int, LastAnswer) throws -> Void) throws {
        try answer(questions, body)
    }
}

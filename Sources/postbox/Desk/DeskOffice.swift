internal import Logging
internal import PostboxCore
internal import PostboxIO

/// What the control socket can have done and shown by the rest of the service.
struct DeskHands: Sendable {
    /// Does what a person asks with a drop.
    var act: @Sendable (DeskAct, Person) async -> DeskAnswer
    /// What is held, by drop number.
    var held: @Sendable () async -> [HeldDrop]
    /// How everything stands.
    var board: @Sendable () async -> StatusBoard
}

/// Answers what comes in at the control socket.
actor DeskOffice {
    /// Nanoseconds for which a look at everything is good: whoever asks faster gets it again.
    private static let boardIsGood: Int64 = 200_000_000

    private let context: Context
    private let hands: DeskHands
    private let people = People()
    /// Looks into results and the store of last values: whatever is read there, no file waits for it.
    private let reading = DiskThreads(label: "last", count: 1)
    private let folder: ControlFolder
    private var board: (board: StatusBoard, at: Int64)?

    init(_ context: Context, _ hands: DeskHands) {
        self.context = context
        self.hands = hands
        folder = ControlFolder(stateDirectory: context.settings.directories.state)
    }

    /// Listens until its task is cancelled.
    nonisolated func run() async {
        let path = context.settings.socketPath
        let server = DeskServer(
            DeskSocket(path),
            news: { [logger = context.logger] news in
                guard case .failed(let why) = news else { return }
                logger.warning(
                    "\(why); commands that need it do not work, and it is tried again",
                    metadata: ["event": .event(.controlFault), "path": "\(path)"])
            },
            answer: { await self.answer($0) })
        await server.run()
    }

    func answer(_ request: DeskRequest) async -> DeskReply {
        let found = DeskCall.find(method: request.method, target: request.target)
        guard case .call(let call) = found else {
            return DeskReply(found) ?? DeskReply(problem: 500, "a fault of Postbox itself")
        }
        switch call {
        case .health: return DeskReply("{\"alive\":true}")
        case .ready:
            guard let why = await look().notReady else { return DeskReply("{\"ready\":true}") }
            return DeskReply(problem: 503, why)
        case .status:
            return DeskReply(await look().json)
        case .held:
            return DeskReply("{\"held\":[\(await hands.held().map(\.json).joined(separator: ","))]}")
        case .last(let ric, let service, let destination):
            return await last(ric, service, destination)
        case .act(let verb, let drop): return await act(verb, drop, request)
        }
    }

    private func look() async -> StatusBoard {
        let now = Clock.monotonic()
        if let board, now - board.at < Self.boardIsGood { return board.board }
        var new = await hands.board()
        new.held = await hands.held()
        board = (new, now)
        return new
    }

    private func last(_ ric: String, _ service: String?, _ destination: String?) async -> DeskReply {
        guard context.lastValues != nil else {
            return DeskReply(problem: 503, "last values are not kept (`last_values: off`)", refusal: .unavailable)
        }
        let directories = context.settings.directories
        do {
            let found = try await reading.run {
                try LastLookup(ric, service: service, destination: destination, in: directories).json
            }
            return DeskReply("{\"last\":[\(found.joined(separator: ","))]}")
        } catch {
            return DeskReply(problem: 503, Words.of(error), refusal: .unavailable)
        }
    }

    // MARK: - Acts

    private func act(_ verb: DeskVerb, _ drop: Int, _ request: DeskRequest) async -> DeskReply {
        guard let uid = request.uid else {
            return DeskReply(problem: 403, "who speaks cannot be told", refusal: .notAllowed)
        }
        if let type = request.contentType, !request.body.isEmpty,
            type.split(separator: ";").first.map({ $0.lowercased().filter { $0 != " " } }) != "application/json"
        {
            return DeskReply(problem: 415, "the body is to be JSON (Content-Type: application/json)")
        }
        let order: DeskOrder
        do throws(DeskOrder.Fault) {
            order = try DeskOrder(request.body, for: verb)
        } catch {
            return DeskReply(error)
        }
        let person = await people.person(uid)
        let answer: DeskAnswer
        let rows: String
        if let act = order.act(verb, drop: drop) {
            answer = await hands.act(act, person)
            rows = act.rows
        } else {
            answer = await leave(verb, drop, person)
            rows = ""
        }
        record(verb, drop, rows, order.why, by: person, answer)
        board = nil
        return DeskReply(answer)
    }

    /// Cancels, holds and resumes as the commands of these names do, whether a service runs or not: by a small file.
    private func leave(_ verb: DeskVerb, _ drop: Int, _ person: Person) async -> DeskAnswer {
        let command = verb == .cancel ? DeskCommand.cancelDrop(drop) : .holdDrop(drop)
        do {
            switch try await context.ledger.isFinished(drop) {
            case nil: return .refused(.unknownDrop, text: "there is no drop \(drop)")
            case true?: return .refused(.wrongStage, text: "drop \(drop) is finished already")
            case false?: break
            }
            let note = CommandNote(by: person.text)
            return try await context.disk.run { [folder] in
                guard verb == .resume else {
                    let isNew = try folder.give(command, note)
                    let words = verb == .cancel ? "will be cancelled" : "is held"
                    return .done(text: "drop \(drop) \(words)\(isNew ? "" : " already")", facts: [:], drop: drop)
                }
                guard try folder.entry(command) != nil else {
                    return .refused(.wrongStage, text: "drop \(drop) is not held")
                }
                try folder.remove([command])
                return .done(text: "drop \(drop) goes on", facts: [:], drop: drop)
            }
        } catch {
            return .refused(.unavailable, text: Words.of(error))
        }
    }

    private func record(
        _ verb: DeskVerb, _ drop: Int, _ rows: String, _ why: String?, by person: Person, _ answer: DeskAnswer
    ) {
        var facts: Logger.Metadata = [
            "event": .event(.deskAct), "by": "\(person.text)", "what": "\(verb.rawValue)", "drop": "\(drop)",
        ]
        if !rows.isEmpty { facts["rows"] = "\(rows)" }
        if let why { facts["why"] = "\(why)" }
        switch answer {
        case .done(let text, let counts, let new):
            facts["answer"] = "done"
            if let new, new != drop { facts["new_drop"] = "\(new)" }
            for (word, count) in counts { facts["\(word)"] = "\(count)" }
            facts["text"] = "\(text)"
        case .proposed(let text):
            facts["answer"] = "proposed"
            facts["text"] = "\(text)"
        case .refused(let refusal, let text):
            facts["answer"] = "\(refusal.rawValue)"
            facts["text"] = "\(text)"
        }
        context.logger.notice("\(person.text) asks to \(verb.rawValue) drop \(drop)", metadata: facts)
    }
}

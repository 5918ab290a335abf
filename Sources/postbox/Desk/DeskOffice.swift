internal import Logging
internal import PostboxCore
internal import PostboxIO

/// What the desk can have done and shown by the rest of the service.
struct DeskHands: Sendable {
    /// Does what a person asks with a drop.
    var act: @Sendable (DeskAct, Person) async -> DeskAnswer
    /// What is held, by drop number.
    var held: @Sendable () async -> [HeldDrop]
    /// How everything stands.
    var board: @Sendable () async -> StatusBoard
}

/// Answers what comes in at the control socket and over TCP.
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
    private var gate: DeskGate

    init(_ context: Context, _ hands: DeskHands) {
        self.context = context
        self.hands = hands
        let http = context.settings.http
        let names = (http?.hosts ?? []) + MachineNames.all + (http?.tls.map(DeskCertificate.names) ?? [])
        gate = DeskGate(http, hosts: HostNames(listen: http?.listen, more: names)) { SHA256Text.of(Array($0.utf8)) }
        folder = ControlFolder(stateDirectory: context.settings.directories.state)
    }

    /// Listens until its task is cancelled.
    nonisolated func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.listen(at: .socket(DeskSocket(self.context.settings.socketPath))) }
            guard let http = context.settings.http, let address = http.listen else { return }
            group.addTask { await self.listen(at: .network(address, http.tls)) }
        }
    }

    private nonisolated func listen(at place: DeskPlace) async {
        let (path, scheme) = (context.settings.socketPath, context.settings.http?.tls == nil ? "http" : "https")
        let server = DeskServer(
            place,
            news: { [logger = context.logger] news in
                switch news {
                case .listens: break
                case .serves(let address):
                    let url = "\(scheme)://\(address)"
                    logger.notice(
                        "the page is at \(url)", metadata: ["event": .event(.pageServed), "url": "\(url)"])
                case .failed(let why):
                    logger.warning(
                        "\(why); what needs it does not work, and it is tried again",
                        metadata: ["event": .event(.controlFault), "path": "\(path)"])
                }
            },
            answer: { await self.answer($0) })
        await server.run()
    }

    /// The answer to any request, whoever sends it.
    func answer(_ request: DeskRequest) async -> DeskOutput {
        var request = request
        // The connection leaves the body out.
        if request.method == "HEAD" { request.method = "GET" }
        let found = DeskCall.find(method: request.method, target: request.target)
        // Whoever looks whether we live knows neither names nor tokens.
        if found == .call(.health) { return .whole(DeskReply("{\"alive\":true}")) }
        do throws(DeskGate.Refusal) {
            let account = await account(of: request)
            let caller = try gate.caller(
                of: request, account: account, wall: Clock.wall(), at: Clock.monotonic(), chance: Secrets.make)
            return await answer(found, request, caller)
        } catch {
            return .whole(DeskReply(error))
        }
    }

    private func account(of request: DeskRequest) async -> Person? {
        guard let uid = request.uid else { return nil }
        return await people.person(uid)
    }

    private func answer(_ found: DeskCall.Found, _ request: DeskRequest, _ caller: DeskCaller) async -> DeskOutput {
        guard case .call(let call) = found else {
            return .whole(DeskReply(found) ?? DeskReply(problem: 500, "a fault of Postbox itself"))
        }
        if let right = call.right, !caller.rights.contains(right) {
            return .whole(caller.way == .nobody ? .needsLogin : .notAllowed(caller, right))
        }
        return .whole(await reply(call, request, caller))
    }

    private func reply(_ call: DeskCall, _ request: DeskRequest, _ caller: DeskCaller) async -> DeskReply {
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
        case .act(let verb, let drop): return await act(verb, drop, request, caller)
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

    private func act(_ verb: DeskVerb, _ drop: Int, _ request: DeskRequest, _ caller: DeskCaller) async -> DeskReply {
        guard let person = caller.person else {
            return DeskReply(problem: 403, "who speaks cannot be told", refusal: .notAllowed)
        }
        if !request.body.isEmpty, let type = request.contentType, type != "application/json" {
            return DeskReply(problem: 415, "the body is to be JSON (Content-Type: application/json)")
        }
        guard DeskGate.isOwn(request, by: caller, formKey: nil) else {
            return DeskReply(problem: 403, "the request comes from a page of somebody else", refusal: .notAllowed)
        }
        let order: DeskOrder
        do throws(DeskOrder.Fault) {
            order = try DeskOrder(request.body, for: verb)
        } catch {
            return DeskReply(error)
        }
        if let refused = await refusal(caller, drop) { return DeskReply(refused) }
        let answer: DeskAnswer
        let rows: String
        if let act = order.act(verb, drop: drop) {
            answer = await hands.act(act, person)
            rows = act.rows
        } else {
            answer = await leave(verb, drop, person)
            rows = ""
        }
        record(verb, drop, rows, order.why, by: person, from: request.source, answer)
        board = nil
        return DeskReply(answer)
    }

    /// Why somebody may not act on a drop: it is of a rule that is not his. nil: he may.
    private func refusal(_ caller: DeskCaller, _ drop: Int) async -> DeskAnswer? {
        guard !caller.rules.isEmpty else { return nil }
        do {
            guard let record = try await context.ledger.record(of: drop) else {
                return .refused(.unknownDrop, text: "there is no drop \(drop)")
            }
            guard !caller.mayAct(onRule: record.snapshot.rule.match) else { return nil }
            let name = caller.person.map { ReleaseRule.name($0.text) } ?? ""
            return .refused(
                .notAllowed,
                text:
                    "\(name) may act on files of the rules \(caller.rules.joined(separator: ", ")) only; drop \(drop) is of \(record.snapshot.rule.match.isEmpty ? "the plain mapping" : record.snapshot.rule.match)"
            )
        } catch {
            return .refused(.unavailable, text: Words.of(error))
        }
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
        _ verb: DeskVerb, _ drop: Int, _ rows: String, _ why: String?, by person: Person,
        from source: DeskRequest.Source,
        _ answer: DeskAnswer
    ) {
        var facts: Logger.Metadata = [
            "event": .event(.deskAct), "by": "\(person.text)", "what": "\(verb.rawValue)", "drop": "\(drop)",
        ]
        if case .network(let address, _) = source { facts["from"] = "\(address)" }
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

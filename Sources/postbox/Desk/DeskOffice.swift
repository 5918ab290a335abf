internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Answers what comes in at the control socket and over TCP.
actor DeskOffice {
    let context: Context
    let hands: DeskHands
    private let people = People()
    /// Looks into results and the store of last values: whatever is read there, no file waits for it.
    private let reading = DiskThreads(label: "last", count: 1)
    private let folder: ControlFolder
    private let traffic: TrafficWatch
    /// What looks at failures found.
    let knownFailures = KnownFailures()
    /// What looks at RICs found in results that grow.
    let growing = GrowingResults()
    /// nil: a run with `--once` ends before anybody asks.
    private let failureWatch: FailureWatch?
    /// nil: a run with `--once` waits for no file.
    private let schedule: ScheduleWatch?
    let alerts: AlertStore
    private var glances = DeskGlances()
    var gate: DeskGate
    /// What the gate goes by.
    private var http: HTTPSettings?
    /// What this machine is called, on the page.
    static let hostName = MachineNames.longest ?? ""
    private var ticking: Task<Void, Never>?

    /// `isOnce`: the service ends when nothing is left to do.
    init(_ context: Context, _ hands: DeskHands, _ alerts: AlertStore, isOnce: Bool) {
        self.context = context
        self.alerts = alerts
        self.hands = hands
        http = context.settings.http
        gate = DeskGate(http, hosts: Self.hosts(of: http)) { SHA256Text.of(Array($0.utf8)) }
        schedule = isOnce ? nil : ScheduleWatch(context, reading: reading, known: knownFailures)
        failureWatch = isOnce ? nil : FailureWatch(context, reading: reading, known: knownFailures)
        traffic = TrafficWatch(context, reading: reading, settled: hands.settled)
        folder = ControlFolder(stateDirectory: context.settings.directories.state)
    }

    private static func hosts(of http: HTTPSettings?) -> HostNames {
        let names = (http?.hosts ?? []) + MachineNames.all + (http?.tls.map(DeskCertificate.names) ?? [])
        return HostNames(listen: http?.listen, more: names)
    }

    /// Users and names of the configuration in force are those that the gate knows.
    private func keepGate() {
        let now = context.settings.http
        guard now != http else { return }
        http = now
        gate.use(now, hosts: Self.hosts(of: now))
    }

    /// Listens until its task is cancelled.
    nonisolated func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.traffic.run() }
            group.addTask { await self.schedule?.run { await self.look() } }
            group.addTask { await self.failureWatch?.run() }
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
        let account = await account(of: request)
        keepGate()
        if let reply = await page(request, account) { return .whole(reply) }
        do throws(DeskGate.Refusal) {
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
        switch call {
        case .file(let drop, let file): return await send(file, of: drop, request)
        case .events: return follow(caller)
        default: return .whole(await reply(call, request, caller))
        }
    }

    private func reply(_ call: DeskCall, _ request: DeskRequest, _ caller: DeskCaller) async -> DeskReply {
        switch call {
        case .health: return DeskReply("{\"alive\":true}")
        case .ready:
            guard let why = await look().notReady else { return DeskReply("{\"ready\":true}") }
            return DeskReply(problem: 503, why)
        case .metrics:
            return await metrics(MetricsText.Form(accept: request.header("accept")))
        case .status:
            return DeskReply(await look().json)
        case .held:
            return DeskReply("{\"held\":[\(await heldWithRows().map(\.json).joined(separator: ","))]}")
        case .last(let ric, let service, let destination):
            return await last(ric, service, destination)
        case .ricRows(let query):
            return await read { [growing] in DeskReply(try RICHistory.rows(query, in: $0, growing).json) }
        case .drops(let query):
            return await read { [knownFailures] in
                DeskReply(try DropLookup(in: $0, known: knownFailures).list(query).json)
            }
        case .drop(let drop):
            let waits = await look().waits(ofDrop: drop)
            return await read { [knownFailures] in
                guard var detail = try DropLookup(in: $0, known: knownFailures).detail(of: drop) else {
                    return Self.noDrop(drop)
                }
                // It may have ended since the board was made.
                if !detail.line.isFinished { detail.waits = waits }
                return DeskReply(detail.json)
            }
        case .rows(let drop, let filter, let page):
            return await read {
                guard let (_, file) = try DropLookup(in: $0).open(.result, of: drop) else { return Self.noFile(drop) }
                guard let page = try file.page(filter, from: page) else {
                    return DeskReply(problem: 400, "no page begins there: take `next` of the page before")
                }
                return DeskReply(page.json)
            }
        case .description: return DeskReply(OpenAPI.text)
        case .act(let verb, let drop): return await act(verb, drop, request, caller)
        case .hold(let subject, let isHold): return await hold(subject, isHold, request, caller)
        case .reload: return await reload(request, caller)
        case .alert(let call):
            if let reply = Self.refusal(request, caller) { return reply }
            do throws(DeskOrder.Fault) {
                return DeskReply(
                    await act(call, try AlertOrder(request.body, for: call), caller, from: request.source))
            } catch {
                return DeskReply(error)
            }
        case .republish(let destination):
            return await act(.republish, request, caller) { (order) throws(DeskOrder.Fault) in
                (order.republication(at: destination), rule: order.rule)
            }
        case .withdraw(let rule):
            return await act(.withdraw, request, caller) { (order) throws(DeskOrder.Fault) in
                (try order.withdrawal(ofRule: rule), rule: rule)
            }
        // They are sent piece by piece.
        case .file, .events: return DeskReply(problem: 500, "a fault of Postbox itself")
        }
    }

    // MARK: - What is read

    /// How many files ended badly and have rows that are not put right; looked up every two seconds at most. nil: the ledger cannot be
    /// read.
    func openFailures() async -> Int? {
        let now = Clock.monotonic()
        if let count = glances.failures.value(at: now) { return count }
        let count = try? await reading.run { [directories = context.settings.directories, knownFailures] in
            try DropLookup(in: directories, known: knownFailures).openFailures()
        }
        glances.failures.keep(count, at: now)
        return count
    }

    /// What a look at the record's end finds; looked at every two seconds at most. nil: there is no record.
    func recordLook() async -> RecordLook? {
        let now = Clock.monotonic()
        if let look = glances.record.value(at: now) { return look }
        let look: RecordLook?
        do {
            look = try await reading.run { [directories = context.settings.directories] in
                try RecordGlance(directories: directories).look()
            }
        } catch {
            look = RecordLook(unread: Words.of(error))
        }
        glances.record.keep(look, at: now)
        return look
    }

    private static func noDrop(_ drop: Int) -> DeskReply {
        DeskReply(problem: 404, "there is no drop \(drop)", refusal: .unknownDrop)
    }

    private static func noFile(_ drop: Int) -> DeskReply {
        DeskReply(problem: 404, "there is no such file of drop \(drop), or no such drop")
    }

    /// Reads beside the service, which waits for nothing of it.
    func read(_ body: @escaping @Sendable (Settings.Directories) throws -> DeskReply) async -> DeskReply {
        do {
            return try await reading.run { [directories = context.settings.directories] in try body(directories) }
        } catch {
            return DeskReply(problem: 503, Words.of(error), refusal: .unavailable)
        }
    }

    private func send(_ file: DeskCall.DropFile, of drop: Int, _ request: DeskRequest) async -> DeskOutput {
        do {
            let found = try await reading.run { [directories = context.settings.directories] in
                try DropLookup(in: directories).open(file, of: drop)
            }
            guard let found else { return .whole(Self.noFile(drop)) }
            let size = found.file.size
            var head = DeskReply("", kind: .bytes)
            switch file {
            case .result: head.kind = .table
            case .summary: head.kind = .data
            case .rejects: break
            }
            head.headers = [
                .init("Accept-Ranges", "bytes"),
                .init("Content-Disposition", "attachment; filename*=UTF-8''" + DeskQuery.escaped(found.name)),
            ]
            var range = 0..<size
            switch ByteRange(request.header("range"), of: size) {
            case .whole: break
            case .part(let part):
                range = part
                head.status = 206
                head.headers.append(.init("Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)"))
            case .outside:
                var reply = DeskReply(problem: 416, "the file has \(size) bytes")
                reply.headers = [.init("Content-Range", "bytes */\(size)")]
                return .whole(reply)
            }
            return .stream(
                DeskStream(head: head, length: range.count, next: found.file.pieces(range, on: reading)))
        } catch {
            return .whole(DeskReply(problem: 503, Words.of(error), refusal: .unavailable))
        }
    }

    // MARK: - What happens

    private func follow(_ caller: DeskCaller) -> DeskOutput {
        let follower = LineLog.followers.follow()
        if ticking == nil { ticking = Task(priority: .background) { await self.tick() } }
        return .stream(
            DeskStream(head: DeskReply("", kind: .events), length: nil) {
                // He is told something every two seconds, so that a stream outlives the right to it by no more than that.
                guard let piece = await follower.next(), await self.mayFollow(caller) else { return nil }
                return piece
            })
    }

    private func mayFollow(_ caller: DeskCaller) -> Bool {
        keepGate()
        return gate.mayFollow(caller, wall: Clock.wall())
    }

    /// Tells those who follow how everything stands, as long as there are any: twice a second at most, and every two seconds at least.
    private func tick() async {
        var (last, told): (StatusBoard?, Int64) = (nil, 0)
        while LineLog.followers.isFollowed {
            let board = await look()
            let now = Clock.monotonic()
            let brief = board.brief(at: Clock.wall())
            if board != last {
                LineLog.followers.tell(DeskEvent(.status, brief))
                (last, told) = (board, now)
            } else if now - told >= 2_000_000_000 {
                LineLog.followers.tell(DeskEvent(.alive, brief))
                told = now
            }
            try? await Task.sleep(for: .milliseconds(500))
        }
        ticking = nil
    }

    /// What was done is seen at once.
    func forgetBoard() { glances.forgetBoard() }

    /// How everything stands, not older than a moment.
    func look() async -> StatusBoard {
        let now = Clock.monotonic()
        if let board = glances.board.value(at: now) { return board }
        var new = await hands.board()
        // No rows: nothing that stands on the board shows them, and it is looked at several times a second.
        new.held = await hands.held(false)
        await traffic.complete(&new)
        let wall = Clock.wall()
        if let schedule {
            let standing = await schedule.standing(new, at: wall)
            new.schedule = standing.lines
            new.take(standing.deadlines, at: wall)
        }
        (new.alerts, new.mutes) = context.alerts.book.withLock { ($0.list(at: wall), $0.muted(at: wall)) }
        glances.board.keep(new, at: now)
        return new
    }

    /// What is held, with the rows that need a look.
    func heldWithRows() async -> [HeldDrop] {
        var held = await hands.held(true)
        guard let schedule else { return held }
        let deadlines = await schedule.deadlines
        for at in held.indices { held[at].take(deadlines) }
        return held
    }

    private func metrics(_ form: MetricsText.Form) async -> DeskReply {
        let board = await look()
        let (files, tokensEnd) = await hands.figures()
        // It is of memory alone, and waits for nothing.
        let process = try? ProcessFigures.now()
        let metrics = Metrics(
            board: board, rows: context.progress.now.rows, files: files, alerts: context.alerts.counts,
            tokensEnd: tokensEnd, process: process, now: Clock.wall())
        return DeskReply(metrics.text(form), kind: form.kind)
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
            if found.isEmpty, let problem = context.settings.destinationNames.problem(of: destination) {
                return DeskReply(problem: 404, problem)
            }
            return DeskReply("{\"last\":[\(found.joined(separator: ","))]}")
        } catch {
            return DeskReply(problem: 503, Words.of(error), refusal: .unavailable)
        }
    }

    // MARK: - Acts

    /// Why nothing is done at all for somebody: nobody knows who he is, or another page made his browser ask. nil: it may be done.
    private static func refusal(_ request: DeskRequest, _ caller: DeskCaller) -> DeskReply? {
        guard caller.person != nil else {
            return DeskReply(problem: 403, "who speaks cannot be told", refusal: .notAllowed)
        }
        if !request.body.isEmpty, let type = request.contentType, type != "application/json" {
            return DeskReply(problem: 415, "the body is to be JSON (Content-Type: application/json)")
        }
        guard DeskGate.isOwn(request, by: caller, formKey: nil) else {
            return DeskReply(problem: 403, "the request comes from a page of somebody else", refusal: .notAllowed)
        }
        return nil
    }

    /// Holds the inbox or a destination, or lets them go on, as the commands of these names do.
    private func hold(
        _ subject: DeskCall.HoldSubject, _ isHold: Bool, _ request: DeskRequest, _ caller: DeskCaller
    ) async -> DeskReply {
        if let reply = Self.refusal(request, caller) { return reply }
        let order: DeskOrder
        do throws(DeskOrder.Fault) {
            order = try DeskOrder(request.body, for: isHold ? .hold : .resume)
        } catch {
            return DeskReply(error)
        }
        return DeskReply(
            await hold(subject, isHold, why: order.why, until: order.until, caller, from: request.source))
    }

    func hold(
        _ subject: DeskCall.HoldSubject, _ isHold: Bool, why: String?, until: Int64? = nil, _ caller: DeskCaller,
        from source: DeskRequest.Source
    ) async -> DeskAnswer {
        guard let person = caller.person else { return .refused(.notAllowed, text: "who speaks cannot be told") }
        let command = subject.command
        let answer: DeskAnswer
        if case .destination(let name) = subject, context.lanes[name] == nil {
            answer = .refused(
                .unknownDrop,
                text: context.settings.destinationNames.problem(of: name)
                    ?? "the destination \(VisibleText.line(name)) is not served yet")
        } else if case .rule(let match) = subject, isHold,
            let problem = context.settings.ruleNames.problem(of: match)
        {
            answer = .refused(.unknownDrop, text: problem)
        } else if !caller.mayAct(onRule: subject.rule) {
            answer = .refused(
                .notAllowed,
                text:
                    "\(ReleaseRule.name(person.text)) may act on files of some rules only, and not on \(command.subject)"
            )
        } else {
            answer = await leave(
                command, CommandNote(by: person.text, why: why, until: until), isThere: isHold,
                subject: command.subject, drop: nil)
        }
        record(isHold ? .hold : .resume, nil, subject: command.subject, "", why, by: person, from: source, answer)
        forgetBoard()
        return answer
    }

    /// Has the configuration loaded anew.
    private func reload(_ request: DeskRequest, _ caller: DeskCaller) async -> DeskReply {
        if let reply = Self.refusal(request, caller) { return reply }
        let order: DeskOrder
        do throws(DeskOrder.Fault) {
            order = try DeskOrder(ofReload: request.body)
        } catch {
            return DeskReply(error)
        }
        guard let person = caller.person, caller.mayAct(onRule: nil) else {
            let name = caller.person.map { ReleaseRule.name($0.text) } ?? "nobody in particular"
            return DeskReply(
                .refused(
                    .notAllowed,
                    text: "\(name) may act on files of some rules only, and not on the configuration of all"))
        }
        let from =
            switch request.source {
            case .socket: "control socket"
            case .network(let address, _): address
            }
        let answer = await hands.reload(person, from, order.why)
        forgetBoard()
        return DeskReply(answer)
    }

    /// Does what is about more than a drop. `make`: the act that is meant, and the rule whose files it is about; nil: it is about those
    /// of all.
    private func act(
        _ verb: DeskVerb, _ request: DeskRequest, _ caller: DeskCaller,
        _ make: (DeskOrder) throws(DeskOrder.Fault) -> (DeskAct, rule: String?)
    ) async -> DeskReply {
        if let reply = Self.refusal(request, caller) { return reply }
        guard let person = caller.person else { return DeskReply(problem: 403, "who speaks cannot be told") }
        let (act, rule): (DeskAct, String?)
        do throws(DeskOrder.Fault) {
            (act, rule) = try make(try DeskOrder(request.body, for: verb))
        } catch {
            return DeskReply(error)
        }
        let subject = act.subject ?? ""
        let answer =
            caller.mayAct(onRule: rule)
            ? await hands.act(act, person)
            : .refused(
                .notAllowed,
                text:
                    "\(ReleaseRule.name(person.text)) may act on files of some rules only, and not on \(subject)")
        // Who only looks does nothing that anybody would have to know of.
        guard !act.isPreview else { return DeskReply(answer) }
        record(verb, nil, subject: subject, act.rows, act.why, by: person, from: request.source, answer)
        forgetBoard()
        return DeskReply(answer)
    }

    private func act(_ verb: DeskVerb, _ drop: Int, _ request: DeskRequest, _ caller: DeskCaller) async -> DeskReply {
        if let reply = Self.refusal(request, caller) { return reply }
        let order: DeskOrder
        do throws(DeskOrder.Fault) {
            order = try DeskOrder(request.body, for: verb)
        } catch {
            return DeskReply(error)
        }
        return DeskReply(await act(verb, drop, order, caller, from: request.source))
    }

    func act(
        _ verb: DeskVerb, _ drop: Int, _ order: DeskOrder, _ caller: DeskCaller, from source: DeskRequest.Source
    ) async -> DeskAnswer {
        guard let person = caller.person else { return .refused(.notAllowed, text: "who speaks cannot be told") }
        let act = order.act(verb, drop: drop)
        let answer: DeskAnswer
        if let refused = await refusal(caller, drop) {
            answer = refused
        } else if let act {
            answer = await hands.act(act, person)
        } else {
            answer = await leave(verb, drop, CommandNote(by: person.text, why: order.why, until: order.until))
        }
        // As above.
        guard act?.isPreview != true else { return answer }
        record(verb, drop, subject: "drop \(drop)", act?.rows ?? "", order.why, by: person, from: source, answer)
        forgetBoard()
        return answer
    }

    /// Why somebody may not act on a drop: it is of a rule that is not his. nil: he may.
    private func refusal(_ caller: DeskCaller, _ drop: Int) async -> DeskAnswer? {
        guard !caller.rules.isEmpty else { return nil }
        do {
            guard let record = try await context.ledger.record(of: drop) else {
                return .refused(.unknownDrop, text: "there is no drop \(drop)")
            }
            var rule = record.snapshot.rule
            // What Postbox made of a file's values is that file's.
            if rule.sendsAsIs == true, let original = record.snapshot.original,
                let first = try await context.ledger.record(of: original)
            {
                rule = first.snapshot.rule
            }
            guard !caller.mayAct(onRule: rule.match) else { return nil }
            let name = caller.person.map { ReleaseRule.name($0.text) } ?? ""
            return .refused(
                .notAllowed,
                text:
                    "\(name) may act on files of the \(Plural.word(caller.rules.count, "rule")) \(caller.rules.joined(separator: ", ")) only; drop \(drop) is of \(rule.match.isEmpty ? "the plain mapping" : rule.match)"
            )
        } catch {
            return .refused(.unavailable, text: Words.of(error))
        }
    }

    /// Cancels, holds and resumes as the commands of these names do, whether a service runs or not: by a small file.
    private func leave(_ verb: DeskVerb, _ drop: Int, _ note: CommandNote) async -> DeskAnswer {
        let command = verb == .cancel ? DeskCommand.cancelDrop(drop) : .holdDrop(drop)
        let record: DropRecord
        do {
            guard let found = try await context.ledger.record(of: drop) else {
                return .refused(.unknownDrop, text: "there is no drop \(drop)")
            }
            record = found
        } catch {
            return .refused(.unavailable, text: Words.of(error))
        }
        guard record.stage != .settled, record.stage != .closed else {
            return .refused(.wrongStage, text: "drop \(drop) is finished already")
        }
        return await leave(
            command, note, isThere: verb != .resume, subject: "drop \(drop)", drop: record)
    }

    /// Leaves a command, or takes it back. `drop`: the one that it is about; nil: it is about more.
    private func leave(
        _ command: DeskCommand, _ note: CommandNote, isThere: Bool, subject: String, drop: DropRecord?
    ) async -> DeskAnswer {
        do {
            return try await context.disk.run { [folder] in
                guard !isThere else {
                    let given = try folder.give(command, note)
                    return .done(
                        text: command.words(given, until: note.until, now: Clock.wall()), facts: [:],
                        drop: drop?.number)
                }
                let isTakenBack = try folder.takeBack(command, note)
                let holds = try drop == nil ? [] : folder.holds()
                let other = drop.flatMap { drop in
                    let rule = drop.snapshot.rule
                    return DeskHold.of(
                        drop: drop.number, rule: rule.match, destinations: rule.destinations, among: holds)
                }
                guard isTakenBack else {
                    return .refused(
                        .wrongStage, text: DeskHold.isNotHeld(subject, other, waitsForRelease: drop?.stage == .held))
                }
                return .done(text: DeskHold.isResumed(subject, other), facts: [:], drop: drop?.number)
            }
        } catch {
            return .refused(.unavailable, text: Words.of(error))
        }
    }

    private func record(
        _ verb: DeskVerb, _ drop: Int?, subject: String, _ rows: String, _ why: String?, by person: Person,
        from source: DeskRequest.Source, _ answer: DeskAnswer
    ) {
        var facts: Logger.Metadata = [
            "event": .event(.deskAct), "by": "\(person.text)", "what": "\(verb.rawValue)",
        ]
        facts[drop == nil ? "subject" : "drop"] = "\(drop.map(String.init) ?? subject)"
        if case .network(let address, _) = source { facts["from"] = "\(address)" }
        if !rows.isEmpty { facts["rows"] = "\(rows)" }
        if let why { facts["why"] = "\(why)" }
        switch answer {
        case .done(let text, let counts, let new):
            facts["answer"] = "done"
            if let new, new != drop { facts["new_drop"] = "\(new)" }
            for (word, count) in counts { facts["\(word)"] = "\(count)" }
            facts["text"] = "\(text)"
        // A look is not told.
        case .shown: return
        case .proposed(let text):
            facts["answer"] = "proposed"
            facts["text"] = "\(text)"
        case .refused(let refusal, let text):
            facts["answer"] = "\(refusal.rawValue)"
            facts["text"] = "\(text)"
        }
        context.logger.notice("\(person.text) asks to \(verb.rawValue) \(subject)", metadata: facts)
    }
}

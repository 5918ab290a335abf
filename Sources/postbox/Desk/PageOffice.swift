internal import PostboxCore
internal import PostboxIO

/// What browsers ask for: views of the page, and forms. Whatever is done is done as over the API.
extension DeskOffice {
    /// Bytes of a form that are read; the connection's own limit is that of the API.
    private static let formMax = 256 << 10

    /// Drops at most that are looked up beside those that a view is about: the ledger is asked for each.
    private static let relatedMax = 50

    /// The answer to a browser; nil: the address is none of the page's.
    func page(_ request: DeskRequest, _ account: Person?) async -> DeskReply? {
        let found = PageCall.find(method: request.method, target: request.target)
        if found == .nothing, !Self.isLost(request) { return nil }
        let wrong = Self.wrong(found)
        // A program is told what is wrong with its question, whoever it is.
        if let wrong, !request.wantsPage { return wrong }
        do throws(DeskGate.Refusal) {
            let caller = try gate.caller(
                of: request, account: account, wall: Clock.wall(), at: Clock.monotonic(), chance: Secrets.make)
            let reply = try await answer(found, wrong, request, caller)
            return await inWords(reply, to: request, caller)
        } catch {
            return await inWords(DeskReply(error), to: request, nil)
        }
    }

    /// A browser asks for a page that neither the page nor the API has.
    private static func isLost(_ request: DeskRequest) -> Bool {
        request.wantsPage && !request.target.hasPrefix("/api/")
            && DeskCall.find(method: request.method, target: request.target) == .nothing
    }

    /// What is wrong with what was asked; nil: nothing.
    private static func wrong(_ found: PageCall.Found) -> DeskReply? {
        switch found {
        case .call: nil
        case .nothing: DeskReply(.nothing)
        case .wrongMethod(let allowed): DeskReply(.wrongMethod(allowed: allowed))
        case .wrongQuery(let why): DeskReply(.wrongQuery(why))
        }
    }

    private func answer(
        _ found: PageCall.Found, _ wrong: DeskReply?, _ request: DeskRequest, _ caller: DeskCaller
    ) async throws(DeskGate.Refusal) -> DeskReply {
        guard case .call(let call) = found else {
            let isStranger = caller.way == .nobody && !caller.rights.contains(.read)
            return isStranger ? DeskReply(seeOther: "/login") : wrong ?? Self.notOurs
        }
        guard let right = call.right, !caller.rights.contains(right) else {
            return try await reply(call, request, caller)
        }
        guard caller.way == .nobody else { return .notAllowed(caller, right) }
        guard request.method == "POST", request.wantsPage else { return DeskReply(seeOther: "/login") }
        var reply = DeskReply.needsLogin
        let fault = "You are not logged in any more: nothing was done. Log in, and do it again."
        reply.body = PageFrame.login(fault: fault).text
        reply.kind = .page
        return reply
    }

    // MARK: - What went wrong, in words

    /// The same for a browser: what went wrong stands on a page, beside what was filled in.
    ///
    /// - Parameter caller: nil: nobody knows who asks.
    private func inWords(_ reply: DeskReply, to request: DeskRequest, _ caller: DeskCaller?) async -> DeskReply {
        guard request.wantsPage, let why = reply.detail, reply.isProblem else { return reply }
        var page = reply
        page.kind = .page
        guard let caller, caller.rights.contains(.read) else {
            page.body = PageFrame.problem(why, status: reply.status, nil).text
            return page
        }
        if reply.status == 400, let form = FilledForm(target: request.target, fault: why) {
            var shown = await view(form, await facts(caller, said: .init(form.said, isFault: true)))
            if !shown.isProblem {
                shown.status = reply.status
                return shown
            }
        }
        let isPart = request.header("x-postbox-part") != nil
        let around = await facts(caller, said: isPart ? nil : gate.takeSaid(caller))
        page.body = PageFrame.problem(why, status: reply.status, around).text
        return page
    }

    /// The view of a form as somebody filled it in wrongly.
    private func view(_ form: FilledForm, _ facts: PageFacts) async -> DeskReply {
        switch form.place {
        case .files: return DeskReply(FilesPage.html(form, facts), kind: .page)
        case .day: return DeskReply(DayPage.html(form, facts), kind: .page)
        case .ric: return DeskReply(RICPage.html(form, facts), kind: .page)
        case .audit:
            let record = await recordLook()
            return DeskReply(AuditPage.html(AuditSearch(form), nil, record: record, facts), kind: .page)
        case .rows(let drop): return await file(drop, ResultFilter(ric: form.typed["ric"]), from: nil, facts)
        }
    }

    private func reply(
        _ call: PageCall, _ request: DeskRequest, _ caller: DeskCaller
    ) async throws(DeskGate.Refusal) -> DeskReply {
        switch call {
        case .style: return Self.kept(DeskReply(PageStyle.text, kind: .style))
        case .script: return Self.kept(DeskReply(PageScript.text, kind: .script))
        case .icon: return Self.kept(DeskReply(PageStyle.icon, kind: .image))
        case .login:
            guard caller.person == nil else { return DeskReply(seeOther: "/") }
            return DeskReply(PageFrame.login(fault: nil).text, kind: .page)
        case .doLogin: return try login(request)
        case .doLogout:
            guard DeskGate.isOwn(request, by: caller, formKey: PageForm(request.body)?["key"]) else {
                return Self.notOurs
            }
            var reply = DeskReply(seeOther: "/login")
            reply.headers.append(.init("Set-Cookie", gate.logout(caller, isSecure: request.isSecure)))
            return reply
        case .act, .hold, .alert, .signDay: return await act(call, request, caller)
        case .now, .day, .failures, .files, .file, .held, .ric, .audit, .withdrawal:
            // What the script fetches is not what somebody reads what he is told in.
            let isPart = request.header("x-postbox-part") != nil
            let facts = await facts(caller, said: isPart ? nil : gate.takeSaid(caller))
            guard case .withdrawal(let drop, let blanks) = call else { return await view(call, facts) }
            var look: WithdrawalLook?
            // It goes over all last values: for whoever opens it, and not each time that something changes.
            if !isPart { look = await withdrawal(of: drop, blanks: blanks, caller, from: request.source) }
            return await file(drop, ResultFilter(), from: nil, withdrawal: look, facts)
        }
    }

    /// What a withdrawal of a drop would post.
    private func withdrawal(
        of drop: Int, blanks: Bool, _ caller: DeskCaller, from source: DeskRequest.Source
    ) async -> WithdrawalLook {
        var order = DeskOrder()
        (order.blanks, order.isPreview) = (blanks, true)
        let answer = await act(.withdraw, drop, order, caller, from: source)
        let rule = try? await context.ledger.record(of: drop)?.snapshot.rule
        return WithdrawalLook(answer, blanks: blanks, needsTwo: rule?.release?.fourEyes == true)
    }

    /// A file's own page.
    private func file(
        _ drop: Int, _ filter: ResultFilter, from page: Int?, withdrawal: WithdrawalLook? = nil, _ facts: PageFacts
    ) async -> DeskReply {
        let working = facts.board.files.first { $0.drop == drop }
        return await read { [knownFailures] in
            let lookup = try DropLookup(in: $0, known: knownFailures)
            guard let detail = try lookup.detail(of: drop) else {
                return DeskReply(problem: 404, "there is no drop \(drop)")
            }
            let later = try lookup.lines(of: detail.corrections.prefix(Self.relatedMax))
            let result = try lookup.open(.result, of: drop)
            let rows = try result?.file.page(filter, from: page)
            if result != nil, rows == nil, page != nil {
                return DeskReply(problem: 400, "no page of them begins there")
            }
            return DeskReply(
                FilePage.html(
                    detail, rows, filter, isHeld: working?.state == .held, working: working, withdrawal: withdrawal,
                    later: later, facts),
                kind: .page)
        }
    }

    private static func kept(_ reply: DeskReply) -> DeskReply {
        var reply = reply
        reply.keptSeconds = 60
        return reply
    }

    private static let notOurs = DeskReply(
        problem: 403, "the form comes from a page of somebody else, or from one that is too old: load it again",
        refusal: .notAllowed)

    // MARK: - Logins

    private func login(_ request: DeskRequest) throws(DeskGate.Refusal) -> DeskReply {
        // A browser that is made to log in as somebody else would act for him.
        guard DeskGate.isFromHere(request) != false, let form = form(of: request) else { return Self.notOurs }
        do throws(DeskGate.Refusal) {
            let cookie = try gate.login(
                form["name"] ?? "", token: form["token"] ?? "", from: request, wall: Clock.wall(),
                at: Clock.monotonic(), chance: Secrets.make)
            var reply = DeskReply(seeOther: "/")
            reply.headers.append(.init("Set-Cookie", cookie))
            return reply
        } catch {
            var reply = DeskReply(error)
            switch error {
            case .wrongToken:
                let fault = "There is no such name and token, or their time is over."
                reply.body = PageFrame.login(fault: fault, name: form["name"] ?? "").text
            case .tooManyTries(let seconds):
                let fault = "Too many logins failed. Try again in \(seconds) s."
                reply.body = PageFrame.login(fault: fault, name: form["name"] ?? "").text
            case .wrongHost, .unknownUser: throw error
            }
            reply.kind = .page
            return reply
        }
    }

    private func form(of request: DeskRequest) -> PageForm? {
        guard request.contentType == "application/x-www-form-urlencoded", request.body.count <= Self.formMax else {
            return nil
        }
        return PageForm(request.body)
    }

    // MARK: - Acts

    private func act(_ call: PageCall, _ request: DeskRequest, _ caller: DeskCaller) async -> DeskReply {
        guard let form = form(of: request), DeskGate.isOwn(request, by: caller, formKey: form["key"]) else {
            return Self.notOurs
        }
        let answer: DeskAnswer
        do throws(DeskOrder.Fault) {
            switch call {
            case .act(let verb, let drop):
                let order = try form.order(for: verb)
                answer = await act(verb, drop, order, caller, from: request.source)
            case .hold(let subject, let isHold):
                let why = try form["why"].flatMap { (why) throws(DeskOrder.Fault) in try DeskOrder.why(why) }
                answer = await hold(subject, isHold, why: why, caller, from: request.source)
            case .signDay(let day):
                let why = try form["why"].flatMap { (why) throws(DeskOrder.Fault) in try DeskOrder.why(why) }
                answer = await sign(day, why: why, caller)
            case .alert(let call):
                let order = try AlertOrder(form["why"].map { ["why": $0] } ?? [:], for: call)
                answer = await act(call, order, caller, from: request.source)
            default: return Self.notOurs
            }
        } catch {
            guard case .session = caller.way else { return DeskReply(error) }
            gate.say(.init(error.text, isFault: true), to: caller)
            // Where the form stands.
            if case .act(.withdraw, let drop) = call { return DeskReply(seeOther: "/drops/\(drop)/withdraw") }
            return DeskReply(seeOther: Self.back(call))
        }
        return told(answer, caller, back: Self.back(call))
    }

    /// Where somebody sees what became of a form.
    private static func back(_ call: PageCall) -> String {
        switch call {
        case .act(let verb, let drop):
            switch verb {
            case .release, .refuse: "/held"
            case .noAction: "/failures"
            case .retry, .resend, .cancel, .hold, .resume, .republish, .withdraw: "/drops/\(drop)"
            }
        case .signDay(let day): "/day?day=\(BusinessCalendar.text(ofDay: day))"
        default: "/"
        }
    }

    /// Sends him to where he sees what became of it.
    private func told(_ answer: DeskAnswer, _ caller: DeskCaller, back: String) -> DeskReply {
        switch answer {
        case .done(let text, _, let drop):
            gate.say(.init(text), to: caller)
            return DeskReply(seeOther: drop.map { back.hasPrefix("/drops/") ? "/drops/\($0)" : back } ?? back)
        case .shown(let text, _, _), .proposed(let text): gate.say(.init(text), to: caller)
        case .refused(_, let text):
            guard case .session = caller.way else { return DeskReply(answer) }
            gate.say(.init(text, isFault: true), to: caller)
        }
        return DeskReply(seeOther: back)
    }

    // MARK: - Views

    private func facts(_ caller: DeskCaller, said: DeskSessions.Said?) async -> PageFacts {
        let (board, settings, now) = (await look(), context.settings, Clock.wall())
        let quiet = settings.destinations.filter { $0.quiet.quietUntil(at: now) != nil }.map(\.name)
        return PageFacts(
            caller: caller, board: board, failures: await openFailures(), host: Self.hostName, now: now,
            downAlert: settings.downAlert.nanoseconds / 1000, quiet: Set(quiet), said: said)
    }

    /// The same with the rows of what is held, for a view that shows them.
    private func withHeldRows(_ facts: PageFacts) async -> PageFacts {
        var facts = facts
        facts.board.held = await heldWithRows()
        return facts
    }

    private func view(_ call: PageCall, _ facts: PageFacts) async -> DeskReply {
        switch call {
        case .now: return DeskReply(NowPage.html(facts), kind: .page)
        case .day(let day):
            let today = BusinessCalendar.today(at: facts.now, in: .utc)
            return await read { [settings = context.settings, knownFailures] _ in
                let report = try DayLookup(settings: settings, known: knownFailures).report(
                    day ?? today, now: facts.now)
                return DeskReply(DayPage.html(report, facts), kind: .page)
            }
        case .held:
            let facts = await withHeldRows(facts)
            let originals = Set(facts.board.held.compactMap(\.original)).sorted().suffix(Self.relatedMax)
            return await read {
                // What is held is shown, whatever can be told of the files that it comes from.
                let lines = try? DropLookup(in: $0).lines(of: originals)
                return DeskReply(HeldPage.html(facts, originals: lines ?? [:]), kind: .page)
            }
        case .failures:
            return await read { [knownFailures] in
                let list = try DropLookup(in: $0, known: knownFailures).list(DropQuery(state: .open))
                return DeskReply(FilesPage.failures(list, facts), kind: .page)
            }
        case .files(let query):
            return await read { [knownFailures] in
                let list = try DropLookup(in: $0, known: knownFailures).list(query)
                return DeskReply(FilesPage.html(list, query, facts), kind: .page)
            }
        case .file(let drop, let filter, let page, _): return await file(drop, filter, from: page, facts)
        case .ric(let ric):
            guard let ric else { return DeskReply(RICPage.html(nil, last: nil, nil, facts), kind: .page) }
            let facts = await withHeldRows(facts)
            let keepsLast = context.lastValues != nil
            return await read { [growing] in
                let found = try RICHistory.posts(AuditQuery(ric: ric), in: $0, growing)
                guard keepsLast else {
                    let fault = "Last values are not kept (`last_values: off`)."
                    return DeskReply(RICPage.html(ric, last: nil, found, fault: fault, facts), kind: .page)
                }
                let last = try LastLookup(ric, service: nil, destination: nil, in: $0).json.compactMap(JSONValue.parse)
                return DeskReply(RICPage.html(ric, last: last, found, facts), kind: .page)
            }
        case .audit(let search):
            if search.isCSV, let query = search.query {
                return await read { [growing] in try RICHistory.export(query, in: $0, growing) }
            }
            let record = await recordLook()
            return await read { [growing] directories in
                let found = try search.query.map { try RICHistory.posts($0, in: directories, growing) }
                return DeskReply(AuditPage.html(search, found, record: record, facts), kind: .page)
            }
        default: return Self.notOurs
        }
    }
}

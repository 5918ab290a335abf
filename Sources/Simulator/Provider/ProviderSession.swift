import NIOCore

/// What a connection has to do after an event.
struct SessionOutput {
    /// How a connection ends.
    enum Ending: Equatable {
        /// After a Close frame with this code; what is in `bytes` goes first.
        case close(code: UInt16)
        /// TCP reset without a Close frame.
        case reset
        /// TCP closed without a Close frame.
        case drop
    }

    /// Frames to write, before any ending.
    var bytes = ByteBuffer()
    var ending: Ending?
    /// Neither read nor write for so many nanoseconds; then go on.
    var stall: Int64?
    /// Send this message, of which there is no end.
    var oversize: Scenario.Oversize?
}

/// One client's session, from its upgrade to its end: decides what a server answers, and touches no socket and no clock.
struct ProviderSession {
    private enum LoginStream {
        case closed
        case open(id: Int32)
    }

    let number: Int
    private let scenario: Scenario
    private let startedAt: Int64
    private var login = LoginStream.closed
    private var items = ItemDesk()
    private var acks = AckQueue()
    /// Messages that share the next frame.
    private var pack: [[UInt8]] = []
    private var packBytes = 0
    private var posts = 0
    private var itemsRequested = 0
    private var inFlight = 0
    private var lastReceivedAt: Int64
    private var nextPingAt: Int64
    private var disconnectsAt: Int64?
    private var suspectEndsAt: Int64?
    /// The token that the session stands on, where tokens are asked for, and when it expires.
    private var token: (text: String, expiresAt: Int64)?
    /// Takes what comes and answers nothing, not even pings.
    private var isMute = false

    init(number: Int, at now: Moment, state: inout ProviderState) {
        self.number = number
        scenario = state.scenario
        startedAt = now.nanoseconds
        lastReceivedAt = now.nanoseconds
        nextPingAt = now.nanoseconds + scenario.login.pingTimeout.nanoseconds / 3
        if let after = scenario.disconnect?.after,
            state.strikes(.disconnect, atMost: scenario.disconnect?.times)
        {
            disconnectsAt = now.nanoseconds + after.nanoseconds
        }
    }

    /// When ``timePassed(to:state:into:)`` has something to do next.
    var nextDeadline: Int64? {
        var deadlines = [disconnectsAt, suspectEndsAt].compactMap { $0 }
        if !isMute {
            deadlines += [nextPingAt, lastReceivedAt + scenario.login.pingTimeout.nanoseconds]
            deadlines += [acks.nextDeadline, items.nextDeadline].compactMap { $0 }
            if let token { deadlines.append(token.expiresAt) }
        }
        return deadlines.min()
    }

    // MARK: Events

    mutating func received(
        _ frame: InboundFrame, at now: Moment, state: inout ProviderState, into output: inout SessionOutput
    ) {
        // Any frame keeps a session alive (What servers do §2.7).
        lastReceivedAt = now.nanoseconds
        switch frame {
        case .message(let bytes):
            message(bytes, at: now, &state, &output)
            writePack(&output)
        case .ping:
            state.report.webSocketPings += 1
            if !isMute { output.bytes.writeEmptyPong() }
        case .pong:
            break
        case .close:
            state.report.closes += 1
            // Whatever code came, the answer is 1001 (What servers do §2.1).
            if !isMute { output.ending = .close(code: 1001) }
        }
    }

    mutating func failed(
        _ fault: FrameReader.Fault, at now: Moment, state: inout ProviderState, into output: inout SessionOutput
    ) {
        switch fault {
        case .tooLarge:
            state.report.note(.frameTooLarge, connection: number, at: now, "a frame above the message size limit")
            output.ending = .reset
        case .doesNotFit:
            state.report.note(
                .frameDoesNotFit, connection: number, at: now, "a frame too large for what is left of the read buffer")
            output.ending = .reset
        case .malformed:
            state.report.note(.malformedFrame, connection: number, at: now, "an unmasked or impossible frame")
            output.ending = .drop
        }
    }

    mutating func timePassed(to now: Moment, state: inout ProviderState, into output: inout SessionOutput) {
        if let end = disconnectsAt, end <= now.nanoseconds {
            disconnectsAt = nil
            breakOff(&state, &output)
            return
        }
        guard !isMute else { return }
        if let end = suspectEndsAt, end <= now.nanoseconds {
            suspectEndsAt = nil
            if case .open(let id) = login {
                write(
                    Answer.loginStatus(id: id, stream: "Open", data: "Ok", code: nil, text: "Back to normal."), &output)
            }
        }
        releaseAcks(at: now, &state, &output)
        send(items.due(at: now.nanoseconds, &state), &output)
        checkToken(at: now, state, &output)
        guard output.ending == nil else { return }
        if nextPingAt <= now.nanoseconds {
            // Pings come from the connection's start on, login or not (What servers do §2.7).
            state.report.pingsSent += 1
            write(Answer.ping, &output)
            nextPingAt = now.nanoseconds + scenario.login.pingTimeout.nanoseconds / 3
        }
        if lastReceivedAt + scenario.login.pingTimeout.nanoseconds <= now.nanoseconds {
            state.report.note(.silence, connection: number, at: now, "nothing came for the ping timeout")
            output.ending = .close(code: 1000)
        }
        writePack(&output)
    }

    // MARK: Messages

    private mutating func message(
        _ bytes: [UInt8], at now: Moment, _ state: inout ProviderState, _ output: inout SessionOutput
    ) {
        guard let json = try? JSONTokens(bytes) else {
            brokenJSON(at: now, &state, &output)
            return
        }
        var elements: [Int] = []
        for root in json.roots {
            switch json.tokens[root].kind {
            case .object: elements.append(root)
            case .array: elements += json.children(of: root)
            case .string, .primitive:
                brokenJSON(at: now, &state, &output)
                return
            }
        }
        let converter = MessageConverter(json: json, fields: state.fields, services: state.serviceNumbers)
        for (place, element) in elements.enumerated() {
            guard output.ending == nil else { return }
            do throws(ConversionError) {
                let message = try converter.message(at: element)
                handle(message, json, at: now, &state, &output)
            } catch {
                refuse(element, error, converter, at: now, &state, &output)
                // What stands behind an element with an Error is never looked at (What servers do §2.3).
                for dropped in elements[(place + 1)...] { drop(dropped, converter, at: now, &state) }
                return
            }
        }
    }

    private mutating func handle(
        _ message: ReceivedMessage, _ json: JSONTokens, at now: Moment, _ state: inout ProviderState,
        _ output: inout SessionOutput
    ) {
        switch message {
        case .ping:
            state.report.pingsReceived += 1
            write(Answer.pong, &output)
        case .pong:
            state.report.pongsReceived += 1
        case .error:
            state.report.note(.errorMessage, connection: number, at: now, "an Error message")
            output.ending = .close(code: 1000)
        case .ignored:
            break
        case .login(let request):
            handle(request, at: now, &state, &output)
        case .directory(let id, let filter):
            write(Answer.directory(id: id, filter: filter, services: scenario.services), &output)
        case .item(let request):
            handle(request, at: now, &state, &output)
        case .close(let ids, let domain):
            if case .open(let id) = login, domain == .login, ids.contains(id) {
                state.report.loginCloses += 1
                login = .closed
                items.closeAll()
            } else if domain != .login {
                for id in ids { items.close(id) }
            }
        case .post(let post):
            handle(post, json, at: now, &state, &output)
        }
    }

    /// Broken JSON gets no Error: the connection is closed as if all was well (What servers do §2.4).
    private mutating func brokenJSON(at now: Moment, _ state: inout ProviderState, _ output: inout SessionOutput) {
        state.report.note(.brokenJSON, connection: number, at: now, "a frame that is no JSON")
        output.ending = .close(code: 1000)
    }

    private mutating func refuse(
        _ element: Int, _ error: ConversionError, _ converter: MessageConverter, at now: Moment,
        _ state: inout ProviderState, _ output: inout SessionOutput
    ) {
        if let name = converter.looseName(of: element) {
            _ = countPost(at: now, &state, &output)
            let json = converter.json
            state.record?.post(
                name, kind: "Error", wantsAck: true, fields: json.raw(element), connection: number, at: now)
            state.record?.answer(name, .error, text: error.text, connection: number, at: now)
        }
        state.report.errors += 1
        writePack(&output)
        write(Answer.error(error, id: converter.streamID(of: element), frame: converter.json.bytes), &output)
    }

    private mutating func drop(
        _ element: Int, _ converter: MessageConverter, at now: Moment, _ state: inout ProviderState
    ) {
        guard let name = converter.looseName(of: element) else { return }
        state.report.posts += 1
        state.report.droppedPosts += 1
        state.record?.post(
            name, kind: "Dropped", wantsAck: true, fields: converter.json.raw(element), connection: number, at: now)
        state.record?.answer(name, .dropped, connection: number, at: now)
    }

    // MARK: Login

    /// Ends the session when its token has expired, or was evicted where that ends sessions (The wire §2.3).
    private mutating func checkToken(at now: Moment, _ state: ProviderState, _ output: inout SessionOutput) {
        guard let token, case .open(let id) = login else { return }
        let text: String
        switch state.tokens.standing(of: token.text, at: now) {
        case .good, .unknown: return
        case .expired: text = "Token expired."
        case .evicted:
            guard scenario.tokenEndpoint?.evictsOpenSessions == true else { return }
            text = "Signed on elsewhere."
        }
        self.token = nil
        endLogin(id, text, &output)
    }

    private mutating func endLogin(_ id: Int32, _ text: String, _ output: inout SessionOutput) {
        writePack(&output)
        write(
            Answer.loginStatus(id: id, stream: "Closed", data: "Suspect", code: "UserUnknownToPermSys", text: text),
            &output)
        login = .closed
        items.closeAll()
        output.ending = .close(code: 1000)
    }

    /// Whether the token of a Login request lets it in; ends the session when it does not.
    private mutating func admits(
        _ request: LoginRequest, at now: Moment, _ state: inout ProviderState, _ output: inout SessionOutput
    ) -> Bool {
        guard scenario.login.requiresTokens else { return true }
        let text: String
        if request.nameType == 5, let given = request.token {
            switch state.tokens.standing(of: given, at: now) {
            case .good(let end):
                token = (given, end)
                return true
            case .unknown: text = "Token unknown."
            case .expired: text = "Token expired."
            case .evicted: text = "Signed on elsewhere."
            }
        } else {
            text = "An access token is needed."
        }
        state.report.loginRejections += 1
        endLogin(request.id, text, &output)
        return false
    }

    private mutating func handle(
        _ request: LoginRequest, at now: Moment, _ state: inout ProviderState, _ output: inout SessionOutput
    ) {
        guard !scenario.login.isSilent else { return }
        if case .number? = request.applicationID {
            reject(request, "UsageError", "Login rejected. ApplicationId has to be a string.", &state, &output)
            return
        }
        if case .open(let id) = login {
            if id != request.id {
                reject(request, "UsageError", "Login rejected. A login is open on stream \(id).", &state, &output)
            } else if !admits(request, at: now, &state, &output) {
                return
            } else if request.wantsRefresh {
                write(Answer.loginRefresh(request, scenario: scenario), &output)
            } else {
                // Silence is success (What servers do §2.1).
                state.report.reissues += 1
            }
            return
        }
        if state.strikes(.systemBusy, atMost: scenario.login.systemBusyTimes) {
            state.report.loginRejections += 1
            write(
                Answer.loginStatus(
                    id: request.id, stream: "Closed", data: "Suspect", code: "NoResources", text: "System busy",
                    isPrivate: true), &output)
            output.ending = .close(code: 1000)
            return
        }
        if let rejection = scenario.login.rejection, state.strikes(.rejection, atMost: rejection.times) {
            reject(request, rejection.code, rejection.text, &state, &output)
            return
        }
        if let users = scenario.login.users, !users.contains(request.name ?? "") {
            reject(request, "UserUnknownToPermSys", "\(request.name ?? ""), unknown to system.", &state, &output)
            return
        }
        if request.name == nil, request.token == nil {
            reject(request, "UsageError", "Login rejected. Neither a name nor a token.", &state, &output)
            return
        }
        guard admits(request, at: now, &state, &output) else { return }
        state.report.logins += 1
        login = .open(id: request.id)
        write(Answer.loginRefresh(request, scenario: scenario), &output)
    }

    private mutating func reject(
        _ request: LoginRequest, _ code: String, _ text: String, _ state: inout ProviderState,
        _ output: inout SessionOutput
    ) {
        state.report.loginRejections += 1
        write(
            Answer.loginStatus(id: request.id, stream: "Closed", data: "Suspect", code: code, text: text), &output)
    }

    // MARK: Items

    private mutating func handle(
        _ request: ItemRequest, at now: Moment, _ state: inout ProviderState, _ output: inout SessionOutput
    ) {
        guard case .open = login, !isMute else { return }
        let count = request.batch?.count ?? 1
        itemsRequested += count
        if let limit = scenario.disconnect?.afterItems, itemsRequested >= limit, itemsRequested - count < limit,
            state.strikes(.disconnect, atMost: scenario.disconnect?.times)
        {
            breakOff(&state, &output)
            return
        }
        let isOverRate = state.countItems(count, connection: number, at: now)
        if isOverRate, scenario.overRate == .close {
            output.ending = .close(code: 1000)
            return
        }
        let refusal =
            isOverRate && scenario.overRate == .nak ? (code: "NoResources", text: "Too many messages.") : nil
        send(items.take(request, refusal: refusal, at: now.nanoseconds, &state), &output)
    }

    // MARK: Posts

    private mutating func handle(
        _ post: Post, _ json: JSONTokens, at now: Moment, _ state: inout ProviderState, _ output: inout SessionOutput
    ) {
        let wasMute = isMute
        let stream = items.item(of: post.id)
        let item = stream ?? post.key.flatMap { state.item(ric: $0.name, service: $0.service) }
        let service = item.map { state.serviceName($0.service) } ?? ""
        let name = PostName(postID: post.postID, ric: item?.ric ?? post.key?.name ?? "", service: service)
        switch post.payload.kind {
        case .refresh: state.report.refreshPosts += 1
        case .update, .fields: state.report.updatePosts += 1
        case .status, .none: break
        }
        state.record?.post(
            name, kind: post.payload.kind.rawValue, wantsAck: post.wantsAck,
            fields: post.payload.fieldsRange.map { json.bytes[$0] } ?? [],
            stored: post.payload.fieldsRange.map { _ in post.payload.fields }, connection: number, at: now)
        let isOverRate = countPost(at: now, &state, &output)
        if post.wantsAck {
            inFlight += 1
            state.report.highestInFlight = max(state.report.highestInFlight, inFlight)
        }
        guard !wasMute else { return }

        if scenario.silent.contains(where: { Glob.matches($0, name.ric) }) {
            state.report.silentPosts += 1
            state.record?.answer(name, .silent, connection: number, at: now)
            return
        }
        // The stock server drops posts of a domain that has no name (What servers do §2.2).
        if post.domain != .marketPrice, !scenario.answersOtherDomains || post.domain.name == nil {
            state.report.silentPosts += 1
            state.record?.answer(name, .silent, connection: number, at: now)
            return
        }
        var ack = Answer.Ack(id: post.id, domain: post.domain, postID: post.postID, text: scenario.ackText)
        ack.sequenceNumber = post.sequenceNumber
        if stream == nil, scenario.keyInAck ?? (scenario.login.shape == .ads) {
            ack.key = item.map { ($0.ric, $0.service) }
            if case .unknownNumber(let number)? = post.key?.service { ack.key = (name.ric, number) }
        }
        ack.nak = isOverRate && scenario.overRate == .nak ? Answer.Refusal(.noResources, "Too many messages.") : nil
        if ack.nak == nil { ack.nak = refusal(of: post, item, at: now, &state) }
        if ack.nak == nil, let item, post.domain == .marketPrice, post.payload.kind != .status {
            state.apply(post.payload.fields, to: item, replacing: post.payload.kind == .refresh)
        }
        let isDeleted = ack.nak == nil && post.payload.closesItem && post.domain == .marketPrice
        if isDeleted, let item { state.delete(item) }
        // The post that a connection ends with is applied all the same: a client cannot know.
        guard output.ending == nil, !isMute else { return }
        if post.wantsAck {
            answer(name, ack, at: now, &state, &output)
        } else {
            state.record?.answer(name, .unasked, connection: number, at: now)
        }
        guard let item, ack.nak == nil else { return }
        if isDeleted {
            send(items.closeStreams(of: item, &state), &output)
        } else if post.payload.kind != .status {
            for id in items.streams(of: item) {
                send([Answer.itemUpdate(id: id, fields: post.payload.fields)], &output)
            }
        }
    }

    /// What a server refuses although it could read it.
    private mutating func refusal(
        of post: Post, _ item: ItemName?, at now: Moment, _ state: inout ProviderState
    ) -> Answer.Refusal? {
        switch login {
        case .closed:
            state.report.note(.postWithoutStream, connection: number, at: now, "post \(post.postID) before login")
            return Answer.Refusal(.invalidContent, "Post before login.")
        case .open(let id) where id != post.id && items.item(of: post.id) == nil:
            state.report.note(
                .postWithoutStream, connection: number, at: now, "post \(post.postID) on stream \(post.id)")
            return Answer.Refusal(.notOpen, "Stream \(post.id) is not open.")
        case .open:
            break
        }
        if suspectEndsAt != nil {
            state.report.note(.postWhileSuspect, connection: number, at: now, "post \(post.postID)")
        }
        guard post.key?.name != nil || items.item(of: post.id) != nil else {
            return Answer.Refusal(.invalidContent, "Off-stream post without Key")
        }
        if scenario.login.shape == .rcc, post.payload.kind != .update {
            return Answer.Refusal(.invalidContent, "Only Update messages can be contributed.")
        }
        guard let item else { return Answer.Refusal(.deniedBySrc, "Unable to find service for post message.") }
        guard state.isUp(item.service) else { return Answer.Refusal(.sourceDown, "A9: Service is unavailable.") }
        if let nak = state.nak(ric: item.ric, service: item.service) {
            return Answer.Refusal(nak.code, nak.text, literal: nak.literal)
        }
        if post.payload.kind == .refresh && post.domain == .marketPrice { return nil }
        guard post.domain == .marketPrice, state.exists(item) else {
            return Answer.Refusal(.symbolUnknown, "F44: Unable to find item on post update.")
        }
        // A Status that closes an item wants the right to delete (The wire §3.4).
        if post.payload.closesItem, post.userRights & 2 == 0 {
            return Answer.Refusal(.invalidContent, "Client has insufficient rights to close or delete an item.")
        }
        return nil
    }

    /// Counts a post and lets the troubles begin that its number sets off; returns whether it is above the rate.
    private mutating func countPost(at now: Moment, _ state: inout ProviderState, _ output: inout SessionOutput) -> Bool
    {
        posts += 1
        let isOverRate = state.countPosts(1, connection: number, at: now)
        if isOverRate, scenario.overRate == .close { output.ending = .close(code: 1000) }
        if let trouble = scenario.halfOpen, posts == trouble.afterPosts,
            state.strikes(.halfOpen, atMost: trouble.times)
        {
            writePack(&output)
            isMute = true
        }
        if let oversize = scenario.oversize, posts == oversize.afterPosts,
            state.strikes(.oversize, atMost: oversize.times)
        {
            writePack(&output)
            output.oversize = oversize
            // Nothing can stand between the parts of a message.
            isMute = true
        }
        if let trouble = scenario.stall, posts == trouble.afterPosts, state.strikes(.stall, atMost: trouble.times) {
            output.stall = trouble.duration.nanoseconds
        }
        if let trouble = scenario.suspect, posts == trouble.afterPosts, case .open(let id) = login,
            state.strikes(.suspect, atMost: trouble.times)
        {
            suspectEndsAt = now.nanoseconds + trouble.duration.nanoseconds
            write(
                Answer.loginStatus(
                    id: id, stream: "Open", data: "Suspect", code: "NoResources", text: "Upstream lost."),
                &output)
        }
        if posts == scenario.disconnect?.afterPosts, state.strikes(.disconnect, atMost: scenario.disconnect?.times) {
            breakOff(&state, &output)
        }
        return isOverRate
    }

    private mutating func breakOff(_ state: inout ProviderState, _ output: inout SessionOutput) {
        state.report.disconnects += 1
        writePack(&output)
        output.ending = scenario.disconnect?.manner == .close ? .close(code: 1000) : .reset
    }

    // MARK: Answers

    private mutating func answer(
        _ name: PostName, _ ack: Answer.Ack, at now: Moment, _ state: inout ProviderState, _ output: inout SessionOutput
    ) {
        let copies = state.copiesOfNextAck()
        let code = ack.nak?.recordedCode
        let text = ack.nak?.text ?? ack.text
        if copies == 0 {
            state.report.lostAcks += 1
            state.record?.answer(name, .lost, code: code, text: text, connection: number, at: now)
            return
        }
        let delay = scenario.ackDelays.first { Glob.matches($0.ric, name.ric) }?.delay ?? scenario.ackDelay
        let waiting = AckQueue.Waiting(
            name: name, outcome: ack.nak == nil ? .ack : .nak, code: code, text: text,
            bytes: Answer.ack(ack, nakCodeForm: scenario.nakCodeForm), dueAt: now.nanoseconds + delay.nanoseconds)
        for _ in 0..<copies {
            if let reordering = scenario.reordering {
                acks.join(waiting, of: reordering.window, at: now.nanoseconds) { state.shuffle(&$0) }
            } else if delay == .zero, acks.isEmpty {
                send(waiting, at: now, &state, &output)
            } else {
                acks.wait(waiting)
            }
        }
        releaseAcks(at: now, &state, &output)
    }

    private mutating func releaseAcks(at now: Moment, _ state: inout ProviderState, _ output: inout SessionOutput) {
        guard !acks.isEmpty else { return }
        for answer in acks.due(at: now.nanoseconds, shuffle: { state.shuffle(&$0) }) {
            send(answer, at: now, &state, &output)
        }
    }

    private mutating func send(
        _ answer: AckQueue.Waiting, at now: Moment, _ state: inout ProviderState, _ output: inout SessionOutput
    ) {
        state.record?.answer(
            answer.name, answer.outcome, code: answer.code, text: answer.text, connection: number, at: now)
        if answer.outcome == .ack { state.report.acks += 1 } else { state.report.naks += 1 }
        inFlight = max(0, inFlight - 1)
        send([answer.bytes], &output)
    }

    /// Sends messages, each in a frame of its own or packed with others.
    private mutating func send(_ messages: [[UInt8]], _ output: inout SessionOutput) {
        for message in messages {
            guard scenario.packsAcks else {
                write(message, &output)
                continue
            }
            if packBytes + message.count > 60_000 { writePack(&output) }
            pack.append(message)
            packBytes += message.count + 1
        }
    }

    private mutating func writePack(_ output: inout SessionOutput) {
        guard !pack.isEmpty else { return }
        output.bytes.writeTextFrame(
            [UInt8(ascii: "[")] + pack.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")])
        pack.removeAll(keepingCapacity: true)
        packBytes = 0
    }

    /// Every message of a server comes in an array, even a single one (What servers do §2).
    private func write(_ message: [UInt8], _ output: inout SessionOutput) {
        guard !isMute else { return }
        output.bytes.writeTextFrame([UInt8(ascii: "[")] + message + [UInt8(ascii: "]")])
    }
}

extension MessageConverter {
    /// What names a post that could not be converted, as far as it can be told; nil for what is no post.
    func looseName(of index: Int) -> PostName? {
        guard json.tokens[index].kind == .object, let type = json.member("Type", of: index),
            json.isExactly(type, "Post") || json.isExactly(type, "8")
        else { return nil }
        let key = json.member("Key", of: index)
        return PostName(
            postID: json.member("PostID", of: index).flatMap { UInt32(json.text($0)) } ?? 0,
            ric: key.flatMap { json.member("Name", of: $0) }.map { json.text($0) } ?? "",
            service: key.flatMap { json.member("Service", of: $0) }.map { json.text($0) } ?? "")
    }
}

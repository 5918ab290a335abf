import PostboxCore
import Testing

@Suite("Login stream")
struct LoginStreamTests {
    private static let second: Int64 = 1_000_000_000
    private static let ok = StreamState(stream: "Open", data: "Ok")
    private static let suspect = StreamState(stream: "Open", data: "Suspect", text: "down")
    private static let closed = StreamState(stream: "Closed", data: "Suspect", code: "NoResources", text: "System busy")
    private static let accepted = LoginRefresh(state: ok, maxMsgSize: 61430, pingTimeout: 30, supportOMMPost: 1)
    private static let defaults = LoginStream.Limits(
        maxMsgSize: 61430, pingTimeout: 30 * second, maxMessagesPerSecond: nil)

    private func waiting() -> LoginStream {
        var login = LoginStream(profile: .rtds)
        _ = login.connected(at: 0)
        return login
    }

    private func open() -> LoginStream {
        var login = waiting()
        _ = login.received(Self.accepted, at: 0)
        return login
    }

    private func ended() -> LoginStream {
        var login = open()
        _ = login.received(Self.closed, at: 0)
        return login
    }

    private func retry(_ status: StreamState) -> LoginStream.Retry? {
        var login = waiting()
        guard case .close(let retry, let text) = login.received(status, at: 0), text.contains(status.words) else {
            return nil
        }
        return retry
    }

    @Test("A connection asks to log in, and an accepted login opens it with its limits")
    func opens() {
        var login = LoginStream(profile: .rtds)
        let first = login.connected(at: 0)
        #expect(first == .sendLogin)
        #expect(!login.isOpen)
        let action = login.received(Self.accepted, at: 1)
        #expect(action == .opened(Self.defaults))
        #expect(login.isOpen)
        #expect(login.nextDeadline == nil)
    }

    @Test("Numbers beyond all sense are cut, and nothing is made of them that could not be held")
    func senseless() {
        for (told, size, ping, rate) in [
            (Int.max, 1 << 30, Int64(86_400), 1_000_000), (0, 61430, 1, 1), (Int.min, 61430, 1, 1), (7, 7, 7, 7),
        ] {
            var login = waiting()
            let refresh = LoginRefresh(
                state: Self.ok, maxMsgSize: told, pingTimeout: told, maxMessagesPerSecond: told)
            let limits = LoginStream.Limits(
                maxMsgSize: size, pingTimeout: ping * Self.second, maxMessagesPerSecond: rate)
            #expect(login.received(refresh, at: 0) == .opened(limits))
            var pacer = PostPacer(limit: rate)
            #expect(pacer.allowance(1, at: Self.second).count == 1)
        }
    }

    @Test("RCC's bare login opens with what RCC keeps to")
    func rcc() {
        var login = LoginStream(profile: .rcc)
        _ = login.connected(at: 0)
        let action = login.received(LoginRefresh(state: Self.ok, maxMessagesPerSecond: 1000), at: 0)
        #expect(
            action
                == .opened(
                    LoginStream.Limits(maxMsgSize: 61430, pingTimeout: 60 * Self.second, maxMessagesPerSecond: 1000)))
    }

    @Test("A server that takes no posts is refused with a clear word")
    func noPosts() {
        var login = waiting()
        var refresh = Self.accepted
        refresh.supportOMMPost = 0
        guard case .close(.refused, let text) = login.received(refresh, at: 0) else {
            Issue.record("not refused")
            return
        }
        #expect(text.contains("SupportOMMPost 0"))
        #expect(!login.isOpen)
    }

    @Test("Open/Suspect pauses, Open/Ok resumes, by Status and by Refresh")
    func pauses() {
        var login = open()
        let actions = [
            login.received(Self.suspect, at: 0), login.received(Self.suspect, at: 1), login.received(Self.ok, at: 2),
            login.received(Self.ok, at: 3), login.received(LoginRefresh(state: Self.suspect), at: 4),
            login.received(Self.accepted, at: 5), login.received(Self.accepted, at: 6),
        ]
        let words = Self.suspect.words
        #expect(actions == [.paused(words), .none, .resumed, .none, .paused(words), .resumed, .none])
        #expect(login.isOpen)
    }

    @Test("A login that begins suspect opens when it is well")
    func suspectFirst() {
        var login = waiting()
        let first = login.received(LoginRefresh(state: Self.suspect), at: 0)
        let second = login.received(Self.accepted, at: 1)
        #expect(first == .paused(Self.suspect.words))
        #expect(second == .opened(Self.defaults))
    }

    @Test("A login that begins suspect and recovers by a Status may post")
    func suspectFirstStatus() {
        var login = waiting()
        var refresh = Self.accepted
        refresh.state = Self.suspect
        _ = login.received(refresh, at: 0)
        let action = login.received(Self.ok, at: 1)
        #expect(action == .opened(Self.defaults))
        #expect(login.isOpen)
    }

    @Test("No answer to the login ends the connection after the login timeout")
    func silence() {
        var login = waiting()
        #expect(login.nextDeadline == 15 * Self.second)
        let early = login.timePassed(to: 15 * Self.second - 1)
        let late = login.timePassed(to: 15 * Self.second)
        #expect(early == .none)
        guard case .close(.soon, _) = late else {
            Issue.record("\(late)")
            return
        }
    }

    @Test("Open/Suspect that lasts ends the connection, counted from its beginning")
    func suspectForever() {
        var login = open()
        _ = login.received(Self.suspect, at: 10 * Self.second)
        _ = login.received(Self.suspect, at: 100 * Self.second)
        #expect(login.nextDeadline == 130 * Self.second)
        let early = login.timePassed(to: 130 * Self.second - 1)
        let late = login.timePassed(to: 130 * Self.second)
        #expect(early == .none)
        guard case .close(.soon, _) = late else {
            Issue.record("\(late)")
            return
        }
    }

    @Test("An open login has no deadline of its own")
    func noDeadline() {
        var login = open()
        let action = login.timePassed(to: .max)
        #expect(action == .none)
    }

    @Test("Before the connection and after its end nothing counts")
    func idleAndEnded() {
        for start in [LoginStream(profile: .rtds), ended()] {
            var login = start
            let actions = [
                login.received(Self.accepted, at: 0), login.received(Self.ok, at: 0),
                login.received(Self.suspect, at: 0), login.received(Self.closed, at: 0), login.timePassed(to: .max),
            ]
            #expect(actions == [.none, .none, .none, .none, .none])
            #expect(login.nextDeadline == nil)
        }
    }

    @Test("The server may end the stream in every state")
    func closes() {
        var suspended = open()
        _ = suspended.received(Self.suspect, at: 0)
        for (start, word) in [(waiting(), "refused"), (open(), "ended"), (suspended, "ended")] {
            var login = start
            let action = login.received(Self.closed, at: 0)
            #expect(action == .close(.soon, "login \(word) by the server: \(Self.closed.words)"))
        }
    }

    @Test(
        "Codes say how soon another try makes sense",
        arguments: [
            ("", LoginStream.Retry.soon), ("Timeout", .soon), ("NoResources", .soon), ("Error", .soon),
            ("DacsDown", .soon), ("NotOpen", .soon), ("Preempted", .slow), ("TooManyItems", .slow),
            ("SourceUnknown", .slow), ("ExceededMaxMountsPerUser", .slow), ("MaxLoginsReached", .slow),
            ("UserUnknownToPermSys", .refused), ("UserAccessToAppDenied", .refused),
            ("AppAuthorizationFailed", .refused), ("InvalidArgument", .refused), ("NotEntitled", .refused),
            ("UsageError", .refused), ("77", .slow),
        ])
    func codes(code: String, expected: LoginStream.Retry) {
        #expect(retry(StreamState(stream: "Closed", data: "Suspect", code: code)) == expected)
    }

    @Test("A forced logout and a pending login are tried again slowly")
    func slow() {
        #expect(
            retry(StreamState(stream: "Closed", data: "Suspect", code: "NotEntitled", text: "Force Logout from DACS."))
                == .slow)
        #expect(
            retry(
                StreamState(
                    stream: "Closed", data: "Suspect", code: "UsageError",
                    text: "Login rejected. Already pending login.")) == .slow)
    }

    @Test("ClosedRecover ends the connection like Closed")
    func closedRecover() {
        #expect(retry(StreamState(stream: "ClosedRecover", data: "Suspect")) == .soon)
    }
}

@Suite("Keep-alive")
struct KeepAliveTests {
    @Test("A Ping goes out after a third of the timeout without a word, again after each further third")
    func pings() {
        var alive = KeepAlive(timeout: 30, now: 0)
        var actions: [KeepAlive.Action] = []
        #expect(alive.nextDeadline == 10)
        for now in [9, 10, 11, 19, 20, 29, 30] as [Int64] { actions.append(alive.timePassed(to: now)) }
        #expect(actions == [.none, .sendPing, .none, .none, .sendPing, .none, .giveUp])
    }

    @Test("Any byte from the server starts the silence anew")
    func received() {
        var alive = KeepAlive(timeout: 30, now: 0)
        _ = alive.timePassed(to: 10)
        alive.received(at: 25)
        #expect(alive.heardAt == 25)
        #expect(alive.nextDeadline == 35)
        let actions = [alive.timePassed(to: 34), alive.timePassed(to: 35), alive.timePassed(to: 55)]
        #expect(actions == [.none, .sendPing, .giveUp])
    }

    @Test("The login's timeout takes the place of the first one")
    func newTimeout() {
        var alive = KeepAlive(timeout: 60, now: 0)
        alive.set(timeout: 30)
        #expect(alive.nextDeadline == 10)
        let action = alive.timePassed(to: 30)
        #expect(action == .giveUp)
    }
}

@Suite("Reconnect back-off")
struct ReconnectBackoffTests {
    @Test(
        "Pauses double from the first to the most",
        arguments: [(0, 0.5, 1), (1, 0.5, 1.0), (2, 1, 2), (3, 2, 4), (5, 8, 16), (6, 15, 30), (1000, 15, 30)])
    func table(attempt: Int, least: Double, most: Double) {
        let backoff = ReconnectBackoff(first: .seconds(1), most: .seconds(30))
        #expect(backoff.delay(attempt: attempt, jitter: 0) == Int64(least * 1e9))
        #expect(backoff.delay(attempt: attempt, jitter: 1) == Int64(most * 1e9))
    }

    @Test("A first pause above the most is cut to it")
    func most() {
        let backoff = ReconnectBackoff(first: .seconds(60), most: .seconds(30))
        #expect(backoff.delay(attempt: 1, jitter: 1) == 30_000_000_000)
    }
}

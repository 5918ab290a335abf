/// Who gets in, and what he may have: tells who asks by what comes with a request, and keeps logins. Time, chance and hashes are given
/// to it.
package struct DeskGate: Sendable {
    /// The name of the cookie that a login is known by. The prefix binds it to this host, which browsers allow over TLS alone.
    package static func cookieName(isSecure: Bool) -> String { isSecure ? "__Host-postbox" : "postbox" }

    private var settings: HTTPSettings?
    private var hosts: HostNames
    /// SHA-256 of a text's bytes, 64 hexadecimal digits.
    private let hash: @Sendable (String) -> String
    private var sessions = DeskSessions()
    private var tries = LoginTries()
    /// What forms bring along that people send for whom the control socket or its proxy vouches, by name; made at the first look.
    private var formKeys: [String: String] = [:]

    package init(_ settings: HTTPSettings?, hosts: HostNames, hash: @escaping @Sendable (String) -> String) {
        self.settings = settings
        self.hosts = hosts
        self.hash = hash
    }

    /// Another configuration came into force: users and names go by it. Who logged in with a token that is no longer his has to log in
    /// anew.
    package mutating func use(_ new: HTTPSettings?, hosts: HostNames) {
        func tokens(_ settings: HTTPSettings?) -> [String: String] {
            (settings?.users ?? []).reduce(into: [:]) { $0[$1.name] = $1.tokenSHA256 }
        }
        let (before, after) = (tokens(settings), tokens(new))
        sessions.end(where: { before[$0] == nil || before[$0] != after[$0] })
        settings = new
        self.hosts = hosts
    }

    /// What was wrong with a request before anybody looked what it asks for.
    package enum Refusal: Error, Sendable, Equatable {
        /// It was meant for somebody else.
        case wrongHost
        /// There is no such token, or its user may no more.
        case wrongToken
        /// So many logins failed that nobody may try for so many seconds.
        case tooManyTries(seconds: Int)
        /// The proxy names somebody who is no user.
        case unknownUser(String)
    }

    // MARK: - Who asks

    /// Tells who asks.
    ///
    /// - Parameters:
    ///   - account: who stands behind the account that speaks at the control socket; nil: it cannot be told, or it is TCP.
    ///   - wall: microseconds since 1970.
    ///   - now: nanoseconds of a clock that never goes back.
    ///   - chance: makes a text that nobody can guess.
    package mutating func caller(
        of request: DeskRequest, account: Person?, wall: Int64, at now: Int64, chance: () -> String
    ) throws(Refusal) -> DeskCaller {
        switch request.source {
        case .socket:
            return try callerAtSocket(request, account, wall: wall, chance: chance)
        case .network(let address, let isSecure):
            guard hosts.contain(request.header("host")) else { throw .wrongHost }
            if let token = Self.token(of: request) {
                return try callerByToken(token, from: address, wall: wall, at: now)
            }
            if let secret = request.cookie(Self.cookieName(isSecure: isSecure)), let session = sessions[secret],
                let user = user(session.user, wall: wall)
            {
                return caller(user, .session(secret), formKey: session.formKey)
            }
            let rights: Set<DeskRight> = settings?.isOpenForReading == true ? [.read, .metrics] : []
            return DeskCaller(person: nil, way: .nobody, rights: rights)
        }
    }

    private mutating func callerAtSocket(
        _ request: DeskRequest, _ account: Person?, wall: Int64, chance: () -> String
    ) throws(Refusal) -> DeskCaller {
        // A person's own account speaks for itself: only one of the system's can be a proxy's.
        if let header = settings?.trustedUserHeader, let account, !account.isNamed, let name = request.header(header) {
            guard let user = user(name, wall: wall) else { throw .unknownUser(name) }
            return caller(user, .proxy(user: user.name), formKey: formKey(of: user.name, chance))
        }
        return DeskCaller(
            person: account, way: .account, rights: Set(DeskRight.allCases),
            formKey: account.map { formKey(of: $0.text, chance) } ?? "")
    }

    private mutating func callerByToken(
        _ token: String, from address: String, wall: Int64, at now: Int64
    ) throws(Refusal) -> DeskCaller {
        if let seconds = tries.wait(address, at: now) { throw .tooManyTries(seconds: seconds) }
        let sha256 = hash(token)
        guard let found = user(byTokenSHA256: sha256, wall: wall) else {
            tries.fail(address, at: now)
            throw .wrongToken
        }
        return caller(found, .token(sha256: sha256), formKey: "")
    }

    private func caller(_ user: HTTPSettings.User, _ way: DeskCaller.Way, formKey: String) -> DeskCaller {
        DeskCaller(
            person: Person(text: "page:" + user.name, isNamed: true), way: way, rights: DeskRight.whole(user.may),
            rules: user.rules, formKey: formKey)
    }

    private mutating func formKey(of name: String, _ chance: () -> String) -> String {
        if let key = formKeys[name] { return key }
        if formKeys.count >= DeskSessions.most { formKeys = [:] }
        let key = chance()
        formKeys[name] = key
        return key
    }

    /// A user who may something now.
    private func user(_ name: String, wall: Int64) -> HTTPSettings.User? {
        settings?.users.first { $0.name == name && ($0.until.map { wall < $0 } ?? true) }
    }

    private func user(byTokenSHA256 hash: String, wall: Int64) -> HTTPSettings.User? {
        // All are compared, each to its end: how long it takes tells nothing.
        var found: HTTPSettings.User?
        for user in settings?.users ?? [] {
            guard let known = user.tokenSHA256 else { continue }
            let differences = zip(known.utf8, hash.utf8).reduce(known.utf8.count ^ hash.utf8.count) {
                $0 | Int($1.0 ^ $1.1)
            }
            if differences == 0, user.until.map({ wall < $0 }) ?? true { found = user }
        }
        return found
    }

    /// The token of a request's head: `Authorization: Bearer TOKEN` (RFC 6750).
    private static func token(of request: DeskRequest) -> String? {
        guard let text = request.header("authorization") else { return nil }
        let parts = text.split(separator: " ")
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : ""
    }

    /// Whether somebody who follows what happens may go on: what let him in still holds, and he may still read.
    ///
    /// - Parameters:
    ///   - caller: who he was when he was let in.
    ///   - wall: microseconds since 1970.
    package func mayFollow(_ caller: DeskCaller, wall: Int64) -> Bool {
        let found: HTTPSettings.User?
        switch caller.way {
        case .account: return true
        case .nobody: return settings?.isOpenForReading == true
        case .token(let sha256): found = user(byTokenSHA256: sha256, wall: wall)
        case .session(let secret): found = sessions[secret].flatMap { user($0.user, wall: wall) }
        case .proxy(let name): found = settings?.trustedUserHeader == nil ? nil : user(name, wall: wall)
        }
        return found.map { DeskRight.whole($0.may).contains(.read) } ?? false
    }

    // MARK: - Logins

    /// Logs somebody in by his name and token. Returns the line `Set-Cookie`.
    ///
    /// - Parameter chance: makes a text that nobody can guess.
    package mutating func login(
        _ name: String, token: String, from request: DeskRequest, wall: Int64, at now: Int64, chance: () -> String
    ) throws(Refusal) -> String {
        guard case .network(let address, let isSecure) = request.source, hosts.contain(request.header("host")) else {
            throw .wrongHost
        }
        if let seconds = tries.wait(address, at: now) { throw .tooManyTries(seconds: seconds) }
        guard let user = user(byTokenSHA256: hash(token), wall: wall), user.name == name else {
            tries.fail(address, at: now)
            throw .wrongToken
        }
        let secret = chance()
        sessions.begin(user.name, secret: secret, formKey: chance())
        return Self.cookie(secret, isSecure: isSecure)
    }

    /// Ends a login. Returns the line `Set-Cookie` that takes the cookie away.
    package mutating func logout(_ caller: DeskCaller, isSecure: Bool) -> String {
        if case .session(let secret) = caller.way { sessions.end(secret) }
        return Self.cookie("", isSecure: isSecure) + "; Max-Age=0"
    }

    private static func cookie(_ secret: String, isSecure: Bool) -> String {
        "\(cookieName(isSecure: isSecure))=\(secret); Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    /// Notes what somebody is to be told on his next page.
    package mutating func say(_ said: DeskSessions.Said, to caller: DeskCaller) {
        if case .session(let secret) = caller.way { sessions.say(said, to: secret) }
    }

    /// What he is to be told; once.
    package mutating func takeSaid(_ caller: DeskCaller) -> DeskSessions.Said? {
        if case .session(let secret) = caller.way { sessions.takeSaid(secret) } else { nil }
    }

    // MARK: - Where an act comes from

    /// Whether an act comes from our own page, or from a program: other pages that a person looks at can make his browser send
    /// requests, and with them what shows who he is.
    ///
    /// - Parameter formKey: what the form brought along; nil: it is no form.
    package static func isOwn(_ request: DeskRequest, by caller: DeskCaller, formKey: String?) -> Bool {
        switch caller.way {
        // No browser sends these by itself.
        case .token: return true
        case .account where request.header("origin") == nil && request.header("sec-fetch-site") == nil: return true
        case .account, .session, .proxy, .nobody: break
        }
        if let formKey, !caller.formKey.isEmpty, formKey == caller.formKey { return true }
        return isFromHere(request) == true
    }

    /// Whether a browser says that the request comes from a page of this host. nil: it says nothing.
    package static func isFromHere(_ request: DeskRequest) -> Bool? {
        // A page whose referrer is kept to itself has the origin null.
        if let origin = request.header("origin"), origin != "null" {
            guard let host = request.header("host"), let mark = origin.firstRange(of: "://") else { return false }
            return origin[mark.upperBound...].lowercased() == host.lowercased()
        }
        return request.header("sec-fetch-site").map { $0 == "same-origin" }
    }
}

/// What a browser asks for at the page: a view, a part of it, or an act by a form.
package enum PageCall: Sendable, Equatable {
    case now
    case failures
    case files(DropQuery)
    /// A file's own page, with a page of its rows. `outcome`: nil: all of them that are not good.
    case file(drop: Int, ResultFilter, page: Int?, all: Bool)
    /// The same, with what a withdrawal of the file would post. `blanks`: fields that had no value before are blanked.
    case withdrawal(drop: Int, blanks: Bool)
    case held
    case ric(String?)
    case audit(AuditSearch)
    case login
    case style
    case script
    case icon
    /// Forms that were sent.
    case doLogin
    case doLogout
    case act(DeskVerb, drop: Int)
    case hold(DeskCall.HoldSubject, isHold: Bool)
    case alert(AlertCall)
    /// How a day went; nil: today.
    case day(Int?)
    case signDay(Int)

    /// What an address turned out to be.
    package enum Found: Sendable, Equatable {
        case call(PageCall)
        case nothing
        case wrongMethod(allowed: String)
        case wrongQuery(String)
    }

    /// What somebody has to be allowed; nil: nothing, anybody may.
    package var right: DeskRight? {
        switch self {
        case .login, .style, .script, .icon, .doLogin, .doLogout: nil
        case .now, .failures, .files, .file, .held, .ric, .audit: .read
        case .withdrawal: .correct
        case .act(let verb, _): verb.right
        case .hold, .alert: .stop
        case .day: .read
        case .signDay: .release
        }
    }

    /// Looks an address up.
    package static func find(method: String, target: String) -> Found {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count > 1 ? parts[1] : nil
        if method == "POST" {
            guard let call = form(String(parts[0])) else {
                return (try? view(String(parts[0]), nil)) == nil ? .nothing : .wrongMethod(allowed: "GET")
            }
            return query == nil ? .call(call) : .wrongQuery("a form has nothing behind a question mark")
        }
        guard method == "GET" else {
            return (try? view(String(parts[0]), nil)) == nil ? .nothing : .wrongMethod(allowed: "GET")
        }
        do throws(DeskQuery.Fault) {
            if let call = try view(String(parts[0]), query) { return .call(call) }
        } catch {
            return .wrongQuery(error.text)
        }
        return form(String(parts[0])) == nil ? .nothing : .wrongMethod(allowed: "POST")
    }

    private static func view(_ path: String, _ query: Substring?) throws(DeskQuery.Fault) -> PageCall? {
        func none(_ call: PageCall) throws(DeskQuery.Fault) -> PageCall {
            _ = try DeskQuery(query, keys: [], isForm: true)
            return call
        }
        switch path {
        case "/": return try none(.now)
        case "/failures": return try none(.failures)
        case "/held": return try none(.held)
        case "/login": return try none(.login)
        case "/page.css": return try none(.style)
        case "/page.js": return try none(.script)
        case "/icon.svg": return try none(.icon)
        case "/files": return .files(try DropQuery(try DeskQuery(query, keys: DropQuery.keys, isForm: true)))
        case "/day":
            guard let text = try DeskQuery(query, keys: ["day"], isForm: true)["day"] else { return .day(nil) }
            guard let day = try? ScheduleText.day(text) else {
                throw DeskQuery.Fault("\(VisibleText.line(text)) is no day such as 2026-12-24")
            }
            return .day(day)
        case "/ric": return .ric(try DeskQuery(query, keys: ["ric"], isForm: true)["ric"])
        case "/audit":
            return .audit(try AuditSearch(try DeskQuery(query, keys: AuditSearch.keys, isForm: true)))
        default:
            guard path.hasPrefix("/drops/") else { return nil }
            let rest = path.dropFirst(7)
            let withdraw = "/\(DeskVerb.withdraw.rawValue)"
            if rest.hasSuffix(withdraw), let drop = DeskCall.number(rest.dropLast(withdraw.utf8.count)) {
                let found = try DeskQuery(query, keys: ["blank"], isForm: true)
                return .withdrawal(drop: drop, blanks: found["blank"] == "1")
            }
            guard let drop = DeskCall.number(rest) else { return nil }
            let found = try DeskQuery(query, keys: ResultFilter.keys + ["all"], isForm: true)
            return .file(
                drop: drop, try ResultFilter(found), page: try found.number("page"), all: found["all"] == "1")
        }
    }

    private static func form(_ path: String) -> PageCall? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        switch (parts.count, parts.count > 1 ? parts[1] : "") {
        case (2, "login"): return .doLogin
        case (2, "logout"): return .doLogout
        case (4, "alerts"), (4, "mutes"): return AlertCall(Array(parts.dropFirst())).map { .alert($0) }
        case (4, "day"):
            guard parts[3] == "sign", let day = try? ScheduleText.day(String(parts[2])) else { return nil }
            return .signDay(day)
        case (3, "inbox"): return hold(.inbox, parts[2])
        case (4, "destinations"):
            guard let name = DeskQuery.unescaped(parts[2]), !name.isEmpty else { return nil }
            return hold(.destination(name), parts[3])
        case (4, "rules"):
            guard let match = DeskQuery.unescaped(parts[2]), !match.isEmpty else { return nil }
            return hold(.rule(match), parts[3])
        case (4, "drops"):
            guard let drop = DeskCall.number(parts[2]), let verb = DeskVerb(rawValue: String(parts[3])),
                verb.isOfOneDrop
            else {
                return nil
            }
            return .act(verb, drop: drop)
        default: return nil
        }
    }

    private static func hold(_ subject: DeskCall.HoldSubject, _ word: Substring) -> PageCall? {
        word == "hold" || word == "resume" ? .hold(subject, isHold: word == "hold") : nil
    }
}

/// What a form brought along: `application/x-www-form-urlencoded`.
package struct PageForm: Sendable, Equatable {
    private var pairs: [(name: String, value: String)] = []

    package static func == (left: PageForm, right: PageForm) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0.name == $1.name && $0.value == $1.value }
    }

    /// Ticks and fields at most.
    static let most = 10_010

    /// nil: it is no form.
    package init?(_ body: [UInt8]) {
        guard let text = String(validating: body, as: UTF8.self) else { return nil }
        guard !text.isEmpty else { return }
        for pair in text.split(separator: "&", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pairs.count < Self.most, let name = DeskQuery.unescaped(parts[0], plusIsBlank: true),
                let value = parts.count > 1 ? DeskQuery.unescaped(parts[1], plusIsBlank: true) : ""
            else { return nil }
            pairs.append((name, value))
        }
    }

    /// The first of that name; nil: there is none, or it is blank.
    package subscript(name: String) -> String? {
        pairs.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// What an act's form says, as its body in JSON would.
    package func order(for verb: DeskVerb) throws(DeskOrder.Fault) -> DeskOrder {
        var order = DeskOrder()
        if let why = self["why"] { order.why = try DeskOrder.why(why) }
        try order.checkWhy(for: verb)
        let left = pairs.filter { $0.name == "except" }.map(\.value)
        if verb == .release, !left.isEmpty {
            guard let ranges = RowChoice.ranges(left.joined(separator: ",")) else {
                throw DeskOrder.Fault("these are no rows")
            }
            order.rows = .except(ranges)
        }
        if verb == .release, let rows = self["rows"] {
            guard let ranges = RowChoice.ranges(rows) else { throw DeskOrder.Fault("these are no rows") }
            order.rows = .only(ranges)
        }
        if verb == .withdraw { order.blanks = self["blank"] == "1" }
        if verb == .resend, let outcome = self["outcome"] { order.outcomes = try DeskOrder.outcomes(outcome) }
        return order
    }
}

import Foundation
import TestSupport
import Testing

/// What a browser gets where a program gets a problem of RFC 9457.
@Suite("Mistakes on the page, end to end", .serialized, .ownThreads)
struct MistakeTests {
    private static let form = "application/x-www-form-urlencoded"

    private static func desk() async throws -> (ServedDesk, RunningSimulator) {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let page = try await ServedDesk.start(
            desk, simulator.url,
            http: """
                users:
                  alice: {token_sha256: "\(ServedDesk.hash("alice"))", may: [stop, release, correct]}
                  rita: {token_sha256: "\(ServedDesk.hash("rita"))", may: [read]}
                  meter: {token_sha256: "\(ServedDesk.hash("meter"))", may: [metrics]}
                """)
        try desk.drop("eod_1.csv", "RIC,BID\nR1.TST,1.5\n")
        _ = try await desk.finish("eod_1.csv", in: .done)
        return (page, simulator)
    }

    private static func browse(
        _ page: ServedDesk, _ method: String, _ target: String, as token: String? = nil, cookie: String? = nil,
        body: String = ""
    ) -> String {
        let who = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let login = cookie.map { "Cookie: \($0)\r\n" } ?? ""
        return page.ask(
            method, target, headers: "Accept: text/html,*/*;q=0.8\r\n" + who + login, body: body, type: form)
    }

    @Test("A mistake in a form comes back as the form with what is wrong; a program gets the problem as before")
    func forms() async throws {
        let (page, simulator) = try await Self.desk()
        for (target, typed, why) in [
            ("/audit?ric=R1.TST&from=never", "value=\"never\"", "Nothing was looked up: from is no day"),
            ("/audit?ric=R1.TST&from=2026-01-02&to=2026-01-01", "value=\"2026-01-02\"", "nothing lies between them"),
            ("/audit?ric=R1.TST&outcome=lost", "value=\"R1.TST\"", "lost is no outcome"),
            ("/audit?ric=R1.TST&value=BID", "value=\"BID\"", "a value is such as BID=1.2"),
            ("/files?name=eod&from=2026-13-01", "value=\"2026-13-01\"", "from is no day"),
            ("/files?name=eod&page=x", "value=\"eod\"", "page is no whole number"),
            ("/day?day=Friday", "value=\"Friday\"", "Friday is no day"),
            ("/ric?ric=R1.TST&x=1", "value=\"R1.TST\"", "it takes ric, not x"),
            ("/drops/1?ric=R1.TST&outcome=lost", "value=\"R1.TST\"", "These rows are not chosen as asked: there is no"),
        ] {
            let shown = Self.browse(page, "GET", target, as: "rita")
            #expect(shown.hasPrefix("HTTP/1.1 400") && shown.contains("text/html"), "\(shown)")
            #expect(shown.contains(typed) && shown.contains(why), "\(target): \(shown)")
            let problem = page.ask("GET", target, headers: "Authorization: Bearer rita\r\n")
            #expect(problem.hasPrefix("HTTP/1.1 400") && problem.contains("application/problem+json"), "\(target)")
        }
        try await page.stop()
        withExtendedLifetime(simulator) {}
    }

    @Test("What is not there, not allowed or not his is a page with words; the API's addresses stay as they are")
    func pages() async throws {
        let (page, simulator) = try await Self.desk()
        for (method, target, token, status, words) in [
            ("GET", "/drops/99", "rita", 404, "there is no drop 99."),
            ("GET", "/nowhere", "rita", 404, "nothing at this"),
            ("GET", "/?x=1", "rita", 400, "it takes nothing, not x"), ("POST", "/held", "rita", 405, "takes GET"),
            ("GET", "/drops/1/withdraw", "rita", 403, "rita may not retry, resend, republish, withdraw or say"),
            ("POST", "/drops/1/resend", "rita", 403, "rita may not"),
            ("GET", "/", "meter", 403, "meter may not see this."),
            ("GET", "/", "wrong", 401, "there is no such user and token"),
        ] {
            let shown = Self.browse(page, method, target, as: token)
            #expect(shown.hasPrefix("HTTP/1.1 \(status)") && shown.contains("text/html"), "\(target): \(shown)")
            #expect(shown.contains(words), "\(target): \(shown)")
            // Who may not read sees nothing of how things stand.
            #expect(shown.contains("class=\"answers") == (token == "rita"), "\(target)")
        }
        for target in ["/api/v1/drops/99", "/api/v1/drops?from=never", "/api/v1/nowhere"] {
            #expect(Self.browse(page, "GET", target, as: "rita").contains("application/problem+json"), "\(target)")
        }
        // Whoever is not logged in is asked who he is.
        #expect(Self.browse(page, "GET", "/nowhere").contains("Location: /login"))
        try await page.stop()
        withExtendedLifetime(simulator) {}
    }

    @Test("An act without its reason leads back to where its form stands; with a login that is over, to the login")
    func acts() async throws {
        let (page, simulator) = try await Self.desk()
        let origin = "Origin: \(page.url)\r\nAccept: text/html\r\n"
        let login = page.ask("POST", "/login", headers: origin, body: "name=alice&token=alice", type: Self.form)
        let cookie = try #require(
            login.split(separator: "\r\n").first { $0.lowercased().hasPrefix("set-cookie: ") }?
                .dropFirst("set-cookie: ".count).split(separator: ";").first.map(String.init), "\(login)")
        func send(_ target: String, _ body: String, cookie: String?) -> String {
            page.ask(
                "POST", target, headers: origin + (cookie.map { "Cookie: \($0)\r\n" } ?? ""), body: body,
                type: Self.form)
        }
        for (target, place) in [
            ("/drops/1/no-action", "/failures"), ("/drops/1/refuse", "/held"),
            ("/drops/1/withdraw", "/drops/1/withdraw"),
            ("/alerts/1/ack", "/"),
        ] {
            let answer = send(target, "", cookie: cookie)
            #expect(answer.contains("Location: \(place)\r\n"), "\(target): \(answer)")
            let shown = Self.browse(page, "GET", place, cookie: cookie)
            #expect(shown.contains("role=\"alert\">say why"), "\(target): \(shown)")
        }
        let over = send("/drops/1/resend", "", cookie: "postbox=gone")
        #expect(
            over.hasPrefix("HTTP/1.1 401") && over.contains("nothing was done") && over.contains("action=\"/login\""))
        let foreign = page.ask(
            "POST", "/drops/1/resend",
            headers: "Origin: http://evil.example\r\nAccept: text/html\r\nCookie: \(cookie)\r\n", body: "key=x",
            type: Self.form)
        #expect(foreign.hasPrefix("HTTP/1.1 403") && foreign.contains("load it again.</p>"), "\(foreign)")
        let wrong = page.ask("POST", "/login", headers: origin, body: "name=alice&token=x", type: Self.form)
        #expect(wrong.contains("no such name and token") && wrong.contains("value=\"alice\""))
        try await page.stop()
        withExtendedLifetime(simulator) {}
    }
}

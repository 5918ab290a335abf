import PostboxCore
import Testing

@Suite("What is asked for at the control socket")
struct DeskCallTests {
    @Test(
        "Each address is one call",
        arguments: [
            ("GET", "/healthz", .health), ("GET", "/readyz", .ready), ("GET", "/api/v1/status", .status),
            ("GET", "/api/v1/held", .held),
            ("GET", "/api/v1/last?ric=VOD.L", .last(ric: "VOD.L", service: nil, destination: nil)),
            (
                "GET", "/api/v1/last?destination=a%20b&ric=%2F.DJI%3D+&service=DDS",
                .last(ric: "/.DJI=+", service: "DDS", destination: "a b")
            ),
            ("GET", "/api/openapi.json", .description), ("GET", "/api/v1/events", .events),
            ("GET", "/api/v1/drops", .drops(DropQuery())), ("GET", "/api/v1/drops/7", .drop(7)),
            (
                "GET", "/api/v1/drops?state=finished&name=eod_*&verdict=partial&from=1970-01-02&to=1970-01-02&page=9",
                .drops(
                    DropQuery(
                        state: .finished, name: "eod_*", verdict: .partial, from: 86_400_000_000,
                        before: 172_800_000_000, page: 9))
            ),
            ("GET", "/api/v1/rics/VOD.L", .ricRows(RICQuery(ric: "VOD.L"))),
            (
                "GET", "/api/v1/rics/A?from=1970-01-02&to=1970-01-02",
                .ricRows(RICQuery(ric: "A", from: 86_400_000_000, to: 172_800_000_000))
            ),
            (
                "GET", "/api/v1/rics/a%2Fb?from=1970-01-02&to=1970-01-02T00:00:01Z&page=1796072129184714.812.40",
                .ricRows(
                    RICQuery(
                        ric: "a/b", from: 86_400_000_000, to: 86_401_000_000,
                        page: RICQuery.Place(at: 1_796_072_129_184_714, drop: 812, behind: 40)))
            ),
            ("GET", "/api/v1/drops/7/rows", .rows(drop: 7, ResultFilter(), page: nil)),
            (
                "GET", "/api/v1/drops/7/rows?outcome=nacked&ric=VOD.L&page=120",
                .rows(drop: 7, ResultFilter(outcome: .nacked, ric: "VOD.L"), page: 120)
            ),
            ("GET", "/api/v1/drops/7/result", .file(drop: 7, .result)),
            ("GET", "/api/v1/drops/7/summary", .file(drop: 7, .summary)),
            ("GET", "/api/v1/drops/7/rejects?destination=a%2Fb", .file(drop: 7, .rejects(destination: "a/b"))),
            ("POST", "/api/v1/inbox/hold", .hold(.inbox, isHold: true)),
            ("POST", "/api/v1/destinations/a%2Fb/resume", .hold(.destination("a/b"), isHold: false)),
            ("POST", "/api/v1/drops/7/release", .act(.release, drop: 7)),
            ("POST", "/api/v1/drops/123456789012345/refuse", .act(.refuse, drop: 123_456_789_012_345)),
            ("POST", "/api/v1/drops/1/retry", .act(.retry, drop: 1)),
            ("POST", "/api/v1/drops/1/resend", .act(.resend, drop: 1)),
            ("POST", "/api/v1/drops/1/cancel", .act(.cancel, drop: 1)),
            ("POST", "/api/v1/drops/1/hold", .act(.hold, drop: 1)),
            ("POST", "/api/v1/drops/1/resume", .act(.resume, drop: 1)),
            ("POST", "/api/v1/drops/1/withdraw", .act(.withdraw, drop: 1)),
            ("POST", "/api/v1/rules/eod_%2A.csv/withdraw", .withdraw(rule: "eod_*.csv")),
            ("POST", "/api/v1/destinations/a%2Fb/republish", .republish(destination: "a/b")),
        ] as [(String, String, DeskCall)])
    func addresses(method: String, target: String, call: DeskCall) {
        #expect(DeskCall.find(method: method, target: target) == .call(call))
    }

    @Test(
        "Whatever is written otherwise leads nowhere",
        arguments: [
            "", "/", "*", "/api/v1", "/api/v1/", "//healthz", "/healthz/", "/healthz#x", "/HEALTHZ", "/./healthz",
            "/x/../healthz", "/%68ealthz", "http://postbox/healthz", "/api/v1/drops/", "/api/v1/inbox/Hold",
            "/api/v1/inbox/hold/x", "/api/v1/destinations/hold", "/api/v1/destinations//hold",
            "/api/v1/destinations/%zz/hold", "/api/v1/destinations/../hold/hold", "/api/v1/drops/7/result/..",
            "/api/v1/drops/7/", "/api/v1/drops/007", "/api/openapi.json/", "/api/v1/drops/7/release/",
            "/api/v1/drops//7/release",
            "/api/v1/drops/07/release", "/api/v1/drops/0/release", "/api/v1/drops/-7/release",
            "/api/v1/drops/+7/release", "/api/v1/drops/7/Release", "/api/v1/drops/7/republish",
            "/api/v1/drops/9999999999999999/release", "/api/v1/drops/%37/release", "/api/v1/drops/7%2Frelease",
            "/api/v1/drops/../../../etc/passwd", "/api/v1/status\u{0}", "/api/v2/status",
        ])
    func nowhere(target: String) {
        for method in ["GET", "POST"] { #expect(DeskCall.find(method: method, target: target) == .nothing) }
    }

    @Test("No act is done by GET, and nothing is read by POST")
    func methods() {
        for verb in DeskVerb.allCases where verb.isOfOneDrop {
            for method in ["GET", "HEAD", "PUT", "DELETE", "post", ""] {
                #expect(
                    DeskCall.find(method: method, target: DeskCall.target(of: verb, drop: 7))
                        == .wrongMethod(allowed: "POST"))
            }
            #expect(
                DeskCall.find(method: "POST", target: DeskCall.target(of: verb, drop: 7)) == .call(.act(verb, drop: 7)))
        }
        for target in ["/healthz", "/readyz", DeskCall.statusTarget, DeskCall.heldTarget, "/api/v1/last?ric=A"] {
            #expect(DeskCall.find(method: "POST", target: target) == .wrongMethod(allowed: "GET"))
        }
    }

    @Test(
        "What stands behind the question mark is read strictly",
        arguments: [
            "/healthz?", "/api/v1/status?x=1", "/api/v1/last", "/api/v1/last?", "/api/v1/last?ric=",
            "/api/v1/last?ric", "/api/v1/last?ric=A&ric=B", "/api/v1/last?ric=A&", "/api/v1/last?RIC=A",
            "/api/v1/last?ric=A&x=1", "/api/v1/last?ric=%4", "/api/v1/last?ric=%", "/api/v1/last?ric=%zz",
            "/api/v1/last?ric=%ff", "/api/v1/last?service=S", "/api/v1/drops?state=odd", "/api/v1/drops?from=yesterday",
            "/api/v1/drops?page=-1", "/api/v1/rics/A?from=2h", "/api/v1/rics/A?from=2026-11-28&to=2026-11-27",
            "/api/v1/drops?from=2026-11-28&to=2026-11-27", "/api/v1/rics/A?to=17:30",
            "/api/v1/drops/7/rows?outcome=good", "/api/v1/drops/7/rows?page=1e3",
            "/api/v1/drops/7?x=1", "/api/v1/drops/7/result?x=1", "/api/v1/drops?name=",
        ])
    func queries(target: String) {
        guard case .wrongQuery(let why) = DeskCall.find(method: "GET", target: target) else {
            Issue.record("\(target) is taken")
            return
        }
        #expect(!why.isEmpty)
    }

    @Test(
        "A query for a RIC of any letters is read as it was meant", arguments: ["VOD.L", "0#A+B&C=%/?", "Ä ö\u{1F600}"])
    func last(ric: String) {
        let target = DeskCall.target(ofLast: ric, service: ric, destination: nil)
        #expect(
            DeskCall.find(method: "GET", target: target)
                == .call(.last(ric: ric, service: ric, destination: nil)))
        #expect(target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
    }

    @Test("Each act's body is read as the act that it was made of")
    func bodies() throws {
        let acts: [DeskAct] = [
            .release(drop: 7, .all), .release(drop: 7, .only([3...3, 17...20])), .release(drop: 7, .except([1...1])),
            .release(drop: 7, .only([3...3]), why: "it is right"), .noAction(drop: 7, why: "a holiday"),
            .refuse(drop: 7, why: "it was \"wrong\"\n, Ä"), .retry(drop: 7, why: nil), .retry(drop: 7, why: "fixed"),
            .resend(drop: 7, outcomes: DeskAct.resent, why: nil, force: false),
            .resend(drop: 7, outcomes: [.acked], why: "lost cache", force: true),
        ]
        for act in acts {
            let order = try DeskOrder(Array(DeskOrder.body(of: act).utf8), for: act.verb)
            #expect(order.act(act.verb, drop: 7) == act)
        }
        for verb in DeskVerb.allCases where ![.refuse, .noAction, .republish, .withdraw].contains(verb) {
            #expect(try DeskOrder([], for: verb) == DeskOrder())
        }
        for verb in [DeskVerb.cancel, .hold, .resume] { #expect(DeskOrder().act(verb, drop: 7) == nil) }
    }

    @Test(
        "A body that says something else than it may is refused",
        arguments: [
            (.release, "["), (.release, "[]"), (.release, "7"), (.release, "{} {}"), (.release, #"{"rows":[3]}"#),
            (.release, #"{"rows":3}"#), (.release, #"{"rows":"0"}"#), (.release, #"{"rows":"3","except":"4"}"#),
            (.release, #"{"rows":"3","rows":"4"}"#), (.release, #"{"row":"3"}"#), (.release, #"{"why":1}"#),
            (.retry, #"{"force":true}"#), (.retry, #"{"why":1}"#), (.retry, #"{"why":null}"#),
            (.resend, #"{"outcome":"lost"}"#), (.resend, #"{"outcome":""}"#), (.resend, #"{"outcome":["nacked"]}"#),
            (.resend, #"{"outcome":"rejected"}"#), (.resend, #"{"force":"true"}"#), (.resend, #"{"force":1}"#),
            (.hold, #"{"until":"9:00"}"#), (.refuse, "{}"), (.noAction, "{}"), (.noAction, #"{"why":" "}"#),
            (.republish, #"{"why":"x","since":"2026-11-29T08:00:00.000000Z"}"#),
            (.republish, #"{"why":"x","service":""}"#), (.republish, #"{"why":"x","preview":"yes"}"#),
            (.withdraw, #"{"why":"x","since":"8:00"}"#), (.withdraw, #"{"why":"x","blank":1}"#),
        ] as [(DeskVerb, String)])
    func wrongBodies(verb: DeskVerb, body: String) {
        #expect(throws: DeskOrder.Fault.self) { try DeskOrder(Array(body.utf8), for: verb) }
    }

    @Test("A body that is no UTF-8 is refused, and not read as another one")
    func noText() {
        let body = Array(#"{"why":""#.utf8) + [0xff] + Array(#""}"#.utf8)
        #expect(throws: DeskOrder.Fault.self) { try DeskOrder(body, for: .retry) }
    }

    @Test("Who refuses has to say why, in words that can be seen, and not too many")
    func reasons() {
        for body in ["", "{}", #"{"why":""}"#, #"{"why":" \t\n\u200b"}"#] {
            do throws(DeskOrder.Fault) {
                _ = try DeskOrder(Array(body.utf8), for: .refuse)
                Issue.record("\(body) is taken")
            } catch {
                #expect(error.needsWhy)
                #expect(DeskReply(error).status == 422)
            }
        }
        let long = String(repeating: "a", count: DeskOrder.whyMax + 1)
        #expect(throws: DeskOrder.Fault.self) { try DeskOrder(Array("{\"why\":\"\(long)\"}".utf8), for: .refuse) }
    }

    @Test("Answers say what became of an act, to programs and to people")
    func answers() {
        let done = DeskReply(.done(text: "released", facts: ["released": 2, "left_out": 1], drop: 9))
        #expect(done.status == 200 && done.contentType == "application/json")
        #expect(done.body == #"{"done":true,"text":"released","facts":{"left_out":1,"released":2},"drop":9}"#)
        let proposed = DeskReply(.proposed(text: "one more"))
        #expect(proposed.status == 202 && JSONValue.parse(proposed.body)?["proposed"]?.flag == true)
        let statuses: [DeskAnswer.Refusal: Int] = [
            .unknownDrop: 404, .wrongStage: 409, .notAllowed: 403, .needsWhy: 422, .badConfiguration: 422,
            .unavailable: 503,
        ]
        for refusal in DeskAnswer.Refusal.allCases {
            let reply = DeskReply(.refused(refusal, text: "no \"x\""))
            let value = JSONValue.parse(reply.body)
            #expect(reply.status == statuses[refusal] && reply.contentType == "application/problem+json")
            #expect(value?["status"]?.integer == reply.status && value?["reason"]?.text == refusal.rawValue)
            #expect(value?["detail"]?.text == "no \"x\"" && value?["type"]?.text == "about:blank")
            #expect(value?["title"]?.text?.isEmpty == false)
        }
        #expect(DeskReply(.call(.health)) == nil)
        #expect(DeskReply(.nothing)?.status == 404)
        #expect(DeskReply(.wrongMethod(allowed: "POST"))?.allowed == "POST")
        #expect(DeskReply(.wrongQuery("x"))?.status == 400)
    }

    @Test("A socket's path has room in 107 bytes or is told to be too long")
    func paths() {
        let path = "/" + String(repeating: "a", count: 106)
        #expect(DeskSocketPath.fault(path) == nil)
        #expect(DeskSocketPath.fault(path + "a")?.contains("108 bytes") == true)
    }
}

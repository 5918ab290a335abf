import PostboxCore
import Testing

@Suite("What is asked to be done with alerts")
struct AlertCallTests {
    @Test(
        "Each address is one act, and reads back",
        arguments: [
            ("/api/v1/alerts/12/ack", AlertCall.acknowledge(12)), ("/api/v1/alerts/mute", .mute),
            ("/api/v1/mutes/3/end", .unmute(3)),
        ])
    func addresses(target: String, call: AlertCall) {
        #expect(DeskCall.find(method: "POST", target: target) == .call(.alert(call)) && call.target == target)
        #expect(DeskCall.find(method: "GET", target: target) == .wrongMethod(allowed: "POST"))
        #expect(DeskCall.alert(call).right == .stop)
    }

    @Test(
        "What is no address leads nowhere",
        arguments: ["alerts", "alerts/0/ack", "alerts/01/ack", "alerts/1", "alerts/1/mute", "mutes/1", "mutes/x/end"])
    func nowhere(path: String) {
        #expect(DeskCall.find(method: "POST", target: "/api/v1/" + path) == .nothing)
    }

    @Test("The page's forms say the same")
    func page() {
        #expect(PageCall.find(method: "POST", target: "/alerts/12/ack") == .call(.alert(.acknowledge(12))))
        #expect(PageCall.find(method: "POST", target: "/mutes/3/end") == .call(.alert(.unmute(3))))
        #expect(PageCall.find(method: "GET", target: "/alerts/12/ack") == .wrongMethod(allowed: "POST"))
    }

    @Test("A body reads back as it was written")
    func bodies() throws {
        var order = AlertOrder()
        order.why = "the \"vendor\" works on it"
        order.about = .init(event: .destinationDown, rule: "eod_*", destination: "cache")
        order.until = 1_795_000_000_000_000
        #expect(try AlertOrder(Array(order.body.utf8), for: .mute) == order)
    }

    @Test(
        "What is missing or wrong is said",
        arguments: [
            (AlertCall.acknowledge(1), "", "say why"), (.acknowledge(1), #"{"why":" "}"#, "say why"),
            (.acknowledge(1), #"{"until":"x"}"#, "ack takes why"), (.acknowledge(1), "[]", "no JSON object"),
            (.mute, #"{"why":"w","event":"file_partial"}"#, "until when"),
            (.mute, #"{"why":"w","until":"2026-11-30T17:30:00.000000Z"}"#, "which alerts"),
            (.mute, #"{"why":"w","until":"noon","event":"file_partial"}"#, "no instant"),
            (.mute, #"{"why":"w","until":"2h","event":"file_partial"}"#, "no instant"),
            (.mute, #"{"why":"w","until":"2026-12-24","event":"file_partial"}"#, "no instant"),
            (.mute, #"{"why":"w","event":"file_partail"}"#, "the nearest is file_partial"),
            (.mute, #"{"why":"w","why":"v"}"#, "twice"), (.mute, #"{"rule":1}"#, "no text"),
        ])
    func faults(call: AlertCall, body: String, words: String) {
        do throws(DeskOrder.Fault) {
            _ = try AlertOrder(Array(body.utf8), for: call)
            Issue.record("it was taken")
        } catch {
            #expect(error.text.contains(words))
        }
    }
}

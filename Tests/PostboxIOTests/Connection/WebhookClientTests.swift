import PostboxCore
import PostboxIO
import Simulator
import TestSupport
import Testing

@Suite("A webhook over TLS", .serialized, .ownThreads)
struct WebhookClientTests {
    @Test("Its certificate is verified: a stranger's gets nothing, one of a known authority does")
    func certificates() async throws {
        try await withTokens { bench in
            let url = bench.token().url
            func client(_ caFile: String?, _ url: String) -> WebhookClient {
                WebhookClient(
                    url: url, headers: [.init(name: "Authorization", value: "secret")], caFile: caFile,
                    key: "alert_webhook")
            }
            let stranger = await client(nil, url).post("{}")
            guard case .nothing(let why) = stranger else {
                Issue.record("\(stranger)")
                return
            }
            #expect(why.contains("not trusted") && why.contains("the `ca_file` of `alert_webhook`"))
            #expect(bench.server.report().tokenRequests == 0)
            guard case .status(let status, _) = await client(bench.tls.caFile, url).post("{}") else {
                Issue.record("no answer")
                return
            }
            #expect(status >= 200)
            #expect(client(nil, "https://h.example/x?key=secret").host == "h.example")
        }
    }
}

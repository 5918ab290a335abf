internal import Foundation
package import PostboxCore

/// Posts to a webhook of the site's, or only lets it know that we live. Never shows more of its URL than the host: the rest may be a
/// secret, and so may the headers.
package struct WebhookClient: Sendable {
    private let request: CurlRequest

    /// What came of a request.
    package enum Answer: Sendable, Equatable {
        /// A status of HTTP. `retryAfter`: not before so many seconds.
        case status(Int, retryAfter: Int?)
        /// There was no answer; why.
        case nothing(String)
    }

    /// - Parameters:
    ///   - key: how the configuration calls it, such as `alert_webhook`.
    ///   - timeout: seconds.
    package init(
        url: String, headers: [AlertWebhook.Header] = [], caFile: String?, key: String, timeout: Int = 20
    ) {
        request = CurlRequest(
            url: url, content: .nothing, headers: headers.map { "\($0.name): \($0.value)" }, caFile: caFile,
            mayBePlain: true,
            keys: CurlRequest.Keys(url: "the `url` of `\(key)`", caFile: "the `ca_file` of `\(key)`"),
            queue: CurlRequest.webhooks, timeout: timeout)
    }

    /// Where it goes, for people.
    package var host: String { URLComponents(string: request.url)?.host ?? "its host" }

    /// Posts a text of JSON. Redirects are not followed. Ends at once when its task is cancelled.
    package func post(_ json: String) async -> Answer {
        var request = request
        request.content = .json(json)
        return await send(request)
    }

    /// Asks for it, and cares for nothing but the status.
    package func ask() async -> Answer { await send(request) }

    private func send(_ request: CurlRequest) async -> Answer {
        do {
            let answer = try await request.send()
            return .status(answer.status, retryAfter: answer.retryAfter)
        } catch let failure as CurlRequest.Failure {
            return .nothing(failure.description)
        } catch {
            return .nothing("it was not waited for")
        }
    }
}

internal import CLibCurl
internal import Dispatch
internal import Foundation
internal import PostboxCore
internal import Synchronization

/// One request, made by libcurl: proxies, CA stores and TLS as companies have them.
struct CurlRequest: Sendable {
    /// What is sent.
    enum Content: Sendable {
        case form([(String, String)])
        case json(String)
        /// It is only asked for.
        case nothing
    }

    /// How the configuration calls what a desk has to look at when something is wrong.
    struct Keys: Sendable {
        var url = "the token's `url`"
        var caFile = "`tls.ca_file`"
    }

    var url: String
    var content: Content
    /// User and password of a Basic header.
    var basic: (user: String, password: String)?
    /// Lines of the head, each `Name: value`.
    var headers: [String] = []
    var caFile: String?
    /// Without TLS as well: to this machine alone.
    var mayBePlain = false
    var keys = Keys()
    /// On which queue its thread is: whoever hangs keeps nobody else waiting.
    var queue = Self.tokens
    var verify = true
    /// nil: from the environment, as curl reads it.
    var proxy: String?
    /// Seconds.
    var timeout = 30

    struct Answer: Sendable {
        var status: Int
        var body: [UInt8]
        var location: String?
        /// Seconds.
        var retryAfter: Int?
    }

    /// No answer at all: why, without anything secret.
    struct Failure: Error, Sendable, CustomStringConvertible {
        var description: String
    }

    static let tokens = DispatchQueue(label: "token", attributes: .concurrent)
    static let webhooks = DispatchQueue(label: "webhook", qos: .utility, attributes: .concurrent)
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Sends it and waits for the answer on a thread of its own. Redirects are not followed. Throws `Failure`, and
    /// `CancellationError` at once when the task is cancelled: nothing interrupts libcurl while it looks up a name, so its
    /// thread is left to end by itself.
    func send() async throws -> Answer {
        let waiter = Waiter()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiter.wait(continuation)
                queue.async { waiter.end(Result { try perform() }) }
            }
        } onCancel: {
            waiter.end(.failure(CancellationError()))
        }
    }

    /// Who waits for the answer, and gets the first of what comes.
    private final class Waiter: Sendable {
        private struct State {
            var continuation: CheckedContinuation<Answer, any Error>?
            var first: Result<Answer, any Error>?
        }

        private let state = Mutex(State())

        func wait(_ continuation: CheckedContinuation<Answer, any Error>) {
            let first = state.withLock { state in
                if state.first == nil { state.continuation = continuation }
                return state.first
            }
            if let first { continuation.resume(with: first) }
        }

        func end(_ result: Result<Answer, any Error>) {
            let continuation = state.withLock { state in
                state.first = state.first ?? result
                defer { state.continuation = nil }
                return state.continuation
            }
            continuation?.resume(with: result)
        }
    }

    /// `application/x-www-form-urlencoded`: everything but letters, digits and `*-._` is escaped, so that no password breaks it.
    static func encode(_ form: [(String, String)]) -> String {
        func escape(_ text: String) -> String {
            let hex = Array("0123456789ABCDEF")
            var out = ""
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "_"):
                    out.append(Character(Unicode.Scalar(byte)))
                case UInt8(ascii: " "): out.append("+")
                default:
                    out.append("%")
                    out.append(hex[Int(byte >> 4)])
                    out.append(hex[Int(byte & 15)])
                }
            }
            return out
        }
        return form.map { escape($0.0) + "=" + escape($0.1) }.joined(separator: "&")
    }

    private final class Received {
        static let bodyMax = 1 << 20
        static let headersMax = 1 << 18

        var body: [UInt8] = []
        var headers: [UInt8] = []
        var isTooLong = false
    }

    /// Why there is no answer, as a desk can use it. `detail`: libcurl's own sentence.
    private func words(_ code: CURLcode, proxyStatus: Int, detail: String, isTooLong: Bool) -> String {
        let host = URLComponents(string: url)?.host ?? url
        let lower = detail.lowercased()
        if isTooLong { return "its answer is too long: \(Received.bodyMax >> 20) MB at most are read" }
        if proxyStatus == 407 {
            return "the proxy wants other credentials (HTTP 407): check the user and password of `proxy`"
        }
        if proxyStatus >= 300 { return "the proxy does not connect to \(host): HTTP \(proxyStatus)" }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST:
            return "there is no host of the name \(host): check the host in \(keys.url)"
        case CURLE_COULDNT_RESOLVE_PROXY:
            return "there is no host of the proxy's name: check `proxy`"
        case CURLE_OPERATION_TIMEDOUT:
            return "no answer in time"
        case CURLE_PEER_FAILED_VERIFICATION:
            if lower.contains("subject name") || lower.contains("does not match") {
                return "its certificate is for another name than \(host): check the host in \(keys.url)"
            }
            if lower.contains("expired") || lower.contains("not yet valid") { return "its \(lower)" }
            return "its certificate is not trusted; is the certificate's authority in \(keys.caFile)?"
        case CURLE_SSL_CACERT_BADFILE:
            return "\(keys.caFile) cannot be read: \(caFile ?? "the system's own")"
        default:
            return detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        }
    }

    /// CURL_ERROR_SIZE.
    private static let detailBytes = 256

    private func perform() throws -> Answer {
        // libcurl's until its handle is cleaned up.
        let detail = UnsafeMutablePointer<CChar>.allocate(capacity: Self.detailBytes)
        detail.initialize(repeating: 0, count: Self.detailBytes)
        defer { detail.deallocate() }
        guard Self.isReady, let handle = curl_easy_init() else { throw Failure(description: "libcurl does not start") }
        defer { curl_easy_cleanup(handle) }
        let received = Received()
        var head = self.headers
        let body: String?
        switch content {
        case .form(let form):
            body = Self.encode(form)
            head += ["Accept: application/json", "Content-Type: application/x-www-form-urlencoded"]
        case .json(let text):
            body = text
            head += ["Content-Type: application/json"]
        case .nothing: body = nil
        }
        var headers: UnsafeMutablePointer<curl_slist>?
        for line in head { headers = curl_slist_append(headers, line) }
        defer { curl_slist_free_all(headers) }
        var codes: [CURLcode] = []
        func set(_ option: CURLoption, _ value: String?) {
            if let value { codes.append(postbox_curl_set_text(handle, option, value)) }
        }
        func set(_ option: CURLoption, _ value: Int) { codes.append(postbox_curl_set_long(handle, option, value)) }
        set(CURLOPT_URL, url)
        set(CURLOPT_COPYPOSTFIELDS, body)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_PROTOCOLS_STR, mayBePlain ? "http,https" : "https")
        // Whatever proxy there is, it is none for what stays on this machine.
        if mayBePlain { set(CURLOPT_NOPROXY, "localhost,127.0.0.1,::1") }
        set(CURLOPT_TIMEOUT, timeout)
        set(CURLOPT_CONNECTTIMEOUT, 10)
        set(CURLOPT_USERAGENT, "Postbox")
        set(CURLOPT_CAINFO, caFile)
        set(CURLOPT_PROXY, proxy)
        if !verify {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let basic {
            // CURLAUTH_BASIC, a macro that Swift does not see.
            set(CURLOPT_HTTPAUTH, 1)
            set(CURLOPT_USERNAME, basic.user)
            set(CURLOPT_PASSWORD, basic.password)
        }
        codes.append(postbox_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers))
        let write: curl_write_callback = { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let received = Unmanaged<Received>.fromOpaque(context).takeUnretainedValue()
            guard received.body.count + size * count <= Received.bodyMax else {
                received.isTooLong = true
                return 0
            }
            received.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        let header: curl_write_callback = { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let received = Unmanaged<Received>.fromOpaque(context).takeUnretainedValue()
            guard received.headers.count + size * count <= Received.headersMax else {
                received.isTooLong = true
                return 0
            }
            received.headers.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        let context = Unmanaged.passUnretained(received).toOpaque()
        codes.append(postbox_curl_set_write(handle, CURLOPT_WRITEFUNCTION, write))
        codes.append(postbox_curl_set_pointer(handle, CURLOPT_WRITEDATA, context))
        codes.append(postbox_curl_set_write(handle, CURLOPT_HEADERFUNCTION, header))
        codes.append(postbox_curl_set_pointer(handle, CURLOPT_HEADERDATA, context))
        codes.append(postbox_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, detail))
        guard codes.allSatisfy({ $0 == CURLE_OK }) else { throw Failure(description: "libcurl refuses an option") }
        let code = withExtendedLifetime(received) { curl_easy_perform(handle) }
        guard code == CURLE_OK else {
            var proxyStatus = 0
            postbox_curl_get_long(handle, CURLINFO_HTTP_CONNECTCODE, &proxyStatus)
            throw Failure(
                description: words(
                    code, proxyStatus: proxyStatus,
                    detail: excerpt(UnsafeRawBufferPointer(start: detail, count: strnlen(detail, Self.detailBytes))),
                    isTooLong: received.isTooLong))
        }
        var status = 0
        postbox_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return Answer(
            status: status, body: received.body, location: Self.value("location", received.headers),
            retryAfter: Self.value("retry-after", received.headers).flatMap { Int($0) })
    }

    /// The last header of that name: a proxy's own answer comes first.
    private static func value(_ name: String, _ headers: [UInt8]) -> String? {
        String(decoding: headers, as: UTF8.self).split(whereSeparator: \.isNewline).last { line in
            line.lowercased().hasPrefix(name + ":")
        }.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
    }
}

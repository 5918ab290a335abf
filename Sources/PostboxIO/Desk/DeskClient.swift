internal import CLibCurl
internal import Glibc
internal import PostboxCore

/// Speaks to the running service at its control socket. Waits for the answer.
package struct DeskClient: Sendable {
    private let path: String

    package struct Answer: Sendable, Equatable {
        package var status: Int
        package var body: [UInt8]
    }

    /// Why there is no answer.
    package enum Failure: Error, Sendable, Equatable {
        /// Nobody listens there.
        case noService
        /// The socket is not for this user.
        case notAllowed
        /// In a sentence's part.
        case trouble(String)
    }

    /// `path`: the socket's.
    package init(_ path: String) {
        self.path = path
    }

    /// An answer that is read, at most.
    private static let answerMax = 256 << 20
    /// CURL_ERROR_SIZE.
    private static let detailBytes = 256
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private final class Received {
        var body: [UInt8] = []
    }

    /// Asks for what lies at an address, or for an act where there is a body.
    ///
    /// - Parameters:
    ///   - target: path and query.
    ///   - seconds: how long the service may take.
    package func call(_ target: String, body: String? = nil, within seconds: Int) throws(Failure) -> Answer {
        guard path.utf8.count <= DeskSocketPath.most else { throw .noService }
        guard Self.isReady, let handle = curl_easy_init() else { throw .trouble("libcurl does not start") }
        defer { curl_easy_cleanup(handle) }
        let received = Received()
        var headers: UnsafeMutablePointer<curl_slist>?
        headers = curl_slist_append(headers, "Accept: application/json")
        headers = curl_slist_append(headers, "Content-Type: application/json")
        headers = curl_slist_append(headers, "Expect:")
        defer { curl_slist_free_all(headers) }
        var codes: [CURLcode] = []
        func set(_ option: CURLoption, _ value: String) { codes.append(postbox_curl_set_text(handle, option, value)) }
        func set(_ option: CURLoption, _ value: Int) { codes.append(postbox_curl_set_long(handle, option, value)) }
        set(CURLOPT_UNIX_SOCKET_PATH, path)
        set(CURLOPT_URL, "http://postbox" + target)
        // What the environment says of proxies is about other machines.
        set(CURLOPT_PROXY, "")
        set(CURLOPT_PROTOCOLS_STR, "http")
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_TIMEOUT, seconds)
        set(CURLOPT_CONNECTTIMEOUT, 10)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_USERAGENT, "postbox")
        if let body {
            set(CURLOPT_POSTFIELDSIZE, body.utf8.count)
            set(CURLOPT_COPYPOSTFIELDS, body)
        }
        codes.append(postbox_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers))
        let write: curl_write_callback = { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let received = Unmanaged<Received>.fromOpaque(context).takeUnretainedValue()
            guard received.body.count + size * count <= DeskClient.answerMax else { return 0 }
            received.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        codes.append(postbox_curl_set_write(handle, CURLOPT_WRITEFUNCTION, write))
        codes.append(
            postbox_curl_set_pointer(handle, CURLOPT_WRITEDATA, Unmanaged.passUnretained(received).toOpaque()))
        guard codes.allSatisfy({ $0 == CURLE_OK }) else { throw .trouble("libcurl refuses an option") }
        let code = withExtendedLifetime(received) { curl_easy_perform(handle) }
        guard code == CURLE_OK else { throw failure(code, handle) }
        var status = 0
        postbox_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return Answer(status: status, body: received.body)
    }

    private func failure(_ code: CURLcode, _ handle: UnsafeMutableRawPointer) -> Failure {
        switch code {
        case CURLE_COULDNT_CONNECT:
            var number = 0
            postbox_curl_get_long(handle, CURLINFO_OS_ERRNO, &number)
            switch Int32(truncatingIfNeeded: number) {
            case EACCES, EPERM: return .notAllowed
            case ENOENT, ECONNREFUSED, ENOTDIR, 0: return .noService
            case let number: return .trouble(String(cString: strerror(number)))
            }
        case CURLE_OPERATION_TIMEDOUT: return .trouble("no answer in time; what was asked may be done all the same")
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            return .trouble("the connection ended before the answer; what was asked may be done all the same")
        default: return .trouble(String(cString: curl_easy_strerror(code)))
        }
    }
}

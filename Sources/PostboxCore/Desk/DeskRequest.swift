/// What came in at the control socket, or over TCP.
package struct DeskRequest: Sendable, Equatable {
    /// A line of the request's head.
    package struct Header: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Where it came from.
    package enum Source: Sendable, Equatable {
        /// The control socket. `uid`: the account that speaks; nil: it cannot be told.
        case socket(uid: UInt32?)
        /// TCP. `address`: the other side's. `isSecure`: over TLS.
        case network(address: String, isSecure: Bool)
    }

    package var method: String
    /// Path and query.
    package var target: String
    package var headers: [Header]
    package var body: [UInt8]
    package var source: Source

    package init(method: String, target: String, headers: [Header] = [], body: [UInt8] = [], source: Source) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.source = source
    }

    /// The value of a line of the head, by its name in small letters; nil: there is none, or it stands there several times, which
    /// nobody sends whose words are to be trusted.
    package func header(_ name: String) -> String? {
        let found = headers.filter { $0.name.lowercased() == name }
        return found.count == 1 ? found[0].value : nil
    }

    /// What kind of body it says it has: in small letters, without parameters. nil: it does not say.
    package var contentType: String? {
        header("content-type")?.split(separator: ";").first.map { $0.lowercased().filter { $0 != " " && $0 != "\t" } }
    }

    /// It came over TLS.
    package var isSecure: Bool {
        if case .network(_, let isSecure) = source { isSecure } else { false }
    }

    /// The account that speaks; nil: it cannot be told.
    package var uid: UInt32? {
        if case .socket(let uid) = source { uid } else { nil }
    }

    /// A cookie that came with it; nil: none of that name, or several.
    package func cookie(_ name: String) -> String? {
        let found = headers.filter { $0.name.lowercased() == "cookie" }.flatMap { $0.value.split(separator: ";") }
            .compactMap { pair -> String? in
                let parts = pair.drop { $0 == " " }.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return parts.count == 2 && parts[0] == name ? String(parts[1]) : nil
            }
        return found.count == 1 ? found[0] : nil
    }

    /// Whether a browser asks for a page, and not a program for data.
    package var wantsPage: Bool { header("accept")?.contains("text/html") == true }
}

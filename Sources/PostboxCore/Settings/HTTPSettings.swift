/// The page and the API over TCP, and people behind a sign-on proxy: `http`.
package struct HTTPSettings: Sendable, Equatable {
    /// Where somebody listens.
    package struct Address: Sendable, Equatable {
        /// A name or an IP address; IPv6 without brackets.
        package var host: String
        /// 0: any that is free.
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// Nobody but this machine reaches it.
        package var isLoopback: Bool {
            let parts = host.split(separator: ".", omittingEmptySubsequences: false)
            let isIPv4 = parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
            return host == "localhost" || host == "::1" || isIPv4
        }

        /// As it is written.
        package var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

        /// Reads `HOST:PORT`, `[IPV6]:PORT`.
        package init(_ text: String) throws(SettingsMistake) {
            let mistake = SettingsMistake("an address such as 127.0.0.1:9180")
            guard let colon = text.lastIndex(of: ":") else { throw mistake }
            var host = text[..<colon]
            let digits = text[text.index(after: colon)...]
            guard let port = SettingsText.wholeNumber(String(digits), in: 0...65535) else { throw mistake }
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
                guard host.contains(":") else { throw mistake }
            } else if host.contains(":") {
                throw SettingsMistake("an address with its IPv6 part in brackets, such as [::1]:9180")
            }
            let isName = host.utf8.allSatisfy {
                $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ":")
                    || HTTPSettings.isLetterOrDigit($0)
            }
            guard !host.isEmpty, isName else { throw mistake }
            self.init(host: host.lowercased(), port: port)
        }
    }

    /// The certificate that is shown, and its key: paths of PEM files.
    package struct TLS: Sendable, Equatable {
        package var certificateFile: String
        package var keyFile: String

        package init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    /// Somebody who may log in.
    package struct User: Sendable, Equatable {
        package var name: String
        /// SHA-256 of his token, 64 hexadecimal digits in small letters; nil: he comes by the sign-on proxy alone.
        package var tokenSHA256: String?
        package var may: Set<DeskRight>
        /// Patterns of the rules whose files he may act on, held against their `match`; empty: of all.
        package var rules: [String]
        /// When he may no more, microseconds since 1970; nil: for ever.
        package var until: Int64?

        package init(
            name: String, tokenSHA256: String?, may: Set<DeskRight>, rules: [String] = [], until: Int64? = nil
        ) {
            self.name = name
            self.tokenSHA256 = tokenSHA256
            self.may = may
            self.rules = rules
            self.until = until
        }

        /// Whether somebody may be called so: a name that passes for nothing else.
        package static func isName(_ text: String) -> Bool {
            guard let first = text.utf8.first, (0x61...0x7a).contains(first | 0x20), text.utf8.count <= 64 else {
                return false
            }
            return text.utf8.allSatisfy { ".-_@".utf8.contains($0) || isLetterOrDigit($0) }
        }

        /// A SHA-256 as it is compared; nil: the text is none.
        package static func hash(_ text: String) -> String? {
            let text = text.lowercased()
            let isOne =
                text.utf8.count == 64
                && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
            return isOne ? text : nil
        }

        /// The end of a day such as `2027-03-31` in UTC, microseconds since 1970; nil: it is none.
        package static func end(ofDay text: String) -> Int64? {
            guard let start = DayText.start(text) else { return nil }
            return start + DayText.microseconds
        }

        /// Whether he may act on files of a rule.
        ///
        /// - Parameter rule: its `match`; empty: the plain mapping. nil: the act is about more than one rule's files.
        package func mayAct(onRule rule: String?) -> Bool {
            guard !rules.isEmpty else { return true }
            guard let rule else { return false }
            return rules.contains { fileName(rule, matches: $0) }
        }
    }

    /// Whether somebody may be named in a header of that name: one that means nothing else.
    package static func isHeaderName(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || isLetterOrDigit($0) } && (1...64).contains(text.utf8.count)
            && !["host", "cookie", "authorization", "origin", "content-type"].contains(text.lowercased())
    }

    fileprivate static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
    }

    /// nil: nobody listens on TCP.
    package var listen: Address?
    package var tls: TLS?
    /// By name.
    package var users: [User]
    /// Everybody who gets there may read.
    package var isOpenForReading: Bool
    /// The line of a request's head in which a sign-on proxy at the control socket says who it is; small letters.
    package var trustedUserHeader: String?
    /// Names by which the page is reached, besides those that are known: behind a proxy.
    package var hosts: [String]

    package init(
        listen: Address? = nil, tls: TLS? = nil, users: [User] = [], isOpenForReading: Bool = false,
        trustedUserHeader: String? = nil, hosts: [String] = []
    ) {
        self.listen = listen
        self.tls = tls
        self.users = users
        self.isOpenForReading = isOpenForReading
        self.trustedUserHeader = trustedUserHeader
        self.hosts = hosts
    }

    /// Everything that does not fit together, each with its key.
    package var faults: [(key: HTTPKey, what: String)] {
        var faults: [(key: HTTPKey, what: String)] = []
        if let listen {
            if !listen.isLoopback, tls == nil {
                faults.append(
                    (
                        .listen,
                        "`listen` is \(listen.text), which other machines reach: it needs `tls`, or listen at 127.0.0.1:\(listen.port)"
                    ))
            }
            if !listen.isLoopback, users.isEmpty {
                faults.append(
                    (.listen, "`listen` is \(listen.text), which other machines reach: it needs `users` who may log in")
                )
            }
            if listen.isLoopback, users.isEmpty, !isOpenForReading {
                faults.append(
                    (
                        .listen,
                        "nobody could see anything: `http` needs `users` who may log in, or `anonymous: read`"
                    ))
            }
        } else {
            if trustedUserHeader == nil {
                faults.append(
                    (.listen, "`http` needs `listen`, or `trusted_user_header` for a proxy at the control socket"))
            }
            if tls != nil { faults.append((.tls, "`tls` needs `listen`: the control socket has no TLS")) }
            if isOpenForReading { faults.append((.anonymous, "`anonymous` needs `listen`")) }
        }
        let hashes = users.compactMap(\.tokenSHA256)
        if Set(hashes).count != hashes.count {
            faults.append((.users, "two `users` have the same token: each person needs one of their own"))
        }
        if trustedUserHeader == nil, let user = users.first(where: { $0.tokenSHA256 == nil }) {
            faults.append(
                (
                    .users,
                    "the user `\(user.name)` needs a `token_sha256`: `postbox token \(user.name)` prints a token and its hash"
                ))
        }
        return faults
    }
}

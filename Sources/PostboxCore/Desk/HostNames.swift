/// The names by which the page may be asked for. A page of somebody else whose name was made to lead here has another one.
package struct HostNames: Sendable, Equatable {
    private let names: Set<String>
    /// Behind a star in a certificate: `.desk.example`.
    private let endings: [String]

    /// - Parameters:
    ///   - listen: where somebody listens.
    ///   - more: names of the certificate, of the machine, and of the configuration.
    package init(listen: HTTPSettings.Address?, more: [String] = []) {
        var names = Set(more.map { $0.lowercased() }.filter { !$0.hasPrefix("*.") })
        if let listen {
            names.insert(listen.host)
            if listen.isLoopback || ["0.0.0.0", "::"].contains(listen.host) {
                names.formUnion(["localhost", "127.0.0.1", "::1"])
            }
        }
        self.names = names
        endings = more.filter { $0.hasPrefix("*.") }.map { String($0.dropFirst()).lowercased() }
    }

    /// Whether a request with this `Host` is meant for us; the port is whatever it is.
    package func contain(_ host: String?) -> Bool {
        guard let host, let name = Self.name(host.lowercased()) else { return false }
        if names.contains(name) { return true }
        guard let dot = name.firstIndex(of: ".") else { return false }
        return endings.contains(String(name[dot...]))
    }

    /// Without port and brackets; nil: it is none.
    private static func name(_ host: String) -> String? {
        var name = host[...]
        if name.hasPrefix("[") {
            guard let end = name.firstIndex(of: "]") else { return nil }
            let rest = name[name.index(after: end)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            name = name[name.index(after: name.startIndex)..<end]
        } else if let colon = name.firstIndex(of: ":") {
            guard isPort(name[colon...]) else { return nil }
            name = name[..<colon]
        }
        return name.isEmpty ? nil : String(name)
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && text.count <= 6 && text.dropFirst().allSatisfy { ("0"..."9").contains($0) }
    }
}

internal import PostboxCore

/// Reads `http`.
enum HTTPReader {
    static func read(_ value: SettingsValue) -> HTTPSettings? {
        guard let section = value.section(HTTPKey.self) else { return nil }
        var http = HTTPSettings()
        let before = section.problemCount
        http.listen = section.read(.listen) {
            $0.parsed(as: "an address such as 127.0.0.1:9180") { (text) throws(SettingsMistake) in
                try HTTPSettings.Address(text)
            }
        }
        http.tls = section.read(.tls, tls)
        http.users = section.read(.users, users) ?? []
        if let word: Anonymous = section.word(.anonymous) { http.isOpenForReading = word == .read }
        http.trustedUserHeader = section.read(.trustedUserHeader, header)
        http.hosts = (section.texts(.hosts) ?? []).map { $0.lowercased() }
        // What could not be read is no reason for a second complaint.
        guard section.problemCount == before else { return nil }
        for fault in http.faults { section.report(fault.what, at: fault.key) }
        return http
    }

    /// What everybody may do who is nobody in particular.
    private enum Anonymous: String, CaseIterable {
        case read
    }

    private static func tls(_ value: SettingsValue) -> HTTPSettings.TLS? {
        guard let section = value.section(HTTPTLSKey.self) else { return nil }
        section.require(.certFile)
        section.require(.keyFile)
        guard let certificate = section.path(.certFile), let key = section.path(.keyFile) else { return nil }
        return HTTPSettings.TLS(certificateFile: certificate, keyFile: key)
    }

    private static func header(_ value: SettingsValue) -> String? {
        value.parsed(as: "the name of a header such as X-Remote-User") { (text) throws(SettingsMistake) in
            guard HTTPSettings.isHeaderName(text) else {
                throw SettingsMistake("the name of a header such as X-Remote-User")
            }
            return text.lowercased()
        }
    }

    private static func users(_ value: SettingsValue) -> [HTTPSettings.User]? {
        value.entries("a mapping of names and what these people may do")?.compactMap { name, value in
            guard HTTPSettings.User.isName(name) else {
                value.log.add(
                    line: value.line,
                    "a user's name has letters, digits and .-_@ alone, begins with a letter, and has 64 at most")
                return nil
            }
            guard let section = value.section(HTTPUserKey.self) else { return nil }
            section.require(.may)
            let hash = section.read(.tokenSHA256) { value in
                value.parsed(as: "the SHA-256 of a token") { (text) throws(SettingsMistake) in
                    guard let hash = HTTPSettings.User.hash(text) else {
                        throw SettingsMistake(
                            "the SHA-256 of a token, 64 hexadecimal digits: `postbox token \(name)` prints both")
                    }
                    return hash
                }
            }
            let may = section.read(.may) { value -> Set<DeskRight>? in
                guard let items = value.items("a list such as [read, stop]", single: true) else { return nil }
                let rights: [DeskRight] = items.compactMap { $0.word() }
                if rights.isEmpty, items.isEmpty { value.refuse("a list such as [read, stop]") }
                return Set(rights)
            }
            let rules = section.texts(.rules) ?? []
            let until = section.read(.until) { value in
                value.parsed(as: "a day such as 2027-03-31") { (text) throws(SettingsMistake) in
                    guard let end = HTTPSettings.User.end(ofDay: text) else {
                        throw SettingsMistake("a day such as 2027-03-31")
                    }
                    return end
                }
            }
            guard let may else { return nil }
            return HTTPSettings.User(name: name, tokenSHA256: hash, may: may, rules: rules, until: until)
        }.sorted { $0.name < $1.name }
    }
}

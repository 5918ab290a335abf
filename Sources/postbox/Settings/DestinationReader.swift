internal import PostboxCore
internal import Yams

/// Reads `destinations`.
enum DestinationReader {
    typealias Result = (destination: Destination, section: SettingsSection<DestinationKey>)

    static func read(_ value: SettingsValue, _ log: SettingsProblemLog) -> [Result] {
        let entries = value.entries("a mapping from a destination's name to its settings") ?? []
        return entries.compactMap { name, value in
            if name.contains(where: { $0.isWhitespace || !$0.isASCII || $0 == "," }) || !VisibleText.isVisible(name) {
                log.add(line: value.line, "a destination's name is ASCII without blanks and commas")
            }
            let whole = SettingsValue(value.node, line: value.line, name: "the destination `\(name)`", log)
            return whole.section(DestinationKey.self).map { (destination($0, name: name), $0) }
        }
    }

    private static func destination(_ section: SettingsSection<DestinationKey>, name: String) -> Destination {
        let profile: Destination.Profile = section.word(.profile) ?? .rtds
        section.require(.urls)
        var result = Destination(
            name: name, profile: profile, urls: section.read(.urls, urls) ?? [], user: section.text(.user) ?? "",
            service: section.text(.service) ?? (profile == .rcc && !section.has(.service) ? "DDS_TRCE" : ""))
        section.text(.applicationID).map { result.applicationID = $0 }
        result.position = section.text(.position).flatMap { $0 == "auto" ? nil : $0 }
        // The default service is there already, with a place of its own.
        section.texts(.services).map { result.services = $0.filter { $0 != result.service } }
        section.number(.window, 1...100_000).map { result.window = $0 }
        section.duration(.ackTimeout).map { result.ackTimeout = $0 }
        result.maxPostsPerSecond = section.number(.maxPostsPerSecond, 1...10_000_000)
        section.read(.postUserInfo, postUserInfo).map { result.postUserInfo = $0 }
        section.word(.resend).map { result.resend = $0 }
        for (key, names) in [(DestinationKey.service, [result.service]), (.services, result.services)]
        where !names.allSatisfy(VisibleText.isVisible) {
            section.report("`\(key.rawValue)` holds characters that cannot be seen", at: key)
        }
        result.token = section.read(.token, token)
        // A token that could not be read is there all the same.
        if section.has(.token), result.token == nil { section.report("`token` is not complete", at: .token) }
        section.read(.tls, tls).map { result.tls = $0 }
        result.proxy = section.read(.proxy) { $0.parsed(as: "a proxy's URL", SettingsText.proxy) }
        if let written = section.written(.proxy), SettingsText.holdsPassword(written) { section.warnOfLiteral(.proxy) }
        section.bool(.failback).map { result.failback = $0 }
        section.read(.nakRules, nakRules).map { result.nakRules = $0 }
        section.number(.attempts, 1...1000).map { result.attemptsMax = $0 }
        result.dictionary = section.read(.dictionary, DictionaryKeys.read)
        section.read(.verify) { value in
            value.parsed(as: "what is read back") { text throws(SettingsMistake) in try VerifyShare(text) }
        }
        .map { result.verify = $0 }
        section.number(.verifyWindow, 1...10_000).map { result.verifyWindow = $0 }
        section.duration(.verifyWithin, least: .seconds(1)).map { result.verifyWithin = $0 }
        if result.verify == .none, let key = [DestinationKey.verifyWindow, .verifyWithin].first(where: section.has) {
            section.report(
                "`\(key.rawValue)` goes with `verify: all` or a share of the rows such as `verify: 1%`", at: key)
        }
        section.bool(.rehearse).map { result.rehearses = $0 }
        // What may have been sent before is not sent again either.
        if result.rehearses { result.resend = .never }
        result.quiet = section.read(.quiet, AlertsReader.quiet) ?? []
        section.number(.ackTimeoutsBeforePause, 1...1_000_000).map { result.ackTimeoutsBeforePause = $0 }
        return result
    }

    private static func urls(_ value: SettingsValue) -> [Destination.URL]? {
        guard let items = value.items("a URL or a list of URLs", single: true) else { return nil }
        if items.isEmpty { value.refuse("a list with at least one URL") }
        return items.compactMap { $0.parsed(as: "a URL", SettingsText.webSocketURL) }
    }

    private static func postUserInfo(_ value: SettingsValue) -> Destination.PostUserInfo? {
        let expected = "auto, none or {address: 10.1.2.3, user_id: 7}"
        guard value.node.mapping != nil else {
            switch value.text(expected) {
            case "auto": return .auto
            case "none": return Destination.PostUserInfo.none
            case nil: return nil
            default:
                value.refuse(expected)
                return nil
            }
        }
        guard let section = value.section(PostUserInfoKey.self) else { return nil }
        section.require(.address)
        section.require(.userID)
        let address = section.read(.address) { $0.parsed(as: "an IPv4 address", SettingsText.ipv4) }
        guard let address, let userID = section.number(.userID, 0...Int(UInt32.max)) else { return nil }
        return .given(address: address, userID: UInt32(userID))
    }

    private static func token(_ value: SettingsValue) -> Destination.Token? {
        guard let section = value.section(TokenKey.self) else { return nil }
        section.require(.version)
        section.require(.url)
        section.require(.clientID)
        let url = section.read(.url) { $0.parsed(as: "an https URL", SettingsText.tokenURL) }
        let clientID = section.text(.clientID)
        let scope = section.text(.scope)
        let audience = section.text(.audience)
        guard let version = section.number(.version, 1...2), let grant = grant(section, version: version),
            let url, let clientID
        else { return nil }
        var token = Destination.Token(url: url, clientID: clientID, grant: grant, scope: scope)
        audience.map { token.audience = $0 }
        return token
    }

    private static func grant(_ section: SettingsSection<TokenKey>, version: Int) -> Destination.Token.Grant? {
        let foreign: [TokenKey] = version == 1 ? [.clientSecret, .keyFile, .audience] : [.username, .password]
        for key in foreign where section.has(key) {
            section.report("`\(key.rawValue)` does not go with `version: \(version)` of a token", at: key)
        }
        if version == 1 {
            section.require(.username)
            section.require(.password)
            if !section.isReferring(.password) { section.warnOfLiteral(.password) }
            guard let username = section.text(.username), let password = section.text(.password) else { return nil }
            return .password(username: username, password: password)
        }
        if !section.isReferring(.clientSecret) { section.warnOfLiteral(.clientSecret) }
        let secret = section.text(.clientSecret)
        let keyFile = section.path(.keyFile)
        if section.has(.clientSecret) == section.has(.keyFile) {
            section.report("a token of version 2 needs `client_secret` or `key_file`, one of them", at: .clientSecret)
        }
        return secret.map { .secret($0) } ?? keyFile.map { .keyFile($0) }
    }

    private static func tls(_ value: SettingsValue) -> Destination.TLS? {
        guard let section = value.section(TLSKey.self) else { return nil }
        let tls = Destination.TLS(
            caFile: section.path(.caFile), certificateFile: section.path(.certFile), keyFile: section.path(.keyFile),
            verify: section.bool(.verify) ?? true)
        if section.has(.certFile) != section.has(.keyFile) {
            let key: TLSKey = section.has(.certFile) ? .certFile : .keyFile
            section.report("`cert_file` and `key_file` go together", at: key)
        }
        return tls
    }

    private static func nakRules(_ value: SettingsValue) -> [Destination.NakRule]? {
        value.items("a list of {code, text, class}")?.compactMap { item in
            guard let section = item.section(NakRuleKey.self) else { return nil }
            section.require(.code)
            section.require(.nakClass)
            let text = section.text(.text)
            guard let code = section.text(.code), let nakClass: Destination.NakClass = section.word(.nakClass) else {
                return nil
            }
            guard NakCode.isKnown(code) else {
                let nearest = NearestWord.of(code, in: NakCode.knownNames + [NakCode.error.name])
                let hint = nearest.map { "; the nearest is `\($0)`" } ?? ""
                section.report("`code` is neither a NakCode's name or number nor Error\(hint)", at: .code)
                return nil
            }
            return Destination.NakRule(code: code, text: text, nakClass: nakClass)
        }
    }
}

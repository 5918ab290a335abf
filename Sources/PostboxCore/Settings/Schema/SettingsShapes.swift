// What stands behind each key. A key that is new has to be told of here, or nothing is built.

extension TopKey: ShapedKey {
    package static var formName: String { "configuration" }
    package static var required: [TopKey] { [.spool, .destinations] }

    package var shape: SettingsShape {
        switch self {
        case .spool, .inbox, .work, .done, .failed, .state, .socket, .recordKey, .alertCommand, .anchorCommand,
            .minFree:
            .text
        case .alertWebhook: AlertWebhookKey.section
        case .alerts: .list(AlertKey.section)
        case .heartbeat: HeartbeatKey.section
        case .settle, .rescan, .drainTimeout, .downAlert, .duplicatesWithin, .unmatchedAfter: .duration
        case .archive: .words(of: Settings.Archive.self)
        case .duplicates: .words(of: Settings.Duplicates.self)
        case .ignored: .texts
        // Some readers of YAML take `on` and `off` for true and false.
        case .lastValues: .either([.words(of: Settings.Keeping.self), .flag])
        case .http: HTTPKey.section
        case .reload: ReloadKey.section
        case .retention: RetentionKey.section
        case .tables: .named(TableKey.section)
        case .dictionary: DictionaryKey.section
        case .calendars: .named(CalendarKey.section)
        case .destinations: .named(DestinationKey.section)
        case .files: .list(RuleKey.section)
        }
    }
}

extension AlertWebhookKey: ShapedKey {
    package static var formName: String { "alert_webhook" }
    package static var required: [AlertWebhookKey] { [.url] }

    package var shape: SettingsShape {
        switch self {
        case .url, .caFile: .text
        case .headers: .named(.text)
        case .template: .words(of: AlertWebhook.Template.self)
        }
    }
}

extension AlertKey: ShapedKey {
    package static var formName: String { "alert" }
    package static var required: [AlertKey] { [.to] }

    package var shape: SettingsShape {
        switch self {
        case .event: .either([.text, .texts])
        case .rule: .texts
        case .badRows: .number(1...Int.max)
        case .to: .words(of: AlertRoute.self)
        case .again: .duration
        }
    }
}

extension HeartbeatKey: ShapedKey {
    package static var formName: String { "heartbeat" }
    package static var required: [HeartbeatKey] { [.url] }

    package var shape: SettingsShape {
        switch self {
        case .url, .caFile: .text
        case .every: .duration
        }
    }
}

extension QuietKey: ShapedKey {
    package static var formName: String { "quiet" }
    package var shape: SettingsShape { .text }
}

extension HTTPKey: ShapedKey {
    package static var formName: String { "http" }

    package var shape: SettingsShape {
        switch self {
        case .listen, .trustedUserHeader: .text
        case .tls: HTTPTLSKey.section
        case .users: .named(HTTPUserKey.section)
        case .anonymous: .words(["read"])
        case .hosts: .texts
        }
    }
}

extension HTTPTLSKey: ShapedKey {
    package static var formName: String { "http_tls" }
    package static var required: [HTTPTLSKey] { [.certFile, .keyFile] }
    package var shape: SettingsShape { .text }
}

extension HTTPUserKey: ShapedKey {
    package static var formName: String { "http_user" }
    package static var required: [HTTPUserKey] { [.may] }

    package var shape: SettingsShape {
        switch self {
        case .tokenSHA256, .until: .text
        case .may: .either([.words(of: DeskRight.self), .list(.words(of: DeskRight.self))])
        case .rules: .texts
        }
    }
}

extension ReloadKey: ShapedKey {
    package static var formName: String { "reload" }
    package var shape: SettingsShape { .flag }
}

extension RetentionKey: ShapedKey {
    package static var formName: String { "retention" }
    package var shape: SettingsShape { .duration }
}

extension TableKey: ShapedKey {
    package static var formName: String { "table" }
    package static var required: [TableKey] { [.file, .key] }
    package var shape: SettingsShape { .text }
}

extension DictionaryKey: ShapedKey {
    package static var formName: String { "dictionary" }
    package static var required: [DictionaryKey] { [.fields, .enums] }
    package var shape: SettingsShape { .text }
}

extension CalendarKey: ShapedKey {
    package static var formName: String { "calendar" }

    package var shape: SettingsShape {
        switch self {
        case .days, .close: .text
        case .holidays: .texts
        case .early: .named(.text)
        }
    }
}

extension DestinationKey: ShapedKey {
    package static var formName: String { "destination" }
    package static var required: [DestinationKey] { [.urls] }

    package var shape: SettingsShape {
        switch self {
        case .profile: .words(of: Destination.Profile.self)
        case .urls, .services: .texts
        case .user, .applicationID, .position, .service, .proxy: .text
        case .window: .number(1...100_000)
        case .ackTimeout, .verifyWithin: .duration
        case .maxPostsPerSecond: .number(1...10_000_000)
        case .postUserInfo: .either([.words(["auto", "none"]), PostUserInfoKey.section])
        case .resend: .words(of: Destination.Resend.self)
        case .token: TokenKey.section
        case .tls: TLSKey.section
        case .failback, .rehearse: .flag
        case .quiet: .list(QuietKey.section)
        case .nakRules: .list(NakRuleKey.section)
        case .attempts: .number(1...1000)
        case .ackTimeoutsBeforePause: .number(1...1_000_000)
        case .dictionary: DictionaryKey.section
        case .verify: .either([.words(["all", "none"]), .percentage])
        case .verifyWindow: .number(1...10_000)
        }
    }
}

extension PostUserInfoKey: ShapedKey {
    package static var formName: String { "post_user_info" }
    package static var required: [PostUserInfoKey] { [.address, .userID] }

    package var shape: SettingsShape {
        switch self {
        case .address: .text
        case .userID: .number(0...Int(UInt32.max))
        }
    }
}

extension TokenKey: ShapedKey {
    package static var formName: String { "token" }
    package static var required: [TokenKey] { [.version, .url, .clientID] }

    package var shape: SettingsShape {
        switch self {
        case .version: .number(1...2)
        case .url, .username, .password, .clientID, .clientSecret, .keyFile, .scope, .audience: .text
        }
    }
}

extension TLSKey: ShapedKey {
    package static var formName: String { "tls" }

    package var shape: SettingsShape {
        switch self {
        case .caFile, .certFile, .keyFile: .text
        case .verify: .flag
        }
    }
}

extension NakRuleKey: ShapedKey {
    package static var formName: String { "nak_rule" }
    package static var required: [NakRuleKey] { [.code, .nakClass] }

    package var shape: SettingsShape {
        switch self {
        case .code, .text: .text
        case .nakClass: .words(of: Destination.NakClass.self)
        }
    }
}

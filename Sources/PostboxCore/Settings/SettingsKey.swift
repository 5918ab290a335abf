/// The keys that may stand in one mapping of the configuration file.
///
/// A new key is a new case: the loader then knows it, the nearest-key hint offers it, and a test asks for its line in
/// the article `Settings`.
package protocol SettingsKey: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    /// Whether the value may hold a password; it is never quoted then.
    var isSecret: Bool { get }
    /// Whether the value is an address, of which only a user's name and password are secret.
    var isAddress: Bool { get }
}

extension SettingsKey {
    package var isSecret: Bool { false }
    package var isAddress: Bool { false }

    /// As written in the file, in the order of the documentation.
    package static var words: [String] { allCases.map(\.rawValue) }
}

/// The top of the file.
package enum TopKey: String, SettingsKey {
    case spool, inbox, work, done, failed, state, socket
    case settle, rescan, archive
    case drainTimeout = "drain_timeout"
    case alertCommand = "alert_command"
    case alertWebhook = "alert_webhook"
    case alerts, heartbeat
    case downAlert = "down_alert"
    case duplicates
    case duplicatesWithin = "duplicates_within"
    case ignored = "ignore"
    case unmatchedAfter = "unmatched_after"
    case lastValues = "last_values"
    case http
    case reload
    case minFree = "min_free"
    case retention
    case recordKey = "record_key"
    case anchorCommand = "anchor_command"
    case tables, dictionary, calendars, destinations, files

    // A command line may carry a webhook's token.
    package var isSecret: Bool { self == .alertCommand || self == .anchorCommand }
}

/// `alert_webhook`.
package enum AlertWebhookKey: String, SettingsKey {
    case url, headers, template
    case caFile = "ca_file"

    // The services that people use put the secret into the URL.
    package var isSecret: Bool { self == .url || self == .headers }
}

/// An entry of `alerts`.
package enum AlertKey: String, SettingsKey {
    case event, rule
    case badRows = "bad_rows"
    case to
    case again = "repeat"
}

/// `heartbeat`.
package enum HeartbeatKey: String, SettingsKey {
    case url, every
    case caFile = "ca_file"

    package var isSecret: Bool { self == .url }
}

/// `http`.
package enum HTTPKey: String, SettingsKey {
    case listen, tls, users, anonymous
    case trustedUserHeader = "trusted_user_header"
    case hosts
}

/// `tls` of `http`.
package enum HTTPTLSKey: String, SettingsKey {
    case certFile = "cert_file"
    case keyFile = "key_file"
}

/// An entry of `users` of `http`.
package enum HTTPUserKey: String, SettingsKey {
    case tokenSHA256 = "token_sha256"
    case may, rules, until
}

/// `retention`.
package enum RetentionKey: String, SettingsKey {
    case done, failed
    case packAfter = "pack_after"
}

/// An entry of `tables`.
package enum TableKey: String, SettingsKey {
    case file, key, delimiter
}

/// `dictionary`, at the top or of a destination.
package enum DictionaryKey: String, SettingsKey {
    case fields, enums
}

/// An entry of `destinations`.
package enum DestinationKey: String, SettingsKey {
    case profile, urls, user
    case applicationID = "application_id"
    case position, service, services, window
    case ackTimeout = "ack_timeout"
    case maxPostsPerSecond = "max_posts_per_second"
    case postUserInfo = "post_user_info"
    case resend, token, tls, proxy, failback
    case nakRules = "nak_rules"
    case attempts
    case ackTimeoutsBeforePause = "ack_timeouts_before_pause"
    case dictionary
    case verify
    case verifyWindow = "verify_window"
    case verifyWithin = "verify_within"
    case quiet, rehearse

    // Both may be written with credentials in them.
    package var isSecret: Bool { self == .proxy || self == .urls }
    package var isAddress: Bool { isSecret }
}

/// An entry of `quiet` of a destination.
package enum QuietKey: String, SettingsKey {
    case days, from, to, zone
}

/// `post_user_info` in its long form.
package enum PostUserInfoKey: String, SettingsKey {
    case address
    case userID = "user_id"
}

/// `token` of a destination.
package enum TokenKey: String, SettingsKey {
    case version, url, username, password
    case clientID = "client_id"
    case clientSecret = "client_secret"
    case keyFile = "key_file"
    case scope, audience

    package var isSecret: Bool { self == .password || self == .clientSecret || self == .url }
    package var isAddress: Bool { self == .url }
}

/// `tls` of a destination.
package enum TLSKey: String, SettingsKey {
    case caFile = "ca_file"
    case certFile = "cert_file"
    case keyFile = "key_file"
    case verify
}

/// An entry of `nak_rules`.
package enum NakRuleKey: String, SettingsKey {
    case code, text
    case nakClass = "class"
}

/// An entry of `files`.
package enum RuleKey: String, SettingsKey {
    case match, destination, post, ric, fields, empty
    case maxRejected = "max_rejected"
    case tolerate
    case maxNacked = "max_nacked"
    case maxAge = "max_age"
    case encoding
    case finalNewline = "final_newline"
    case format
    case rowElement = "row_element"
    case ready, checksum, trailer, order, priority
    case lineBreaks = "line_breaks"
    case noRows = "no_rows"
    // How the file lies.
    case compression, member
    case maxExpanded = "max_expanded"
    case sheet, delimiter, quote
    case skipLines = "skip_lines"
    case comment, header, columns, rows, drop, carry, arrays, trim, nulls, ragged
    // What becomes of its lines.
    case `let`, `where`, unpivot, group, take, skipped
    // How its values are written.
    case decimal, thousands, indian, exponent, zone, to
    case tooLong = "too_long"
    // Whether its prices are plausible.
    case checks
    case holdFileAbove = "hold_file_above"
    // What is held, and who releases it.
    case corrections, release
    // When it is expected, and by when it has to be through.
    case calendar, expected, deadline
}

/// An entry of `calendars`.
package enum CalendarKey: String, SettingsKey {
    case days, holidays, close, early
}

/// `expected` of a rule.
package enum ExpectedKey: String, SettingsKey {
    case by, zone, days, holidays, count
}

/// `reload`.
package enum ReloadKey: String, SettingsKey {
    case fourEyes = "four_eyes"
}

/// `release` of a rule.
package enum ReleaseKey: String, SettingsKey {
    case by
    case fourEyes = "four_eyes"
    case within
}

/// `post` of a rule in its long form.
package enum PostKey: String, SettingsKey {
    case column, refresh, update
}

/// The keys of whatever a rule makes of the file's columns: a field, the RIC, a column of its own.
package protocol MadeValueKey: SettingsKey {
    static var column: Self { get }
    static var template: Self { get }
    static var lookup: Self { get }
    static var map: Self { get }
    static var otherwise: Self { get }
    static var extract: Self { get }
    static var strip: Self { get }
    static var whenEmpty: Self { get }
}

/// `ric` of a rule in its long form, and an entry of `let`.
package enum TextKey: String, MadeValueKey {
    case column, template, lookup, map, otherwise, extract, strip
    case whenEmpty = "default"
}

/// An entry of a rule's `fields` in its long form.
package enum FieldKey: String, MadeValueKey {
    case column, value, template, formula, lookup, map, otherwise, extract, strip
    case whenEmpty = "default"
    case decimal, thousands, indian, exponent, percent, fraction
    case fractionTail = "fraction_tail"
    case date, time, locale, zone, to, cut, scale, round, rounding, type, values, optional
    case tooLong = "too_long"
}

/// `lookup` of a value.
package enum LookupKey: String, SettingsKey {
    case table, by, take
}

/// `otherwise` of a value in its long form.
package enum OtherwiseKey: String, SettingsKey {
    case value
}

/// `header` of a rule in its long form.
package enum HeaderKey: String, SettingsKey {
    case firstCell = "first_cell"
    case after, before
}

/// `rows` of a rule for lines.
package enum RowsKey: String, SettingsKey {
    case after, before
}

/// An entry of `carry` that is a heading.
package enum HeadingKey: String, SettingsKey {
    case heading
    case name = "as"
}

/// `arrays` of a rule.
package enum ArraysKey: String, SettingsKey {
    case rows, names, zip
}

/// An entry of `where`.
package enum ConditionKey: String, SettingsKey {
    case column
    case isOneOf = "is"
    case not, empty, like, otherwise
}

/// `unpivot` of a rule.
package enum UnpivotKey: String, SettingsKey {
    case keep, name, value, columns, like
}

/// `group` of a rule.
package enum GroupKey: String, SettingsKey {
    case by, field, value
}

/// `take` of a rule.
package enum TakeKey: String, SettingsKey {
    case first, last, latest, date
}

/// `ready` of a rule.
package enum ReadyKey: String, SettingsKey {
    case suffix
}

/// `trailer` of a rule.
package enum TrailerKey: String, SettingsKey {
    case match, count, sum
}

/// `sum` of a rule's `trailer`.
package enum TrailerSumKey: String, SettingsKey {
    case column, field
}

/// An entry of a rule's `checks`.
package enum CheckKey: String, SettingsKey {
    case field, min, max, ordered, spread, move, factor, from, first, unchanged, age, future
    case universe, missing, extra, rows, layout
    case onFail = "on_fail"
}

/// `from` of a check.
package enum CheckFromKey: String, SettingsKey {
    case table, by, take
}

/// `universe` of a check.
package enum UniverseKey: String, SettingsKey {
    case table, key
}

/// `rows` of a check.
package enum CheckRowsKey: String, SettingsKey {
    case min
    case againstLast = "against_last"
}

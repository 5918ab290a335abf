/// The small notations of the configuration: how their text is read. Nothing here knows keys, files or lines.
package enum SettingsText {
    /// `250ms`, `2s`, `5m`, `24h`, `1d`: a whole number and its unit.
    package static func duration(_ text: String) throws(SettingsMistake) -> Duration {
        let digits = text.prefix(while: \.isASCIIDigit)
        let unit = text.dropFirst(digits.count)
        let examples = "such as 250ms, 2s, 5m, 24h or 1d"
        if !digits.isEmpty, unit.isEmpty { throw SettingsMistake("a duration: the unit is missing, \(examples)") }
        let factors = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let factor = factors[String(unit)], !digits.isEmpty else {
            throw SettingsMistake("a duration \(examples) (a whole number and its unit)")
        }
        // A hundred years: far below what overflows when a deadline is computed from it.
        let longest = 36_500 * 86_400_000
        guard let count = Int(digits), count <= longest / factor else {
            throw SettingsMistake("a duration of at most 36500d")
        }
        return .milliseconds(count * factor)
    }

    /// A duration as a person would say it, to the second: `5m`, `1h 2m 3s`; below a second in milliseconds.
    package static func words(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard seconds > 0 else { return "\(attoseconds / 1_000_000_000_000_000)ms" }
        var parts: [String] = []
        var rest = seconds
        for (unit, size) in [("d", Int64(86400)), ("h", 3600), ("m", 60), ("s", 1)] where rest >= size {
            parts.append("\(rest / size)\(unit)")
            rest %= size
        }
        return parts.joined(separator: " ")
    }

    /// `5` or `0.1%`.
    package static func rowLimit(_ text: String) throws(SettingsMistake) -> RowLimit {
        let mistake = SettingsMistake("a number of rows such as 5, or a percentage from 0% to 100% such as 0.1%")
        guard text.last == "%" else {
            guard let rows = wholeNumber(text, in: 0...Int.max) else { throw mistake }
            return .rows(rows)
        }
        let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? String(parts[1]) : ""
        // Six decimals are a row in a hundred million; the exact comparison multiplies by 10 for each.
        guard let whole = parts.first, parts.count <= 2, !whole.isEmpty, whole.count <= 3, decimals.count <= 6,
            parts.count == 1 || !decimals.isEmpty, (whole + decimals).allSatisfy(\.isASCIIDigit),
            let value = Int(whole + decimals), let hundred = Int("100" + decimals.map { _ in "0" }), value <= hundred
        else { throw mistake }
        return .percent(value: value, decimals: decimals.count)
    }

    /// `10%` or `0.5%`, also above 100; the plain decimal before the sign.
    package static func percent(_ text: String) throws(SettingsMistake) -> String {
        let number = String(text.dropLast())
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard text.last == "%", isPlainDecimal(number), number.first != "-", parts[0].count <= 6,
            parts.dropFirst().allSatisfy({ $0.count <= 6 })
        else { throw SettingsMistake("a percentage such as 10% or 0.5%") }
        return number
    }

    /// A plain decimal that a field can hold: at most 14 decimals and 18 significant digits; returned as it stands.
    package static func decimal(_ text: String) throws(SettingsMistake) -> String {
        let digits = text.filter(\.isASCIIDigit).drop { $0 == "0" }
        let decimals = text.split(separator: ".").dropFirst().first?.count ?? 0
        guard isPlainDecimal(text), decimals <= 14, digits.count <= 18 else {
            throw SettingsMistake("a plain decimal such as 0.01, of at most 14 decimals and 18 significant digits")
        }
        return text
    }

    /// `1bd`: business days.
    package static func businessDays(_ text: String) throws(SettingsMistake) -> Int {
        guard text.hasSuffix("bd"), let days = wholeNumber(String(text.dropLast(2)), in: 0...1000) else {
            throw SettingsMistake("a number of business days such as 1bd, from 0bd to 1000bd")
        }
        return days
    }

    /// Digits alone, within `range`; nil otherwise.
    package static func wholeNumber(_ text: String, in range: ClosedRange<Int>) -> Int? {
        guard !text.isEmpty, text.allSatisfy(\.isASCIIDigit), let number = Int(text), range.contains(number) else {
            return nil
        }
        return number
    }

    /// A plain decimal that a REAL holds exactly (at most 14 decimals and 18 significant digits) and that is not zero;
    /// returned as it stands.
    package static func scale(_ text: String) throws(SettingsMistake) -> String {
        guard isPlainDecimal(text) else {
            throw SettingsMistake(
                "a plain decimal such as 0.01 (a dot, no exponent, no thousands separator, no plus sign)")
        }
        let digits = text.filter(\.isASCIIDigit).drop { $0 == "0" }
        let decimals = text.split(separator: ".").dropFirst().first?.count ?? 0
        guard decimals <= 14, digits.count <= 18 else {
            throw SettingsMistake("a decimal with at most 14 decimals and 18 significant digits")
        }
        guard !digits.isEmpty else {
            throw SettingsMistake("a scale other than zero: it would turn every value into zero")
        }
        return text
    }

    /// Whether the text is `-`, digits without superfluous leading zeros, and a dot with digits, the first and last of
    /// them optional.
    package static func isPlainDecimal(_ text: String) -> Bool {
        let parts = (text.first == "-" ? text.dropFirst() : text[...])
            .split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.count <= 2 else { return false }
        return parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }
            && (whole.count == 1 || whole.first != "0")
    }

    /// `ws://host`, `wss://host:port/path`; the port is 15000 for `ws` and 443 for `wss` when absent, the path
    /// `/WebSocket`.
    package static func webSocketURL(_ text: String) throws(SettingsMistake) -> Destination.URL {
        let parts = try URLParts(text, schemes: ["ws", "wss"], example: "wss://contrib.example:443/WebSocket")
        guard !parts.hasCredentials else {
            throw SettingsMistake("a URL without credentials: they belong to user or token")
        }
        let isTLS = parts.scheme == "wss"
        return Destination.URL(
            isTLS: isTLS, host: parts.host, port: parts.port ?? (isTLS ? 443 : 15000),
            path: parts.path.isEmpty ? "/WebSocket" : parts.path)
    }

    /// `https://…` without credentials in it; returned as it stands.
    package static func tokenURL(_ text: String) throws(SettingsMistake) -> String {
        let parts = try URLParts(text, schemes: ["https"], example: "https://api.example/auth/oauth2/v1/token")
        guard !parts.hasCredentials else {
            throw SettingsMistake("a URL without credentials: they belong to username, password or client_secret")
        }
        return text
    }

    /// `https://…` without credentials in it, or `http://…` to this machine; returned as it stands.
    package static func webhookURL(_ text: String) throws(SettingsMistake) -> String {
        let parts = try URLParts(text, schemes: ["https", "http"], example: "https://hooks.example/alerts")
        guard !parts.hasCredentials else {
            throw SettingsMistake("a URL without credentials: they belong into a header, such as Authorization")
        }
        guard parts.scheme == "https" || ["127.0.0.1", "::1", "localhost"].contains(parts.host) else {
            throw SettingsMistake("a URL with https: without TLS only this machine is told")
        }
        return text
    }

    /// `http://host:port`, with `user:password@` before the host where the proxy asks for it; returned as it stands.
    package static func proxy(_ text: String) throws(SettingsMistake) -> String {
        let parts = try URLParts(text, schemes: ["http"], example: "http://proxy.example:3128")
        guard parts.port != nil, parts.path.isEmpty || parts.path == "/" else {
            throw SettingsMistake("a proxy such as http://proxy.example:3128 (host and port, no path)")
        }
        return text
    }

    /// Whether a URL names a user with a password, and that is no reference to elsewhere.
    package static func holdsPassword(_ url: String) -> Bool {
        guard let at = url.lastIndex(of: "@"), let scheme = url.firstRange(of: "://"), scheme.upperBound < at else {
            return false
        }
        let credentials = url[scheme.upperBound..<at]
        // The colon of `${env:NAME}` is none between user and password.
        let plain = credentials.replacing("${env:", with: "${").replacing("${file:", with: "${").replacing(
            "${credential:", with: "${")
        guard let colon = plain.firstIndex(of: ":") else { return false }
        let password = plain[plain.index(after: colon)...]
        return !password.isEmpty && !password.contains("${")
    }

    /// Four numbers from 0 to 255 with dots between them; returned as it stands.
    package static func ipv4(_ text: String) throws(SettingsMistake) -> String {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4,
            parts.allSatisfy({ wholeNumber(String($0), in: 0...255) != nil && ($0.count == 1 || $0.first != "0") })
        else { throw SettingsMistake("a dotted IPv4 address such as 10.1.2.3") }
        return text
    }

    /// What may stand as a field's name on the wire: printable ASCII without blank, quote and backslash, upper case.
    package static func fieldName(_ text: String) throws(SettingsMistake) -> String {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
            throw SettingsMistake("a field's name (printable ASCII without blanks, quotes and backslashes)")
        }
        guard text.uppercased() == text else {
            throw SettingsMistake("a field's name, which is written in upper case: \(text.uppercased())")
        }
        return text
    }

    /// What a marker's name has behind its file's: no name that is ignored in the inbox, and none with a meaning of its own.
    package static func markerSuffix(_ text: String) throws(SettingsMistake) -> String {
        let mistake = SettingsMistake("a marker's suffix such as .ok, without a folder")
        guard !text.contains("/"), !text.utf8.contains(0), !text.contains(where: \.isNewline) else { throw mistake }
        if text == InboxNames.checksumSuffix {
            throw SettingsMistake(
                "a marker's suffix other than \(text), which is a checksum's: write `checksum: sha256`")
        }
        if FileNames.isIgnored("a" + text) {
            throw SettingsMistake("a marker's suffix such as .ok: names that end so are ignored in the inbox")
        }
        return text
    }

    /// One ASCII character, or `tab` or `\t` for the tabulator. `blanks` stands for runs of blanks and tabs; its byte is a blank.
    package static func delimiter(_ text: String) throws(SettingsMistake) -> UInt8 {
        if text == "tab" || text == "\\t" { return UInt8(ascii: "\t") }
        if text == "blanks" { return UInt8(ascii: " ") }
        let forbidden: [UInt8] = [0x00, 0x0A, 0x0D, 0x22]
        guard text.utf8.count == 1, let byte = text.utf8.first, !forbidden.contains(byte) else {
            throw SettingsMistake("a delimiter: one ASCII character, tab or blanks; neither a quote nor a line end")
        }
        return byte
    }

    /// `500MB`, `20GB`: a whole number and its unit, in bytes.
    package static func bytes(_ text: String) throws(SettingsMistake) -> Int {
        let digits = text.prefix(while: \.isASCIIDigit)
        let factors = ["B": 1, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000]
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        guard let factor = factors[String(unit)], let count = wholeNumber(String(digits), in: 1...Int.max / factor)
        else {
            throw SettingsMistake("a size such as 500MB or 20GB (a whole number and its unit)")
        }
        return count * factor
    }

    /// `14-25`: characters of a line from 1, both ends in; `14` is one character.
    package static func characters(_ text: String) throws(SettingsMistake) -> ClosedRange<Int> {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        let most = 1_000_000
        guard let start = ends.first, let end = ends.last, ends.count <= 2,
            let first = wholeNumber(String(start), in: 1...most), let last = wholeNumber(String(end), in: 1...most),
            first <= last
        else { throw SettingsMistake("the characters of a column such as 14-25, from 1, both ends in") }
        return first...last
    }

    /// The names that Postbox itself gives to columns.
    package static let ownColumns = ["$file", "$row", "$line", "$claimed", "$key"]

    /// `$side`: a column that a rule makes; returned as it stands.
    package static func ownColumn(_ text: String) throws(SettingsMistake) -> String {
        let letters = text.dropFirst()
        guard text.first == "$", let first = letters.first, first.isASCII, first.isLetter || first == "_",
            letters.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        else { throw SettingsMistake("a name of its own such as $side: a dollar sign, then letters, digits and _") }
        guard !ownColumns.contains(text) else {
            throw SettingsMistake("a name of its own: \(ownColumns.joined(separator: ", ")) have a meaning already")
        }
        return text
    }

    /// `,` or `.`; returned as it stands.
    package static func decimalSign(_ text: String) throws(SettingsMistake) -> String {
        guard text == "," || text == "." else { throw SettingsMistake("a decimal sign: \",\" or \".\"") }
        return text
    }

    /// What parts groups of digits; returned as it stands.
    package static func thousandsSign(_ text: String) throws(SettingsMistake) -> String {
        guard [",", ".", " ", "'", "\u{2019}", "\u{a0}", "\u{202f}", "_"].contains(text) else {
            throw SettingsMistake("a separator of thousands: a comma, a point, a blank, a no-break blank or '")
        }
        return text
    }
}

/// The parts of a URL that matter here.
private struct URLParts {
    var scheme: String
    var hasCredentials: Bool
    /// Without the brackets of an IPv6 address.
    var host: String
    var port: Int?
    /// Empty, or from its first slash, with the query.
    var path: String

    init(_ text: String, schemes: [String], example: String) throws(SettingsMistake) {
        let mistake = SettingsMistake("a URL such as \(example)")
        guard let scheme = schemes.first(where: { text.lowercased().hasPrefix($0 + "://") }),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C && $0 != UInt8(ascii: "#") })
        else { throw mistake }
        let rest = text.dropFirst(scheme.count + 3)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let path = rest.dropFirst(authority.count)
        var place = authority
        if let at = authority.lastIndex(of: "@") { place = authority[authority.index(after: at)...] }
        var port = ""[...]
        var host = place
        if place.first == "[" {
            guard let close = place.firstIndex(of: "]") else { throw mistake }
            host = place[place.index(after: place.startIndex)..<close]
            port = place[place.index(after: close)...]
        } else if let colon = place.firstIndex(of: ":") {
            host = place[..<colon]
            port = place[colon...]
        }
        guard !host.isEmpty, place.first == "[" || !host.contains(where: { "[]".contains($0) }) else { throw mistake }
        if !port.isEmpty {
            guard port.first == ":", let number = SettingsText.wholeNumber(String(port.dropFirst()), in: 1...65535)
            else {
                throw SettingsMistake("a URL with a port from 1 to 65535 such as \(example)")
            }
            self.port = number
        }
        guard path.isEmpty || path.first == "/" else { throw mistake }
        self.scheme = scheme
        self.hasCredentials = place.count != authority.count
        self.host = String(host)
        self.path = String(path)
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { self >= "0" && self <= "9" && isASCII }
}

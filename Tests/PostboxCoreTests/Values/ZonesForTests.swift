@testable import PostboxCore

/// Zones by the rules that they have had since 2007, so that tests need no file of the system.
enum ZonesForTests {
    static let footers = [
        "Europe/Zurich": "CET-1CEST,M3.5.0,M10.5.0/3", "America/New_York": "EST5EDT,M3.2.0,M11.1.0",
        "Asia/Kolkata": "IST-5:30", "Europe/Dublin": "IST-1GMT0,M10.5.0,M3.5.0/1",
        "Australia/Lord_Howe": "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
        "America/Nuuk": "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "Asia/Tokyo": "JST-9",
    ]

    static func rules(_ name: String) throws(SettingsMistake) -> TimeZoneRules {
        guard let footer = footers[name] else { throw SettingsMistake("a zone of this test") }
        return try TimeZoneRules(parsing: file(footer: footer))
    }

    /// A file of the tz database: offsets from given seconds on, and the rule for what is behind them.
    static func file(
        before: Int = 0, changes: [(at: Int, offset: Int)] = [], footer: String, version: Character = "2",
        leaps: Int = 0
    ) -> [UInt8] {
        func number(_ value: Int, _ size: Int) -> [UInt8] {
            (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        func header(_ changes: Int, _ types: Int, _ leaps: Int) -> [UInt8] {
            Array("TZif\(version)".utf8) + [UInt8](repeating: 0, count: 15)
                + [0, 0, leaps, changes, types, 4].flatMap { number($0, 4) }
        }
        func types(_ offsets: [Int]) -> [UInt8] { offsets.flatMap { number($0, 4) + [0, 0] } + Array("XXX\0".utf8) }
        let offsets = [before] + changes.map(\.offset)
        var bytes = header(0, 1, 0) + types([0])
        bytes += header(changes.count, offsets.count, leaps)
        bytes += changes.flatMap { number($0.at, 8) } + changes.indices.map { UInt8($0 + 1) } + types(offsets)
        bytes += [UInt8](repeating: 0, count: leaps * 12)
        return bytes + Array("\n\(footer)\n".utf8)
    }
}

/// What a reader of that form makes of a text: the date or time, the fault's reason in brackets, or the mistake in the form.
func dateText(
    _ text: String, _ target: DateForm.Target, _ pattern: String, locale: String? = nil, zone: String? = nil,
    to: String? = nil
) -> String {
    let form = DateForm(target: target, pattern: pattern, locale: locale, zone: zone, to: to)
    do throws(SettingsMistake) {
        var reader = try DateReader(form, zones: ZonesForTests.rules)
        var out = Array("=".utf8)
        let fault = reader.convert(Array(text.utf8).span, into: &out)
        if let fault { return "(\(fault.rawValue))" + (out.count == 1 ? "" : " and wrote something") }
        return String(decoding: out.dropFirst(), as: UTF8.self)
    } catch {
        return error.expected
    }
}

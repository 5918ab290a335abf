import TestSupport
import Testing

@testable import PostboxCore

/// Texts and patterns that nobody would write.
@Suite("Mutated dates, patterns and zones", .computing)
struct DateFuzzTests {
    private static let values = [
        "04.03.2026 10:11:12", "2026-03-04T10:11:12.123456789+01:00", "Wed, 4. Mär 2026 3:05 PM", "令和元年5月1日",
        "46085.8958333333",
        "-62135596800", "1772582400123", "20260304101112", "R7.10.1", "29.03.2026 02:30:00",
    ]
    private static let patterns = [
        "dd.MM.yyyy HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX", "E, d. MMM yyyy h:mm a", "Gy年M月d日", "excel",
        "epoch_s",
        "epoch_ms", "yMMddHmmss", "Gy.M.d", "'o''clock' z", "H:m:s.S X",
    ]

    @Test("Whatever the value is, a reader writes ten characters or a time, or says what is wrong and writes nothing")
    func values() throws {
        var readers: [(DateForm, DateReader)] = []
        for pattern in Self.patterns {
            for (target, locale, zone) in [
                (DateForm.Target.date, "ja", "Europe/Zurich"), (.time, "de", nil), (.date, "ja", nil),
            ] {
                let form = DateForm(target: target, pattern: pattern, locale: locale, zone: zone)
                if let reader = try? DateReader(form, zones: ZonesForTests.rules) { readers.append((form, reader)) }
            }
        }
        try #require(readers.count > 15)
        try Fuzz.run(
            "values of dates", seeds: Self.values.map { Array($0.utf8) },
            words: ["März", "PM", "令和", "Z", "+14:00"].map { Array($0.utf8) },
            lengthMax: 80, rounds: 5000
        ) { input in
            for index in readers.indices {
                var out: [UInt8] = []
                let fault = readers[index].1.convert(input.span, into: &out)
                _ = readers[index].1.order(of: input.span)
                let form = readers[index].0
                if fault != nil ? !out.isEmpty : !Self.isWellFormed(out, form.target) {
                    return "\(form.pattern) wrote \(String(decoding: out, as: UTF8.self))"
                }
            }
            _ = DateOrder(iso: input.span)
            return nil
        }
    }

    private static func isWellFormed(_ out: [UInt8], _ target: DateForm.Target) -> Bool {
        let text = String(decoding: out, as: UTF8.self)
        return switch target {
        case .date: DateOrder(iso: out.span)?.kind == .day
        case .time: DateOrder(iso: Array("2026-03-04T\(text)".utf8).span)?.kind == .local && text.count >= 8
        }
    }

    @Test("Whatever the pattern is, it is a reader or a mistake")
    func patterns() throws {
        try Fuzz.run(
            "date patterns", seeds: Self.patterns.map { Array($0.utf8) },
            words: ["yyyy", "MM", "dd", "'", "HH", "G"].map { Array($0.utf8) },
            lengthMax: 60
        ) { input in
            let pattern = String(decoding: input, as: UTF8.self)
            for (target, locale) in [(DateForm.Target.date, "ja"), (.time, "de")] {
                let form = DateForm(target: target, pattern: pattern, locale: locale, to: "UTC")
                guard var reader = try? DateReader(form, zones: ZonesForTests.rules) else { continue }
                for value in Self.values + [pattern] {
                    var out: [UInt8] = []
                    let fault = reader.convert(Array(value.utf8).span, into: &out)
                    if fault == nil, !Self.isWellFormed(out, target) {
                        return "wrote \(String(decoding: out, as: UTF8.self))"
                    }
                }
            }
            return nil
        }
    }

    @Test("Whatever a zone's file is, each moment has one offset, and the intervals follow each other")
    func zones() throws {
        let seeds =
            ZonesForTests.footers.values.map {
                ZonesForTests.file(before: 1000, changes: [(0, 3600), (5000, 0), (1_000_000_000, -7200)], footer: $0)
            } + [
                // A summer that is none: no change repeats, and the last interval has no end to be moved.
                ZonesForTests.file(footer: "IST-0GMT0,M10.5.0,M3.5.0/1")
            ]
        try Fuzz.run(
            "files of zones", seeds: seeds,
            words: ["TZif2", ",M3.5.0/-167", "\n", "J365", "<+14>"].map { Array($0.utf8) }
        ) { input in
            guard let rules = try? TimeZoneRules(parsing: input) else { return nil }
            var cursor = TimeZoneCursor(rules)
            for second in [-62_135_596_800, -1, 0, 999_999_999, 1_772_582_400, 13_000_000_000, 253_402_300_799] {
                let interval = rules.interval(at: second)
                if second < interval.start || second >= interval.end { return "\(second) is not in \(interval)" }
                if cursor.offset(at: second) != interval.offset { return "the cursor differs at \(second)" }
                if cursor.instant(ofLocal: second) != rules.instant(ofLocal: second) {
                    return "the local time \(second) differs"
                }
            }
            return nil
        }
    }
}

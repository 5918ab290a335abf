import Foundation
import TestSupport
import Testing

@testable import PostboxCore

/// Dates and zones against Python's `datetime` and `zoneinfo`, by `Tests/Differential/dates.py`. `POSTBOX_DIFFERENTIAL=all` makes
/// it 100,000 cases of either kind from a new seed.
@Suite(
    "Dates against Python", .computing,
    .enabled(if: Python.hasZones, "python3 or tzdata is not installed: nothing to compare with")
)
struct DateDifferentialTests {
    private static let isLong = ProcessInfo.processInfo.environment["POSTBOX_DIFFERENTIAL"] == "all"
    private static let seed = isLong ? Int(Date().timeIntervalSince1970) : 1

    @Test("Times around each change of the clocks, from UTC and to it")
    func zones() throws {
        var readers: [String: [DateReader]] = [:]
        var ambiguous = 0
        var faults: [String] = []
        let lines = try Python.lines(["zones", "\(Self.seed)", Self.isLong ? "100000" : "4000"])
        for parts in lines {
            try #require(parts.count == 7)
            if readers[parts[0]] == nil {
                readers[parts[0]] = try [DateForm.Target.date, .time].flatMap { target in
                    [
                        try DateReader(
                            DateForm(target: target, pattern: "epoch_s", to: parts[0]), zones: Python.zone),
                        try DateReader(
                            DateForm(target: target, pattern: "yyyy-MM-dd HH:mm:ss", zone: parts[0]), zones: Python.zone
                        ),
                    ]
                }
            }
            let texts = [parts[1], parts[4], parts[1], parts[4]]
            let expected = [parts[2], parts[5], parts[3], parts[6]]
            if parts[5] == "ambiguous" { ambiguous += 1 }
            for index in 0..<4 {
                var out: [UInt8] = []
                // Subscripts without a copy: the cursor's interval stays with its reader.
                let fault = readers[parts[0]]?[index].convert(Array(texts[index].utf8).span, into: &out)
                let text =
                    fault == .ambiguousTime ? "ambiguous" : fault?.rawValue ?? String(decoding: out, as: UTF8.self)
                if text != expected[index] { faults.append("\(parts): \(text) is not \(expected[index])") }
            }
        }
        #expect(lines.count >= (Self.isLong ? 100_000 : 4000) && ambiguous > lines.count / 50)
        #expect(faults.isEmpty, "\(faults.count), seed \(Self.seed): \(faults.prefix(5).joined(separator: "\n"))")
        if Self.isLong {
            print("zones: \(lines.count) cases, \(ambiguous) ambiguous, \(faults.count) faults, seed \(Self.seed)")
        }
    }

    @Test("Dates and times of random patterns")
    func patterns() throws {
        var readers: [String: [DateReader]] = [:]
        var refused = 0
        var faults: [String] = []
        let lines = try Python.lines(["patterns", "\(Self.seed)", Self.isLong ? "100000" : "3000"])
        for parts in lines {
            try #require(parts.count == 4)
            if readers[parts[0]] == nil {
                readers[parts[0]] = try [DateForm.Target.date, .time].map { target in
                    let to = parts[0].contains(where: { $0 == "X" || $0 == "x" }) ? "UTC" : nil
                    return try DateReader(DateForm(target: target, pattern: parts[0], to: to), zones: Python.zone)
                }
            }
            if parts[2] == "-" { refused += 1 }
            for index in 0..<2 {
                var out: [UInt8] = []
                let fault = readers[parts[0]]?[index].convert(Array(parts[1].utf8).span, into: &out)
                let text = fault == nil ? String(decoding: out, as: UTF8.self) : "-"
                if text != parts[2 + index] {
                    faults.append("\(parts): \(text) is not \(parts[2 + index])")
                }
            }
        }
        #expect(
            lines.count >= (Self.isLong ? 100_000 : 3000) && refused > lines.count / 20 && refused < lines.count / 2)
        #expect(faults.isEmpty, "\(faults.count), seed \(Self.seed): \(faults.prefix(5).joined(separator: "\n"))")
        if Self.isLong {
            print("patterns: \(lines.count) cases, \(refused) refused, \(faults.count) faults, seed \(Self.seed)")
        }
    }

    @Test("Every zone of the system's database can be read")
    func everyZone() throws {
        let folder = URL(filePath: "/usr/share/zoneinfo")
        let table = try String(contentsOf: folder.appending(path: "tzdata.zi"), encoding: .utf8)
        // `Z NAME …` is a zone, `L ZONE NAME` a link.
        let names = table.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ")
            return switch words.first {
            case "Z" where words.count > 1: String(words[1])
            case "L" where words.count > 2: String(words[2])
            default: nil
            }
        }
        #expect(names.count > 300)
        for name in names {
            #expect(TimeZoneRules.isName(name), "\(name)")
            // Names of the past may be in a package of their own.
            guard FileManager.default.fileExists(atPath: folder.appending(path: name).path()) else { continue }
            #expect(throws: Never.self, "\(name)") { try Python.zone(name) }
        }
    }
}

private enum Python {
    static let hasZones =
        FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/Europe/Zurich")
        && (try? lines(["patterns", "1", "1"]))?.count == 1

    static func zone(_ name: String) throws(SettingsMistake) -> TimeZoneRules {
        let data = try? Data(contentsOf: URL(filePath: "/usr/share/zoneinfo").appending(path: name))
        return try TimeZoneRules(parsing: [UInt8](data ?? Data()))
    }

    /// What the script writes, each line in its parts.
    static func lines(_ arguments: [String]) throws -> [[String]] {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Differential/dates.py")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script.standardized.path()] + arguments
        let output = Pipe()
        process.standardOutput = output
        try Spawning.start(process)
        let data = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return data.split(separator: UInt8(ascii: "\n")).map { line in
            line.split(separator: UInt8(ascii: "\t")).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}

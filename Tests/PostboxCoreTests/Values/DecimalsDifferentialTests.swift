import Foundation
import TestSupport
import Testing

@testable import PostboxCore

/// Numbers and formulas against Python's `decimal` and `fractions`: `Tests/Differential/decimals.py` makes the questions and
/// answers them. `POSTBOX_DIFFERENTIAL=all` asks 100,000 of each kind.
@Suite(
    "Numbers and formulas against Python", .computing,
    .enabled(if: Script.isInstalled, "python3 is not installed: nothing to compare with"))
struct DecimalsDifferentialTests {
    private static let seeds: [UInt64] =
        Script.asksAll ? Array(1...10) : [1, UInt64(Date().timeIntervalSince1970)]
    private static let count = Script.asksAll ? 10_000 : 2000

    @Test("A number of any form is read as Python reads it, or refused as it is there", arguments: seeds)
    func numbers(_ seed: UInt64) throws {
        let lines = try Script.lines("numbers", seed, Self.count)
        try #require(lines.count == Self.count)
        for parts in lines {
            try #require(parts.count == 3)
            let answer = NumberReader(form(parts[0]), isTyped: true).answer(parts[1])
            // Where an exponent is written out, the value counts and not its zeros.
            let isRight = parts[2].hasPrefix("=") ? isSame(answer, String(parts[2].dropFirst())) : answer == parts[2]
            if !isRight { Issue.record("seed \(seed): \(parts) is \(answer)") }
        }
    }

    @Test("A formula of any kind has Python's result, with 128 bits and with more", arguments: seeds)
    func formulas(_ seed: UInt64) throws {
        let lines = try Script.lines("formulas", seed, Self.count)
        try #require(lines.count == Self.count)
        for parts in lines {
            try #require(parts.count == 6)
            let formula = try Formula(parsing: parts[0])
            let values = parts[1].split(separator: ";", omittingEmptySubsequences: false).map(String.init)
            let rounding = try #require(Rounding(rawValue: parts[4]))
            let round = try #require(Int(parts[3]))
            for isQuick in [true, false] {
                let answer = formula.answer(
                    formula.columns.isEmpty ? [] : values, scale: DecimalText.Scale(parts[2]), round: round,
                    rounding: rounding, isQuick: isQuick)
                // What reaches the end unrounded, though it divides, is refused with the configuration.
                if formula.divides, round < 0, answer == "decimal_too_long" { continue }
                if answer != parts[5] { Issue.record("seed \(seed): \(parts) is \(answer), quick: \(isQuick)") }
            }
        }
    }

    private func form(_ keys: String) -> NumberForm {
        var form = NumberForm()
        for key in keys.split(separator: ";") {
            let parts = key.split(separator: "=", maxSplits: 1).map(String.init)
            switch parts[0] {
            case "decimal": form.decimal = parts[1]
            case "thousands": form.thousands = parts[1]
            case "indian": form.isIndian = true
            case "exponent": form.exponent = true
            case "percent": form.percent = true
            case "fraction": form.fraction = Int(parts[1])
            case "fraction_tail": form.fractionTail = NumberForm.FractionTail(rawValue: parts[1])
            default: Issue.record("no key of a number: \(parts[0])")
            }
        }
        return form
    }

    private func isSame(_ a: String, _ b: String) -> Bool { !a.contains("_") && trimmed(a) == trimmed(b) }

    private func trimmed(_ text: String) -> String {
        var text = text
        while text.contains("."), text.hasSuffix("0") || text.hasSuffix(".") { text.removeLast() }
        return text == "-0" ? "0" : text
    }
}

private enum Script {
    static let asksAll = ProcessInfo.processInfo.environment["POSTBOX_DIFFERENTIAL"] == "all"
    static let isInstalled = (try? lines("numbers", 1, 1).count) == 1

    /// The lines that the script prints, in their parts.
    static func lines(_ kind: String, _ seed: UInt64, _ count: Int) throws -> [[String]] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", tests.appending(path: "Differential/decimals.py").path(), kind, "\(seed)", "\(count)",
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONUTF8": "1"]) { _, new in new }
        let output = Pipe()
        process.standardOutput = output
        try Spawning.start(process)
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    }
}

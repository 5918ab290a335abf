import Foundation
import TestSupport
import Testing

/// The mutator that other suites rely on.
@Suite(
    "Mutated inputs", .computing,
    .enabled(if: ProcessInfo.processInfo.environment["POSTBOX_FUZZ"] == nil, "a long run"))
struct FuzzTests {
    @Test("Each seed is tried as it is, and then others that come of them")
    func inputs() throws {
        let seeds: [[UInt8]] = [Array("1.25".utf8), []]
        var tried: [[UInt8]] = []
        try Fuzz.run("inputs", seeds: seeds, lengthMax: 40, rounds: 500) { input in
            tried.append(input)
            return nil
        }
        #expect(Array(tried.prefix(2)) == seeds)
        #expect(Set(tried).count > 300)
        #expect(tried.allSatisfy { $0.count <= 40 })
    }

    @Test("What goes wrong is told with its seed and its input")
    func failures() throws {
        let failure = #expect(throws: Fuzz.Failure.self) {
            try Fuzz.run("digits", seeds: [Array("12".utf8), Array("1x".utf8)]) { input in
                input.contains(UInt8(ascii: "x")) ? "no digit" : nil
            }
        }
        let text = failure?.description ?? ""
        #expect(text.contains("digits: no digit") && text.contains("POSTBOX_FUZZ_SEED="))
        #expect(text.contains("\"1x\"") && text.contains("[49, 120]"))
    }
}

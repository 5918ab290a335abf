import Foundation

/// Bytes that nobody would write, made of those that somebody did: a seeded mutator for whatever takes bytes from outside.
///
/// A run in the suite is short and always the same. `POSTBOX_FUZZ=SECONDS` makes each run that long, from a new seed each time;
/// `POSTBOX_FUZZ_SEED=N` repeats the one that failed. A long run keeps the input that is being tried in a file, so that it is
/// there after a crash too.
package enum Fuzz {
    /// What went wrong, with all that it takes to see it again.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// Gives `body` one input after the other until one fails.
    ///
    /// - Parameters:
    ///   - name: what is tried, for the failure's text and for the file of a long run.
    ///   - seeds: inputs to begin with, each of which is tried as it is; those that once failed belong here.
    ///   - words: what mutations put in besides bytes.
    ///   - lengthMax: bytes of an input.
    ///   - rounds: inputs of a short run.
    ///   - slowest: how much CPU time one input may take.
    ///   - body: says what is wrong, or nil; what it throws is wrong too.
    /// - Throws: ``Failure``
    package static func run(
        _ name: String, seeds: [[UInt8]], words: [[UInt8]] = [], lengthMax: Int = 4096, rounds: Int = 3000,
        slowest: Duration = .seconds(5), _ body: ([UInt8]) throws -> String?
    ) throws {
        let environment = ProcessInfo.processInfo.environment
        let seconds = environment["POSTBOX_FUZZ"].flatMap(Int.init)
        let seed =
            environment["POSTBOX_FUZZ_SEED"].flatMap { UInt64($0) }
            ?? (seconds == nil ? 1 : UInt64(Date().timeIntervalSince1970))
        var mutator = Mutator(seed: seed, seeds: seeds, words: words, lengthMax: lengthMax)
        let place = seconds == nil ? nil : try Place(name)
        let clock = ContinuousClock()
        let begin = clock.now
        var round = 0
        while true {
            let input = round < seeds.count ? seeds[round] : mutator.next()
            if let place { try place.keep(input) }
            let start = Self.ownTime
            let wrong = Result { try body(input) }
            let took = Self.ownTime - start
            func failure(_ what: String) -> Failure {
                Failure(
                    description: "\(name): \(what). POSTBOX_FUZZ_SEED=\(seed), input \(round): "
                        + "\(String(decoding: input, as: UTF8.self).debugDescription), as bytes \(input)")
            }
            switch wrong {
            case .success(nil): break
            case .success(let what?): throw failure(what)
            case .failure(let error): throw failure("\(error)")
            }
            if took > slowest { throw failure("took \(took)") }
            round += 1
            if let seconds {
                if clock.now - begin > .seconds(seconds), round > seeds.count { break }
            } else if round >= seeds.count + rounds {
                break
            }
        }
        if seconds != nil { print("Fuzz \(name): \(round) inputs, seed \(seed)") }
    }

    /// CPU time of this thread: on a busy machine the clock tells nothing of an input.
    private static var ownTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Where a long run keeps the input that is being tried.
    private final class Place {
        private let handle: FileHandle

        init(_ name: String) throws {
            let words = name.map { $0.isLetter || $0.isNumber ? $0 : "-" }
            let file = FileManager.default.temporaryDirectory.appending(path: "postbox-fuzz-\(String(words)).input")
            try Data().write(to: file)
            handle = try FileHandle(forWritingTo: file)
            print("Fuzz \(name): the input being tried lies in \(file.path())")
        }

        deinit { try? handle.close() }

        func keep(_ input: [UInt8]) throws {
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: input)
        }
    }

    /// Makes inputs of others, step by step: most come of a seed by a few changes, some of the one before.
    private struct Mutator {
        var state: UInt64
        let seeds: [[UInt8]]
        let words: [[UInt8]]
        let lengthMax: Int
        var last: [UInt8] = []

        init(seed: UInt64, seeds: [[UInt8]], words: [[UInt8]], lengthMax: Int) {
            state = seed
            self.seeds = seeds
            self.words = words
            self.lengthMax = lengthMax
        }

        mutating func next() -> [UInt8] {
            var bytes = number(4) == 0 || seeds.isEmpty ? last : seeds[number(seeds.count)]
            for _ in 0...number(4) { change(&bytes) }
            if bytes.count > lengthMax { bytes.removeLast(bytes.count - lengthMax) }
            last = bytes
            return bytes
        }

        private mutating func change(_ bytes: inout [UInt8]) {
            let at = number(bytes.count + 1)
            let span = at..<min(bytes.count, at + 1 + number(8))
            switch number(9) {
            case 0: bytes.insert(UInt8(number(256)), at: at)
            case 1: bytes.removeSubrange(span)
            case 2: if at < bytes.count { bytes[at] ^= 1 << UInt8(number(8)) }
            case 3: if at < bytes.count { bytes[at] = UInt8(number(256)) }
            // One byte many times, or a piece of itself elsewhere.
            case 4:
                bytes.insert(
                    contentsOf: repeatElement(bytes.isEmpty ? 0x30 : bytes[at % bytes.count], count: number(64)), at: at
                )
            case 5: bytes.insert(contentsOf: Array(bytes[span]), at: number(bytes.count + 1))
            case 6:
                guard !seeds.isEmpty else { return }
                let other = seeds[number(seeds.count)]
                bytes = Array(bytes[..<at]) + other[number(other.count + 1)...]
            case 7: bytes.removeSubrange(at...)
            default:
                guard !words.isEmpty else { return bytes.insert(UInt8(0x20 + number(0x5f)), at: at) }
                bytes.insert(contentsOf: words[number(words.count)], at: at)
            }
        }

        /// From 0 to below the limit. SplitMix64.
        private mutating func number(_ limit: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((z ^ (z >> 31)) % UInt64(limit))
        }
    }
}

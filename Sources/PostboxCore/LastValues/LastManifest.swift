/// What the store of last values consists of. It is replaced as a whole: what it does not name does not count.
package struct LastManifest: Sendable, Equatable {
    /// A file of sorted records.
    package struct Run: Sendable, Equatable {
        /// Its name's number; none is given twice.
        package var number: Int
        /// Bytes of the whole file.
        package var size: Int
        /// Of all of it; see `RawSum`.
        package var sum: UInt64

        package init(number: Int, size: Int, sum: UInt64) {
            self.number = number
            self.size = size
            self.sum = sum
        }
    }

    /// The oldest first. A RIC's record in a newer one has all that is known of it.
    package var runs: [Run] = []
    /// The number of the next run.
    package var next = 1
    package var applied = AppliedDrops()
    package var words = LastWords()

    package init() {}

    private static let firstLine = "postbox last values 1"

    /// The file's text: a line for each thing, and at the end a sum over all of them.
    package var text: [UInt8] {
        var lines = [Self.firstLine, "next \(next)"]
        lines += applied.ranges.map { "applied \($0.lowerBound) \($0.upperBound)" }
        lines += runs.map { "run \($0.number) \($0.size) \($0.sum)" }
        lines += words.targets.map { "target [\(JSONText.quoted($0.destination)),\(JSONText.quoted($0.service))]" }
        lines += words.fields.map { "field [\(JSONText.quoted($0))]" }
        let text = Array((lines.joined(separator: "\n") + "\n").utf8)
        return text + Array("sum \(Self.sum(text))\n".utf8)
    }

    /// nil: it is no whole manifest.
    package init?(_ text: [UInt8]) {
        let lines = text.split(separator: Byte.lineFeed, omittingEmptySubsequences: true)
        guard text.last == Byte.lineFeed, let last = lines.last, let first = lines.first,
            first.elementsEqual(Self.firstLine.utf8)
        else { return nil }
        let before = Array(text[..<last.startIndex])
        guard String(decoding: last, as: UTF8.self) == "sum \(Self.sum(before))" else { return nil }
        var targets: [LastWords.Target] = []
        var fields: [String] = []
        var ranges: [ClosedRange<Int>] = []
        for line in lines.dropFirst().dropLast() {
            let parts = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            let numbers = parts[1].split(separator: " ")
            switch parts[0] {
            case "next":
                guard let number = Int(parts[1]) else { return nil }
                next = number
            case "applied":
                guard numbers.count == 2, let low = Int(numbers[0]), let high = Int(numbers[1]), low <= high else {
                    return nil
                }
                ranges.append(low...high)
            case "run":
                guard numbers.count == 3, let number = Int(numbers[0]), let size = Int(numbers[1]),
                    let sum = UInt64(numbers[2])
                else { return nil }
                runs.append(Run(number: number, size: size, sum: sum))
            case "target":
                guard let texts = Self.texts(parts[1]), texts.count == 2 else { return nil }
                targets.append(LastWords.Target(destination: texts[0], service: texts[1]))
            case "field":
                guard let texts = Self.texts(parts[1]), texts.count == 1 else { return nil }
                fields.append(texts[0])
            default: return nil
            }
        }
        applied = AppliedDrops(ranges)
        words = LastWords(targets: targets, fields: fields)
    }

    /// The texts of a JSON array.
    private static func texts(_ list: Substring) -> [String]? {
        guard case .array(let values)? = JSONValue.parse(String(list)) else { return nil }
        let texts = values.compactMap(\.text)
        return texts.count == values.count ? texts : nil
    }

    private static func sum(_ text: [UInt8]) -> UInt64 {
        var sum = RawSum()
        text.withUnsafeBytes { sum.take($0) }
        return sum.value
    }
}

/// How the objects of a JSON text are laid out, told by its brackets and quotes alone: nothing else of it is judged.
struct JSONOutline {
    /// What follows the text's first object.
    enum Layout: Equatable {
        /// Only blanks, until its line ends.
        case ownLine
        /// Something else on its line, at this byte.
        case crowdedLine(at: Int)
        /// The object is not over where its first line ends.
        case manyLines
        /// The text ends before any of this shows.
        case unknown
    }

    /// An array of objects in the first object.
    struct FoundArray: Equatable {
        /// The member's name, or a path to it.
        var name: String
        var line: Int
    }

    private let text: UnsafeBufferPointer<UInt8>

    /// - Parameter text: It begins with an object's or an array's bracket.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
    }

    /// - Parameter isWhole: The file ends with the text.
    func layout(isWhole: Bool) -> Layout {
        guard let end = endOfFirstLineOrValue() else { return .unknown }
        if text[end] == Byte.lineFeed { return .manyLines }
        for index in (end + 1)..<text.count {
            switch text[index] {
            case Byte.lineFeed: return .ownLine
            case Byte.space, Byte.tab, Byte.carriageReturn: continue
            default: return .crowdedLine(at: index)
            }
        }
        return isWhole ? .ownLine : .unknown
    }

    /// Whether brackets are open, and no quote, where the text ends.
    var leavesBracketsOpen: Bool {
        var steps = Steps(text)
        while steps.next() != nil {}
        return steps.depth > 0 && !steps.isInString
    }

    /// Where the first line ends or, before that, the closing bracket of the first value is.
    private func endOfFirstLineOrValue() -> Int? {
        var steps = Steps(text)
        while let at = steps.next() {
            if text[at] == Byte.lineFeed || steps.depth <= 0 { return at }
        }
        return nil
    }

    /// The arrays of objects in the first object, as far as the text goes, and so many at most.
    ///
    /// - Parameter line: The one where the text begins.
    func arraysOfObjects(line: Int, most: Int) -> [FoundArray] {
        var found: [FoundArray] = []
        var line = line
        /// The names of the objects around; nil: an array, or what lies in one.
        var path: [String?] = []
        var name = ""
        var steps = Steps(text)
        while found.count < most, let at = steps.next() {
            switch text[at] {
            case Byte.lineFeed: line += 1
            case Byte.quote: if let string = steps.string { name = String(decoding: text[string], as: UTF8.self) }
            case UInt8(ascii: "{"):
                path.append(path.isEmpty ? "" : path.last == .some(nil) ? nil : name)
            case UInt8(ascii: "["):
                let isInObject = path.last != .some(nil)
                let next = text[(at + 1)...].first { $0 > Byte.space }
                if isInObject, next == UInt8(ascii: "{") {
                    let names = path.compactMap { $0 }.filter { !$0.isEmpty } + [name]
                    found.append(FoundArray(name: names.joined(separator: "."), line: line))
                }
                path.append(nil)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                path.removeLast(path.isEmpty ? 0 : 1)
                if path.isEmpty { return found }
            default: break
            }
        }
        return found
    }
}

/// Steps from bracket to bracket, over strings; a line feed and a string's closing quote are steps too.
private struct Steps {
    private let text: UnsafeBufferPointer<UInt8>
    private var at = 0
    private(set) var depth = 0
    private(set) var isInString = false
    private var stringStart = 0
    /// The content of the string whose closing quote the last step was.
    private(set) var string: Range<Int>?

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
    }

    /// Where the next step leads; nil: the text ends.
    mutating func next() -> Int? {
        while at < text.count {
            let here = at
            at += 1
            switch text[here] {
            case Byte.lineFeed: return here
            case Byte.backslash where isInString: if at < text.count, text[at] != Byte.lineFeed { at += 1 }
            case Byte.quote:
                isInString.toggle()
                if isInString {
                    stringStart = at
                } else {
                    string = stringStart..<here
                    return here
                }
            case _ where isInString: continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                return here
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                return here
            default: continue
            }
        }
        return nil
    }
}

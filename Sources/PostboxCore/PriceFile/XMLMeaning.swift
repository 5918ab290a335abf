internal import CLibXML2

/// What an attribute tells about the file, or about its element, when it is no data.
enum XMLMeaning {
    /// The element has no value.
    case isNil
    case nothing

    /// Nil: the attribute is data, as any other.
    ///
    /// - Parameters:
    ///   - uri: What the prefix stands for; one that the file does not declare has none.
    ///   - isInRow: Its element lies in a row, and may be said to have no value.
    @inline(__always)
    init?(
        _ name: UnsafePointer<xmlChar>, prefix: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?,
        _ start: UnsafePointer<xmlChar>, _ end: UnsafePointer<xmlChar>, isInRow: Bool
    ) {
        if let prefix, let space = XMLSpace(uri, prefix: prefix) {
            self = space == .schemaInstance && isSame(name, "nil") && isTrue(start, end) ? .isNil : .nothing
        } else if isInRow, name[0] == UInt8(ascii: "n"), isSame(name, "nil") || isSame(name, "null"),
            UnsafeBufferPointer(start: start, count: start.distance(to: end)).elementsEqual("true".utf8)
        {
            self = .isNil
        } else {
            return nil
        }
    }

    /// Whether an attribute of this name may say that its element has no value.
    @inline(__always)
    static func mayBeNil(_ name: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        (length == 3 || length == 4) && name[0] == UInt8(ascii: "n") && name[length - 1] == UInt8(ascii: "l")
    }
}

extension RowProblem {
    /// An element has no value by its attribute, and yet holds something: which of the two is right nobody can tell.
    static func filledNil(_ path: String, line: Int) -> RowProblem {
        RowProblem(
            reason: "filled_nil", line: line, columnName: path,
            what:
                "The element \(path) says by its attribute `nil` or `null` that it has no value, and holds something all the same.",
            hint: "Take out either what it holds or that attribute.")
    }
}

/// Whether the value of an attribute that is a Boolean is true.
private func isTrue(_ start: UnsafePointer<xmlChar>, _ end: UnsafePointer<xmlChar>) -> Bool {
    let value = UnsafeBufferPointer(start: start, count: start.distance(to: end))
        .filter { $0 > Byte.space }
    return value == Array("true".utf8) || value == [UInt8(ascii: "1")]
}

/// Namespaces whose attributes tell something about the file and are no data.
private enum XMLSpace {
    case xml
    /// XML Schema's, for attributes of documents.
    case schemaInstance

    /// Nil: another one. A prefix that the file does not declare has no URI.
    init?(_ uri: UnsafePointer<xmlChar>?, prefix: UnsafePointer<xmlChar>) {
        if isSame(prefix, "xml") {
            self = .xml
        } else if uri.map({ isSame($0, "http://www.w3.org/2001/XMLSchema-instance") }) ?? isSame(prefix, "xsi") {
            self = .schemaInstance
        } else {
            return nil
        }
    }
}

/// The numbers of an ENUM with their display texts, as the bytes of the dictionary, the blanks that pad them included
/// (What servers do §2.9).
package struct EnumTable: Sendable, Equatable {
    private var numbers: [[UInt8]: UInt16] = [:]
    private var displays: [UInt16: [UInt8]] = [:]

    package init() {}

    /// Adds a line of the table. Where a text or a number stands twice, the first is found (What servers do §2.9).
    mutating func add(_ number: UInt16, display: [UInt8]) {
        if numbers[display] == nil { numbers[display] = number }
        if displays[number] == nil { displays[number] = display }
    }

    /// The number of a text that is equal byte for byte.
    func number(of display: ArraySlice<UInt8>) -> UInt16? {
        numbers[Array(display)]
    }

    /// The text of a number.
    func display(of number: UInt16) -> [UInt8]? {
        displays[number]
    }
}

extension EnumTable: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, UInt16)...) {
        for (display, number) in elements { add(number, display: Array(display.utf8)) }
    }
}

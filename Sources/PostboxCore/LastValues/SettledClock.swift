/// Times as `TimeText` writes them; rows that were answered together have the same.
struct SettledClock {
    private var text = ContiguousArray<UInt8>()
    private var value: Int64 = 0
    private var date = ContiguousArray<UInt8>()
    private var day: Int64 = 0

    /// Microseconds since 1970; nil: it is no such time.
    mutating func microseconds(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        if bytes.count == text.count, text.withUnsafeBytes({ isSameBytes($0, bytes) }) { return value }
        guard bytes.count == 27, bytes[10] == UInt8(ascii: "T"), bytes[26] == UInt8(ascii: "Z") else { return nil }
        let dateBytes = UnsafeRawBufferPointer(rebasing: bytes[..<10])
        if date.count != 10 || !date.withUnsafeBytes({ isSameBytes($0, dateBytes) }) {
            guard let year = Self.digits(bytes, 0, 4), let month = Self.digits(bytes, 5, 2),
                let dayOfMonth = Self.digits(bytes, 8, 2), (1...12).contains(month), (1...31).contains(dayOfMonth)
            else { return nil }
            day = Int64(DateCalendar.number(year: Int(year), month: Int(month), day: Int(dayOfMonth)))
            date = ContiguousArray(dateBytes)
        }
        guard let hour = Self.digits(bytes, 11, 2), let minute = Self.digits(bytes, 14, 2),
            let second = Self.digits(bytes, 17, 2), let fraction = Self.digits(bytes, 20, 6)
        else { return nil }
        text = ContiguousArray(bytes)
        value = (day * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000 + fraction
        return value
    }

    private static func digits(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<start + count {
            guard bytes[index] &- UInt8(ascii: "0") <= 9 else { return nil }
            value = value * 10 + Int64(bytes[index] &- UInt8(ascii: "0"))
        }
        return value
    }
}

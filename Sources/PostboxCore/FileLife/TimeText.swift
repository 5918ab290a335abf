/// Times as RFC 3339 in UTC with microseconds; the date and second are kept from one to the next.
package struct TimeText: Sendable {
    private var second: Int64 = .min
    private var prefix: [UInt8] = []
    /// The text written last: rows that were sent or answered together have the same time.
    private var last: (microseconds: Int64, text: (UInt64, UInt64, UInt64, UInt64), count: Int) =
        (.min, (0, 0, 0, 0), 0)

    package init() {}

    /// Appends a time given in microseconds since 1970.
    package mutating func append(_ microseconds: Int64, to out: inout [UInt8]) {
        var room = [UInt8](repeating: 0, count: 64)
        let count = room.withUnsafeMutableBytes { raw in raw.baseAddress.map { write(microseconds, to: $0) } ?? 0 }
        out.append(contentsOf: room[..<count])
    }

    /// Writes a time given in microseconds since 1970 and returns its bytes; there is room for 64.
    @inline(__always)
    mutating func write(_ microseconds: Int64, to out: UnsafeMutableRawPointer) -> Int {
        if microseconds == last.microseconds {
            out.storeBytes(of: last.text.0, as: UInt64.self)
            out.storeBytes(of: last.text.1, toByteOffset: 8, as: UInt64.self)
            out.storeBytes(of: last.text.2, toByteOffset: 16, as: UInt64.self)
            out.storeBytes(of: last.text.3, toByteOffset: 24, as: UInt64.self)
            return last.count
        }
        let count = render(microseconds, to: out)
        if count <= 32 {
            last = (
                microseconds,
                (
                    out.loadUnaligned(as: UInt64.self), out.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                    out.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                    out.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
                ), count
            )
        }
        return count
    }

    private mutating func render(_ microseconds: Int64, to out: UnsafeMutableRawPointer) -> Int {
        var seconds = microseconds / 1_000_000
        var fraction = microseconds % 1_000_000
        if fraction < 0 {
            fraction += 1_000_000
            seconds -= 1
        }
        if seconds != second {
            second = seconds
            prefix = Self.render(seconds)
        }
        prefix.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            out.copyMemory(from: base, byteCount: raw.count)
        }
        let start = prefix.count
        for place in stride(from: 5, through: 0, by: -1) {
            out.storeBytes(
                of: UInt8(ascii: "0") + UInt8(fraction % 10), toByteOffset: start + place, as: UInt8.self)
            fraction /= 10
        }
        out.storeBytes(of: UInt8(ascii: "Z"), toByteOffset: start + 6, as: UInt8.self)
        return start + 7
    }

    package static func text(_ microseconds: Int64) -> String {
        var out: [UInt8] = []
        var clock = TimeText()
        clock.append(microseconds, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Microseconds since 1970 of a text that this type wrote; nil: it is none.
    package static func microseconds(_ text: String) -> Int64? {
        let parts = text.split(whereSeparator: { "-T:.Z".contains($0) }).map { Int64($0) }
        guard parts.count == 7, !parts.contains(nil) else { return nil }
        let p = parts.compactMap { $0 }
        let days = Int64(DateCalendar.number(year: Int(p[0]), month: Int(p[1]), day: Int(p[2])))
        return (days * 86400 + p[3] * 3600 + p[4] * 60 + p[5]) * 1_000_000 + p[6]
    }

    /// `2026-11-21` of a time in microseconds since 1970.
    package static func day(_ microseconds: Int64) -> String {
        String(text(microseconds).prefix(10))
    }

    private static func render(_ seconds: Int64) -> [UInt8] {
        let days = DateCalendar.floorDivide(Int(seconds), DateCalendar.secondsPerDay)
        let rest = Int(seconds) - days * DateCalendar.secondsPerDay
        let (year, month, day) = DateCalendar.date(ofDay: days)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return Array(
            "\(year)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)).".utf8)
    }
}

/// A part of a file that somebody asks for: `Range` of HTTP (RFC 9110, 14.2), one range of bytes.
package enum ByteRange: Sendable, Equatable {
    /// Nothing is asked for, or several parts are, or in another unit: the file is sent whole.
    case whole
    case part(Range<Int>)
    /// There is no such part.
    case outside

    /// - Parameters:
    ///   - text: the header; nil: it is not there.
    ///   - size: bytes of the file.
    package init(_ text: String?, of size: Int) {
        guard let text, text.lowercased().hasPrefix("bytes="), !text.contains(",") else {
            self = .whole
            return
        }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " } }
        guard ends.count == 2, !(ends[0].isEmpty && ends[1].isEmpty),
            ends.allSatisfy({ $0.isEmpty || SettingsText.wholeNumber($0, in: 0...Int.max) != nil })
        else {
            self = .whole
            return
        }
        let (first, last) = (Int(ends[0]), Int(ends[1]))
        let range: Range<Int>
        switch (first, last) {
        case (let first?, let last?) where first > last:
            self = .whole
            return
        case (let first?, let last):
            range = first..<max(first, min(size, (last ?? size - 1) < size ? (last ?? size - 1) + 1 : size))
        case (nil, let last): range = max(0, size - (last ?? 0))..<size
        }
        self = range.isEmpty || range.lowerBound >= size ? .outside : .part(range)
    }
}

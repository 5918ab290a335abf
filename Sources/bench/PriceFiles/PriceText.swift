internal import PostboxCore

/// Rows as the bytes of a price file.
struct PriceText {
    let format: PriceFileFormat
    private(set) var bytes: [UInt8] = []
    /// Rows written so far.
    private(set) var rows = 0

    /// A workbook's rows are written as its text, which is CSV.
    ///
    /// - Parameter hasHeader: it begins as files of the format do.
    init(_ format: PriceFileFormat, hasHeader: Bool = true) {
        self.format = format
        guard hasHeader else { return }
        switch format {
        case .csv, .xlsx: put("RIC,BID,ASK,TRDPRC_1,GEN_TEXT16\n")
        case .fixed: break
        case .json: put("[\n")
        case .jsonLines: break
        case .xml: put("<?xml version='1.0' encoding='utf-8'?>\n<data>\n")
        }
    }

    mutating func append(_ row: PriceRows.Row) {
        switch format {
        case .csv, .xlsx: csv(row)
        case .fixed: fixed(row)
        case .json:
            if rows > 0 { put(",\n") }
            json(row)
        case .jsonLines:
            json(row)
            put("\n")
        case .xml: xml(row)
        }
        rows += 1
    }

    /// Ends the file.
    mutating func finish() {
        switch format {
        case .csv, .fixed, .xlsx, .jsonLines: break
        case .json: put("\n]\n")
        case .xml: put("</data>\n")
        }
    }

    /// Hands over what was written so far and forgets it.
    mutating func drain(_ body: ([UInt8]) throws -> Void) rethrows {
        try body(bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    private mutating func csv(_ row: PriceRows.Row) {
        bytes.append(contentsOf: row.ric)
        for price in [row.bid, row.ask, row.last] {
            put(",")
            if let price { put(price) }
        }
        put(",")
        if row.text.holdsQuote {
            put("\"")
            for byte in row.text.utf8 { bytes.append(contentsOf: byte == UInt8(ascii: "\"") ? [byte, byte] : [byte]) }
            put("\"")
        } else {
            put(row.text)
        }
        put("\n")
    }

    /// Where the columns of lines without a delimiter stand, as a rule names them.
    static let places = "{RIC: 1-20, BID: 21-36, ASK: 37-52, TRDPRC_1: 53-68, GEN_TEXT16: 69-92}"

    private mutating func fixed(_ row: PriceRows.Row) {
        put(row.ric)
        put(String(repeating: " ", count: max(0, 20 - row.ric.count)))
        for price in [row.bid, row.ask, row.last] {
            let start = bytes.count
            if let price { put(price) }
            put(String(repeating: " ", count: max(0, 16 - (bytes.count - start))))
        }
        put(row.text)
        // In characters.
        put(String(repeating: " ", count: max(0, 24 - String(describing: row.text).count)))
        put("\n")
    }

    /// Prices are numbers, as they stand.
    private mutating func json(_ row: PriceRows.Row) {
        put("{\"RIC\":\"")
        bytes.append(contentsOf: row.ric)
        put("\",\"BID\":")
        put(row.bid)
        put(",\"ASK\":")
        put(row.ask)
        if let last = row.last {
            put(",\"TRDPRC_1\":")
            put(last)
        }
        put(",\"GEN_TEXT16\":\"")
        for byte in row.text.utf8 {
            if byte == UInt8(ascii: "\"") { put("\\") }
            bytes.append(byte)
        }
        put("\"}")
    }

    /// The layout of data frames' own writers.
    private mutating func xml(_ row: PriceRows.Row) {
        put("  <row><RIC>")
        bytes.append(contentsOf: row.ric)
        put("</RIC><BID>")
        put(row.bid)
        put("</BID><ASK>")
        put(row.ask)
        put("</ASK><TRDPRC_1>")
        if let last = row.last { put(last) }
        put("</TRDPRC_1><GEN_TEXT16>")
        put(row.text)
        put("</GEN_TEXT16></row>\n")
    }

    mutating func put(_ text: StaticString) {
        bytes.append(contentsOf: text.utf8)
    }

    mutating func put(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    mutating func put(_ text: [UInt8]) {
        bytes.append(contentsOf: text)
    }

    mutating func put(_ price: PriceRows.Price, point: UInt8 = UInt8(ascii: ".")) {
        var units = price.units
        var power = 1
        for _ in 0..<price.decimals { power *= 10 }
        var digits: [UInt8] = []
        var whole = units / power
        repeat {
            digits.append(UInt8(ascii: "0") + UInt8(whole % 10))
            whole /= 10
        } while whole > 0
        bytes.append(contentsOf: digits.reversed())
        bytes.append(point)
        while power > 1 {
            units %= power
            power /= 10
            bytes.append(UInt8(ascii: "0") + UInt8(units / power))
        }
    }
}

extension StaticString {
    fileprivate var utf8: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }

    fileprivate var holdsQuote: Bool { utf8.contains(UInt8(ascii: "\"")) }
}

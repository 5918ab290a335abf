internal import PostboxCore

/// Price files as desks have them: semicolons, decimal commas, dates of their country, words that mean empty, identifiers that a
/// table makes RICs of.
enum DeskText {
    private static let header = "ISIN;RIC;Day;Bid;Ask;Last;Text\n"

    /// Rows whose identifiers are spread over all of a table of so many keys.
    static func rows(_ count: Int, keys: Int) -> [UInt8] {
        var text = PriceText(.csv, hasHeader: false)
        var rows = PriceRows(seed: 3)
        var random = SeededRandom(seed: 4)
        text.put(header)
        for _ in 0..<count {
            let row = rows.next()
            text.put(identifier(random.below(keys)))
            text.put(";")
            text.put(row.ric)
            text.put(random.chance(0.05) ? ";-" : ";\(two(1 + random.below(28))).\(two(1 + random.below(12))).2026")
            for price in [row.bid, row.ask, row.last] {
                text.put(";")
                if let price { text.put(price, point: UInt8(ascii: ",")) } else { text.put("N/A") }
            }
            text.put(";")
            text.put(random.chance(0.5) ? "FIRM" : "-")
            text.put("\n")
        }
        return text.bytes
    }

    /// Lines of a day and as many rates as there are `columns`.
    static func wide(lines: Int, columns: Int) -> [UInt8] {
        var text = PriceText(.csv, hasHeader: false)
        var random = SeededRandom(seed: 5)
        text.put("Day" + (0..<columns).map { ";C\($0)=TST" }.joined() + "\n")
        for _ in 0..<lines {
            text.put("2026-11-\(two(1 + random.below(28)))")
            for _ in 0..<columns {
                text.put(";")
                text.put(PriceRows.Price(units: 1 + random.below(1_000_000), decimals: 4), point: UInt8(ascii: "."))
            }
            text.put("\n")
        }
        return text.bytes
    }

    /// A RIC for each identifier. The file is handed over in pieces.
    static func table(keys: Int, _ body: ([UInt8]) throws -> Void) rethrows {
        var text = PriceText(.csv, hasHeader: false)
        text.put("ISIN,RIC\n")
        for key in 0..<keys {
            text.put(identifier(key))
            text.put(",R\(key).TST\n")
            if text.bytes.count > 1 << 18 { try text.drain(body) }
        }
        try text.drain(body)
    }

    /// Twelve characters.
    private static func identifier(_ key: Int) -> String {
        let digits = String(key)
        return "XT" + String(repeating: "0", count: 10 - digits.utf8.count) + digits
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}

/// Rules for such files.
enum DeskRules {
    private static var commas: NumberForm {
        var form = NumberForm()
        form.decimal = ","
        return form
    }

    /// A field of a column, read with the decimal comma.
    private static func number(_ name: String, _ column: String) -> FieldRule {
        var value = ValueRule()
        value.number = commas
        return FieldRule(name: name, source: .derived(.column(column), value))
    }

    private static var prices: [FieldRule] {
        [number("BID", "Bid"), number("ASK", "Ask"), number("TRDPRC_1", "Last"), number("GEN_TEXT16", "Text")]
    }

    private static var day: FieldRule {
        var value = ValueRule()
        value.date = DateForm(target: .date, pattern: "dd.MM.yyyy")
        return FieldRule(name: "TRADE_DATE", source: .derived(.column("Day"), value), type: .date)
    }

    private static var middle: FieldRule {
        var value = ValueRule()
        value.number = commas
        value.formula = "(Bid + Ask) / 2"
        return FieldRule(name: "MID_PRICE", source: .derived(.none, value), round: 6)
    }

    private static var rics: RICRule {
        var value = ValueRule()
        value.lookup = Lookup(table: "rics", by: "ISIN", take: "RIC")
        return .derived(.none, value)
    }

    private static func rule(
        ric: RICRule = .column("RIC"), _ fields: [FieldRule]
    ) -> MappingRule {
        var rule = MappingRule(destinations: ["server"], ric: ric, fields: fields, delimiter: UInt8(ascii: ";"))
        rule.layout = FileLayout(blanks: BlankValues(nulls: ["N/A", "-"]))
        return rule
    }

    /// With a name for the table of figures.
    static var all: [(name: String, rule: MappingRule)] {
        [
            ("decimal comma, nulls", rule(prices)),
            ("decimal comma, nulls, date", rule(prices + [day])),
            ("decimal comma, nulls, formula", rule(prices + [middle])),
            ("decimal comma, nulls, lookup", rule(ric: rics, prices)),
            ("**decimal comma, nulls, date, lookup, formula**", rule(ric: rics, prices + [day, middle])),
        ]
    }

    /// Every column but the day is a row of its own.
    static var wide: MappingRule {
        var rule = MappingRule(
            destinations: ["server"], ric: .column("$name"),
            fields: [FieldRule(name: "TRDPRC_1", source: .column("$value"))], delimiter: UInt8(ascii: ";"))
        rule.shape = RowShape()
        rule.shape?.unpivot = Unpivot(keep: ["Day"], name: "$name", value: "$value")
        return rule
    }
}

/// Fields of the wire that a column's name is likely to mean.
enum LikelyFields {
    /// What a field takes, as far as a draft must know it.
    enum Kind {
        case number, date, time, text
    }

    /// By a column's name in small letters, letters and digits alone.
    private static let likely: [String: (field: String, kind: Kind)] = {
        var names: [String: (String, Kind)] = [:]
        func add(_ field: String, _ kind: Kind, _ words: String) {
            for word in words.split(separator: " ") { names[String(word)] = (field, kind) }
        }
        add("BID", .number, "bid pxbid bidpx bidprice pricebid geld bidclose closebid bidrate")
        add("ASK", .number, "ask pxask askpx askprice offer offerprice brief askclose closeask askrate offered")
        add(
            "TRDPRC_1", .number,
            "last pxlast lastpx lastprice close closeprice closing closingprice clspric price px trdprc1 lasttrade rate value obsvalue kurs rateeur closelast"
        )
        add("MID_PRICE", .number, "mid midprice pxmid midpx middle")
        add("OPEN_PRC", .number, "open openprice pxopen opnpric openingprice")
        add("HIGH_1", .number, "high highprice pxhigh hghpric dayhigh")
        add("LOW_1", .number, "low lowprice pxlow lwpric daylow")
        add("SETTLE", .number, "settle settlement settlementprice settleprice sett sttlmpric pxsettle settlementvalue")
        add("NETCHNG_1", .number, "change netchange chg chge netchg")
        add("PCTCHNG", .number, "pctchange changepct percentchange pctchg chgpct chgepct pctchng percentchg")
        add("ACVOL_1", .number, "volume vol accumulatedvolume totalvolume ttltradgvol actvol")
        add("OPINT_1", .number, "openinterest openint opnintrst oi")
        add("YIELD", .number, "yield yld ytm rendite yldytmmid")
        add("COUPN_RATE", .number, "coupon couponrate cpn")
        add("BIDSIZE", .number, "bidsize bidqty")
        add("ASKSIZE", .number, "asksize askqty offersize")
        add(
            "TRADE_DATE", .date,
            "date tradedate tradedt day datum pricedate asof asofdate valuationdate businessdate bizdt timeperiod")
        add("MATUR_DATE", .date, "maturity maturitydate maturdate faelligkeit mat")
        add("EXPIR_DATE", .date, "expiry expirydate expiration expirationdate expire xprydt")
        add("SALTIM", .time, "time tradetime pricetime timeofday zeit")
        add("DSPLY_NAME", .text, "name displayname description securityname issuer longname bezeichnung")
        return names
    }()

    /// The field of a day.
    static let day: (field: String, kind: Kind) = ("TRADE_DATE", .date)

    /// Fields that are prices.
    static let prices: Set<String> = ["BID", "ASK", "TRDPRC_1", "MID_PRICE", "OPEN_PRC", "HIGH_1", "LOW_1", "SETTLE"]

    /// Names of members that say no more than that they are a value: what they are a value of, the step before tells.
    private static let generic: Set<String> = ["value", "val", "price", "px", "rate"]

    /// Steps of a path that say no more than that something is in them.
    private static let containers: Set<String> = [
        "quote", "quotes", "data", "item", "row", "record", "obs", "observation", "cube", "instrument", "entry",
        "fields", "values",
    ]

    /// Steps of a path that make something else of what comes behind them: the bid of `yield.bid` is no price.
    private static let others: Set<String> = [
        "size", "qty", "quantity", "count", "orders", "spread", "time", "date", "timestamp", "iv", "vol", "volatility",
        "delta",
        "duration", "discount", "min", "max", "avg", "previous", "prev",
    ]

    /// The field, and what it takes; nil: the name tells none, or its steps tell different ones.
    static func field(for column: String) -> (field: String, kind: Kind)? {
        let steps = words(of: column)
        guard let last = steps.last else { return nil }
        guard steps.count > 1 else { return likely[last] }
        let before = steps[steps.count - 2]
        if let both = likely[before + last] { return both }
        if others.contains(before), likely[last]?.kind == .number { return nil }
        guard let outer = likely[before], outer.kind == .number, !generic.contains(before) else {
            // The value of something that nobody knows may be any.
            let isOfAny = generic.contains(last) && !generic.contains(before) && !containers.contains(before)
            return isOfAny ? nil : likely[last]
        }
        if generic.contains(last) { return outer }
        // Two numbers that mean different things, and nothing tells which is meant.
        if let inner = likely[last], inner.kind == .number, inner.field != outer.field { return nil }
        return likely[last]
    }

    /// Whether the column says of how many units a price is.
    static func isNumberOfUnits(_ column: String) -> Bool {
        ["nominal", "amount", "unit", "units", "multiplier", "einheit", "einheiten", "per"]
            .contains(words(of: column).last ?? "")
    }

    /// Ranks below these: names that mean a RIC, names that likely do, all.
    static let ranksOfRICs = (names: 3, likely: 4, all: Int.max)

    /// The rank of a column's name as the one that holds the RIC: the lower the likelier. Nil: nothing speaks for it.
    static func rankAsRIC(_ column: String) -> Int? {
        let names = [
            "ric", "riccode", "reutersric", "instrument", "instrumentcode", "symbol", "ticker", "security", "sym",
            "code",
            "id", "key", "isin",
        ]
        return names.firstIndex(of: word(of: column))
    }

    /// What names the values of a column: its path's last step.
    private static func word(of column: String) -> String { words(of: column).last ?? "" }

    /// The steps of a column's path, in small letters; of what is told apart from its like what tells it apart is the last, since the
    /// last step is then the same for all of them (`field[name=BID].value`).
    private static func words(of column: String) -> [String] {
        if let equals = column.lastIndex(of: "="), let end = column[equals...].firstIndex(of: "]") {
            return [small(column[column.index(after: equals)..<end])]
        }
        let parts = column.first == "/" ? ".@/" : ".@"
        return column.split { parts.contains($0) }.map(small).filter { !$0.isEmpty }
    }

    private static func small(_ text: Substring) -> String {
        // A change in per cent is none in the price's unit.
        let text = text.hasSuffix("%") ? text.dropLast() + "pct" : text
        return String(text.lowercased().filter { $0.isLetter || $0.isNumber })
    }
}

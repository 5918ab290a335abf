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
            "last pxlast lastpx lastprice close closeprice closing closingprice clspric price px trdprc1 lasttrade rate value obsvalue kurs mid rateeur"
        )
        add("MID_PRICE", .number, "midprice pxmid midpx middle")
        add("OPEN_PRC", .number, "open openprice pxopen opnpric openingprice")
        add("HIGH_1", .number, "high highprice pxhigh hghpric dayhigh")
        add("LOW_1", .number, "low lowprice pxlow lwpric daylow")
        add("SETTLE", .number, "settle settlement settlementprice settleprice sett sttlmpric pxsettle settlementvalue")
        add("NETCHNG_1", .number, "change netchange chg chge netchg")
        add("PCTCHNG", .number, "pctchange changepct percentchange")
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

    /// The field, and what it takes; nil: the name tells none.
    static func field(for column: String) -> (field: String, kind: Kind)? {
        likely[word(of: column)]
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

    /// What names the values of a column, in small letters: the last step of its path, or what tells it apart from its like, since the
    /// last step is then the same for all of them (`field[name=BID].value`).
    private static func word(of column: String) -> String {
        var last = column.split(whereSeparator: { ".@/".contains($0) }).last.map(String.init) ?? column
        if let equals = column.lastIndex(of: "="), let end = column[equals...].firstIndex(of: "]") {
            last = String(column[column.index(after: equals)..<end])
        }
        return String(last.lowercased().filter { $0.isLetter || $0.isNumber })
    }
}

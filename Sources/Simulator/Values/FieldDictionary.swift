/// Which field names the server knows, and what each holds: a site's dictionary where the scenario names one.
///
/// The built-in list is our own: common acronyms with the types that sites usually give them, no copy of a site's dictionary;
/// and one made-up field or more of each type, whose names begin with `MY_`.
struct FieldDictionary: Sendable {
    private var types: [String: FieldType]
    /// Whether a name that is not listed is a field all the same, its type told by its value's look.
    private var acceptsAnyName: Bool

    /// - Parameters:
    ///   - types: what there is; nil for the built-in list.
    ///   - additional: in addition to it, or in its stead.
    init(_ types: [String: FieldType]? = nil, additional: [String: FieldType], acceptsAnyName: Bool) {
        self.types = types ?? FieldDictionary.builtIn
        self.types.merge(additional) { _, new in new }
        self.acceptsAnyName = acceptsAnyName
    }

    /// The fields of a scenario.
    /// - Throws: ``ScenarioError`` for a dictionary file that cannot be read.
    init(_ scenario: Scenario) throws(ScenarioError) {
        var types: [String: FieldType]?
        if let files = scenario.dictionary { types = try DictionaryReader.types(files) }
        self.init(types, additional: scenario.fields, acceptsAnyName: scenario.acceptsAnyField)
    }

    /// Nil for a name that an Error has to be sent for.
    func type(of name: String) -> FieldType? {
        if let type = types[name] { return type }
        guard acceptsAnyName, let first = name.utf8.first, first >= UInt8(ascii: "A"), first <= UInt8(ascii: "Z"),
            name.utf8.allSatisfy({ byte in
                byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            })
        else { return nil }
        return .any
    }

    /// The Cruzeiro's text stands before that of the Real, which is the same (What servers do §2.9).
    private static let currencies: FieldType = .enumeration([
        "USD": 840, "EUR": 978, "GBP": 826, "JPY": 392, "CHF": 756, "CAD": 124, "AUD": 36, "SEK": 752, "NOK": 578,
        "DKK": 208, "HKD": 344, "SGD": 702, "CNY": 156, "INR": 356, "ZAR": 710, "AED": 784, "THB": 764, "BRL": 76,
        "BRL": 986,
    ])

    /// Texts that are padded, that are padded or not, and that are the digits of another one's number
    /// (What servers do §2.9).
    private static let ratings: FieldType = .enumeration([
        "   ": 0, "AAA": 1, "AA ": 2, "A  ": 3, "A": 4, "NR ": 32692, "431": 1431, "NR ": 7,
    ])

    private static let builtIn: [String: FieldType] = [
        "BID": .real, "ASK": .real, "MID_PRICE": .real, "TRDPRC_1": .real, "HIGH_1": .real, "LOW_1": .real,
        "OPEN_PRC": .real, "HST_CLOSE": .real, "OFF_CLOSE": .real, "SETTLE": .real, "NETCHNG_1": .real,
        "PCTCHNG": .real, "BIDSIZE": .real, "ASKSIZE": .real, "ACVOL_1": .real, "TRDVOL_1": .real, "YIELD": .real,
        "PRIMACT_1": .real, "SEC_ACT_1": .real, "SEC_YLD_1": .real, "CLEAN_PRC": .real, "ACCR_INT": .real,
        "COUPN_RATE": .real, "VWAP": .real, "MOD_DURTN": .real,
        "NUM_MOVES": .uint, "NO_TRDS": .uint, "LOT_SIZE": .uint, "TICK_DIFF": .int,
        "DSPLY_NAME": .text, "GEN_TEXT16": .text, "GEN_TEXT32": .text, "CTBTR_1": .text, "CTB_LOC1": .text,
        "CTB_PAGE1": .text, "DLG_CODE1": .text, "ROW80_1": .text, "ROW80_2": .text, "OFFCL_CODE": .text,
        "CURRENCY": currencies, "PRCTCK_1": .enumeration([" ": 0, "UP": 1, "DOWN": 2]),
        "TRADE_DATE": .date, "GV1_DATE": .date, "MATUR_DATE": .date, "ACTIV_DATE": .date,
        "SALTIM": .time, "QUOTIM": .time, "TIMACT": .time, "GV1_TIME": .time,
        "MY_REAL": .real, "MY_INT": .int, "MY_UINT": .uint, "MY_TEXT": .text, "MY_ASCII": .ascii,
        "MY_SIDE": .enumeration(["   ": 0, "BUY": 1, "SEL": 2]), "MY_RATING": ratings, "MY_DATE": .date,
        "MY_TIME": .time,
    ]
}

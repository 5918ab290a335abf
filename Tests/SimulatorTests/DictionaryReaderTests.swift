import Foundation
import Testing

@testable import Simulator

@Suite("A site's dictionary (The wire §8.4)")
struct DictionaryReaderTests {
    private static let fields = #"""
        !tag Filename  RWFFld.DAT
        !tag Version   1.2.3
        !ACRONYM    DDE ACRONYM          FID  RIPPLES TO  FIELD TYPE     LENGTH  RWF TYPE   RWF LEN
        BID        "BID"                  22  BID_1       PRICE              17  REAL64          7
        NUM_MOVES  "MOVES (NET) 1/2"      77  NULL        INTEGER            15  REAL64          7
        LOT_SIZE   "LOT SIZE"          -1005  NULL        INTEGER            15  UINT64          8

          ! a remark between fields
        TICK       "TICK"              -1006  NULL        INTEGER            15  INT64           4
        CURRENCY   "CURRENCY"             15  NULL        ENUMERATED    3 ( 3 )  ENUM            2
        CURRENCY2  "CURRENCY 2"           14  NULL        ENUMERATED    3 (3)    ENUM            2
        SIDE       "SIDE"              -1007  NULL        ENUMERATED    3 ( 3 )  ENUM            1
        TRADE_DATE "TRADE DATE"           16  NULL        DATE               11  DATE            4
        SALTIM     "SALE TIME"           379  NULL        INTEGER             8  TIME            5
        STAMP      "STAMP"             -1008  NULL        NONE                0  DATETIME       12
        DSPLY_NAME "DISPLAY NAME"          3  NULL        ALPHANUMERIC       16  RMTES_STRING   16
        PNAC       "SHORT CODE"           78  NULL        ALPHANUMERIC       11  ASCII_STRING   11
        UTF        "UTF"               -1009  NULL        ALPHANUMERIC       11  UTF8_STRING    11
        WEIGHT     "WEIGHT"            -1010  NULL        NONE                0  DOUBLE          8
        BLOB       "BLOB"              -1011  NULL        NONE                0  BUFFER          0
        PARTS      "PARTS"             -1012  NULL        NONE                0  ARRAY           0
        """#

    private static let enums = #"""
        !tag DT_Version 15.11
        CURRENCY   15
        CURRENCY2  14
        ELSEWHERE  9999
        !
        ! VALUE      DISPLAY   MEANING
            0         "   "    not told
           76         "BRL"    Cruzeiro (deprecated)
          840         "USD"    US Dollar, with "quotes" and  blanks
          986         "BRL"    Real
          999         #42FE#   hex
         1431         "431"
        SIDE   -1007
            0         "   "
            1         "BUY"    !buyer
            2         "SL "    seller
        """#

    private func read(fields: String = fields, enums: String = enums) throws -> [String: FieldType] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dictionary-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(fields.utf8).write(to: folder.appendingPathComponent("RDMFieldDictionary"))
        try Data(enums.utf8).write(to: folder.appendingPathComponent("enumtype.def"))
        return try DictionaryReader.types(.init(folder: folder.path))
    }

    @Test("Each field has the type that its RWF type tells, whatever the older one says")
    func types() throws {
        let types = try read()
        #expect(types.count == 16)
        for (name, type) in [
            ("BID", FieldType.real), ("NUM_MOVES", .real), ("LOT_SIZE", .uint), ("TICK", .int), ("TRADE_DATE", .date),
            ("SALTIM", .time), ("STAMP", .dateTime), ("DSPLY_NAME", .text), ("PNAC", .ascii), ("UTF", .ascii),
            ("WEIGHT", .double), ("BLOB", .buffer), ("PARTS", .container),
        ] {
            #expect(types[name] == type, "\(name)")
        }
    }

    @Test("Fields that share a table have all its texts, as bytes, the first of those that stand twice")
    func tables() throws {
        let types = try read()
        for name in ["CURRENCY", "CURRENCY2"] {
            guard case .enumeration(let table)? = types[name] else {
                Issue.record("\(name) is no enumeration")
                continue
            }
            for (display, number) in [("   ", 0), ("BRL", 76), ("USD", 840), ("431", 1431), ("BUY", nil), ("", nil)]
                as [(String, UInt16?)]
            {
                #expect(table.number(of: Array(display.utf8)[...]) == number, "\(display)")
            }
            #expect(table.number(of: [0x42, 0xFE]) == 999)
            #expect(table.display(of: 986) == Array("BRL".utf8))
            #expect(table.display(of: 5) == nil)
        }
        guard case .enumeration(let sides)? = types["SIDE"] else { throw ScenarioError(file: "", line: 0, message: "") }
        #expect(sides.number(of: Array("SL ".utf8)[...]) == 2)
        #expect(sides.number(of: Array("SL".utf8)[...]) == nil)
    }

    @Test("Lines that end like those of Windows, and without an end at the last, are read alike")
    func lineEnds() throws {
        let types = try read(
            fields: Self.fields.replacing("\n", with: "\r\n"), enums: Self.enums.replacing("\n", with: "\r\n"))
        #expect(types == (try read()))
    }

    @Test(
        "What cannot be read is told with the file's name and the line",
        arguments: [
            (#"BID "BID" 22 NULL PRICE 17 REAL64"#, ":2: the RWF length is missing"),
            (#"BID "BID 22 NULL PRICE 17 REAL64 7"#, ":2: the DDE name is not closed"),
            (#"BID BID 22 NULL PRICE 17 REAL64 7"#, ":2: the DDE name in quotes is missing"),
            (#"BID "BID" 99999 NULL PRICE 17 REAL64 7"#, ":2: '99999' stands where the field's number should"),
            (#"BID "BID" 22 NULL PRICE 17 REAL99 7"#, ":2: 'REAL99' is no RWF type"),
            (#"BID "BID" 22 NULL ENUMERATED 3 ( 3 ENUM 2"#, ":2: the length in parentheses is not closed"),
            (#"BID "BID" 22 NULL PRICE 17 REAL64 7 7"#, ":2: there is more after the RWF length"),
            (
                "ASK \"ASK\" 25 NULL PRICE 17 REAL64 7\nASK \"ASK\" 25 NULL PRICE 17 REAL64 7",
                ":3: ASK stands in line 2"
            ),
            ("! nothing", ":1: there is no field in it"),
        ])
    func brokenFields(lines: String, message: String) {
        do {
            _ = try read(fields: "!\n" + lines)
            Issue.record("taken: \(lines)")
        } catch {
            #expect("\(error)".contains("/RDMFieldDictionary" + message), "\(error)")
        }
    }

    @Test(
        "So is what is wrong with the enumerations",
        arguments: [
            ("  0 \"   \"", ":2: a value stands before the first field"),
            ("CURRENCY 15\n  0 \"   ", ":3: the display text is not closed"),
            ("CURRENCY 15\n  65536 \"AAA\"", ":3: '65536' is no value from 0 to 65535"),
            ("CURRENCY 15\n  1 #4#", ":3: the display text between # has to be an even number of hexadecimal digits"),
            ("CURRENCY 15\n  1 #4G#", ":3: the display text between #"),
            ("CURRENCY 16\n  1 \"A\"", ":2: CURRENCY is field 16 here and 15 in "),
            ("CURRENCY x", ":2: 'x' stands where the field's number should"),
            ("CURRENCY 15 16", ":2: there is more after the field's number"),
            ("CURRENCY 15", ":1: there is no table in it, or the last one has no values"),
            ("", ":1: there is no table"),
        ])
    func brokenEnums(lines: String, message: String) {
        do {
            _ = try read(enums: "!\n" + lines)
            Issue.record("taken: \(lines)")
        } catch {
            #expect("\(error)".contains("/enumtype.def" + message), "\(error)")
        }
    }

    @Test("A file that is not there is told by its name")
    func missing() throws {
        let error = #expect(throws: ScenarioError.self) { try DictionaryReader.types(.init(folder: "/nowhere")) }
        #expect(error?.file == "/nowhere/RDMFieldDictionary")
    }

    @Test("A site's real dictionary is read whole", .enabled(if: dictionaryFolder != nil))
    func realSite() throws {
        let types = try DictionaryReader.types(.init(folder: try #require(dictionaryFolder)))
        #expect(types["BID"] == .real)
        guard case .enumeration(let table)? = types["CURRENCY"] else {
            Issue.record("CURRENCY is no enumeration")
            return
        }
        #expect(table.display(of: 840) == Array("USD".utf8))
    }

    @Test("A server with a dictionary knows its fields, those of the scenario, and none of the built-in ones")
    func server() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dictionary-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(Self.fields.utf8).write(to: folder.appendingPathComponent("fields.txt"))
        try Data(Self.enums.utf8).write(to: folder.appendingPathComponent("enums.txt"))
        let scenario = try Scenario.load(
            yaml: "dictionary: {fields: fields.txt, enums: enums.txt}\nfields: {OWN: date}",
            file: "\(folder.path)/s.yaml")
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            let fields =
                #"{"NUM_MOVES":1.5,"CURRENCY2":"BRL","OWN":"2026-11-21","STAMP":"2026-11-21T12:34:56.5Z","WEIGHT":1e3,"BLOB":"aGk=","PARTS":{"Type":"Int","Data":[1,2]}}"#
            #expect(try client.ask(RawClient.post(1, fields: fields)).contains(#""AckID":1,"Key""#))
            #expect(
                server.values(of: "KNOWN.TST") == [
                    "NUM_MOVES": "1.5", "CURRENCY2": "76", "OWN": "\"2026-11-21\"",
                    "STAMP": "\"2026-11-21T12:34:56.5\"", "WEIGHT": "1000.0", "BLOB": "\"aGk=\"",
                    "PARTS": #"{"Type":"Int","Data":[1,2]}"#,
                ])
            #expect(try client.ask(RawClient.post(2, fields: #"{"MY_REAL":1}"#)).contains("Unexpected FID"))
            for bad in [
                #"{"WEIGHT":"1"}"#, #"{"BLOB":5}"#, #"{"BLOB":"?"}"#, #"{"PARTS":[1]}"#, #"{"STAMP":"2026-11-21"}"#,
                #"{"STAMP":"2026-02-30T12:00"}"#, #"{"STAMP":5}"#,
            ] {
                #expect(try client.ask(RawClient.post(3, fields: bad)).contains(#""Type":"Error""#), "\(bad)")
            }
        }
    }

    @Test("A server does not start with a dictionary that cannot be read")
    func noServer() async throws {
        var scenario = Scenario()
        scenario.dictionary = .init(folder: "/nowhere/")
        await #expect(throws: ScenarioError.self) { try await SimulatorServer.start(scenario: scenario) }
    }
}

/// Where a real dictionary lies, on machines that have one.
private let dictionaryFolder = ProcessInfo.processInfo.environment["POSTBOX_DICTIONARY"]

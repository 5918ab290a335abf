import Foundation
import PostboxCore
import TestSupport
import Testing

@testable import Simulator
@testable import postbox

/// An Ack is no proof that a server stored what was meant. Values are made together with what they mean, go through files, rules
/// and the dictionary, and are stored by the simulator as a real server stores them: what is read back must be what was meant.
///
/// `POSTBOX_VALUES=1000000` sets how many values there are, `POSTBOX_VALUES_SEED` repeats a run; each run of a set number has a seed of its own.
@Suite("What is acknowledged is what was meant", .computing)
struct SilentDifferenceTests {
    private let dictionary: PostboxCore.FieldDictionary
    private let server: Simulator.FieldDictionary

    init() throws {
        let folder = try BuiltProgram.packageFolder().appendingPathComponent("samples/dictionary")
        func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
        dictionary = try PostboxCore.DictionaryReader.read(
            fields: [UInt8](Data(contentsOf: URL(fileURLWithPath: path("RDMFieldDictionary")))),
            enums: [UInt8](Data(contentsOf: URL(fileURLWithPath: path("enumtype.def")))))
        server = Simulator.FieldDictionary(
            try Simulator.DictionaryReader.types(
                Scenario.DictionaryFiles(fields: path("RDMFieldDictionary"), enums: path("enumtype.def"))),
            additional: [:], acceptsAnyName: false)
    }

    /// What becomes of one value of a file.
    private enum Fate: Equatable {
        case rejected(String)
        /// The JSON literal that an item request reads back.
        case stored(String)
        /// The field is not in the post.
        case absent
        case refusedByServer
    }

    @Test("Random values of every type, in CSV, JSON and XML", arguments: ValueMaker.Kind.allCases)
    func random(_ kind: ValueMaker.Kind) throws {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["POSTBOX_VALUES"].flatMap(Int.init)
        let seed =
            environment["POSTBOX_VALUES_SEED"].flatMap { UInt64($0) }
            ?? (wanted == nil ? 7 : UInt64(Date().timeIntervalSince1970))
        var maker = ValueMaker(kind: kind, state: seed)
        let count = max(300, (wanted ?? 6_000) / ValueMaker.Kind.allCases.count)
        var left = count
        var stored = 0
        while left > 0 {
            for format in [PriceFileFormat.csv, .json, .xml] {
                let values = (0..<min(500, max(left, 1))).map { _ in maker.next(in: format) }
                left -= values.count
                stored += try check(values, of: kind.field, in: format, "POSTBOX_VALUES_SEED=\(seed)")
            }
        }
        // A test in which everything is rejected would say nothing.
        #expect(stored > count / 4, "\(kind): \(stored) of \(count)")
    }

    @Test(
        "What a real server would take and store wrong is stored right or not at all",
        arguments: ValueMaker.Kind.allCases)
    func traps(_ kind: ValueMaker.Kind) throws {
        for format in [PriceFileFormat.csv, .json, .xml] {
            let values = ValueMaker.traps(kind, in: format)
            _ = try check(values, of: kind.field, in: format, "trap")
        }
    }

    /// Holds each value's fate to what it means; returns how many were stored.
    private func check(
        _ values: [Written], of field: String, in format: PriceFileFormat, _ origin: String
    ) throws -> Int {
        var stored = 0
        for (value, fate) in zip(values, try fates(of: values, field, format)) {
            let place = "\(field) in \(format): \(value.text.debugDescription), \(origin)"
            switch fate {
            case .rejected(let reason):
                #expect(value.meant == nil || value.mayBeRejected, "\(place) is rejected: \(reason)")
            case .refusedByServer: Issue.record("\(place) is refused by the server")
            case .absent: #expect(value.meant == .blank, "\(place) is not sent")
            case .stored(let literal):
                stored += 1
                let read = Self.read(literal, of: field)
                #expect(read == value.meant, "\(place) was stored as \(literal)")
            }
        }
        return stored
    }

    /// What a literal that was read back means.
    private static func read(_ literal: String, of field: String) -> Meant? {
        if literal == "null" { return .blank }
        let text = (try? JSONSerialization.jsonObject(with: Data(literal.utf8), options: .fragmentsAllowed)) as? String
        switch ValueMaker.Kind(field: field) {
        case .real?, .uint?, .int?: return text == nil ? .decimal(read: literal[...]) : nil
        case .currency?, .venue?: return Int(literal).map { .number($0) }
        case .day?: return text.map { .day($0) }
        case .time?: return text.map { .time(read: $0) }
        case .text?, .ascii?: return text.map { .text($0) }
        case nil: return nil
        }
    }

    // MARK: - The way through

    /// One value a row, through reader, mapper, the message's JSON, and the simulator's converter.
    private func fates(of values: [Written], _ field: String, _ format: PriceFileFormat) throws -> [Fate] {
        let pass = PriceFilePass(
            rule: MappingRule(destinations: ["D"]), format: format,
            target: DestinationMapper.Target(
                services: ["NIPROV"], updateOnly: false, laneServices: [0],
                codec: MessageCodec(profile: .rtds, services: ["NIPROV"], postUserInfo: nil), maxMsgSize: 60_000),
            sources: RowSources(dictionary: dictionary))
        var fates: [Fate] = []
        let bytes = Self.file(values, field, format)
        try bytes.withUnsafeBytes { chunk in
            try pass.take(chunk, isLast: true) { _, posts in
                for row in posts.rows { fates.append(try fate(of: row, in: posts, field)) }
            }
        }
        try #require(fates.count == values.count)
        return fates
    }

    private func fate(of row: MappedRow, in posts: PostBatch, _ field: String) throws -> Fate {
        guard row.problem < 0 else { return .rejected(posts.problems[row.problem].reason) }
        let fields = String(
            decoding: posts.bytes[row.fieldsStart..<row.fieldsStart + row.fieldsLength], as: UTF8.self)
        let frame = """
            {"ID":1,"Type":"Post","Key":{"Name":"X.TST","Service":"NIPROV"},"Ack":true,"PostID":1,\
            "Message":{"ID":1,"Type":"Refresh","Fields":\(fields)}}
            """
        let json = try JSONTokens(Array(frame.utf8))
        let converter = MessageConverter(json: json, fields: server, services: ["NIPROV": 1])
        do {
            guard let root = json.roots.first, case .post(let post) = try converter.message(at: root) else {
                return .refusedByServer
            }
            return post.payload.fields.first { $0.name == field }.map { .stored($0.literal) } ?? .absent
        } catch {
            return .refusedByServer
        }
    }

    /// A row for each value; every other field of a row is right.
    private static func file(_ values: [Written], _ field: String, _ format: PriceFileFormat) -> [UInt8] {
        var text = ""
        switch format {
        case .json:
            let rows = values.map { value in
                "{\"RIC\":\"X.TST\",\"\(field)\":\(value.isJSONNumber ? value.text : quoted(value.text)),\"TRDPRC_1\":1}"
            }
            text = "[" + rows.joined(separator: ",\n") + "]\n"
        case .xml:
            let rows = values.map { value in
                "<row><RIC>X.TST</RIC><\(field)>\(escaped(value.text))</\(field)><TRDPRC_1>1</TRDPRC_1></row>"
            }
            text = "<rows>" + rows.joined(separator: "\n") + "</rows>\n"
        default:
            text = "RIC,\(field),TRDPRC_1\n"
            for value in values {
                text += "X.TST,\"\(value.text.replacing("\"", with: "\"\""))\",1\n"
            }
        }
        return Array(text.utf8)
    }

    private static func quoted(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": json += "\\" + String(Character(scalar))
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                json += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}

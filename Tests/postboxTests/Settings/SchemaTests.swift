import Foundation
import PostboxCore
import TestSupport
import Testing
import Yams

/// Holds a value to a JSON Schema, as far as ours uses it.
private struct SchemaCheck {
    struct Unknown: Error { var keyword: String }

    let schema: JSONValue

    /// Where the value is not as the schema says; empty: it is.
    func faults(_ value: JSONValue) throws -> [String] { try faults(value, schema, at: "$") }

    private func faults(_ value: JSONValue, _ schema: JSONValue, at place: String) throws -> [String] {
        var faults: [String] = []
        for keyword in schema.keys {
            guard let wanted = schema[keyword] else { continue }
            switch keyword {
            case "$schema", "title", "description", "$defs", "properties": break
            case "$ref":
                var found: JSONValue? = self.schema
                for part in (wanted.text ?? "").split(separator: "/").dropFirst() { found = found?[String(part)] }
                guard let found else { throw Unknown(keyword: wanted.text ?? "") }
                faults += try self.faults(value, found, at: place)
            case "type":
                let types = wanted.text.map { [$0] } ?? wanted.items.compactMap(\.text)
                if !types.contains(where: { Self.isOf($0, value) }) { faults.append("\(place) is no \(types)") }
            case "required":
                guard case .object = value else { break }
                for name in wanted.items.compactMap(\.text) where value[name] == nil {
                    faults.append("\(place) lacks \(name)")
                }
            case "additionalProperties":
                for key in value.keys {
                    guard let member = value[key] else { continue }
                    if let known = schema["properties"]?[key] {
                        faults += try self.faults(member, known, at: "\(place).\(key)")
                    } else if wanted.flag == false {
                        faults.append("\(place).\(key) is not known")
                    } else {
                        faults += try self.faults(member, wanted, at: "\(place).\(key)")
                    }
                }
            case "items":
                for (index, item) in value.items.enumerated() {
                    faults += try self.faults(item, wanted, at: "\(place)[\(index)]")
                }
            case "enum":
                if !wanted.items.contains(value) { faults.append("\(place) is none of \(wanted.items.count) words") }
            case "pattern":
                guard let text = value.text, let pattern = wanted.text else { break }
                if try text.firstMatch(of: Regex(pattern)) == nil { faults.append("\(place) does not fit \(pattern)") }
            case "minimum":
                if let number = value.integer, number < wanted.integer ?? 0 { faults.append("\(place) is small") }
            case "maximum":
                if let number = value.integer, number > wanted.integer ?? 0 { faults.append("\(place) is large") }
            case "anyOf":
                let all = try wanted.items.map { try self.faults(value, $0, at: place) }
                if !all.contains([]) { faults += all.min { $0.count < $1.count } ?? [] }
            default: throw Unknown(keyword: keyword)
            }
        }
        return faults
    }

    private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("number", .number), ("boolean", .bool): true
        case ("integer", .number): value.integer != nil
        default: false
        }
    }
}

@Suite("The schema of the configuration", .computing)
struct SchemaTests {
    /// As an editor reads YAML.
    private static func value(_ yaml: String) throws -> JSONValue {
        func value(_ node: Node) -> JSONValue {
            switch node {
            case .mapping(let members):
                return .object(members.map { (key: $0.key.scalar?.string ?? "", value: value($0.value)) })
            case .sequence(let items): return .array(items.map { value($0) })
            case .alias: return .null
            case .scalar(let scalar):
                if scalar.style != .plain { return .string(scalar.string) }
                if scalar.string == "true" || scalar.string == "false" { return .bool(scalar.string == "true") }
                if scalar.string.wholeMatch(of: /-?[0-9]+(\.[0-9]+)?/) != nil { return .number(scalar.string) }
                return ["", "null", "~"].contains(scalar.string) ? .null : .string(scalar.string)
            }
        }
        return value(try #require(try Yams.compose(yaml: yaml)))
    }

    private static func faults(_ yaml: String) throws -> [String] {
        let schema = try #require(JSONValue.parse(SettingsSchema.text))
        return try SchemaCheck(schema: schema).faults(try value(yaml))
    }

    private static let small = """
        spool: spool
        destinations:
          cache: {urls: ["ws://h"], user: x, service: S}
        files:
          - match: "*"

        """

    @Test("It is JSON, and every reference in it leads somewhere")
    func whole() throws {
        #expect(try Self.faults(Self.small) == [])
        let schema = try #require(JSONValue.parse(SettingsSchema.text))
        let names = Set(schema["$defs"]?.keys ?? [])
        let used = SettingsSchema.text.matches(of: /#\/\$defs\/([a-z_]+)/).map { String($0.output.1) }
        #expect(names.count > 30 && Set(used) == names)
    }

    @Test(
        "The configurations of the samples and of the package are right by it",
        arguments: [
            "samples/postbox.yaml", ".ci/debian/postbox.yaml",
        ])
    func samples(path: String) throws {
        let place = try BuiltProgram.packageFolder().appendingPathComponent(path)
        #expect(try Self.faults(String(contentsOf: place, encoding: .utf8)) == [])
    }

    @Test("A configuration with every key is right by it")
    func every() throws { #expect(try Self.faults(everything) == []) }

    @Test("Whatever rule the loader takes is right by it", arguments: try Case.all().filter { $0.code != 78 })
    func cases(one: Case) throws { #expect(try Self.faults(CaseTests.configuration(of: one)) == []) }

    /// A mistake, and what is found of it.
    private static let mistakes: [(String, String)] = [
        ("setle: 5s\n", "$.setle is not known"), ("settle: soon\n", "$.settle does not fit"),
        ("archive: weekly\n", "$.archive is none of"), ("drain_timeout: 5\n", "$.drain_timeout is no"),
        ("tables: {rics: {file: a.csv, keys: RIC}}\n", "$.tables.rics.keys is not known"),
        ("tables: {rics: {file: a.csv}}\n", "$.tables.rics lacks key"),
        ("retention: {done: 90}\n", "$.retention.done is no"),
        ("http: {users: {alice: {may: [sing]}}}\n", "$.http.users.alice.may"),
    ]

    @Test("A misspelt key, a wrong word and a wrong kind are found where they stand", arguments: mistakes.indices)
    func mistake(index: Int) throws {
        let (line, wanted) = Self.mistakes[index]
        let faults = try Self.faults(line + Self.small)
        #expect(faults.contains { $0.hasPrefix(wanted) }, "\(faults)")
    }

    @Test("So are those of a destination and of a rule")
    func deep() throws {
        #expect(
            try Self.faults(Self.small.replacing("user: x", with: "usr: x")) == [
                "$.destinations.cache.usr is not known"
            ])
        #expect(
            try Set(Self.faults(Self.small.replacing("- match", with: "- mach")))
                == ["$.files[0] lacks match", "$.files[0].mach is not known"])
        #expect(try Self.faults(Self.small + "    max_rejected: many\n") != [])
        #expect(try Self.faults(Self.small + "    fields: {BID: {colum: bid}}\n") != [])
    }

    @Test("A value may be a reference, of which nobody knows what it brings in")
    func references() throws {
        #expect(try Self.faults("settle: ${env:SETTLE}\n" + Self.small + "    priority: ${file:priority}\n") == [])
    }

    @Test("The command prints it")
    func command() async throws {
        let answer = try await Desk().command(["config", "schema"])
        #expect(answer.code == 0 && answer.output == SettingsSchema.text + "\n")
    }
}

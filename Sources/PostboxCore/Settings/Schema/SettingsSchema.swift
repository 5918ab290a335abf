/// The configuration's form as a JSON Schema (2020-12), for editors: which keys stand where, and of which kind their values are. What
/// fits together only `config check` tells.
package struct SettingsSchema {
    /// By name, in the order in which they are met.
    private var forms: [(name: String, text: String)] = []

    /// The schema, of several lines.
    package static var text: String {
        var schema = SettingsSchema()
        let root = schema.reference(SettingsForm(TopKey.self))
        let definitions = schema.forms.map { "    \(quoted($0.name)): \($0.text)" }.joined(separator: ",\n")
        return """
            {
              "$schema": "https://json-schema.org/draft/2020-12/schema",
              "title": "postbox.yaml",
              "description": "The configuration of Postbox. A text may hold references such as ${file:PATH}, ${env:NAME} and ${credential:NAME}.",
              \(root.dropFirst().dropLast()),
              "$defs": {
            \(definitions)
              }
            }
            """
    }

    private static func quoted(_ text: String) -> String { VisibleText.quoted(text) }

    /// A reference to the form, which is described once.
    private mutating func reference(_ form: SettingsForm) -> String {
        if !forms.contains(where: { $0.name == form.name }) {
            let at = forms.count
            forms.append((form.name, ""))
            forms[at].text = text(form)
        }
        return "{\"$ref\":\(Self.quoted("#/$defs/" + form.name))}"
    }

    private mutating func text(_ form: SettingsForm) -> String {
        var properties: [String] = []
        for entry in form.entries { properties.append("\(Self.quoted(entry.key)):\(text(entry.shape))") }
        let required = form.entries.filter(\.isRequired).map { Self.quoted($0.key) }
        return "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\(required.joined(separator: ","))],"
            + "\"properties\":{\(properties.joined(separator: ","))}}"
    }

    /// What a reference brings in nobody knows before it is read.
    private static let referring = "{\"type\":\"string\",\"pattern\":\"\\\\$\\\\{\"}"

    private static func pattern(_ pattern: String) -> String {
        either(["{\"type\":\"string\",\"pattern\":\(quoted("^(?:\(pattern))$"))}", referring])
    }

    private static func either(_ all: [String]) -> String { "{\"anyOf\":[\(all.joined(separator: ","))]}" }

    private mutating func text(_ shape: SettingsShape) -> String {
        switch shape {
        case .text: return "{\"type\":[\"string\",\"number\",\"boolean\"]}"
        case .flag: return Self.either(["{\"type\":\"boolean\"}", Self.referring])
        case .duration: return Self.pattern("[0-9]+(?:ms|s|m|h|d)")
        case .number(let range):
            return Self.either([
                "{\"type\":\"integer\",\"minimum\":\(range.lowerBound),\"maximum\":\(range.upperBound)}",
                Self.referring,
            ])
        case .decimal: return Self.either(["{\"type\":\"number\"}", Self.pattern("-?[0-9]+(?:\\.[0-9]+)?")])
        case .limit:
            return Self.either(["{\"type\":\"integer\",\"minimum\":0}", Self.pattern("[0-9]+(?:\\.[0-9]+)? ?%?")])
        case .percentage: return Self.pattern("[0-9]+(?:\\.[0-9]+)? ?%")
        case .size: return Self.pattern("[0-9]+ ?[A-Za-z]*")
        case .words(let words):
            let list = words.map(Self.quoted).joined(separator: ",")
            return Self.either(["{\"enum\":[\(list)]}", Self.referring])
        case .list(let item): return "{\"type\":\"array\",\"items\":\(text(item))}"
        case .texts: return Self.either([text(.text), text(.list(.text))])
        case .named(let value): return "{\"type\":\"object\",\"additionalProperties\":\(text(value))}"
        case .section(let form): return reference(form)
        case .either(let shapes):
            var all: [String] = []
            for shape in shapes { all.append(text(shape)) }
            return Self.either(all)
        }
    }
}

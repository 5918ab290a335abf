import PostboxCore
import Testing

/// Holds answers of the API to its own description, as far as that uses JSON Schema: types, members, which of them are needed, items,
/// and references.
struct OpenAPICheck {
    let document: JSONValue

    init(_ document: JSONValue) { self.document = document }

    /// What is wrong with the answer to a request; empty: nothing.
    func faults(_ method: String, _ path: String, status: Int, _ body: JSONValue) -> [String] {
        guard let operation = document["paths"]?[path]?[method.lowercased()] else {
            return ["\(path) is not described"]
        }
        guard let response = operation["responses"]?["\(status)"] ?? operation["responses"]?["default"] else {
            return ["\(path) does not describe \(status)"]
        }
        guard case .object(let kinds)? = resolved(response)["content"], let schema = kinds.first?.value["schema"] else {
            return ["\(path) does not describe the body of \(status)"]
        }
        return faults(body, schema, at: path)
    }

    private func resolved(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.text else { return value }
        var found: JSONValue? = document
        for part in reference.split(separator: "/").dropFirst() { found = found?[String(part)] }
        return found.map(resolved) ?? .object([])
    }

    private func faults(_ value: JSONValue, _ schema: JSONValue, at place: String) -> [String] {
        let schema = resolved(schema)
        var types = schema["type"]?.items.compactMap(\.text) ?? []
        if let one = schema["type"]?.text { types = [one] }
        guard types.isEmpty || types.contains(where: { isOf($0, value) }) else {
            return ["\(place) is not \(types.joined(separator: " or "))"]
        }
        var faults: [String] = []
        let words = schema["enum"]?.items.compactMap(\.text) ?? []
        if !words.isEmpty, let text = value.text, !words.contains(text) { faults.append("\(place) is \(text)") }
        switch value {
        case .object(let members):
            let known = schema["properties"]
            for name in (schema["required"]?.items ?? []).compactMap(\.text)
            where !members.contains(where: { $0.key == name }) {
                faults.append("\(place) lacks \(name)")
            }
            for (name, member) in members {
                if let own = known?[name] {
                    faults += self.faults(member, own, at: place + "." + name)
                } else if let other = schema["additionalProperties"], other.flag == nil {
                    faults += self.faults(member, other, at: place + "." + name)
                } else if schema["additionalProperties"]?.flag == false {
                    faults.append("\(place).\(name) is not described")
                }
            }
        case .array(let items):
            guard let own = schema["items"] else { break }
            for item in items { faults += self.faults(item, own, at: place + "[]") }
        default: break
        }
        return faults
    }

    private func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array): true
        case ("string", _): value.text != nil
        case ("integer", .number): value.integer != nil
        case ("boolean", _): value.flag != nil
        case ("null", _): value == .null
        case ("number", .number): true
        default: false
        }
    }
}

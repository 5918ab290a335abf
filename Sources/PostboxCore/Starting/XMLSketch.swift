/// Which elements of an XML file are its rows, and what they hold.
struct XMLSketch {
    let sketch: FileSketch

    /// An element that was seen.
    private final class Element {
        let name: String
        var attributes: [(String, String)] = []
        var children: [Element] = []
        var text = ""

        init(_ name: String) { self.name = name }
    }

    init(_ text: String) {
        let root = Self.tree(of: text)
        var best: (path: String, rows: [Element])?
        func look(_ elements: [Element], _ path: String, _ depth: Int) {
            guard depth < 8 else { return }
            var groups: [String: [Element]] = [:]
            var names: [String] = []
            for element in elements {
                if groups[element.name] == nil { names.append(element.name) }
                groups[element.name, default: []].append(element)
            }
            for name in names {
                let group = groups[name] ?? []
                let hasValues = group.contains { !$0.attributes.isEmpty || !$0.children.isEmpty }
                // The outermost of those that come as often.
                if hasValues, depth > 0, group.count > (best?.rows.count ?? 0) { best = (path + "/" + name, group) }
                look(group.flatMap(\.children), path + "/" + name, depth + 1)
            }
        }
        if let root { look([root], "", 0) }
        guard let best else {
            sketch = FileSketch(
                layout: [.question("Which elements are the rows?", choices: ["rows: /root/element"])], columns: [])
            return
        }
        sketch = FileSketch(
            layout: [.key("rows: \(yaml(best.path))")], columns: Self.columns(of: best.rows.prefix(FileSketch.rowsMax)))
    }

    private static func columns(of rows: some Sequence<Element>) -> [FileSketch.Column] {
        var names: [String] = []
        var values: [String: [String]] = [:]
        func note(_ name: String, _ value: String) {
            if values[name] == nil { names.append(name) }
            values[name, default: []].append(value)
        }
        func note(_ element: Element, _ path: String, _ depth: Int) {
            for (name, value) in element.attributes { note(path + "@" + name, value) }
            if element.children.isEmpty, !path.isEmpty { note(path, element.text.trimmed) }
            guard depth < 4 else { return }
            var seen: Set<String> = []
            for child in element.children where seen.insert(child.name).inserted {
                note(child, path.isEmpty ? child.name : path + "." + child.name, depth + 1)
            }
        }
        for row in rows { note(row, "", 0) }
        return names.map { FileSketch.Column(name: $0, values: values[$0] ?? []) }
    }

    /// As much of the document as stands there; no more than a look: what is broken ends it.
    private static func tree(of text: String) -> Element? {
        var stack: [Element] = []
        var root: Element?
        var rest = text[...]
        while let open = rest.firstIndex(of: "<") {
            stack.last?.text += rest[..<open]
            rest = rest[open...]
            if rest.hasPrefix("<!--") {
                guard let end = rest.firstRange(of: "-->") else { break }
                rest = rest[end.upperBound...]
                continue
            }
            guard let close = rest.firstIndex(of: ">") else { break }
            let tag = rest[rest.index(after: open)..<close]
            rest = rest[rest.index(after: close)...]
            if tag.first == "?" || tag.first == "!" { continue }
            if tag.first == "/" {
                guard let ended = stack.popLast() else { break }
                if stack.isEmpty { root = ended }
                continue
            }
            let element = Element(local(tag.prefix { !$0.isWhitespace && $0 != "/" }))
            element.attributes = attributes(tag)
            stack.last?.children.append(element)
            if tag.last == "/" {
                if stack.isEmpty { root = element }
            } else if stack.count < 64 {
                stack.append(element)
            } else {
                break
            }
        }
        return root ?? stack.first
    }

    private static func local(_ name: Substring) -> String {
        String(name.split(separator: ":").last ?? name)
    }

    private static func attributes(_ tag: Substring) -> [(String, String)] {
        var found: [(String, String)] = []
        var rest = tag.drop { !$0.isWhitespace }
        while let equals = rest.firstIndex(of: "=") {
            let name = rest[..<equals].filter { !$0.isWhitespace }
            let after = rest[rest.index(after: equals)...].drop(while: \.isWhitespace)
            guard let quote = after.first, quote == "\"" || quote == "'",
                let end = after.dropFirst().firstIndex(of: quote)
            else { break }
            let value = after[after.index(after: after.startIndex)..<end]
            if !name.hasPrefix("xmlns"), !name.hasPrefix("xsi:") { found.append((local(name[...]), String(value))) }
            rest = after[after.index(after: end)...]
        }
        return found
    }
}

extension String {
    /// Without the white space around it.
    var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}

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

        /// Attributes, the children, of which those of one name are a list, and the text of one without children.
        var tree: SketchTree {
            var members = attributes.map { SketchMember(name: "@" + $0.0, value: .leaf($0.1)) }
            if children.isEmpty { members.append(SketchMember(name: "", value: .leaf(text.trimmed))) }
            var indexOfName: [String: Int] = [:]
            for child in children {
                guard let index = indexOfName[child.name] else {
                    indexOfName[child.name] = members.count
                    members.append(SketchMember(name: child.name, value: child.tree))
                    continue
                }
                if case .array(let others) = members[index].value {
                    members[index].value = .array(others + [child.tree])
                } else {
                    members[index].value = .array([members[index].value, child.tree])
                }
            }
            return .object(members)
        }
    }

    init(_ text: String) {
        var found: [SketchRows] = []
        // `outside`: attributes of the elements around, by their paths.
        func look(_ elements: [Element], _ path: String, _ outside: [FileSketch.Column], _ depth: Int) {
            guard depth < 8 else { return }
            var groups: [String: [Element]] = [:]
            var names: [String] = []
            for element in elements {
                if groups[element.name] == nil { names.append(element.name) }
                groups[element.name, default: []].append(element)
            }
            for name in names {
                let (group, place) = (groups[name] ?? [], path + "/" + name)
                // The outermost of those that come as often.
                if depth > 0, group.contains(where: { !$0.attributes.isEmpty || !$0.children.isEmpty }) {
                    found.append(
                        SketchRows(
                            layout: [.key("rows: \(yaml(place))")],
                            columns: SketchColumns(of: group.map(\.tree)).columns + outside, count: group.count))
                }
                let own = (group.first?.attributes ?? []).filter { SketchRows.isOutside($0.0, isOfOne: false) }
                    .map { FileSketch.Column(name: place + "@" + $0.0, values: [$0.1]) }
                look(group.flatMap(\.children), place, outside + own, depth + 1)
            }
        }
        if let root = Self.tree(of: text) { look([root], "", [], 0) }
        sketch = FileSketch(
            bestOf: found, question: .question("Which elements are the rows?", choices: ["rows: /root/element"]))
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
            // What says that there is no value is none.
            let isMeaning =
                name.hasPrefix("xml") || name.hasPrefix("xsi:") || name.hasSuffix(":null") || name.hasSuffix(":nil")
            if !isMeaning { found.append((local(name[...]), String(value))) }
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

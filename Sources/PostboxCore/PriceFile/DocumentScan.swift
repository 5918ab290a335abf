/// Reads a document through before its rows are read, for what they need of what stands elsewhere in it: values at paths from
/// the root, arrays that are read side by side, names of the elements of rows that are arrays.
package struct DocumentScan {
    private enum Form {
        case json(JSONDocumentScan)
        case xml(XMLDocumentParser<XMLTreeContext>)
    }

    private let form: Form

    /// Throws `bad_rule` when a path is none.
    init(json wanted: DocumentBuilder.Wanted) throws(FileProblem) {
        form = .json(JSONDocumentScan(try DocumentBuilder(wanted, isXML: false)))
    }

    /// Throws `bad_rule` when a path is none.
    init(xml wanted: DocumentBuilder.Wanted) throws(FileProblem) {
        let builder = try DocumentBuilder(wanted, isXML: true)
        form = .xml(XMLDocumentParser(XMLTreeContext(.values(builder), tree: XMLRowTree(used: nil, takesAll: false))))
    }

    /// Takes the next chunk of the file, decoded to UTF-8. Throws what is wrong with the document, `too_many_values`, and
    /// `duplicate_column` of the names of rows that are arrays.
    package mutating func take(_ chunk: UnsafeRawBufferPointer, isLast: Bool) throws(FileProblem) {
        switch form {
        case .json(let scan): try scan.take(chunk, isLast: isLast)
        case .xml(let parser): try parser.read(chunk, isLast: isLast)
        }
    }

    /// What was found, once the last chunk was taken. Throws `rows_missing`, `not_an_array`, `arrays_differ` and
    /// `ambiguous_path` of arrays.
    package mutating func finish() throws(FileProblem) -> DocumentValues {
        switch form {
        case .json(let scan): try scan.finish()
        case .xml(let parser): try parser.context.pointee.values()
        }
    }
}

extension DocumentBuilder.Wanted {
    /// What a rule needs of a document besides its rows.
    init(_ rule: MappingRule) {
        let written = rule.namedColumns.written
        values = written.filter { $0.hasPrefix("/") }
        switch rule.layout?.rows {
        case .zip(let paths): columns = paths
        case .arrays(let path, let names, _):
            (rows, self.names, usedNames) = (path, names, rule.usedColumns)
        case .path(let path): rows = path
        case nil: break
        }
        // A path that is one of the arrays is no value of the document.
        values.removeAll { columns.contains($0) }
    }
}

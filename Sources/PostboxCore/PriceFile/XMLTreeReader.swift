/// Reads XML whose rows lie at any one place, or whose columns are paths within a row, or from the document's root.
///
/// Each row is a small tree; nothing else of the document is held. What is refused is what ``XMLReader`` refuses.
///
/// Copies share one parser; use one of them, and from one task at a time.
package struct XMLTreeReader: PriceFileReader {
    package var columns: [Column] { parser.context.pointee.tree.columns }
    package var memberNames: [String] { parser.context.pointee.tree.members.names }
    package var frame: RowFrame { RowFrame(separator: "\n") }
    package var rowCount: Int { parser.context.pointee.rowCount }

    private let parser: XMLDocumentParser<XMLTreeContext>
    /// The rows' path as the rule writes it; nil: the root's children are the rows.
    private let path: String?
    private let badRule: FileProblem?

    /// - Parameters:
    ///   - rows: Where the rows are. Nil: they are the root's children.
    ///   - rowElement: The local name of the row elements below the root, without `rows`.
    ///   - used: The columns that the rule names.
    ///   - takesAll: All attributes and children of a row are columns besides.
    ///   - document: What the document has at the columns that begin with a slash.
    ///   - notesOrigins: Where values lie in the file is told.
    package init(
        rows: String?, rowElement: String?, used: UsedColumns, takesAll: Bool, document: DocumentValues?,
        notesOrigins: Bool = false
    ) {
        path = rows
        var aim = XMLTreeContext.Aim.children(rowElement)
        var badRule: FileProblem?
        if let rows {
            do throws(SettingsMistake) {
                aim = .rows(PathStates([try ColumnPath(ofRows: rows).localNames]))
            } catch {
                badRule = .notAPath(rows, error)
            }
        }
        self.badRule = badRule
        parser = XMLDocumentParser(
            XMLTreeContext(
                aim, tree: XMLRowTree(used: used, takesAll: takesAll, notesOrigins: notesOrigins),
                documentColumns: used.written.filter { $0.hasPrefix("/") }, document: document))
    }

    /// See ``PriceFileReader``. Throws as ``XMLReader/read(_:isLast:into:)``, and `rows_missing`, `ambiguous_path`, `bad_rule`.
    package mutating func read(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into batch: inout RowBatch
    ) throws(FileProblem) {
        batch.removeAll()
        if let badRule { throw badRule }
        try parser.read(chunk, isLast: isLast)
        parser.context.pointee.deliver(into: &batch, isLast: isLast)
        if isLast, let path, !parser.context.pointee.hasFoundRows { throw .rowsMissing(path) }
    }
}

extension FileProblem {
    /// The words for a rule whose path is none.
    static func notAPath(_ text: String, _ mistake: SettingsMistake) -> FileProblem {
        FileProblem(
            reason: "bad_rule", what: "\(shown(Array(text.utf8).span)) in the rule is not \(mistake.expected).")
    }

    /// The words for a file that has no rows where the rule says they are.
    static func rowsMissing(_ path: String) -> FileProblem {
        FileProblem(
            reason: "rows_missing",
            what: "The file has nothing at \(shown(Array(path.utf8).span)), where the rule says that its rows are.",
            hint: "It may be an answer that tells of an error; else check `rows` in the rule.")
    }
}

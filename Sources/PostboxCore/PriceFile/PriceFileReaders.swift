/// Makes the reader for a price file's format.
package enum PriceFileReaders {
    /// - Parameters:
    ///   - format: `json` decides by the beginning whether the file is an array or one object a line.
    ///   - delimiter: Between two cells of CSV.
    ///   - finalNewline: Whether the last line of CSV or JSON lines must have a line end.
    ///   - rowElement: The local name of XML's row elements; nil for whatever comes first below the root.
    ///   - layout: How the file lies, where the rule says more of it; nil: as its format has it.
    ///   - usedColumns: What is wrong with the names of others does not matter. Nil: all columns are used.
    ///   - namedColumns: The columns that the rule names, also one that uses all. Nil: none is more than a dotted name.
    ///   - scan: What a scan of the file found, where the rule needs one.
    ///   - notesOrigins: Batches tell where in the file each value lies, so that a row can be edited.
    package static func make(
        format: PriceFileFormat, delimiter: UInt8 = UInt8(ascii: ","), finalNewline: FinalNewline = .required,
        rowElement: String? = nil, layout: FileLayout? = nil, usedColumns: UsedColumns? = nil,
        namedColumns: UsedColumns? = nil, scan: FileScan? = nil, notesOrigins: Bool = false
    ) -> any PriceFileReader {
        if let named = namedColumns, needsTree(named, layout),
            let reader = treeReader(
                format: format, finalNewline: finalNewline, rowElement: rowElement, takesAll: usedColumns == nil,
                named: named, rows: layout?.rows, document: scan?.document, notesOrigins: notesOrigins)
        {
            return reader
        }
        return plainReader(
            format: format, delimiter: delimiter, finalNewline: finalNewline, rowElement: rowElement, layout: layout,
            usedColumns: usedColumns, notesOrigins: notesOrigins)
    }

    private static func plainReader(
        format: PriceFileFormat, delimiter: UInt8, finalNewline: FinalNewline, rowElement: String?,
        layout: FileLayout?, usedColumns: UsedColumns?, notesOrigins: Bool
    ) -> any PriceFileReader {
        switch format {
        case .csv where layout?.lines?.isPlain == false, .xlsx where layout?.lines?.isPlain == false, .fixed:
            LineReader(
                layout?.lines ?? LineLayout(), delimiter: delimiter, finalNewline: finalNewline,
                usedColumns: usedColumns, fillsRows: format.traits.isWorkbook)
        case .csv, .xlsx:
            CSVReader(
                delimiter: delimiter,
                obeysSeparatorLine: delimiter == UInt8(ascii: ",") && layout?.lines?.hasOwnDelimiter != true
                    && !format.traits.isWorkbook,
                finalNewline: finalNewline, usedColumns: usedColumns, fillsRows: format.traits.isWorkbook)
        case .json:
            JSONReader(
                layout: .byFirstByte, finalNewline: finalNewline, usedColumns: usedColumns, notesOrigins: notesOrigins)
        case .jsonLines:
            JSONReader(
                layout: .lines, finalNewline: finalNewline, usedColumns: usedColumns, notesOrigins: notesOrigins)
        case .xml:
            // Plain rows do not tell where their values lie.
            if notesOrigins {
                XMLReader(rowElement: rowElement, usedColumns: usedColumns, pieceBytes: nil, notesOrigins: true)
            } else {
                XMLReader(rowElement: rowElement, usedColumns: usedColumns)
            }
        }
    }

    /// Whether rows lie deeper in a document, or columns deeper in a row, than the readers of plain files look.
    static func needsTree(_ named: UsedColumns, _ layout: FileLayout?) -> Bool {
        layout?.rows != nil || named.written.contains { ColumnPath.isNeeded(for: $0) }
    }

    /// Nil: the format has no such documents.
    private static func treeReader(
        format: PriceFileFormat, finalNewline: FinalNewline, rowElement: String?, takesAll: Bool, named: UsedColumns,
        rows: RowsPath?, document: DocumentValues?, notesOrigins: Bool
    ) -> (any PriceFileReader)? {
        switch (format, rows) {
        case (.xml, .path(let path)):
            return XMLTreeReader(
                rows: path, rowElement: nil, used: named, takesAll: takesAll, document: document,
                notesOrigins: notesOrigins)
        case (.xml, _):
            return XMLTreeReader(
                rows: nil, rowElement: rowElement, used: named, takesAll: takesAll, document: document,
                notesOrigins: notesOrigins)
        case (.jsonLines, nil):
            return JSONReader(
                layout: .lines, finalNewline: finalNewline, usedColumns: takesAll ? nil : named, pathColumns: named,
                notesOrigins: notesOrigins)
        case (.json, nil) where !named.written.contains(where: { $0.hasPrefix("/") }):
            return JSONReader(
                layout: .byFirstByte, finalNewline: finalNewline, usedColumns: takesAll ? nil : named,
                pathColumns: named, notesOrigins: notesOrigins)
        case (.json, .zip), (.jsonLines, .zip): return JSONZipReader(document: document, used: named)
        case (.json, .arrays(let path, let names, let columns)),
            (.jsonLines, .arrays(let path, let names, let columns)):
            let elementNames = names == nil ? (columns ?? []).map { Array($0.utf8) } : document?.names ?? []
            return JSONTreeReader(
                path: path, used: named, takesAll: takesAll, elementNames: elementNames, document: document,
                notesOrigins: notesOrigins)
        case (.json, .path(let path)), (.jsonLines, .path(let path)):
            return JSONTreeReader(
                path: path, used: named, takesAll: takesAll, document: document, notesOrigins: notesOrigins)
        case (.json, nil):
            return JSONTreeReader(
                path: "", used: named, takesAll: takesAll, document: document, notesOrigins: notesOrigins)
        default: return nil
        }
    }

    /// The scan that a file needs before its rows are read; nil: it needs none, as nearly all do. Throws `bad_rule` when a path of
    /// the rule is none, or when the rule cannot be for a file of this format, which its name alone tells.
    package static func documentScan(
        _ rule: MappingRule, format: PriceFileFormat
    ) throws(FileProblem) -> DocumentScan? {
        if format.traits.isWorkbook, rule.readsDecimalCommas {
            throw FileProblem(
                reason: "bad_rule",
                what: "The rule says `decimal` or `thousands`, and \(PriceFileFormat.marksOfWorkbooks).",
                hint: "Give workbooks a rule of their own, without these keys.")
        }
        switch format {
        case .json, .jsonLines:
            let wanted = DocumentBuilder.Wanted(rule)
            if format == .jsonLines, rule.layout?.rows == nil { return nil }
            return wanted.isEmpty ? nil : try DocumentScan(json: wanted)
        case .xml:
            var wanted = DocumentBuilder.Wanted(rule)
            (wanted.columns, wanted.names) = ([], nil)
            return wanted.isEmpty ? nil : try DocumentScan(xml: wanted)
        default: return nil
        }
    }
}

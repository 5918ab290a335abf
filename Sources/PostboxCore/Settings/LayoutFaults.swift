extension MappingRule {
    /// Keys that say how a file lies, and that mean nothing in files of the rule's format, or beside each other. Left in silence, such
    /// a key would look as if it did something.
    var layoutFaults: [(key: RuleKey, what: String)] {
        var faults: [(key: RuleKey, what: String)] = []
        if let format = knownFormat { faults += lineFaults(format) + pathFaults(format) }
        faults += unpivotFaults
        let container = layout?.container
        if container?.isPlain == true, container?.member != nil {
            faults.append(
                (.member, "`member` is a file of an archive, and `compression: none` says that there is no archive"))
        }
        if let quote = layout?.lines?.quote, quote.rawValue.utf8.elementsEqual([delimiter]) {
            faults.append((.quote, "`quote` and `delimiter` are the same character"))
        }
        return faults
    }

    /// Keys of lines.
    private func lineFaults(_ format: PriceFileFormat) -> [(key: RuleKey, what: String)] {
        let (traits, title) = (format.traits, format.traits.title)
        if traits.isWorkbook {
            // A delimiter is that of the file's rejects, which are CSV.
            let keys: [(RuleKey, Bool, String)] = [
                (.delimiter, layout?.lines?.partsAtBlanks == true, "`delimiter: blanks`"),
                (.quote, layout?.lines?.quote != nil, "`quote`"), (.encoding, encoding != .utf8, "`encoding`"),
            ]
            return keys.filter(\.1).map {
                (
                    $0.0,
                    "\($0.2) means nothing in \(title): a workbook has cells, and says itself how they are written; leave it out"
                )
            }
        }
        guard let lines = layout?.lines else { return [] }
        if traits.hasColumnsByPosition {
            let keys: [(RuleKey, Bool)] = [
                (.delimiter, lines.hasOwnDelimiter == true || lines.partsAtBlanks == true),
                (.quote, lines.quote != nil), (.header, lines.header != nil && lines.header != LineLayout.Header.none),
                (.ragged, lines.ragged != nil),
            ]
            return keys.filter(\.1).map {
                ($0.0, "`\($0.0.rawValue)` means nothing with `format: fixed`: `columns` says where each value stands")
            }
        }
        guard !traits.hasHeader else { return [] }
        let keys: [(RuleKey, Bool)] = [
            (.quote, lines.quote != nil), (.skipLines, lines.skipped != nil), (.comment, lines.comment != nil),
            (.header, lines.header != nil), (.rows, lines.after != nil || lines.before != nil),
            (.drop, lines.dropped != nil), (.carry, lines.headings != nil), (.ragged, lines.ragged != nil),
        ]
        return keys.filter(\.1).map { key, _ in
            let what =
                switch key {
                case .rows: "marker lines in `rows` are of CSV and of fixed columns; of \(title) it is a path"
                case .carry: "headings in `carry` are lines of CSV and of fixed columns, which \(title) does not have"
                default: "`\(key.rawValue)` is of CSV and of fixed columns, not of \(title)"
                }
            return (key, what)
        }
    }

    /// Keys of documents, and of workbooks.
    private func pathFaults(_ format: PriceFileFormat) -> [(key: RuleKey, what: String)] {
        let (traits, title) = (format.traits, format.traits.title)
        var faults: [(key: RuleKey, what: String)] = []
        switch layout?.rows {
        case .path? where !traits.hasPaths:
            faults.append((.rows, "a path in `rows` is of JSON and XML; of \(title) it is {after: LINE, before: LINE}"))
        case .arrays? where !traits.hasPaths || traits.hasRowElement,
            .zip? where !traits.hasPaths || traits.hasRowElement:
            faults.append((.arrays, "`arrays` is of JSON, not of \(title)"))
        default: break
        }
        if traits.hasRowElement, case .path(let path)? = layout?.rows { faults += elementFaults(path) }
        if traits.hasPaths, fields != nil, let unpivot = shape?.unpivot, isByPath {
            switch unpivot.columns {
            case .named: break
            case .others, .like:
                faults.append((.unpivot, "`unpivot` needs `columns` in \(title): the paths that become rows"))
            }
        }
        if !traits.isWorkbook, layout?.container?.sheet != nil {
            faults.append((.sheet, "`sheet` is of workbooks, not of \(title): write `format: xlsx`, or leave it out"))
        }
        return faults
    }

    /// A path to rows at which no file of XML has an element.
    private func elementFaults(_ path: String) -> [(key: RuleKey, what: String)] {
        var faults: [(key: RuleKey, what: String)] = []
        if rowElement != nil {
            faults.append(
                (.rowElement, "`rows` and `row_element` both say which elements are rows: leave one of them out"))
        }
        // One that cannot be read is told as such.
        guard let steps = (try? ColumnPath(ofRows: path))?.steps else { return faults }
        let isParted = steps.contains {
            if case .name(let name) = $0 { name.contains(UInt8(ascii: "/")) } else { false }
        }
        if isParted {
            faults.append(
                (.rows, "a path with slashes begins with one: write `rows: /\(VisibleText.line(path))`"))
        } else if steps.contains(.any) {
            faults.append((.rows, "`*` in `rows` is of JSON: in XML the path names the elements that are rows"))
        } else if steps.isEmpty {
            faults.append(
                (.rows, "`rows` needs the names of the elements from the root to the rows, such as /prices/quote"))
        }
        return faults
    }

    /// Columns that `unpivot` makes rows of, and that something else of the rule wants: no row has them any more, so that a field would be
    /// empty, and in a Refresh blanked, without a word.
    private var unpivotFaults: [(key: RuleKey, what: String)] {
        guard let shape, let unpivot = shape.spelledUnpivot else { return [] }
        let kept = Set(unpivot.keep + (layout?.lines?.headings ?? []).map(\.name))
        func isTaken(_ name: String) -> Bool {
            !name.hasPrefix("$") && !name.hasPrefix("/") && unpivot.makesRows(of: name, besides: kept)
        }
        var faults: [(key: RuleKey, what: String)] = []
        var told: Set<String> = []
        func look(_ names: [String], _ key: RuleKey, _ use: String) {
            for name in names where isTaken(name) && told.insert(name).inserted {
                faults.append(
                    (
                        key,
                        "`unpivot` makes rows of the column `\(VisibleText.line(name))`, which \(use) needs: write it into `keep`"
                    ))
            }
        }
        for column in columnsByUse {
            switch column.key {
            // What is carried, and a trailer's sum, are of lines that are not unpivoted yet.
            case .carry, .unpivot, .trailer: continue
            // Behind `group` the cells have the names that it gives them.
            case .post, .fields, .checks: if shape.group != nil { continue }
            default: break
            }
            look(column.names, column.key, column.use)
        }
        return faults
    }

    /// Whether no header or list names the columns: only those that the rule names are looked for.
    private var isByPath: Bool {
        switch layout?.rows {
        case .arrays?, .zip?: false
        case .path?, nil: true
        }
    }
}

/// Makes the reader for a price file's format.
package enum PriceFileReaders {
    /// - Parameters:
    ///   - format: `json` decides by the beginning whether the file is an array or one object a line.
    ///   - delimiter: Between two cells of CSV.
    ///   - finalNewline: Whether the last line of CSV or JSON lines must have a line end.
    ///   - rowElement: The local name of XML's row elements; nil for whatever comes first below the root.
    ///   - layout: How the file lies, where the rule says more of it; nil: as its format has it.
    ///   - usedColumns: What is wrong with the names of others does not matter. Nil: all columns are used.
    package static func make(
        format: PriceFileFormat, delimiter: UInt8 = UInt8(ascii: ","), finalNewline: FinalNewline = .required,
        rowElement: String? = nil, layout: FileLayout? = nil, usedColumns: UsedColumns? = nil
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
        case .json: JSONReader(layout: .byFirstByte, finalNewline: finalNewline, usedColumns: usedColumns)
        case .jsonLines: JSONReader(layout: .lines, finalNewline: finalNewline, usedColumns: usedColumns)
        case .xml: XMLReader(rowElement: rowElement, usedColumns: usedColumns)
        }
    }
}

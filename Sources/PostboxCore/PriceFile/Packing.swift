/// How a file is packed, as the ending of its name says.
package enum Packing: String, Sendable, Equatable, CaseIterable {
    case gz, zst, bz2, xz, zip

    /// Nil: the ending (any case) is none of these.
    package init?(fileName: String) {
        guard let packing = Self(rawValue: FileNames.split(fileName).ext.lowercased()) else { return nil }
        self = packing
    }

    /// The name without the ending that says how the file is packed: `eod.csv` of `eod.csv.gz`. Any other name is its own.
    package static func unpackedName(_ name: String) -> String {
        Packing(fileName: name) == nil ? name : FileNames.split(name).stem
    }
}

/// What lies between a price file's bytes and its text.
package enum Wrapping: Sendable, Equatable {
    /// Nothing: the bytes are the text.
    case none
    case packed(Packing, ContainerRule)
    /// A workbook, whose text are the rows of one sheet as CSV in UTF-8 with that delimiter.
    case workbook(ContainerRule, delimiter: UInt8)

    /// - Parameters:
    ///   - fileName: The file's own name: rejects are never packed, whatever the file was that they were in.
    ///   - format: How its text is written.
    package init(fileName: String, format: PriceFileFormat, rule: MappingRule) {
        let container = rule.layout?.container ?? ContainerRule()
        if container.isPlain != true, let packing = Packing(fileName: fileName) {
            self = .packed(packing, container)
        } else if format.traits.isWorkbook,
            RejectsName(fileName) == nil || PriceFileFormat(fileName: fileName)?.traits.isWorkbook == true
        {
            self = .workbook(container, delimiter: rule.delimiter)
        } else {
            self = .none
        }
    }

    /// So many bytes of text a file may become: what its rule says, and never more than 1,000 times its own.
    package static func textMax(_ rule: ContainerRule, packedSize: Int) -> Int {
        let (times, isTooMuch) = packedSize.multipliedReportingOverflow(by: 1000)
        return min(rule.maxExpanded ?? ContainerRule.expandedMax, isTooMuch ? .max : times)
    }
}

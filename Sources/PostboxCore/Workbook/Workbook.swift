/// A workbook that is read part by part: says which part comes next, takes its bytes, and gives the text of one sheet.
///
/// Whoever has the container calls `next`, gives the bytes of that part to `take`, and goes on until there is no part any more.
/// While the sheet's own part is taken, its text comes out of `text`.
package final class Workbook {
    /// A part to be read now.
    package struct Part: Sendable, Equatable {
        package var name: String
        /// A workbook without it is none; else it need not be there.
        package var isNeeded: Bool
        /// What it holds is the text; parts before it are kept in memory.
        package var isSheet = false
    }

    private enum Step {
        case container, index, relations, styles, strings, sheet, over
    }

    private let sheetName: String?
    private let delimiter: UInt8
    private var step = Step.container
    private var parser: WorkbookPart?
    private let container = WorkbookRelations()
    private let index = WorkbookIndex()
    private let relations = WorkbookRelations()
    private let styles = CellStyles()
    private let strings = SharedStrings()
    private var sheet: SheetText?
    private var path = "xl/workbook.xml"

    /// - Parameters:
    ///   - sheet: The name of the sheet that is read; nil: the first one.
    ///   - delimiter: Between two cells of the text.
    package init(sheet: String?, delimiter: UInt8) {
        sheetName = sheet
        self.delimiter = delimiter
    }

    /// The part to be given next; nil: the sheet is through. Throws `rows_missing` where there is no such sheet.
    package func next() throws(FileProblem) -> Part? {
        let part: Part
        let reader: any PartReader
        switch step {
        case .container:
            (part, reader, step) = (Part(name: "_rels/.rels", isNeeded: false), container, .index)
        case .index:
            path = container.part("officeDocument", in: "") ?? path
            (part, reader, step) = (Part(name: path, isNeeded: true), index, .relations)
        case .relations:
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let beside = (folder.isEmpty ? "" : folder + "/") + "_rels/\(name).rels"
            (part, reader, step) = (Part(name: beside, isNeeded: true), relations, .styles)
        case .styles:
            let name = relations.part("styles", in: folder) ?? ""
            (part, reader, step) = (Part(name: name, isNeeded: false), styles, .strings)
        case .strings:
            let name = relations.part("sharedStrings", in: folder) ?? ""
            (part, reader, step) = (Part(name: name, isNeeded: false), strings, .sheet)
        case .sheet:
            let text = SheetText(
                strings: strings, styles: styles, is1904: index.is1904, recalculates: index.recalculates,
                delimiter: delimiter)
            (part, reader, step) = (Part(name: try sheetPart(), isNeeded: true, isSheet: true), text, .over)
            sheet = text
        case .over: return nil
        }
        parser = WorkbookPart(part.name, reader)
        return part
    }

    /// Takes the next bytes of the part that `next` asked for. Throws what is wrong with it.
    package func take(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(FileProblem) {
        try parser?.take(bytes, isLast: isLast)
    }

    /// Hands out the lines that are whole; they are forgotten.
    package func takeText() -> [UInt8] {
        guard let sheet else { return [] }
        defer { sheet.lines = [] }
        return sheet.lines
    }

    private var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }

    private func sheetPart() throws(FileProblem) -> String {
        // Others are charts and macros.
        let sheets = index.sheets.compactMap { sheet in
            relations.part(of: sheet.relation, "worksheet", in: folder).map { (name: sheet.name, part: $0) }
        }
        if let found = sheetName == nil ? sheets.first : sheets.first(where: { $0.name == sheetName }) {
            return found.part
        }
        let names = sheets.prefix(20).map { VisibleText.line($0.name) }.joined(separator: ", ")
        throw FileProblem(
            reason: "rows_missing",
            what: sheetName.map { "The workbook has no sheet \($0). It has: \(names)." }
                ?? "The workbook has no sheet with cells.",
            hint: sheetName == nil ? nil : "Correct `sheet` in the file's rule.")
    }
}

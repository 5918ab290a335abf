/// What a workbook says of its sheets: `xl/workbook.xml`.
package final class WorkbookIndex: PartReader {
    /// In the workbook's order: their names, and by which id its relations tell the part.
    package private(set) var sheets: [(name: String, relation: String)] = []
    /// Days are counted from 1904.
    package private(set) var is1904 = false
    /// Its formulas have to be calculated when it is opened: their results may never have been.
    package private(set) var recalculates = false
    var problem: FileProblem?

    private static let sheetsMax = 10_000

    package init() {}

    func start(_ name: String, _ attributes: [String: String]) {
        switch name {
        case "workbookPr": is1904 = ["1", "true", "on"].contains(attributes["date1904"])
        case "calcPr": recalculates = ["1", "true", "on"].contains(attributes["fullCalcOnLoad"])
        case "sheet" where sheets.count < Self.sheetsMax:
            // The prefix of the namespace of relations is the writer's choice.
            let id = attributes["r:id"] ?? attributes.first { $0.key.hasSuffix(":id") }?.value ?? ""
            sheets.append((attributes["name"] ?? "", id))
        default: break
        }
    }

    func end(_ name: String) {}
    func text(_ bytes: UnsafeBufferPointer<UInt8>) {}
}

/// Which part stands behind an id: a part's relations.
package final class WorkbookRelations: PartReader {
    /// The targets as they are written, and what they are.
    package private(set) var targets: [String: (target: String, kind: String)] = [:]
    var problem: FileProblem?

    package init() {}

    func start(_ name: String, _ attributes: [String: String]) {
        guard name == "Relationship", let id = attributes["Id"], let target = attributes["Target"],
            targets.count < 20_000
        else { return }
        let kind = attributes["Type"]?.split(separator: "/").last.map(String.init) ?? ""
        targets[id] = (target, kind)
    }

    func end(_ name: String) {}
    func text(_ bytes: UnsafeBufferPointer<UInt8>) {}

    /// The part of the first relation of that kind (`styles`), seen from the folder of the part whose relations these are.
    package func part(_ kind: String, in folder: String) -> String? {
        targets.values.first { $0.kind == kind }.map { Self.path($0.target, in: folder) }
    }

    /// The part behind an id, if it is of that kind.
    package func part(of id: String, _ kind: String, in folder: String) -> String? {
        targets[id].flatMap { $0.kind == kind ? Self.path($0.target, in: folder) : nil }
    }

    /// A part's name: without a slash at its beginning, dots resolved.
    static func path(_ target: String, in folder: String) -> String {
        var parts = target.hasPrefix("/") ? [] : folder.split(separator: "/")
        for part in target.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}

/// The texts that a workbook's cells share, in one buffer.
package final class SharedStrings: PartReader {
    /// More bytes of text than this are refused.
    package static let bytesMax = 256 << 20

    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    private var isInText = false
    /// Inside a phonetic run, which tells how the text is spoken.
    private var isPhonetic = false
    var problem: FileProblem?

    package init() {}

    /// The text of that number; nil: there is none.
    func text(_ index: Int) -> ArraySlice<UInt8>? {
        guard ends.indices.contains(index) else { return nil }
        return bytes[(index > 0 ? ends[index - 1] : 0)..<ends[index]]
    }

    func start(_ name: String, _ attributes: [String: String]) {
        switch name {
        case "t": isInText = !isPhonetic
        case "rPh": isPhonetic = true
        default: break
        }
    }

    func end(_ name: String) {
        switch name {
        case "t": isInText = false
        case "rPh": isPhonetic = false
        case "si": ends.append(bytes.count)
        default: break
        }
    }

    func text(_ piece: UnsafeBufferPointer<UInt8>) {
        guard isInText, problem == nil else { return }
        // A text that is there costs its place as well.
        guard bytes.count + piece.count + ends.count * 8 <= Self.bytesMax else {
            problem = FileProblem(
                reason: "expands_too_far", what: "The workbook's texts take more than \(Self.bytesMax >> 20) MB.",
                hint: "Save the sheet alone, or as CSV.")
            return
        }
        bytes.append(contentsOf: piece)
    }
}

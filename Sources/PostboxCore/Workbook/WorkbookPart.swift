internal import CLibXML2

/// What takes the elements of one part of a workbook. Names are local; prefixes do not matter.
protocol PartReader: AnyObject {
    /// An element begins. `attributes`: by local name, but those of a namespace (`r:id`) with their prefix.
    func start(_ name: String, _ attributes: [String: String])
    func end(_ name: String)
    func text(_ bytes: UnsafeBufferPointer<UInt8>)
    /// What is wrong with what was taken so far; nil: nothing.
    var problem: FileProblem? { get }
}

/// Parses a part of a workbook, piece by piece, for a reader. No DTD, no entities but the five, nothing from outside.
final class WorkbookPart {
    /// What the callbacks see.
    private final class Target {
        let reader: any PartReader
        var fault: String?
        var depth = 0

        init(_ reader: any PartReader) {
            self.reader = reader
        }
    }

    private let name: String
    private let target: Target
    private let parser: XMLPushParser
    private static let depthMax = 64

    /// `name`: the part's, for what is said of it.
    init(_ name: String, _ reader: any PartReader) {
        self.name = name
        target = Target(reader)
        parser = XMLPushParser(Self.handler(), Unmanaged.passUnretained(target).toOpaque(), isUTF8: false)
    }

    /// Takes the part's next bytes. Throws `archive_damaged` for what is no XML, and what the reader finds wrong.
    func take(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(FileProblem) {
        parser.take(bytes, isLast: isLast)
        if let problem = target.reader.problem { throw problem }
        if let fault = target.fault {
            throw FileProblem(
                reason: "archive_damaged",
                what: "The workbook's part \(VisibleText.line(name)) cannot be read: \(fault).",
                hint: "Open it in Excel, and save it again.")
        }
    }

    private static func handler() -> xmlSAXHandler {
        xmlSAXHandler(
            start: { context, name, _, _, _, _, count, _, attributes in
                guard let target = WorkbookPart.target(context), let name else { return }
                target.depth += 1
                if target.depth > WorkbookPart.depthMax {
                    target.fault = "more than \(WorkbookPart.depthMax) elements stand inside each other"
                }
                guard target.fault == nil else { return }
                target.reader.start(String(cString: name), WorkbookPart.attributes(attributes, Int(count)))
            },
            end: { context, name, _, _ in
                guard let target = WorkbookPart.target(context), let name else { return }
                target.depth -= 1
                if target.fault == nil { target.reader.end(String(cString: name)) }
            },
            text: { context, bytes, count in
                guard let target = WorkbookPart.target(context), let bytes, target.fault == nil else { return }
                target.reader.text(UnsafeBufferPointer(start: bytes, count: Int(count)))
            },
            doctype: { context, _, _, _ in
                WorkbookPart.target(context)?.fault = "it has a document type declaration (DOCTYPE)"
            },
            fault: { context, error in
                guard let target = WorkbookPart.target(context), target.fault == nil, let error,
                    error.pointee.level != XML_ERR_WARNING
                else { return }
                target.fault =
                    error.pointee.message.map {
                        VisibleText.line(String(String(cString: $0).prefix(200).filter { !$0.isNewline }))
                    }
                    ?? "it is no XML"
            })
    }

    private static func target(_ context: UnsafeMutableRawPointer?) -> Target? {
        context.map { Unmanaged<Target>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Five pointers each: name, prefix, namespace, where the value begins and where it ends.
    private static func attributes(_ pointers: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, _ count: Int) -> [String:
        String]
    {
        guard let pointers, count > 0 else { return [:] }
        var attributes: [String: String] = [:]
        for index in 0..<count {
            guard let name = pointers[index * 5], let start = pointers[index * 5 + 3], let end = pointers[index * 5 + 4]
            else { continue }
            let value = String(decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self)
            let prefix = pointers[index * 5 + 1].map { String(cString: $0) + ":" } ?? ""
            attributes[prefix + String(cString: name)] = value
        }
        return attributes
    }
}

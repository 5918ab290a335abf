internal import PostboxCore

/// The text of a workbook's sheet. The parts of its container are looked up by name, as often as one is needed: their order is
/// the writer's.
final class WorkbookText: UnpackedText {
    private let file: PackedFile
    private let workbook: Workbook
    private let textMax: Int
    /// Bytes of parts that were unpacked.
    private var unpacked = 0
    private var sheet: Archive?
    private var text: [UInt8] = []
    private var given = 0
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    /// Parts before the sheet lie in memory, the shared texts aside.
    private static let partBytesMax = 64 << 20

    /// Throws `FileProblem` for what is no workbook, and `DiskError`.
    init(_ file: PackedFile, _ rule: ContainerRule, delimiter: UInt8) throws {
        self.file = file
        textMax = Wrapping.textMax(rule, packedSize: file.size)
        workbook = Workbook(sheet: rule.sheet, delimiter: delimiter)
        try checkLook()
        try checkContainer()
        while let part = try workbook.next() {
            let archive = try find(part)
            if part.isSheet {
                sheet = archive
                break
            }
            try takeAll(archive)
        }
    }

    deinit {
        room.deallocate()
    }

    func read(into bytes: UnsafeMutableRawBufferPointer) throws -> Int {
        var count = 0
        while count < bytes.count {
            if given == text.count {
                guard try refill() else { break }
                continue
            }
            let piece = text[given..<min(text.count, given + bytes.count - count)]
            piece.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).copyMemory(from: $0) }
            (count, given) = (count + piece.count, given + piece.count)
        }
        return count
    }

    /// False: the sheet is through.
    private func refill() throws -> Bool {
        (text, given) = ([], 0)
        guard let archive = sheet else { return false }
        if try take(archive) { sheet = nil }
        text = workbook.takeText()
        return true
    }

    /// Gives the next bytes of a part to the workbook; true: it was the end.
    private func take(_ archive: Archive) throws -> Bool {
        let count = try archive.read(into: room)
        unpacked += count
        guard unpacked <= textMax else { throw tooFar(textMax) }
        let isLast = count < room.count
        try workbook.take(UnsafeRawBufferPointer(rebasing: room[..<count]), isLast: isLast)
        return isLast
    }

    private func takeAll(_ archive: Archive?) throws {
        guard let archive else { return }
        let before = unpacked
        while try !take(archive) {
            // Shared texts have a bound of their own, and tags around them.
            guard unpacked - before <= Self.partBytesMax + 4 * SharedStrings.bytesMax else {
                throw tooFar(Self.partBytesMax)
            }
        }
    }

    private func tooFar(_ most: Int) -> FileProblem {
        FileProblem(
            reason: "expands_too_far",
            what: "The parts of the workbook of \(file.size) bytes unpack to more than \(most) bytes.",
            hint: "Where it is meant to be so long, raise `max_expanded` in the file's rule.")
    }

    /// The container, about to give the part's bytes; nil: it is not there and need not be.
    private func find(_ part: Workbook.Part) throws -> Archive? {
        guard !part.name.isEmpty else { return nil }
        let archive = try Archive(zip: file)
        while let member = try archive.next() {
            guard member.name.lowercased() == part.name.lowercased() else { continue }
            // Without its styles a date would be read as a number.
            guard member.isRegular else {
                throw FileProblem.damaged(
                    "The part \(VisibleText.line(part.name)) of the workbook is no regular file.",
                    hint: "Open it in Excel, and save it again.")
            }
            guard !member.isEncrypted else {
                throw FileProblem.damaged("The workbook is encrypted.", hint: "Save it without a password.")
            }
            return archive
        }
        guard part.isNeeded else { return nil }
        throw FileProblem.damaged(
            "The file is no workbook that can be read: it has no part \(VisibleText.line(part.name)).",
            hint: "Workbooks of Excel 2007 and later are read (.xlsx, .xlsm), not .xlsb and .ods: save it anew.")
    }

    /// Parts are found by name, in any case.
    private func checkContainer() throws {
        var seen: Set<String> = []
        for name in try ZipDirectory(file).names.map({ String(decoding: $0, as: UTF8.self) })
        where !seen.insert(name.lowercased()).inserted {
            throw FileProblem.damaged(
                "The workbook has the part \(VisibleText.line(name)) twice.",
                hint: "Open it in Excel, and save it again.")
        }
    }

    /// What is no container at all has better words than that.
    private func checkLook() throws {
        let got = try file.read(into: room, at: 0)
        let head = UnsafeRawBufferPointer(rebasing: room[..<got])
        guard !head.starts(with: [0x50, 0x4B]) else { return }
        throw FileLook(MappingRule(destinations: []), format: .xlsx).problem(of: head)
            ?? FileProblem.damaged(
                "The file is no workbook, although its name or its rule says so.",
                hint: "Where it is text, let its name end as text does (.csv), or correct `format` in the file's rule.")
    }
}

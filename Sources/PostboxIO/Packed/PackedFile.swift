package import PostboxCore

/// The bytes of a file that is packed. Whoever opened the descriptor closes it, after the last reading.
package struct PackedFile: Sendable {
    let descriptor: Int32
    let path: String
    /// As it was when it was opened.
    let size: Int

    package init(descriptor: Int32, path: String, size: Int) {
        self.descriptor = descriptor
        self.path = path
        self.size = size
    }

    /// Reads at a place; fewer bytes than asked for mean the end of the file. Throws `DiskError`.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        guard offset < size else { return 0 }
        let room = UnsafeMutableRawBufferPointer(rebasing: bytes[..<min(bytes.count, size - offset)])
        return try Disk.read(descriptor, into: room, at: offset, path: path)
    }

    /// So many bytes at a place, or those up to the end of the file. Throws `DiskError`.
    func bytes(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, min(count, size - offset)))
        var result: Result<Int, DiskError> = .success(0)
        bytes.withUnsafeMutableBytes { room in
            do throws(DiskError) {
                result = .success(try read(into: room, at: offset))
            } catch {
                result = .failure(error)
            }
        }
        return Array(bytes.prefix(try result.get()))
    }
}

/// Text that comes out of a packed file, from its beginning to its end.
protocol UnpackedText: AnyObject {
    /// Fills `bytes`; fewer than it has room for mean the end of the text. Throws `FileProblem` for what is wrong with the file,
    /// and `DiskError`.
    func read(into bytes: UnsafeMutableRawBufferPointer) throws -> Int
}

/// The text of a packed file, within its bounds. What is wrong with the file is told when the reading comes to it: whoever
/// reads a price file reads all of it before anything is sent.
package final class Unpacker {
    private let text: any UnpackedText
    private let textMax: Int
    private let size: Int
    private var taken = 0

    /// Throws as `read`. `wrapping` is not `none`.
    package init(_ file: PackedFile, _ wrapping: Wrapping) throws {
        guard file.size > 0 else { throw FileProblem.damaged("The packed file is empty.") }
        let container: ContainerRule
        switch wrapping {
        case .packed(.gz, let rule):
            container = rule
            text = try GzipText(file)
        case .packed(let packing, let rule):
            container = rule
            text = try ArchiveText(file, packing, member: rule.member)
        case .workbook(let rule, let delimiter):
            container = rule
            text = try WorkbookText(file, rule, delimiter: delimiter)
        case .none:
            preconditionFailure("A file that is not packed needs no unpacker.")
        }
        size = file.size
        textMax = Wrapping.textMax(container, packedSize: file.size)
    }

    /// Fills `bytes`; fewer than it has room for mean the end of the text.
    ///
    /// Throws `FileProblem` (`archive_damaged`, `archive_members`, `expands_too_far`) and `DiskError`.
    package func read(into bytes: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try text.read(into: bytes)
        taken += count
        guard taken <= textMax else {
            throw FileProblem(
                reason: "expands_too_far", what: "The file of \(size) bytes unpacks to more than \(textMax) bytes.",
                hint: "Where it is meant to be so long, raise `max_expanded` in the file's rule; "
                    + "more than 1,000 times the packed size is never read.")
        }
        return count
    }
}

extension FileProblem {
    /// A packed file is not what it should be.
    static func damaged(_ what: String, hint: String? = "Send the whole file again.") -> FileProblem {
        FileProblem(reason: "archive_damaged", what: what, hint: hint)
    }

    /// The content is not packed in the way that the name says; `head`: its first bytes.
    static func notPacked(_ packing: Packing) -> FileProblem {
        damaged(
            "The name ends in .\(packing.rawValue), but the file is not packed so.",
            hint: "Where it is plain text under that name, set `compression: none` in the file's rule; "
                + "it may also be an error page or another file.")
    }
}

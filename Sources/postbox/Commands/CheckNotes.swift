internal import Foundation
internal import PostboxCore
internal import PostboxIO

/// What `check` finds, put down instead of shown: in a file of its own for each destination, so that it may be of any length.
final class CheckNotes {
    /// What would become of the whole file at a destination, or before it has any.
    struct Whole: Equatable {
        /// Where its rows would go.
        var destinations: [String] = []
        /// Why nothing of it would be sent, or all of it be held, by destination; empty: before it has any.
        var troubles: [String: String] = [:]
    }

    private let folder: String
    private(set) var whole = Whole()
    private var fault: (any Error)?
    private var open: (destination: String, file: FileHandle, text: String)?

    /// `folder`: where it may write; it is made.
    init(in folder: String) throws(DiskError) {
        self.folder = folder
        try Disk.makeDirectory(folder)
    }

    private func path(_ destination: String) -> String {
        folder + "/" + Data(destination.utf8).map { String(format: "%02x", $0) }.joined()
    }

    /// The rows that follow would go there.
    func begin(_ destination: String) throws {
        try end()
        whole.destinations.append(destination)
        guard FileManager.default.createFile(atPath: path(destination), contents: nil),
            let file = FileHandle(forWritingAtPath: path(destination))
        else { throw DiskError(code: 5, call: "open", path: path(destination)) }
        open = (destination, file, "")
    }

    /// Why nothing of the file would be sent, or all of it be held: a word, and what it is about.
    func trouble(_ word: String) { whole.troubles[open?.destination ?? ""] = word }

    /// What keeps notes from being written is told at the end.
    func row(_ note: CheckedRow) {
        open?.text += note.written + "\n"
        guard (open?.text.utf8.count ?? 0) > 1 << 16, fault == nil else { return }
        do { try flush() } catch { fault = error }
    }

    private func flush() throws {
        guard let now = open else { return }
        try now.file.write(contentsOf: Data(now.text.utf8))
        open?.text = ""
    }

    /// No rows follow. Throws what kept notes from being written.
    func end() throws {
        if let fault { throw fault }
        try flush()
        try open?.file.close()
        open = nil
    }

    /// The rows of a destination, one after the other; none where it has none.
    func rows(at destination: String) throws -> () throws -> CheckedRow? {
        guard let file = FileHandle(forReadingAtPath: path(destination)) else { return { nil } }
        var (rest, isOver) = (Data(), false)
        return {
            while true {
                if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = String(decoding: rest[..<end], as: UTF8.self)
                    rest = rest[rest.index(after: end)...]
                    guard let note = CheckedRow(line) else {
                        throw DiskError(code: 5, call: "read", path: "what check has put down")
                    }
                    return note
                }
                guard !isOver else { return nil }
                let more = try file.read(upToCount: 1 << 16) ?? Data()
                isOver = more.isEmpty
                rest = Data(rest) + more
            }
        }
    }
}

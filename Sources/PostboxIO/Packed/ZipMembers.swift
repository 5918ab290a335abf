internal import CLibArchive
internal import PostboxCore

/// The files inside a zip. Their names are compared with a pattern and told, never used as paths.
struct ZipMembers {
    private let file: PackedFile

    init(_ file: PackedFile) {
        self.file = file
    }

    /// An archive whose next bytes are those of the one file inside, or of the one that `pattern` fits.
    ///
    /// Throws `archive_members` where there is none or several, `archive_damaged`, also for a file that is encrypted or
    /// packed by a method that is not read, `ZipDirectory`'s, and `DiskError`.
    func open(_ pattern: String?) throws -> Archive {
        _ = try ZipDirectory(file)
        let (index, archive) = (try choose(pattern), try Archive(zip: file))
        var member = try archive.next()
        for _ in 0..<index { member = try archive.next() }
        guard let member else { throw FileProblem.damaged("The zip no longer holds the file that was in it.") }
        try checkReadable(member, archive)
        return archive
    }

    /// The place of the file that is meant among all entries.
    private func choose(_ pattern: String?) throws -> Int {
        let archive = try Archive(zip: file)
        var found: [(index: Int, name: String)] = []
        var (index, files) = (0, 0)
        var names: [String] = []
        while let member = try archive.next() {
            if !member.isDirectory {
                files += 1
                if names.count < 5 { names.append(VisibleText.line(member.name)) }
                if pattern.map({ Self.fits(member.name, $0) }) ?? true { found.append((index, member.name)) }
            }
            index += 1
            if found.count > 1 { break }
        }
        guard let only = found.first, found.count == 1 else {
            throw FileProblem(
                reason: "archive_members", what: words(found.count, pattern, names),
                hint: found.isEmpty && pattern == nil
                    ? "Nothing can be read of it."
                    : "Set `member` in the file's rule to a pattern that fits one of them.")
        }
        return only.index
    }

    private func words(_ found: Int, _ pattern: String?, _ names: [String]) -> String {
        if names.isEmpty { return "The zip holds no file." }
        let list = names.joined(separator: ", ")
        guard let pattern else { return "The zip holds more than one file: \(list) …" }
        return found == 0
            ? "No file in the zip fits `member: \(pattern)`: \(list)"
            : "More than one file in the zip fits `member: \(pattern)`: \(list) …"
    }

    /// A pattern with a slash is one for the whole name, else for what is behind the last one. As in a shell, `*` does not stand
    /// for hidden files, which some packers add (`__MACOSX/._eod.csv`).
    private static func fits(_ name: String, _ pattern: String) -> Bool {
        if pattern.contains("/") { return fileName(name, matches: pattern) }
        let last = name.split(separator: "/").last.map(String.init) ?? name
        guard !last.hasPrefix(".") || pattern.hasPrefix(".") else { return false }
        return fileName(last, matches: pattern)
    }

    private func checkReadable(_ member: Archive.Member, _ archive: Archive) throws(FileProblem) {
        let name = VisibleText.line(member.name)
        guard member.isRegular else {
            throw FileProblem(reason: "archive_members", what: "\(name) in the zip is no regular file.")
        }
        guard !member.isEncrypted else {
            throw FileProblem.damaged(
                "\(name) in the zip is encrypted.", hint: "Pack it without a password: Postbox has none for it.")
        }
        // Others of its methods may want any amount of memory.
        let method = archive_format_name(archive.archive).map { String(cString: $0) } ?? ""
        guard method.contains("(deflation)") || method.contains("(uncompressed)") else {
            throw FileProblem.damaged(
                "\(name) in the zip is packed by a method that is not read (\(VisibleText.line(method))).",
                hint: "Pack it with `deflate`, the usual one.")
        }
    }
}

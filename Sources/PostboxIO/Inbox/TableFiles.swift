internal import Glibc
package import PostboxCore

/// The files of tables: those that the configuration names, and the copies that are kept of them in `state/tables`, each under the
/// SHA-256 of its bytes. A copy is whole and durable as soon as it has its name.
package struct TableFiles: Sendable {
    private let copies: KeptCopies

    package init(state: String) { copies = KeptCopies(folder: state + "/tables") }

    /// Which table had which bytes when it was last read: one line each, the SHA-256, a blank and the name.
    private var listPath: String { copies.folder + "/last" }

    // MARK: - What the configuration names

    /// How a table's file lies there; a link is followed.
    package func look(at path: String) -> TableBook.Look {
        do throws(DiskError) {
            guard let status = try Disk.target(path) else { return .nothing("there is no file \(path)") }
            guard status.isRegular else { return .nothing("\(path) is no regular file") }
            return .file(TableBook.Stamp(status))
        } catch {
            return .nothing("\(path) cannot be looked at: \(error.words)")
        }
    }

    /// What came of reading a file, with the table where it is a new one.
    package struct Read: Sendable {
        package var reading: TableBook.Reading
        package var copy: TableCopy?
        package var table: LookupTable?
    }

    /// Reads a table's file and keeps a copy of it.
    /// - Parameters:
    ///   - columns: Those that are taken.
    ///   - known: SHA-256 of the bytes that are in force, which are not read again.
    package func read(_ rule: TableRule, columns: [String], unless known: String?) -> Read {
        do {
            return try readAndKeep(rule, columns, unless: known)
        } catch let error as DiskError {
            return Read(reading: .failed("\(error)"))
        } catch is SourceFile.Changed {
            return Read(reading: .changed)
        } catch {
            return Read(reading: .failed("a fault of Postbox itself"))
        }
    }

    private func readAndKeep(_ rule: TableRule, _ columns: [String], unless known: String?) throws -> Read {
        let source = try Self.source(rule.path)
        let stamp = TableBook.Stamp(source.status)
        let digests = try source.readAll { _, _ in }
        if digests.sha256 == known { return Read(reading: .same(stamp)) }
        let copy = TableCopy(rule, sha256: digests.sha256)
        let table: LookupTable
        do {
            table = try copies.keep(digests.sha256) { write in
                try Self.table(source, digests, copy, columns, write)
            }
        } catch let fault as TableFault {
            return Read(reading: .broken(stamp, "\(rule.path), \(fault.text)"))
        }
        return Read(
            reading: .read(stamp, rows: table.count, sha256: digests.sha256), copy: copy, table: table)
    }

    /// The table in a file as it lies there, for who only looks whether it is right. Throws `TableFault`, `DiskError` and
    /// `SourceFile.Changed`.
    package static func table(_ rule: TableRule, columns: [String]) throws -> LookupTable {
        guard try Disk.target(rule.path) != nil else { throw TableFault("there is no such file") }
        let source = try source(rule.path)
        guard source.status.isRegular else { throw TableFault("it is no regular file") }
        let digests = try source.readAll { _, _ in }
        return try table(source, digests, TableCopy(rule, sha256: digests.sha256), columns) { _ in }
    }

    // MARK: - What is kept

    /// Where the copy of a table of that hash lies, or would.
    package func path(_ sha256: String) -> String { copies.path(sha256) }

    /// A table as it was. Throws `TableFault` when its copy is no longer what it was, and `DiskError`.
    package func table(_ copy: TableCopy, columns: [String]) throws -> LookupTable {
        let path = copies.path(copy.sha256)
        guard try Disk.exists(path) else { throw TableFault("its copy \(path) is gone: put it back") }
        let source = try SourceFile(path: path)
        let digests = try source.readAll { _, _ in }
        guard digests.sha256 == copy.sha256 else {
            throw TableFault("its copy \(path) holds other bytes than it did: put the right ones back")
        }
        return try Self.table(source, digests, copy, columns) { _ in }
    }

    /// SHA-256 of the bytes that each table had when it was last read, by name. Throws `DiskError`.
    package func last() throws(DiskError) -> [String: String] {
        guard try Disk.exists(listPath) else { return [:] }
        var last: [String: String] = [:]
        for line in String(decoding: try Disk.contents(listPath), as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { last[String(parts[1])] = String(parts[0]) }
        }
        return last
    }

    /// Writes down which bytes each table has, as `last` gives them. Throws `DiskError`.
    package func keep(last: [String: String]) throws(DiskError) {
        let text = last.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)\n" }.joined()
        try FileMover().write(Array(text.utf8), to: listPath + ".part", mode: 0o600)
        try Disk.rename(listPath + ".part", listPath)
        try Disk.syncDirectory(copies.folder)
    }

    /// Removes copies that nobody needs. `needed`: SHA-256 of the others. Throws `DiskError`.
    package func remove(besides needed: Set<String>) throws(DiskError) {
        try copies.remove(besides: needed)
    }

    // MARK: - Reading

    private static func source(_ path: String) throws(DiskError) -> SourceFile {
        guard let resolved = realpath(path, nil) else { throw DiskError(code: errno, call: "realpath", path: path) }
        defer { free(resolved) }
        return try SourceFile(path: String(cString: resolved))
    }

    private static func table(
        _ source: SourceFile, _ digests: SourceFile.Digests, _ copy: TableCopy, _ columns: [String],
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> LookupTable {
        var reader = LookupTableReader(key: copy.key, columns: columns, delimiter: copy.delimiter)
        let reading = try SecondReading(source, digests)
        while let (bytes, isLast) = try reading.next() {
            try body(bytes)
            try reader.take(bytes, isLast: isLast)
        }
        return reader.finish(sha256: copy.sha256)
    }
}

extension TableBook.Stamp {
    fileprivate init(_ status: Disk.Status) {
        self.init(
            inode: status.inode, size: status.size, modifiedAt: status.modifiedAt, changedAt: status.changedAt)
    }
}

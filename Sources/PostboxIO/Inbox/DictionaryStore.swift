package import PostboxCore

/// A dictionary in memory, and which bytes it was read from.
package struct LoadedDictionary: Sendable, Equatable {
    package var dictionary: FieldDictionary
    package var copy: DictionaryCopy

    package static func == (one: LoadedDictionary, other: LoadedDictionary) -> Bool { one.copy == other.copy }
}

/// The files of dictionaries: those that the configuration names, and the copies that are kept of them in `state/dictionaries`.
package struct DictionaryStore: Sendable {
    private let copies: KeptCopies

    package init(state: String) { copies = KeptCopies(folder: state + "/dictionaries") }

    // MARK: - What the configuration names

    /// Reads both files. Throws `DictionaryFault`.
    package static func read(_ files: DictionaryFiles) throws(DictionaryFault) -> LoadedDictionary {
        let fields = try contents(files, .fields)
        let enums = try contents(files, .enums)
        let dictionary = try DictionaryReader.read(fields: fields, enums: enums)
        return LoadedDictionary(
            dictionary: dictionary,
            copy: DictionaryCopy(
                fields: SHA256Text.of(fields), enums: SHA256Text.of(enums), versions: dictionary.versions))
    }

    private static func contents(
        _ files: DictionaryFiles, _ part: DictionaryPart
    ) throws(DictionaryFault) -> [UInt8] {
        let path = files.path(of: part)
        let status: Disk.Status?
        let bytes: [UInt8]
        do throws(DiskError) {
            status = try Disk.target(path)
            // Nobody knows how long what is no regular file would be waited for.
            let isReadable = status.map { $0.isRegular && $0.size <= DictionaryReader.bytesMax } ?? false
            bytes = isReadable ? try Disk.contents(path) : []
        } catch {
            throw DictionaryFault(part, "it cannot be read: \(error.words)")
        }
        guard let status else { throw DictionaryFault(part, "there is no such file") }
        guard status.isRegular else { throw DictionaryFault(part, "it is no regular file") }
        guard status.size <= DictionaryReader.bytesMax else {
            throw DictionaryFault(
                part, "it is longer than \(DictionaryReader.bytesMax >> 20) MB, which no dictionary is")
        }
        return bytes
    }

    // MARK: - What is kept

    /// Where the copy of a file of that hash lies, or would.
    package func path(_ sha256: String) -> String { copies.path(sha256) }

    /// Keeps copies of both files, which still have to hold what was read of them. Throws `DictionaryFault` and `DiskError`.
    package func keep(_ copy: DictionaryCopy, of files: DictionaryFiles) throws {
        for part in DictionaryPart.allCases {
            let sha256 = copy.sha256(of: part)
            guard try !Disk.exists(copies.path(sha256)) else { continue }
            let bytes = try Self.contents(files, part)
            guard SHA256Text.of(bytes) == sha256 else {
                throw DictionaryFault(part, "it was changed while it was read: try again")
            }
            try copies.keep(sha256) { write in try bytes.withUnsafeBytes { try write($0) } }
        }
    }

    /// A dictionary as it was. Throws `DictionaryFault` when a copy is no longer what it was, and `DiskError`.
    package func dictionary(_ copy: DictionaryCopy) throws -> FieldDictionary {
        func contents(_ part: DictionaryPart) throws -> [UInt8] {
            let path = copies.path(copy.sha256(of: part))
            guard try Disk.exists(path) else {
                throw DictionaryFault(part, "the copy \(path) is gone: put it back")
            }
            let bytes = try Disk.contents(path)
            guard SHA256Text.of(bytes) == copy.sha256(of: part) else {
                throw DictionaryFault(part, "the copy \(path) holds other bytes than it did: put the right ones back")
            }
            return bytes
        }
        return try DictionaryReader.read(fields: contents(.fields), enums: contents(.enums))
    }

    /// Removes copies that nobody needs. `needed`: SHA-256 of the others. Throws `DiskError`.
    package func remove(besides needed: Set<String>) throws(DiskError) { try copies.remove(besides: needed) }
}

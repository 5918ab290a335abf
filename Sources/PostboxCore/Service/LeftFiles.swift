internal import Glibc

/// A file that could not be moved out of the inbox.
package struct ImmovableFile: Sendable, Equatable {
    package var name: String
    /// errno.
    package var code: Int32
    /// The fault in words.
    package var words: String
    /// The change time of its inode: whatever is done about the file changes it. Nanoseconds since 1970; nil: not known.
    package var changedAt: Int64?

    package init(_ name: String, code: Int32, words: String, changedAt: Int64?) {
        self.name = name
        self.code = code
        self.words = words
        self.changedAt = changedAt
    }
}

/// Files that stay in the inbox although nothing holds them up: they cannot be moved, or their names cannot be used.
package struct LeftFiles: Sendable {
    /// Files that are named one by one.
    static let namedMax = 100

    /// A file that could not be moved, and when that is tried again.
    private struct Immovable: Sendable {
        var code: Int32
        var changedAt: Int64?
        var tries: Int
        var next: Int64
    }

    private var immovable: [String: Immovable] = [:]
    /// Names that cannot be taken as they are: too long, or no UTF-8.
    private var unusable: Set<String> = []

    package init() {}

    /// Whether some name cannot be used.
    package var hasUnusable: Bool { !unusable.isEmpty }

    /// It could not be moved. It is told once, and again when that has changed.
    package mutating func cannotMove(_ file: ImmovableFile, at now: Int64) -> Told? {
        let known = immovable[file.name].flatMap { $0.code == file.code && $0.changedAt == file.changedAt ? $0 : nil }
        let tries = (known?.tries ?? 0) + 1
        // A minute, then twice as long each time, up to an hour: each try costs a number.
        let pause = min(Int64(60_000_000_000) << min(tries - 1, 6), 3_600_000_000_000)
        immovable[file.name] = Immovable(
            code: file.code, changedAt: file.changedAt, tries: tries, next: now + pause)
        guard known == nil, immovable.count <= Self.namedMax else { return nil }
        return .alert(
            Alert(
                event: .claimFault,
                message:
                    "\(file.name) cannot be moved out of the inbox and is left there: \(file.words)\(Self.advice(file.code)); other files go on",
                facts: ["file": file.name, "errno": "\(file.code)", "left": "\(immovable.count)"]))
    }

    private static func advice(_ code: Int32) -> String {
        switch code {
        case EPERM, EACCES:
            " (it may belong to somebody else in a folder with the sticky bit, or be marked immutable: change its owner or the folder)"
        case EBUSY, EXDEV: " (it may be a mount of its own: copy it into the inbox instead)"
        default: ""
        }
    }

    /// It was taken after all.
    package mutating func taken(_ name: String) { immovable[name] = nil }

    /// Those that are tried again now. `isThere`: whether the file still lies in the inbox; what is gone is forgotten.
    package mutating func due(at now: Int64, isThere: (String) -> Bool) -> [String] {
        immovable = immovable.filter { isThere($0.key) }
        return immovable.filter { now >= $0.value.next }.map(\.key)
    }

    /// A new listing begins: names that cannot be used are found again.
    package mutating func beginListing() { unusable = [] }

    /// A name that is too long.
    package mutating func isTooLong(_ name: String) { unusable.insert(name) }

    /// A name that is no UTF-8. False: there are too many to tell of each.
    package mutating func isUnreadable(_ name: String) -> Bool {
        unusable.insert(name)
        return unusable.count <= Self.namedMax
    }
}

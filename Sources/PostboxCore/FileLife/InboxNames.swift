/// What a name in the inbox stands for by the rules: a price file, or something that goes with one.
///
/// A companion is known by its name alone, also before its price file came: it is never taken as a price file itself.
package struct InboxNames: Sendable {
    /// Behind a price file's name: its companion with a digest.
    package static let checksumSuffix = ".sha256"

    /// A price file, and what has to be there before it is taken.
    package struct PriceFile: Sendable, Equatable {
        /// Its marker's suffix, where its rule has one.
        package var markerSuffix: String?
        /// False for rejects, which are whole without.
        package var needsMarker = false
        package var needsChecksum = false
        /// The rule whose files are taken in the order of their names; nil: by arrival.
        package var orderedRule: Int?
        /// Higher goes first.
        package var priority = 0
        /// No rule is for it and its ending is no price file's: it may be about to get its real name.
        package var isUnmatched = false

        package init() {}
    }

    package enum Role: Sendable, Equatable {
        case price(PriceFile)
        /// The marker or the checksum of the file of that name.
        case companion(of: String)
    }

    private let rules: [MappingRule]
    private let ignored: [String]
    private let suffixes: [String]

    /// `rules`: those of the configuration; empty: the plain mapping. `ignored`: patterns of names that are never taken.
    package init(rules: [MappingRule], ignored: [String] = []) {
        self.rules = rules
        self.ignored = ignored
        suffixes = Set(rules.compactMap(\.readySuffix)).sorted()
    }

    /// Whether a name is never taken: by its look, or because the configuration says so.
    package func isIgnored(_ name: String) -> Bool {
        FileNames.isIgnored(name) || ignored.contains { fileName(name, matches: $0) }
    }

    package func role(of name: String) -> Role {
        if let owner = owner(of: name) { return .companion(of: owner) }
        return .price(priceFile(name))
    }

    /// As `role(of:)` for a name that is a price file's.
    package func priceFile(_ name: String) -> PriceFile {
        var file = PriceFile()
        let isRejects = RejectsName(name) != nil
        let original = RejectsName.root(of: name)
        guard let at = rules.firstIndex(where: { $0.matches(original) }) else {
            file.isUnmatched = !isRejects && PriceFileFormat(fileName: name) == nil
            return file
        }
        let rule = rules[at]
        file.markerSuffix = rule.readySuffix
        file.needsMarker = rule.readySuffix != nil && !isRejects
        file.needsChecksum = rule.checksum != nil && !isRejects
        file.orderedRule = rule.order == .name ? at : nil
        file.priority = rule.priority ?? 0
        return file
    }

    /// Names that go with a price file: those that must stand beside it, and those that may.
    package func companions(of name: String) -> (needed: [String], possible: [String]) {
        let file = priceFile(name)
        let checksum = name + Self.checksumSuffix
        let marker = file.markerSuffix.map { name + $0 }
        return (
            needed: (file.needsMarker ? marker.map { [$0] } ?? [] : []) + (file.needsChecksum ? [checksum] : []),
            possible: (marker.map { [$0] } ?? []) + [checksum]
        )
    }

    private func owner(of name: String) -> String? {
        for suffix in suffixes + [Self.checksumSuffix] {
            guard name.hasSuffix(suffix), name.utf8.count > suffix.utf8.count else { continue }
            let owner = String(name.dropLast(suffix.count))
            let original = RejectsName.root(of: owner)
            if rules.isEmpty {
                if PriceFileFormat(fileName: original) != nil { return owner }
            } else if let rule = rules.first(where: { $0.matches(original) }),
                suffix == Self.checksumSuffix || suffix == rule.readySuffix
            {
                return owner
            }
        }
        return nil
    }
}

extension RowMapper {
    /// What stands against a file whose rows have these columns and no others; nil: every column that the rule, or the plain
    /// mapping, cannot do without is among them.
    ///
    /// A field that was renamed upstream would otherwise be blanked in every Refresh.
    ///
    /// - Parameters:
    ///   - unread: columns that only rows have which are no data.
    ///   - broken: columns that only rows have which cannot be read: the file has them, but what they mean is the matter of these rows.
    ///   - usedUp: columns that lines have and no row any more, as `unpivot` made rows of them.
    ///   - mayHide: lines that cannot be read may name others, so that of fields none is missing.
    ///   - members: names of what the rows have, where the columns are but those that the rule names; empty: the columns are all.
    package mutating func missingColumn(
        among columns: [Column], besides unread: Set<Int> = [], broken: Set<Int> = [], usedUp: Set<Int> = [],
        mayHide: Bool = false, members: [String] = []
    ) -> FileProblem? {
        plan.extend(to: columns, areHeader: columnsAreFixed)
        let doubtful = unread.union(broken).union(usedUp)
        if let two = plan.ambiguous(besides: unread.union(broken), usedUp: usedUp) {
            return FileProblem(
                reason: "ambiguous_column",
                what: "The file has the columns \(two.map { shown(Array($0.utf8).span) }.joined(separator: " and ")), "
                    + "and the rule takes one of them without saying which.",
                hint: "Name the right one alone in the rule.")
        }
        let missing = plan.missing(besides: unread, usedUp: usedUp).filter {
            mayHide ? !$0.use.hasPrefix(Self.fieldUse) : !mayLackColumns || $0.use == "the RIC"
        }
        guard let first = missing.first else { return unknownField(among: columns, besides: doubtful) }
        let most = MemberNames.most
        let others = missing.dropFirst().prefix(most).map { shown(Array($0.name.utf8).span) }
        let unseen = MappingPlan.isOfLines(first.use) ? unread : unread.union(usedUp)
        let hidden = Set(columns.indices.filter { unseen.contains($0) }.map { columns[$0].name })
        let known =
            members.isEmpty
            ? columns.indices.filter { !unseen.contains($0) }.map { columns[$0].name }
                .filter { !DerivedColumn.isName($0) }
            : members.filter { !hidden.contains($0) }
        let names = known.prefix(most).map { shown(Array($0.utf8).span) }.joined(separator: ", ")
        let delimiterHint = columnsAreFixed ? delimiterHint(columns: columns, delimiter: delimiter) : nil
        let spelling = columnsAreFixed ? "the header's spelling" : "how the rows spell it (upper and lower case differ)"
        let isField = first.use.hasPrefix(Self.fieldUse)
        return FileProblem(
            reason: "unknown_column",
            what: "No row has the column \(shown(Array(first.name.utf8).span)), which \(first.use) "
                + (first.use.hasPrefix("`") ? "needs" : "comes from")
                + (others.isEmpty ? "" : "; nor \(others.joined(separator: ", "))")
                + ". \(members.isEmpty ? "The file has" : "The rows have"): \(names.isEmpty ? "no column" : names)"
                + "\(known.count > most ? ", …" : "").",
            hint: delimiterHint
                ?? "Check \(spelling), or the rule."
                + (isField ? " Where files may lack the column, write `optional: true` at the field." : ""))
    }

    /// How the use of a column begins that a field takes.
    private static let fieldUse = "the field "

    private func unknownField(among columns: [Column], besides unread: Set<Int>) -> FileProblem? {
        let unknown = plan.unknownFields(among: columns, besides: unread)
        guard let first = unknown.first else { return nil }
        let others = unknown.dropFirst().prefix(20).map { shown(Array($0.utf8).span) }
        let nearest = plan.wordsOfNearestField(to: first)
        return FileProblem(
            reason: "unknown_field",
            what: "The column \(shown(Array(first.utf8).span)) is no field of the dictionary\(nearest)"
                + (others.isEmpty
                    ? "." : ". Nor \(Plural.word(others.count, "is", "are")) \(others.joined(separator: ", "))."),
            hint: "Give the column the field's name, or name the wanted columns in a rule's fields.")
    }
}

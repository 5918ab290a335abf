/// What is known of earlier files of a rule, for checks that compare a file with them. A file was good when it ended `done` or
/// `partial`.
package struct RulePast: Sendable, Equatable {
    /// What the last good file looked like.
    package enum Layout: Sendable, Equatable {
        /// There was none, or the rule does not ask.
        case none
        case known(SeenLayout, file: String, drop: Int)
        /// It was kept and cannot be read: why.
        case unreadable(String)
    }

    /// An earlier good file, as the ledger has it.
    package struct File: Sendable, Equatable {
        package var drop: Int
        package var name: String
        /// Rows of data, also those that did not count.
        package var rows: Int
        /// When it was claimed, microseconds since 1970.
        package var claimedAt: Int64

        package init(drop: Int, name: String, rows: Int, claimedAt: Int64) {
            self.drop = drop
            self.name = name
            self.rows = rows
            self.claimedAt = claimedAt
        }
    }

    package var layout = Layout.none
    /// The last good files, the newest first; `filesMax` at most.
    package var files: [File] = []

    /// So many earlier files are looked through for one of a day of the same kind: enough for a file every hour over a long week-end.
    package static let filesMax = 100

    package init() {}

    /// The last good file of a day of the same kind as that of a time: a business day, or one of a week-end.
    ///
    /// - Parameter time: Microseconds since 1970.
    func file(ofDayLike time: Int64, in zone: TimeZoneRules, _ calendar: BusinessCalendar) -> File? {
        func isBusinessDay(_ time: Int64) -> Bool {
            calendar.isBusinessDay(BusinessCalendar.today(at: time, in: zone))
        }
        let wanted = isBusinessDay(time)
        return files.first { isBusinessDay($0.claimedAt) == wanted }
    }
}

extension MappingRule {
    /// It compares a file's look with that of the last good one.
    package var checksLayout: Bool { checks?.contains { $0.kind == .layout } == true }

    /// It compares a file's rows with those of an earlier one.
    package var comparesRows: Bool {
        checks?.contains { if case .rowsAgainstLast = $0.kind { true } else { false } } == true
    }
}

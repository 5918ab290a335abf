/// What checks say to one row: here a finding becomes what the rule wants of it. Whatever looks at rows brings its findings here.
struct RowJudgement {
    /// Somebody released the row: what would hold it warns.
    private let isReleased: Bool
    private var rejection: RowProblem?
    private var holds: [RowHold] = []
    private var warnings: [RowProblem] = []

    /// Nothing is said so far.
    init(isReleased: Bool) { self.isReleased = isReleased }

    var isRejected: Bool { rejection != nil }

    /// No check can be made of the row.
    mutating func reject(_ problem: RowProblem) {
        if rejection == nil { rejection = problem } else { rejection?.add(problem) }
    }

    /// A check failed, and this is what its rule says about that.
    mutating func take(_ finding: RowHold, _ action: CheckRule.Action) {
        switch action {
        case .reject: reject(finding.problem)
        case .hold where !isReleased: if !holds.contains(finding) { holds.append(finding) }
        // Two checks of a field may lack the same value.
        case .hold, .warn: if !warnings.contains(finding.problem) { warnings.append(finding.problem) }
        }
    }

    /// Notes it with the row of that index: a rejected one loses its fields, and only one that goes has warnings.
    func note(with index: Int, of posts: inout PostBatch) {
        let row = posts.rows[index].row
        if let rejection {
            posts.rows[index].problem = posts.problems.count
            posts.rows[index].fieldsLength = 0
            posts.problems.append(rejection)
            if !posts.warnings.isEmpty { posts.warnings[row] = nil }
        } else if !holds.isEmpty {
            posts.holds[row] = holds
            if !posts.warnings.isEmpty { posts.warnings[row] = nil }
        } else if !warnings.isEmpty {
            posts.warnings[row, default: []] += warnings
        }
    }
}

/// What every group measures with.
struct Desk {
    let sizes: Sizes
    /// Runs of which the median counts.
    let runs: Int
    let scratch: Scratch
    /// nil: not asked for.
    let yardsticks: Yardsticks?
    let postbox: String

    init(sizes: Sizes, runs: Int, scratch: Scratch, yardsticks: Yardsticks?) throws {
        self.sizes = sizes
        self.runs = runs
        self.scratch = scratch
        self.yardsticks = yardsticks
        postbox = try Scratch.postbox()
    }
}

/// Every size, in proportion to the rows of the large file.
struct Sizes {
    /// Of the large file.
    let rows: Int
    let isLong: Bool

    /// Files that hold a row each.
    var files: Int { max(2, rows / 100) }

    /// Browsers that follow what happens: 200 for a million rows.
    var followers: Int { max(2, min(200, rows / 5000)) }

    /// Rows whose growth is looked at.
    var growing: [Int] { [rows / 100, rows / 10, rows] + (isLong ? [rows * 10] : []) }

    /// Bytes of the files whose memory is looked at: 10 MB and 100 MB for a million rows.
    var bytes: [Int] { [rows * 10, rows * 100] + (isLong ? [rows * 1000] : []) }
}

/// Something cannot be measured.
struct BenchError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

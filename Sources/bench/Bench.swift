internal import ArgumentParser
internal import CLinux
internal import Foundation

/// Measures Postbox as it was built: the program from outside, its parts from inside.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures what Postbox costs, as tables.",
        discussion: """
            Wants a release build of postbox beside itself:

                swift build -c release && .build/release/bench

            Every server runs on this machine and takes its share of it. Compare only figures of one run, and trust CPU time \
            more than time on the wall.
            """)

    @Argument(help: "What to measure: \(Group.allCases.map(\.rawValue).joined(separator: ", ")), or all.")
    var groups: [GroupChoice] = [.all]

    @Option(help: "Runs of which the median counts.")
    var runs = 5

    @Option(help: "Rows of the large file; every other size is in proportion to it.")
    var rows = 1_000_000

    @Flag(help: "Sizes ten times as large as well.")
    var long = false

    @Flag(help: "Other clients, and delayed answers, against the server among the yardsticks as well.")
    var extra = false

    @Option(help: ArgumentHelp("Where the yardsticks lie.", valueName: "folder"), completion: .directory)
    var yardsticks = "../shared/bench"

    @Option(help: ArgumentHelp("Put the tables into this Markdown file.", valueName: "file"), completion: .file())
    var markdown: String?

    @Option(
        help: ArgumentHelp(
            "Where spools are made: on the disk to be measured. Default: beside the program.", valueName: "folder"),
        completion: .directory)
    var directory: String?

    func validate() throws {
        guard runs > 0, rows >= 100 else { throw ValidationError("--runs wants at least 1, --rows at least 100.") }
    }

    func run() throws {
        // As the program does: what is measured inside has its memory, too.
        _ = postbox_keep_freed()
        let scratch = try Scratch(in: directory)
        defer { scratch.remove() }
        let desk = try Desk(
            sizes: Sizes(rows: rows, isLong: long), runs: runs, scratch: scratch,
            yardsticks: extra ? Yardsticks(from: yardsticks, scratch: scratch) : nil)
        var report = Report(runs: runs, markdown: markdown)
        let chosen = groups.contains(.all) ? Group.allCases : Group.allCases.filter { groups.contains(.one($0)) }
        for group in chosen {
            try report.begin(group)
            try group.measure(desk) { report.show($0) }
            try report.end()
        }
    }
}

/// What belongs together, in the order of measuring: what runs inside this process comes last, because a child's peak memory is
/// never reported below the peak of the process that started it.
enum Group: String, CaseIterable {
    case endToEnd = "end-to-end"
    case growth
    case smallFiles = "small-files"
    case latency
    case memory
    case idle
    case last
    case desk
    case audit
    case mapping
    case readers
    case parts

    /// A heading for people.
    var title: String {
        switch self {
        case .endToEnd: "End to end"
        case .growth: "Growth"
        case .smallFiles: "Many small files"
        case .latency: "Latency"
        case .memory: "Memory"
        case .idle: "Idle"
        case .desk: "The desk"
        case .last: "Last accepted values"
        case .audit: "Audit"
        case .mapping: "Mapping"
        case .readers: "Readers alone"
        case .parts: "Parts alone"
        }
    }

    /// Measures it and hands every table to `show` as soon as it is there.
    func measure(_ desk: Desk, _ show: (Table) -> Void) throws {
        switch self {
        case .endToEnd: try EndToEnd(desk: desk).measure(show)
        case .growth: try Growth(desk: desk).measure(show)
        case .smallFiles: try SmallFiles(desk: desk).measure(show)
        case .latency: try Latency(desk: desk).measure(show)
        case .memory: try Memory(desk: desk).measure(show)
        case .idle: try Idle(desk: desk).measure(show)
        case .desk: try DeskLoad(desk: desk).measure(show)
        case .last: try LastCosts(desk: desk).measure(show)
        case .audit: try Audit(desk: desk).measure(show)
        case .mapping: try Mapping(desk: desk).measure(show)
        case .readers: try Readers(desk: desk).measure(show)
        case .parts: try Parts(desk: desk).measure(show)
        }
    }
}

/// A group's word on the command line.
enum GroupChoice: ExpressibleByArgument, Equatable {
    case all
    case one(Group)

    init?(argument: String) {
        if argument == "all" {
            self = .all
        } else if let group = Group(rawValue: argument) {
            self = .one(group)
        } else {
            return nil
        }
    }
}

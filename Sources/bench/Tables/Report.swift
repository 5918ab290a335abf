internal import Foundation

/// Prints tables as they come, and puts each group's into its place in a Markdown file.
struct Report {
    private let runs: Int
    private let markdown: String?
    /// Of the start: writing the page is no change that was measured.
    private let commit = Machine.commit
    private var group: Group?
    private var text = ""

    init(runs: Int, markdown: String?) {
        self.runs = runs
        self.markdown = markdown
    }

    mutating func begin(_ group: Group) throws {
        self.group = group
        text = ""
        say("### \(group.title)\n\n\(Machine.line(commit: commit, runs: runs))\n")
    }

    mutating func show(_ table: Table) {
        say("\n" + table.markdown)
    }

    mutating func end() throws {
        print()
        guard let markdown, let group else { return }
        let file = URL(fileURLWithPath: markdown)
        let old = FileManager.default.fileExists(atPath: markdown) ? try String(contentsOf: file, encoding: .utf8) : ""
        try Data(Self.placed(text, of: group, in: old).utf8).write(to: file, options: .atomic)
    }

    private mutating func say(_ part: String) {
        print(part, terminator: "")
        fflush(nil)
        text += part
    }

    /// The page with the group's figures between their two marks, or at its end when it has none.
    static func placed(_ text: String, of group: Group, in page: String) -> String {
        let start = "<!-- bench \(group.rawValue) -->\n"
        let end = "<!-- end of bench \(group.rawValue) -->\n"
        if let from = page.range(of: start), let to = page.range(of: end), from.upperBound <= to.lowerBound {
            return page[..<from.upperBound] + "\n" + text + "\n" + page[to.lowerBound...]
        }
        let gap = page.isEmpty || page.hasSuffix("\n\n") ? "" : "\n"
        return page + gap + start + "\n" + text + "\n" + end
    }
}

/// Where and when the figures were measured.
enum Machine {
    static func line(commit: String, runs: Int) -> String {
        let cores = ProcessInfo.processInfo.processorCount
        let load = String(format: "%.2f", load)
        return
            "\(date), commit \(commit), \(build) build, \(cores) cores\(model), load \(load) before; medians of \(runs)."
    }

    private static var date: String {
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withFullDate]
        return format.string(from: Date())
    }

    private static var build: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }

    private static var model: String {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = info.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { " (" + $0.trimmingCharacters(in: .whitespaces) + ")" } ?? ""
    }

    /// Processes that ran or wanted to, over the last minute.
    private static var load: Double {
        var loads = [0.0, 0, 0]
        return getloadavg(&loads, 3) > 0 ? loads[0] : 0
    }

    /// Of the working folder.
    static var commit: String {
        guard let commit = git(["rev-parse", "--short=10", "HEAD"]), !commit.isEmpty else { return "unknown" }
        let isChanged = git(["status", "--porcelain", "--untracked-files=no"]) != ""
        return commit + (isChanged ? " and changes" : "")
    }

    private static func git(_ arguments: [String]) -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

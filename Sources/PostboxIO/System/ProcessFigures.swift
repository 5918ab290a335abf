internal import Glibc
package import PostboxCore

/// What the kernel tells of this process.
package enum ProcessFigures {
    /// The kernel's tables did not read as they should.
    package struct Unreadable: Error {}

    /// As they are now (proc(5), getrlimit(2)). Throws `DiskError` or `Unreadable` where they cannot be read.
    package static func now() throws -> Metrics.Process {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        // The name in brackets may hold anything; what follows it are numbers.
        let stat = String(decoding: try Disk.contents("/proc/self/stat", atMost: 4096), as: UTF8.self)
        let words = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ").dropFirst().map(
            String.init)
        let boot = String(decoding: try Disk.contents("/proc/stat", atMost: 1 << 22), as: UTF8.self)
            .split(separator: "\n").first { $0.hasPrefix("btime ") }?.split(separator: " ").last.flatMap { Double($0) }
        // Counted from the third word of the table: utime 14, stime 15, starttime 22, vsize 23, rss 24.
        guard words.count > 21, let user = Double(words[11]), let system = Double(words[12]),
            let start = Double(words[19]), let size = Int(words[20]), let pages = Int(words[21]), let boot
        else { throw Unreadable() }
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { throw Unreadable() }
        return Metrics.Process(
            cpuSeconds: (user + system) / ticks, residentMemory: pages * Int(sysconf(Int32(_SC_PAGESIZE))),
            virtualMemory: size, openDescriptors: try Disk.names(in: "/proc/self/fd").names.count,
            mostDescriptors: Int(min(limit.rlim_cur, rlim_t(Int.max))), startedAt: boot + start / ticks)
    }
}

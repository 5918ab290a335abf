internal import Foundation

/// What a running process has used so far.
struct Usage {
    /// User and system together, of all its threads, those that ended too.
    private let cpu: Double
    /// How often each thread went to sleep.
    private let sleeps: [String: Int]

    init(of pid: pid_t) {
        var clock = clockid_t()
        cpu = clock_getcpuclockid(pid, &clock) == 0 ? Self.seconds(clock) : 0
        var sleeps: [String: Int] = [:]
        let tasks = "/proc/\(pid)/task"
        for task in (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? [] {
            let status = (try? String(contentsOfFile: "\(tasks)/\(task)/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
            sleeps[task] = line?.split(separator: "\t").last.flatMap { Int($0) } ?? 0
        }
        self.sleeps = sleeps
    }

    /// What this process holds in memory now, in bytes.
    static var residentBytes: Int {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
            .split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return (pages ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// CPU seconds used since then.
    func cpuSeconds(since before: Usage) -> Double { cpu - before.cpu }

    /// How often a thread that lives now went to sleep since then.
    func sleeps(since before: Usage) -> Int {
        sleeps.reduce(0) { $0 + $1.value - (before.sleeps[$1.key] ?? 0) }
    }

    /// CPU seconds of this thread.
    static func ownThread() -> Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

internal import Foundation

/// What a running process has used so far.
struct Usage {
    /// User and system together, of all its threads.
    var cpuSeconds = 0.0
    /// How often a thread of it went to sleep.
    var sleeps = 0

    init(of pid: pid_t) {
        let tasks = "/proc/\(pid)/task"
        for task in (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? [] {
            let schedule = (try? String(contentsOfFile: "\(tasks)/\(task)/schedstat", encoding: .utf8)) ?? ""
            cpuSeconds += Double(schedule.split(separator: " ").first ?? "0").map { $0 / 1e9 } ?? 0
            let status = (try? String(contentsOfFile: "\(tasks)/\(task)/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
            sleeps += line?.split(separator: "\t").last.flatMap { Int($0) } ?? 0
        }
    }

    /// CPU seconds of this thread.
    static func ownThread() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

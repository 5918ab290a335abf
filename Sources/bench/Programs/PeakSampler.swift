internal import Foundation
internal import Synchronization

/// Looks at a program's peak memory while it runs, for programs that may need less than this one: what the kernel tells at
/// their end is never below this process's own peak.
final class PeakSampler: Sendable {
    private let peak = Mutex(0)
    private let pid: pid_t
    private let queue = DispatchQueue(label: "peak")

    init(of pid: pid_t) {
        self.pid = pid
        schedule()
    }

    /// - Parameter told: what the kernel told at the program's end, in bytes.
    /// - Returns: that where it says something, else what was seen, in bytes.
    func peak(orAtLeast told: Int) -> Int {
        var own = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own)
        let seen = peak.withLock { $0 }
        return seen == 0 || told > own.ru_maxrss * 1024 ? told : seen
    }

    private func schedule() {
        queue.asyncAfter(deadline: .now() + .milliseconds(10)) { [weak self] in
            guard let self, look() else { return }
            schedule()
        }
    }

    /// False: the program has ended.
    private func look() -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { return false }
        peak.withLock { $0 = max($0, kilobytes * 1024) }
        return true
    }
}

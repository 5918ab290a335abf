internal import Foundation

/// A program that runs beside this one, its output in files. What it cost is known when it has ended.
final class Child {
    /// How it ended, and what it used from its start to its end.
    struct End {
        var exitCode: Int32
        var seconds: Double
        /// User and system together, of it and of the children it waited for.
        var cpuSeconds: Double
        /// Its most memory at once, in bytes. The kernel never says less than this process's own peak at the child's start.
        var peakBytes: Int
    }

    let pid: pid_t
    /// Microseconds since 1970.
    let startedAt: Int
    private let start: ContinuousClock.Instant
    private let files: String
    private var hasEnded = false

    /// - Parameters:
    ///   - files: path of its output without an extension: `.out` and `.err` are added.
    ///   - environment: added to this process's own.
    init(_ program: String, _ arguments: [String], files: String, environment: [String: String] = [:]) throws {
        self.files = files
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, files + ".out", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, files + ".err", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        let own = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        var child: pid_t = 0
        startedAt = Self.wall()
        start = .now
        let code = Self.withCStrings([program] + arguments) { argv in
            Self.withCStrings(own.map { "\($0)=\($1)" }) { posix_spawnp(&child, program, &actions, nil, argv, $0) }
        }
        guard code == 0 else { throw BenchError("\(program) does not start: \(String(cString: strerror(code)))") }
        pid = child
        Ending.started(child)
    }

    deinit {
        if !hasEnded { kill(pid, SIGKILL) }
        _ = try? wait(seconds: 10)
    }

    /// What it has printed so far.
    var output: String { (try? String(contentsOfFile: files + ".out", encoding: .utf8)) ?? "" }

    /// What it has printed on standard error so far.
    var errors: String { (try? String(contentsOfFile: files + ".err", encoding: .utf8)) ?? "" }

    /// Waits for its end; after so many seconds it is killed.
    @discardableResult
    func wait(seconds limit: Int = 1800) throws -> End {
        guard !hasEnded else { throw BenchError("process \(pid) has ended before") }
        let pid = pid
        let watchdog = DispatchWorkItem { kill(pid, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(limit), execute: watchdog)
        defer { watchdog.cancel() }
        var status: Int32 = 0
        var usage = rusage()
        while wait4(pid, &status, 0, &usage) < 0 {
            guard errno == EINTR else { throw BenchError("process \(pid) cannot be waited for: errno \(errno)") }
        }
        let elapsed = ContinuousClock.now - start
        hasEnded = true
        Ending.ended(pid)
        return End(
            exitCode: status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f),
            seconds: elapsed.seconds,
            cpuSeconds: usage.ru_utime.seconds + usage.ru_stime.seconds, peakBytes: usage.ru_maxrss * 1024)
    }

    /// Asks it to stop, and waits.
    @discardableResult
    func stop() throws -> End {
        kill(pid, SIGTERM)
        return try wait(seconds: 60)
    }

    /// Looks again every few milliseconds until `condition` holds. Throws when it does not in time, or when the program ends.
    func wait(until what: String, seconds limit: Int = 60, _ condition: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(limit)
        while try !condition() {
            guard ContinuousClock.now < end, !isOver else {
                throw BenchError("not within \(limit) s, or ended before: \(what)\n\(output)\(errors)")
            }
            usleep(2000)
        }
    }

    /// Whether it has ended; it can still be waited for.
    var isOver: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == SIGCHLD
    }

    /// Microseconds since 1970.
    static func wall() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { (list + index).initialize(to: strdup(text)) }
        (list + texts.count).initialize(to: nil)
        defer {
            for index in texts.indices { free(list[index]) }
            list.deallocate()
        }
        return body(list)
    }
}

extension timeval {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

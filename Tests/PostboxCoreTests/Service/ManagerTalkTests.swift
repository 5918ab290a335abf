import PostboxCore
import TestSupport
import Testing

@Suite("What a service manager is told", .computing)
struct ManagerTalkTests {
    private static let second: Int64 = 1_000_000_000

    private static func talk(_ more: [String: String] = [:]) throws -> ManagerTalk {
        try #require(
            ManagerTalk(environment: ["NOTIFY_SOCKET": "/run/n"].merging(more) { $1 }, process: 42))
    }

    private static let idle = ServiceStanding(filesInWork: 0, loggedIn: 0, destinations: 2)
    private static let busy = ServiceStanding(filesInWork: 1, loggedIn: 2, destinations: 2)

    @Test("Without NOTIFY_SOCKET there is nobody to tell")
    func nobody() {
        #expect(ManagerTalk(environment: [:], process: 1) == nil)
        #expect(ManagerTalk(environment: ["NOTIFY_SOCKET": "", "WATCHDOG_USEC": "1000"], process: 1) == nil)
    }

    @Test("A socket is a path, a name of the abstract namespace, or something that is not spoken")
    func addresses() {
        #expect(DatagramAddress("/run/systemd/notify") == .path("/run/systemd/notify"))
        #expect(DatagramAddress("@/org/x") == .abstract("/org/x"))
        for text in ["@", "vsock:2:1234", "relative"] { #expect(DatagramAddress(text) == .unknown(text)) }
    }

    @Test("Nothing is told before the start; then that it is ready, which process it is and how it stands, once")
    func ready() throws {
        var talk = try Self.talk()
        #expect(talk.message(Self.idle, at: 0) == nil && talk.nextDeadline == nil)
        talk.started(at: 5)
        #expect(
            talk.message(Self.idle, at: 5)
                == "READY=1\nMAINPID=42\nSTATUS=0 files in work, 0 of 2 destinations logged in")
        talk.sent(true, at: 5)
        #expect(talk.message(Self.idle, at: 100 * Self.second) == nil && talk.nextDeadline == nil)
    }

    @Test(
        "A reload is told with its time, and that it is over; a message that did not go is not made good when it is over"
    )
    func reload() throws {
        var talk = try Self.talk()
        talk.started(at: 0)
        _ = talk.message(Self.idle, at: 0)
        talk.sent(true, at: 0)
        talk.reloading(at: 7_000_500)
        #expect(talk.nextDeadline == 0)
        #expect(talk.message(Self.idle, at: 7_000_600) == "RELOADING=1\nMONOTONIC_USEC=7000")
        talk.sent(true, at: 7_000_600)
        #expect(talk.message(Self.idle, at: 7_000_700) == nil)
        talk.reloaded()
        #expect(talk.message(Self.idle, at: 7_000_800) == "READY=1\nMAINPID=42")
        talk.sent(true, at: 7_000_800)
        #expect(talk.nextDeadline == nil)
        talk.reloading(at: 8_000_000)
        _ = talk.message(Self.idle, at: 8_000_000)
        talk.sent(false, at: 8_000_000)
        talk.reloaded()
        #expect(talk.message(Self.idle, at: 8_000_000 + Self.second) == "READY=1\nMAINPID=42")
    }

    @Test("How it stands is told when it changes, once a second at most; what changed in between is told then")
    func status() throws {
        var talk = try Self.talk()
        talk.started(at: 0)
        _ = talk.message(Self.idle, at: 0)
        talk.sent(true, at: 0)
        #expect(talk.message(Self.busy, at: 10) == nil)
        #expect(talk.nextDeadline == Self.second)
        #expect(
            talk.message(Self.busy, at: Self.second) == "STATUS=1 file in work, 2 of 2 destinations logged in")
        talk.sent(true, at: Self.second)
        // There and back within a second: nothing to tell.
        #expect(talk.message(Self.idle, at: Self.second + 1) == nil)
        #expect(talk.message(Self.busy, at: Self.second + 2) == nil && talk.nextDeadline == nil)
    }

    @Test("Signs of life come at half of the time that the manager bears, as long as somebody asks for them")
    func life() throws {
        var talk = try Self.talk(["WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "42"])
        #expect(talk.message(Self.idle, at: 0) == nil)
        talk.started(at: 0)
        #expect(talk.message(Self.idle, at: 0)?.hasSuffix("\nWATCHDOG=1") == true)
        talk.sent(true, at: 0)
        #expect(talk.nextDeadline == 2 * Self.second)
        #expect(talk.message(Self.idle, at: 2 * Self.second - 1) == nil)
        #expect(talk.message(Self.idle, at: 2 * Self.second) == "WATCHDOG=1")
        talk.sent(true, at: 2 * Self.second)
        #expect(talk.nextDeadline == 4 * Self.second)
    }

    @Test(
        "No sign of life goes to a manager that wants none, or wants it of another process",
        arguments: [
            [:], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "x"], ["WATCHDOG_USEC": "-5"],
            ["WATCHDOG_USEC": "9000000000000000000"], ["WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "43"],
        ])
    func noLife(_ environment: [String: String]) throws {
        var talk = try Self.talk(environment)
        talk.started(at: 0)
        #expect(talk.message(Self.idle, at: 0)?.contains("WATCHDOG") == false)
        talk.sent(true, at: 0)
        #expect(talk.nextDeadline == nil)
    }

    @Test("A stop is told at once and once, with the time that it may take")
    func stopping() throws {
        var talk = try Self.talk()
        talk.started(at: 0)
        _ = talk.message(Self.busy, at: 0)
        talk.sent(true, at: 0)
        var standing = Self.busy
        standing.isStopping = true
        standing.held = 3
        talk.stopping(within: .seconds(50))
        #expect(
            talk.message(standing, at: 1) == """
                STOPPING=1
                EXTEND_TIMEOUT_USEC=50000000
                STATUS=stopping: 1 file in work, 2 of 2 destinations logged in, 3 held for release
                """)
        talk.sent(true, at: 1)
        talk.stopping(within: .seconds(50))
        #expect(talk.message(standing, at: 10 * Self.second) == nil)
    }

    @Test("What the manager does not take goes again a second later, all of it")
    func again() throws {
        var talk = try Self.talk(["WATCHDOG_USEC": "1000000"])
        talk.started(at: 0)
        let first = talk.message(Self.idle, at: 0)
        talk.sent(false, at: 0)
        #expect(talk.nextDeadline == Self.second)
        #expect(talk.message(Self.idle, at: Self.second - 1) == nil)
        #expect(talk.message(Self.idle, at: Self.second) == first)
        talk.sent(true, at: Self.second)
        #expect(talk.nextDeadline == Self.second + Self.second / 2)
    }
}

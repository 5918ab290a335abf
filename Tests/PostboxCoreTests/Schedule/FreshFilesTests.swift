import PostboxCore
import Testing

@Suite("What is known of files since the ledger was read")
struct FreshFilesTests {
    private static func file(_ drop: Int, _ place: ScheduledFile.Place, rule: String = "eod_*") -> ScheduledFile {
        ScheduledFile(drop: drop, name: "\(drop).csv", rule: rule, at: 5, place: place)
    }

    private static func board(
        work: [ScheduledFile] = [], finished: [ScheduledFile] = [], held: [HeldDrop] = []
    ) -> StatusBoard {
        let files = work.map { own -> StatusBoard.File in
            var file = StatusBoard.File(drop: own.drop ?? 0, name: own.name, destinations: [], state: .reading)
            file.scheduled = own
            file.secondsLeft = 7
            return file
        }
        var board = StatusBoard(
            service: .init(version: "1", spool: "/s", configSHA256: "ab", startedAt: 0), lanes: [], files: files,
            filesInAll: files.count, waiting: [], waitingInAll: 0, isInboxHeld: false)
        board.finished = finished.map {
            FinishedDrop(drop: $0.drop ?? 0, name: $0.name, verdict: .partial, at: 9, scheduled: $0)
        }
        board.held = held
        return board
    }

    private static func over(
        _ board: StatusBoard, _ read: [ScheduledFile] = [], last: Int = 3
    ) -> [ScheduledFile] {
        let known = Dictionary(read.map { ($0.drop ?? 0, $0) }, uniquingKeysWith: { one, _ in one })
        return FreshFiles(board, rules: ["eod_*"]).over(known, after: last).sorted { $0.name < $1.name }
    }

    @Test("A file that was claimed since is in work, with the time that it takes; one of another rule is not counted")
    func claimed() {
        let work = [Self.file(4, .work(secondsLeft: nil)), Self.file(5, .work(secondsLeft: nil), rule: "fx_*")]
        #expect(Self.over(Self.board(work: work)) == [Self.file(4, .work(secondsLeft: 7))])
    }

    @Test("A file that ended since has ended, also while it is still among those in work")
    func ended() {
        let work = Self.file(4, .work(secondsLeft: nil))
        let ended = Self.file(4, .ended(.partial))
        #expect(Self.over(Self.board(work: [work], finished: [ended])) == [ended])
        #expect(Self.over(Self.board(finished: [ended]), [work], last: 4) == [ended])
    }

    @Test("What the ledger has as ended, or does not have any more as it is done, stays so")
    func known() {
        var closed = Self.file(2, .ended(.partial))
        closed.isClosed = true
        let board = Self.board(
            work: [Self.file(2, .work(secondsLeft: nil))], finished: [Self.file(1, .ended(.done))])
        #expect(Self.over(board, [closed]) == [closed])
    }

    @Test("What is held as a whole is held; rows that are held are no file of their own")
    func held() {
        func drop(_ number: Int, original: Int? = nil) -> HeldDrop {
            HeldDrop(
                drop: number, name: "\(number).csv", original: original, rule: "eod_*", why: "w", rows: 1, since: 5,
                until: 9)
        }
        let board = Self.board(held: [drop(4), drop(5, original: 2)])
        #expect(Self.over(board) == [Self.file(4, .held)])
        #expect(Self.over(board, [Self.file(4, .work(secondsLeft: nil))], last: 4) == [Self.file(4, .held)])
    }

    @Test("A rule is not done while its newest file is in work or ended badly, whenever the ledger was read")
    func line() {
        let midnight: Int64 = 20784 * DayText.microseconds
        let book = ScheduleBook([RuleSchedule(rule: "eod_*", by: 17 * 60)])
        func state(_ board: StatusBoard) -> ScheduleBook.Line {
            var done = Self.file(1, .ended(.done))
            done.at = midnight
            return book.lines([done] + Self.over(board), at: midnight + 10 * 3_600_000_000)[0]
        }
        func new(_ place: ScheduledFile.Place) -> ScheduledFile {
            var file = Self.file(4, place)
            file.at = midnight + 1
            return file
        }
        #expect(state(Self.board()).state == .done)
        let work = state(Self.board(work: [new(.work(secondsLeft: nil))]))
        #expect(work.state == .inWork && work.arrived == 2 && work.done == 1)
        let partial = state(Self.board(finished: [new(.ended(.partial))]))
        #expect(partial.state == .open && partial.done == 1 && partial.why == "4.csv (drop 4) ended partial")
    }
}

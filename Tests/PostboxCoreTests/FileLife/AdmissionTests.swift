import PostboxCore
import Testing

/// One way through the admission: an earlier run's leavings, what was found out, and what becomes of the file.
private struct Way: Sendable, CustomTestStringConvertible {
    var name: String
    var past: Admission.Past
    var rule = MappingRule(match: "*", destinations: ["cache"])
    var givenUp: FileTrouble?
    var finding: Admission.Finding
    /// nil: nothing stands against it.
    var end: Admission.End?

    var testDescription: String { name }

    init(
        _ name: String, _ past: Admission.Past, givenUp: FileTrouble? = nil, rule: MappingRule? = nil,
        _ finding: Admission.Finding, _ end: Admission.End?
    ) {
        self.name = name
        self.past = past
        self.givenUp = givenUp
        self.finding = finding
        self.end = end
        if let rule { self.rule = rule }
    }
}

private let cancelled = FileTrouble(.cancelled, "cancelled by eve at noon")
private let noRule = FileTrouble(Reason("no_rule"), "no rule is for x.csv")
private let crashed = FileTrouble(.crashed, "its contribution was begun 3 times and brought the program down each time")
private let mismatch = FileProblem(reason: "checksum_mismatch", what: "x.csv.sha256 says 1, the file's SHA-256 is 2")
private let miscounted = FileProblem(
    reason: "trailer_count", line: 4, what: "the trailer counts 9 rows", hint: "cut off")
private let mismatched = FileTrouble(Reason("checksum_mismatch"), mismatch.what)
private let otherBytes = FileTrouble(.changedWhileRead, "the file holds other bytes than when it was first read")
private let noRows = FileTrouble(
    Reason("no_rows"), "the file has no rows (a rule that says `no_rows: ok` takes such a file as done)")

private let going = Admission.Past.posting(starts: 0, size: 100, sha256: "aa")
private let empty = Admission.Past.posting(starts: 0, size: 0, sha256: "aa")

/// Every past of a drop that is not settled and of which nothing was sent.
private let fresh: [Admission.Past] = [
    .new, .claimed(starts: 0), .claimed(starts: 2), .adopted(starts: 0), .adopted(starts: 2),
]
/// Those of one that goes on.
private let begun: [Admission.Past] = [going, .posting(starts: 3, size: 100, sha256: "aa")]

private func opened(
    isRegular: Bool = true, hasFormat: Bool = true, hasDestinations: Bool = true
) -> Admission.Finding {
    .opened(isRegular: isRegular, hasFormat: hasFormat, hasDestinations: hasDestinations)
}

private func read(
    size: Int = 100, sha256: String = "aa", rows: Int = 10, rejected: Int = 0, control: FileProblem? = nil,
    damage: FileProblem? = nil
) -> Admission.Finding {
    .read(.init(size: size, sha256: sha256, rows: rows, rejected: rejected, control: control), damage: damage)
}

private func refused(_ reason: Reason, _ text: String, withRows: Bool = false) -> Admission.End {
    .refuse(FileTrouble(reason, text), withRows: withRows)
}

private func rule(most: RowLimit? = nil, noRows: NoRowsRule? = nil) -> MappingRule {
    MappingRule(match: "*", destinations: ["cache"], maxRejected: most, noRows: noRows)
}

@Suite("Whether a claimed file is posted")
struct AdmissionTests {
    private static func end(_ way: Way) -> Admission.End? {
        Admission(name: "x.csv", past: way.past, rule: way.rule).end(way.finding, givenUp: way.givenUp)
    }

    // MARK: - One finding after the other

    private static let claims =
        fresh.flatMap { past in
            [
                Way("no rule: \(past)", past, .claim(refusal: noRule), .refuse(noRule, withRows: false)),
                Way("a rule: \(past)", past, .claim(refusal: nil), nil),
                // What cannot be read at all is said to be that, whatever the desk wants.
                Way("cancelled: \(past)", past, givenUp: cancelled, .claim(refusal: nil), nil),
            ]
        } + begun.map { Way("goes on: \($0)", $0, .claim(refusal: nil), nil) } + [
            Way("settled", .settled, .claim(refusal: nil), .moveOn),
            Way("settled goes before no rule", .settled, .claim(refusal: noRule), .moveOn),
            Way("settled goes before cancelled", .settled, givenUp: cancelled, .claim(refusal: nil), .moveOn),
        ]

    @Test("What is settled moves on, what no rule is for is refused, all else is opened", arguments: claims)
    private func claim(way: Way) {
        #expect(Self.end(way) == way.end)
    }

    private static let openings: [Way] = {
        let special = refused(.notAFile, "x.csv is no regular file")
        let formless = refused(
            .unknownFormat, "the name's ending tells no format: csv, json, jsonl, ndjson, xml, xlsx or xlsm")
        var ways: [Way] = []
        for past in fresh + begun {
            ways += [
                Way("a pipe: \(past)", past, opened(isRegular: false), special),
                Way("no format: \(past)", past, opened(hasFormat: false), formless),
                Way("a pipe goes before no format: \(past)", past, opened(isRegular: false, hasFormat: false), special),
                Way("a file: \(past)", past, opened(), nil),
                Way("a destination is gone: \(past)", past, opened(hasDestinations: false), nil),
                Way("cancelled, to be read: \(past)", past, givenUp: cancelled, opened(), nil),
            ]
        }
        for past in fresh {
            ways.append(
                Way(
                    "cancelled, a destination is gone, its rows get lines: \(past)", past, givenUp: cancelled,
                    opened(hasDestinations: false), nil))
        }
        for past in begun {
            ways.append(
                Way(
                    "cancelled, a destination is gone, it went on: \(past)", past, givenUp: cancelled,
                    opened(hasDestinations: false), .endBare(cancelled, isThere: true)))
        }
        for past in [Admission.Past.claimed(starts: 3), .claimed(starts: 4), .adopted(starts: 3)] {
            ways += [
                Way("crashed: \(past)", past, opened(), .refuse(crashed, withRows: false)),
                Way(
                    "crashed goes before cancelled: \(past)", past, givenUp: cancelled, opened(),
                    .refuse(crashed, withRows: false)),
                Way("no format goes before crashed: \(past)", past, opened(hasFormat: false), formless),
                Way("a pipe goes before crashed: \(past)", past, opened(isRegular: false), special),
            ]
        }
        return ways
    }()

    @Test(
        "What is no file, tells no format or brought the program down three times is refused before it is read",
        arguments: openings)
    private func opening(way: Way) {
        #expect(Self.end(way) == way.end)
    }

    private static let readings: [Way] = {
        let tooMany = refused(.tooManyRejected, "3 of 10 rows are rejected, more than the rule allows", withRows: true)
        let trailer = FileTrouble(Reason("trailer_count"), "line 4: the trailer counts 9 rows (cut off)")
        var ways: [Way] = []
        for past in fresh {
            ways += [
                Way("nothing stands against it: \(past)", past, read(), nil),
                Way("damaged: \(past)", past, read(damage: mismatch), .refuse(mismatched, withRows: true)),
                Way("its trailer: \(past)", past, read(control: miscounted), .refuse(trailer, withRows: true)),
                Way(
                    "damage goes before the trailer: \(past)", past, read(control: miscounted, damage: mismatch),
                    .refuse(mismatched, withRows: true)),
                Way(
                    "the trailer goes before no rows: \(past)", past, read(rows: 0, control: miscounted),
                    .refuse(trailer, withRows: true)),
                Way("no rows: \(past)", past, read(rows: 0), .refuse(noRows, withRows: false)),
                Way("no rows, as it may: \(past)", past, rule: rule(noRows: .ok), read(rows: 0), .closeEmpty),
                Way(
                    "no rows go before cancelled: \(past)", past, givenUp: cancelled, read(rows: 0),
                    .refuse(noRows, withRows: false)),
                Way(
                    "no rows, as it may, go before cancelled: \(past)", past, givenUp: cancelled,
                    rule: rule(noRows: .ok), read(rows: 0), .closeEmpty),
                Way("cancelled: \(past)", past, givenUp: cancelled, read(), .refuse(cancelled, withRows: true)),
                Way(
                    "damage goes before cancelled: \(past)", past, givenUp: cancelled, read(damage: mismatch),
                    .refuse(mismatched, withRows: true)),
                Way("too many rejected: \(past)", past, rule: rule(most: .rows(2)), read(rejected: 3), tooMany),
                Way("as many as may be: \(past)", past, rule: rule(most: .rows(3)), read(rejected: 3), nil),
                Way("any number rejected: \(past)", past, read(rejected: 10), nil),
                Way(
                    "cancelled goes before too many rejected: \(past)", past, givenUp: cancelled,
                    rule: rule(most: .rows(2)), read(rejected: 3), .refuse(cancelled, withRows: true)),
                // Another file's size and digest say nothing of a drop that was never read.
                Way("any bytes: \(past)", past, read(size: 7, sha256: "bb"), nil),
            ]
        }
        for past in begun {
            ways += [
                Way("goes on: \(past)", past, read(), nil),
                Way("goes on although cancelled: \(past)", past, givenUp: cancelled, read(), nil),
                Way(
                    "goes on with what was judged before: \(past)", past, read(control: miscounted, damage: mismatch),
                    nil),
                Way("goes on with rejected rows: \(past)", past, rule: rule(most: .rows(0)), read(rejected: 3), nil),
                Way("longer: \(past)", past, read(size: 101), .endBare(otherBytes, isThere: false)),
                Way("other bytes: \(past)", past, read(sha256: "ab"), .endBare(otherBytes, isThere: false)),
                Way(
                    "other bytes go before no rows: \(past)", past, read(sha256: "ab", rows: 0),
                    .endBare(otherBytes, isThere: false)),
                Way(
                    "other bytes go before cancelled: \(past)", past, givenUp: cancelled, read(sha256: "ab"),
                    .endBare(otherBytes, isThere: false)),
            ]
        }
        ways += [
            Way("goes on without rows", empty, read(size: 0, rows: 0), .refuse(noRows, withRows: false)),
            Way(
                "goes on without rows, as it may", empty, rule: rule(noRows: .ok), read(size: 0, rows: 0), .closeEmpty),
        ]
        return ways
    }()

    @Test(
        "What was read is held against its checksum, trailer and rule, what goes on against what it was",
        arguments: readings)
    private func reading(way: Way) {
        #expect(Self.end(way) == way.end)
    }

    private static let others: [Way] = {
        let gone = refused(
            .resultsMissing,
            "the results of 2 newer files (b.csv the first) are no longer where Postbox put them, so that nobody can tell "
                + "which of these rows are older than what was accepted since; put the results back, or drop the rows under "
                + "another name to post them as new", withRows: true)
        let again = refused(.duplicate, "the same file was contributed before, as drop 5", withRows: true)
        var ways: [Way] = []
        for past in fresh {
            ways += [
                Way("results are gone: \(past)", past, .newerResults(missing: ["b.csv", "c.csv"]), gone),
                Way("all results are there: \(past)", past, .newerResults(missing: []), nil),
                Way("a repetition: \(past)", past, .repetition(of: 5, .reject), again),
                Way("a repetition that is told of: \(past)", past, .repetition(of: 5, .warn), nil),
                Way("a repetition that is as any other: \(past)", past, .repetition(of: 5, .process), nil),
            ]
        }
        for past in begun {
            ways += [
                Way("goes on, results are gone: \(past)", past, .newerResults(missing: ["b.csv"]), nil),
                Way("goes on, a repetition: \(past)", past, .repetition(of: 5, .reject), nil),
            ]
        }
        return ways
    }()

    @Test(
        "Results that are gone refuse a correction, an earlier drop refuses a file that says the same, but not what goes on",
        arguments: others)
    private func other(way: Way) {
        #expect(Self.end(way) == way.end)
    }

    // MARK: - What cannot be read

    private static let bad = FileProblem(
        reason: "unclosed_quote", line: 3, column: 7, what: "a quote is open", hint: "close it")

    @Test(
        "A file that nothing was sent of is refused when it cannot be read, and damage on its way is the reason",
        arguments: fresh)
    private func unread(past: Admission.Past) {
        let admission = Admission(name: "x.csv", past: past, rule: rule())
        #expect(
            admission.end(at: .cannotOpen(directory: "work/7", why: "open: no such file"))
                == refused(.unreadable, "open: no such file"))
        #expect(
            admission.end(at: .unreadable(Self.bad, damage: nil))
                == refused(Reason("unclosed_quote"), "line 3, column 7: a quote is open (close it)"))
        #expect(admission.end(at: .unreadable(Self.bad, damage: mismatch)) == .refuse(mismatched, withRows: false))
        #expect(
            admission.end(at: .changed("it grew")) == refused(.changedWhileRead, "it grew"))
    }

    @Test("A file that rows were sent of ends by their numbers when it can no longer be read", arguments: begun)
    private func unreadAgain(past: Admission.Past) {
        let admission = Admission(name: "x.csv", past: past, rule: rule())
        func bare(_ reason: Reason, _ text: String) -> Admission.End {
            .endBare(FileTrouble(reason, text), isThere: false)
        }
        #expect(
            admission.end(at: .cannotOpen(directory: "work/7", why: "open: no such file"))
                == bare(.fileMissing, "the file is gone from work/7"))
        for damage in [nil, mismatch] {
            #expect(
                admission.end(at: .unreadable(Self.bad, damage: damage))
                    == bare(.changedWhileRead, "line 3, column 7: a quote is open (close it)"))
        }
        #expect(admission.end(at: .changed("it grew")) == bare(.changedWhileRead, "it grew"))
    }

    // MARK: - What is asked, and what goes on

    @Test("A checksum is missed where the rule wants one, but not of a file that the ledger lost")
    private func checksums() {
        let wanted = MappingRule(match: "*", destinations: ["cache"], checksum: .sha256)
        for past in fresh {
            let isAdopted = if case .adopted = past { true } else { false }
            #expect(Admission(name: "x.csv", past: past, rule: wanted).needsChecksum == !isAdopted)
            #expect(!Admission(name: "x.csv", past: past, rule: rule()).needsChecksum)
        }
    }

    @Test("Only what rows may have been sent of goes on")
    private func goesOn() {
        for past in fresh + [.settled] { #expect(!Admission(name: "x.csv", past: past, rule: rule()).goesOn) }
        for past in begun { #expect(Admission(name: "x.csv", past: past, rule: rule()).goesOn) }
    }

    @Test("What crashed while it was sent is set aside for that, whatever the desk said; else for what the desk said")
    private func setAside() {
        func why(_ past: Admission.Past, _ givenUp: FileTrouble?) -> FileTrouble? {
            Admission(name: "x.csv", past: past, rule: rule()).setAside(givenUp: givenUp)
        }
        for past in [Admission.Past.new, .claimed(starts: 2), .posting(starts: 2, size: 100, sha256: "aa")] {
            #expect(why(past, nil) == nil)
            #expect(why(past, cancelled) == cancelled)
        }
        for givenUp in [nil, cancelled] {
            #expect(why(.posting(starts: 3, size: 100, sha256: "aa"), givenUp) == crashed)
        }
    }
}

@Suite("How long a file's rows may be sent")
struct AgeLimitTests {
    private let second: Int64 = 1_000_000

    @Test("A rule without max_age lets a file be of any age")
    func none() {
        #expect(AgeLimit(rule(), arrivedAt: 0) == nil)
    }

    @Test("The time runs from the file's arrival, and its last moment is too late")
    func left() throws {
        let limit = try #require(
            AgeLimit(MappingRule(destinations: ["cache"], maxAge: .seconds(60)), arrivedAt: 100 * second))
        #expect(limit.left(at: 100 * second) == .seconds(60))
        #expect(limit.left(at: 159 * second) == .seconds(1))
        #expect(limit.left(at: 160 * second - 1) == .microseconds(1))
        #expect(limit.left(at: 160 * second) == nil)
        #expect(limit.left(at: 999 * second) == nil)
        // A clock that was put back gives it no more than a later arrival would.
        #expect(limit.left(at: 90 * second) == .seconds(70))
    }

    @Test("What the rule's checks say against the file is judged last, and of a file that goes on no more")
    func implausible() {
        let problem = FileProblem(reason: "too_few_rows", what: "The file has 3 rows that count.")
        func end(_ past: Admission.Past, rejected: Int = 0, most: RowLimit? = nil) -> Admission.End? {
            let reading = Admission.Reading(
                size: 100, sha256: "aa", rows: 10, rejected: rejected, control: nil, implausible: problem)
            return Admission(name: "x.csv", past: past, rule: rule(most: most)).end(
                .read(reading, damage: nil), givenUp: nil)
        }
        #expect(end(.new) == .refuse(FileTrouble(problem), withRows: true))
        #expect(end(.claimed(starts: 1)) == .refuse(FileTrouble(problem), withRows: true))
        #expect(end(going) == nil)
        guard case .refuse(let why, _)? = end(.new, rejected: 2, most: .rows(1)) else {
            Issue.record("it is not refused")
            return
        }
        #expect(why.reason == .tooManyRejected)
    }
}

import Foundation
import PostboxCore
import PostboxIO
import Synchronization
import TestSupport
import Testing

/// `POSTBOX_LAST_KILLS` sets how many kills there are in all, `POSTBOX_LAST_SEED` repeats a run.
@Suite("The store of last accepted values", .computing)
struct LastValuesStoreTests {
    private let folder: TemporaryFolder
    private var store: String { folder.path("last") }

    init() throws {
        folder = try TemporaryFolder()
    }

    private struct Killed: Error {}

    /// Ends an application at its next step of that number.
    private final class Killer: Sendable {
        private let left = Mutex<Int?>(nil)

        func arm(_ step: Int?) { left.withLock { $0 = step } }

        func reach() throws {
            try left.withLock { left in
                guard let number = left else { return }
                left = number - 1
                if number <= 0 { throw Killed() }
            }
        }
    }

    // MARK: - Against the model

    @Test("Killed at any step, with drops that close in any order, it holds what the model holds")
    func kills() async throws {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["POSTBOX_LAST_KILLS"].flatMap(Int.init) ?? 40
        var seed = environment["POSTBOX_LAST_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 1...1_000_000_000)
        var kills = 0
        var mostRuns = 0
        while kills < wanted {
            print("last values: POSTBOX_LAST_SEED=\(seed)")
            let round = try await series(seed, kills: min(40, wanted - kills))
            kills += round.kills
            mostRuns = max(mostRuns, round.runs)
            seed &+= 1
        }
        #expect(kills >= wanted)
        #expect(mostRuns > 1, "runs were never left unmerged: nothing was looked up in an older one")
    }

    private func series(_ seed: UInt64, kills wanted: Int) async throws -> (kills: Int, runs: Int) {
        let place = store + "-\(seed)"
        var world = LastWorld(seed: seed)
        var model = LastModel()
        let killer = Killer()
        func opened() async throws -> LastValuesStore {
            let store = LastValuesStore(folder: place, rowMemory: 4000) { _ in try killer.reach() }
            _ = try await store.open()
            return store
        }
        var store = try await opened()
        var waiting: [LastModel.Drop] = []
        var kills = 0
        var runs = 0
        while kills < wanted {
            for _ in 0...world.random.number(3) { waiting.append(world.drop()) }
            let batch = waiting.filter { _ in world.random.number(4) > 0 }
            guard !batch.isEmpty else { continue }
            let isKilled = world.random.number(2) == 0
            killer.arm(isKilled ? world.random.number(LastValuesStore.Step.allCases.count) : nil)
            var closed: [LastValuesStore.Closed] = []
            for drop in batch {
                let text = world.result(of: drop)
                let path = try folder.write(text, to: "\(seed)-\(drop.place.drop).csv")
                closed.append(LastValuesStore.Closed(drop.place, result: try AppliedResult(path: path)))
            }
            do {
                #expect(try await store.apply(closed).isEmpty)
            } catch is Killed {
                kills += 1
                killer.arm(nil)
                try tear(place, &world)
                store = try await opened()
            }
            killer.arm(nil)
            let applied = await store.applied
            let held = batch.filter { applied.contains($0.place.drop) }
            #expect(held.isEmpty || held.count == batch.count, "seed \(seed): half of a batch was applied")
            model.apply(held)
            waiting.removeAll { applied.contains($0.place.drop) }
            try await compare(store, model, world, "seed \(seed), after \(kills) kills")
            runs = max(runs, await store.size.runs)
        }
        try FileManager.default.removeItem(atPath: place)
        return (kills, runs)
    }

    /// What no manifest names may be there in part.
    private func tear(_ place: String, _ world: inout LastWorld) throws {
        let manifest = (try? String(contentsOfFile: place + "/manifest", encoding: .utf8)) ?? ""
        for name in try FileManager.default.contentsOfDirectory(atPath: place) where name != "manifest" {
            let number = name.split(separator: ".").first.map(String.init) ?? ""
            if name.hasSuffix(".run"), manifest.contains("\nrun \(number) ") { continue }
            guard world.random.number(2) == 0 else { continue }
            let bytes = try Data(contentsOf: URL(fileURLWithPath: place + "/" + name))
            try bytes.prefix(world.random.number(bytes.count + 1)).write(to: URL(fileURLWithPath: place + "/" + name))
        }
    }

    private func compare(
        _ store: LastValuesStore, _ model: LastModel, _ world: LastWorld, withRuns: Bool = true, _ when: String
    ) async throws {
        let view = await store.view()
        try compareTogether(await store.answers(), view, world.keys, when)
        for key in world.keys {
            let found = try find(view, key)
            let known = model.values(key)
            #expect((found == nil) == (known == nil), "\(when): \(key)")
            guard let found, let known else { continue }
            var values = Dictionary(uniqueKeysWithValues: found.fields.map { ($0.field, $0) })
            #expect(values.count == found.fields.count)
            var wanted = known
            if !withRuns {
                for name in values.keys { values[name]?.run = 0 }
                for name in wanted.keys { wanted[name]?.run = 0 }
            }
            #expect(values == wanted, "\(when): \(key)")
        }
    }

    /// Asked for together, in one order or another, they are the same as one by one.
    private func compareTogether(
        _ answers: LastAnswers, _ view: LastValuesView, _ keys: [LastModel.Key], _ when: String
    ) throws {
        let fields = ["ASK", "nowhere", "BID", "GEN_TEXT16"]
        var bytes: [UInt8] = []
        var targets: [LastWords.Target] = []
        var questions: [LastQuestions.Question] = []
        // One that nobody knows, and the first one twice.
        let unknown = LastModel.Key(destination: "nowhere", service: "S", ric: "R.TST")
        let asked = keys + [unknown] + keys.prefix(1)
        for key in asked {
            let target = LastWords.Target(destination: key.destination, service: key.service)
            if !targets.contains(target) { targets.append(target) }
            let start = bytes.count
            bytes += Array(key.ric.utf8)
            questions.append(
                LastQuestions.Question(target: targets.firstIndex(of: target) ?? 0, ric: start..<bytes.count))
        }
        var answered = Set<Int>()
        let all = LastQuestions(
            targets: targets, fields: fields, bytes: bytes, questions: questions,
            place: DropPlace(drop: .max, age: .max))
        try answers.answer(all) { index, answer in
            #expect(answered.insert(index).inserted, "\(when)")
            let known = try find(view, asked[index])
            for (field, seen) in zip(fields, answer.seen) {
                let wanted = known?[field].map {
                    LastSeen(json: $0.json, drop: $0.drop, acceptedAt: $0.acceptedAt, run: $0.run)
                }
                #expect(seen == wanted, "\(when): \(asked[index]) \(field)")
            }
            #expect(!answer.isNewer.contains(true))
        }
        #expect(answered.count == asked.count)
    }

    private func find(_ view: LastValuesView, _ key: LastModel.Key) throws -> LastValues? {
        try Array(key.ric.utf8).withUnsafeBytes {
            try view.find(destination: key.destination, service: key.service, ric: $0)
        }
    }

    // MARK: - One by one

    private func row(
        _ number: Int, _ fields: [(String, String)], ric: String = "R.TST", isRefresh: Bool = false
    ) -> LastModel.Row {
        LastModel.Row(
            number: number, key: LastModel.Key(destination: "cache", service: "SVC", ric: ric), isRefresh: isRefresh,
            acceptedAt: 1_790_000_000_000_000 + Int64(number), fields: fields.map { (name: $0.0, json: $0.1) })
    }

    private func closed(_ place: DropPlace, _ rows: [LastModel.Row]) throws -> LastValuesStore.Closed {
        let drop = LastModel.Drop(place: place, rows: rows)
        let path = try folder.write(drop.result(Array(rows.indices), others: []), to: "\(place.drop).csv")
        return LastValuesStore.Closed(place, result: try AppliedResult(path: path))
    }

    private func known(_ store: LastValuesStore) async throws -> [String: String] {
        let values = try find(await store.view(), row(1, []).key)
        return Dictionary(
            uniqueKeysWithValues: (values?.fields ?? []).map {
                ($0.field, "\(String(decoding: $0.json, as: UTF8.self)) \($0.drop) \($0.run)")
            })
    }

    @Test("An older drop that closes later changes nothing but what no newer one has said")
    func order() async throws {
        let store = LastValuesStore(folder: store)
        #expect(try await store.open() == LastValuesStore.Opening(isNew: true))
        _ = try await store.apply([closed(DropPlace(drop: 2, age: 20), [row(1, [("BID", "2"), ("ASK", "3")])])])
        _ = try await store.apply([closed(DropPlace(drop: 1, age: 10), [row(1, [("BID", "1"), ("OPEN", "5")])])])
        #expect(try await known(store) == ["BID": "2 2 1", "ASK": "3 2 1", "OPEN": "5 1 1"])
        // A correction is as old as what it corrects.
        _ = try await store.apply([closed(DropPlace(drop: 3, age: 10), [row(1, [("BID", "7"), ("OPEN", "6")])])])
        #expect(try await known(store) == ["BID": "2 2 1", "ASK": "3 2 1", "OPEN": "6 3 1"])
    }

    @Test("A Refresh blanks what it does not name, and nothing that is newer")
    func refresh() async throws {
        let store = LastValuesStore(folder: store)
        _ = try await store.open()
        _ = try await store.apply([closed(DropPlace(drop: 1, age: 10), [row(1, [("BID", "1"), ("ASK", "2")])])])
        _ = try await store.apply([closed(DropPlace(drop: 4, age: 40), [row(1, [("OPEN", "9")])])])
        _ = try await store.apply([closed(DropPlace(drop: 3, age: 30), [row(1, [("BID", "1.0")], isRefresh: true)])])
        #expect(try await known(store) == ["BID": "1.0 3 2", "OPEN": "9 4 1"])
        // It was blanked before it came.
        _ = try await store.apply([closed(DropPlace(drop: 2, age: 20), [row(1, [("ASK", "8")])])])
        #expect(try await known(store) == ["BID": "1.0 3 2", "OPEN": "9 4 1"])
        _ = try await store.apply([closed(DropPlace(drop: 5, age: 50), [row(1, [], isRefresh: true)])])
        #expect(try await known(store) == [:])
    }

    @Test("Equal values are counted by files, and a file's last row counts")
    func runs() async throws {
        let store = LastValuesStore(folder: store)
        _ = try await store.open()
        for drop in 1...4 {
            _ = try await store.apply([
                closed(
                    DropPlace(drop: drop, age: Int64(drop)),
                    [row(1, [("BID", "\(drop)")]), row(2, [("BID", drop % 2 == 0 ? "5.0" : "5")])])
            ])
        }
        #expect(try await known(store) == ["BID": "5.0 4 4"])
        // All of these at once.
        let more = try (5...7).map {
            try closed(DropPlace(drop: $0, age: Int64($0)), [row(1, [("BID", $0 == 6 ? "6" : "5")])])
        }
        _ = try await store.apply(more.reversed())
        #expect(try await known(store) == ["BID": "5 7 1"])
    }

    @Test("A drop is applied once, and one that sent nothing is done with")
    func once() async throws {
        let store = LastValuesStore(folder: store)
        _ = try await store.open()
        let drop = try closed(DropPlace(drop: 1, age: 1), [row(1, [("BID", "5")])])
        _ = try await store.apply([drop, drop])
        _ = try await store.apply([drop])
        #expect(try await known(store) == ["BID": "5 1 1"])
        _ = try await store.apply([LastValuesStore.Closed(DropPlace(drop: 2, age: 2), result: nil)])
        try await store.note()
        let again = LastValuesStore(folder: self.store)
        #expect(try await again.open() == LastValuesStore.Opening())
        #expect(await again.applied.ranges == [1...2])
    }

    @Test("A result that does not read to its end is told, and what stands before that place counts")
    func broken() async throws {
        let store = LastValuesStore(folder: store)
        _ = try await store.open()
        let rows = [row(1, [("BID", "5")]), row(2, [("ASK", "6")])]
        let text = LastModel.Drop(place: DropPlace(drop: 1, age: 1), rows: rows).result([0, 1], others: [])
        for (drop, broken) in [
            (1, String(text.dropLast(5))), (2, text.replacing("\n1,2,", with: "\n9,2,")), (3, "drop,row\n"),
        ] {
            let path = try folder.write(broken.replacing("\n1,", with: "\n\(drop),"), to: "b\(drop).csv")
            let closed = LastValuesStore.Closed(
                DropPlace(drop: drop, age: Int64(drop)), result: try AppliedResult(path: path))
            #expect(try await store.apply([closed]) == [drop])
        }
        #expect(try await known(store) == ["BID": "5 2 2"])
    }

    @Test("A run that is not what was written is not trusted; from the results all is made good", arguments: [0, 1, 2])
    func damage(_ kind: Int) async throws {
        var world = LastWorld(seed: 7)
        var model = LastModel()
        let store = LastValuesStore(folder: self.store, rowMemory: 4000)
        _ = try await store.open()
        var all: [LastValuesStore.Closed] = []
        for _ in 0..<12 {
            let drop = world.drop()
            model.apply([drop])
            let path = try folder.write(world.result(of: drop), to: "\(drop.place.drop).csv")
            all.append(LastValuesStore.Closed(drop.place, result: try AppliedResult(path: path)))
            _ = try await store.apply([all[all.count - 1]])
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: self.store).filter { $0.hasSuffix(".run") }
        let path = self.store + "/" + (kind == 2 ? "manifest" : try #require(names.max()))
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        if kind == 0 { bytes[bytes.count / 2] ^= 1 } else { bytes.removeLast(3) }
        try bytes.write(to: URL(fileURLWithPath: path))

        let again = LastValuesStore(folder: self.store, rowMemory: 4000)
        let opening = try await again.open()
        #expect(opening.damaged == [path])
        #expect(await again.applied.ranges.isEmpty)
        #expect(try await again.apply(all).isEmpty)
        try await compare(again, model, world, withRuns: false, "after damage")
        let third = LastValuesStore(folder: self.store)
        #expect(try await third.open() == LastValuesStore.Opening())
        try await compare(third, model, world, withRuns: false, "opened again")
    }

    @Test("Who reads it from outside sees what is closed and what is open, and no change comes to its view")
    func reading() async throws {
        #expect(try LastReading(folder: store).find(Array("R.TST".utf8)).isEmpty)
        let store = LastValuesStore(folder: store)
        _ = try await store.open()
        _ = try await store.apply([closed(DropPlace(drop: 1, age: 1), [row(1, [("BID", "5"), ("ASK", "7")])])])
        let view = await store.view()
        let open = try closed(
            DropPlace(drop: 2, age: 2), [row(1, [("BID", "6")]), row(2, [("BID", "8")], ric: "OTHER")])
        let found = try LastReading(folder: self.store).find(Array("R.TST".utf8), over: [open])
        #expect(found.map(\.service) == ["SVC"])
        #expect(found[0].values["BID"]?.json == Array("6".utf8))
        #expect(found[0].values["ASK"]?.json == Array("7".utf8))
        _ = try await store.apply([open])
        #expect(try find(view, row(1, []).key)?["BID"]?.json == Array("5".utf8))
        // Applied by now, it is not laid over a second time.
        let again = try LastReading(folder: self.store).find(Array("R.TST".utf8), over: [open])
        #expect(again[0].values["BID"]?.run == 1)
    }
}

/// Drops of a made-up desk, from a seed.
struct LastWorld {
    struct Choices {
        var state: UInt64

        mutating func number(_ limit: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((z ^ (z >> 31)) % UInt64(limit))
        }
    }

    var random: Choices
    private var lastDrop = 0
    private var age: Int64 = 1_790_000_000_000_000
    let keys: [LastModel.Key]

    init(seed: UInt64) {
        random = Choices(state: seed)
        var keys: [LastModel.Key] = []
        for destination in ["cache", "other, \"one\""] {
            for service in ["SVC", "B\u{e9}"] {
                for ric in 0..<40 {
                    keys.append(
                        LastModel.Key(
                            destination: destination, service: service, ric: ric == 7 ? "A,\"B\"=" : "R\(ric).TST"))
                }
            }
        }
        self.keys = keys
    }

    private static let values = [
        "1", "1.0", "1.50", "1.5", "0", "-0", "-2.25", "null", "\"\"", "\"a, b\"", "\"q\\\"q\"", "\"back\\\\\"",
        "\"\u{e9}}\"",
        "123456.789",
    ]

    mutating func drop() -> LastModel.Drop {
        lastDrop += 1 + random.number(2)
        age += Int64(random.number(5_000_000))
        // A correction is as old as what it corrects.
        let age = random.number(5) == 0 ? age - Int64(random.number(20_000_000)) : age
        var rows: [LastModel.Row] = []
        for number in 1...(1 + random.number(60)) {
            // Each once: a post that names one twice is none of ours.
            var names = ["BID", "ASK", "TRDPRC_1", "OPEN_PRC", "GEN_TEXT16"].filter { _ in random.number(2) == 0 }
            if random.number(3) == 0 { names.reverse() }
            let fields = names.map { (name: $0, json: Self.values[random.number(Self.values.count)]) }
            rows.append(
                LastModel.Row(
                    number: number, key: keys[random.number(keys.count)], isRefresh: random.number(4) == 0,
                    acceptedAt: age + Int64(random.number(3_000_000)), fields: fields))
        }
        return LastModel.Drop(place: DropPlace(drop: lastDrop, age: age), rows: rows)
    }

    mutating func result(of drop: LastModel.Drop) -> String {
        var order = Array(drop.rows.indices)
        for index in order.indices.dropFirst() { order.swapAt(index, random.number(index + 1)) }
        return drop.result(order, others: ["nacked", "unknown", "rejected", "superseded", "unsent"])
    }
}

internal import Glibc
internal import Logging
internal import PostboxCore
internal import PostboxIO

/// A server lost what it had: makes a drop of the last accepted values of its RICs.
///
/// The drop is older than all others and less urgent: whatever else is posted goes before it, and what was accepted since the values were
/// looked up stands against them. So no newer value is replaced, and the last accepted values stay what they are.
struct Republishing: Sendable {
    let context: Context
    let wanted: Republication
    let person: Person
    /// Tells the service that a drop goes on, by its number.
    let goesOn: @Sendable (Int) -> Void

    /// Older than any drop of a file.
    private static let age: Int64 = 0

    /// Does it, or tells what would be done. Throws on a fault of ledger or disk; then there is no new drop, or it goes on all the same.
    func answer() async throws -> DeskAnswer {
        let name = wanted.destination
        guard let destination = context.settings.destinations.first(where: { $0.name == name }) else {
            return .refused(
                .unknownDrop,
                text: context.settings.destinationNames.problem(of: name)
                    ?? "there is no destination \(VisibleText.line(name))")
        }
        guard context.lastValues != nil else {
            return .refused(.unavailable, text: "last values are not kept (`last_values: off`)")
        }
        let services = destination.allServices
        if let service = wanted.service, !services.contains(service) {
            return .refused(
                .wrongStage,
                text:
                    "the destination \(name) has no service \(VisibleText.line(service)), but \(services.joined(separator: ", "))"
            )
        }
        guard !wanted.isPreview else {
            let images = try await LastImages(in: context, for: nil)
            let found = try await context.disk.run { try find(images, destination) { _ in } }
            return found.rics == 0 ? nothing(found) : await shown(found)
        }
        let number = try await context.ledger.reserve(1)[0]
        var snapshot = DropSnapshot(
            rule: WireFile.rule(of: .republish, to: name, priority: WireFile.leastUrgent), services: [name: services],
            updateOnly: [name: destination.profile.isUpdateOnly], configSHA256: context.configSHA256)
        snapshot.age = Self.age
        snapshot.isMade = true
        snapshot.rehearsed = context.rehearsed(of: [name])
        snapshot.asked = AskedFor(.republish(wanted), by: person, at: Clock.wall())
        // From here on what newer drops have accepted is kept for it.
        let place = snapshot.place(of: number)
        context.guardBook.opened(place)
        do {
            let images = try await LastImages(in: context, for: number)
            snapshot.known = images.known
            let drop = MadeDrop(
                number: number, name: WireFile.name(of: .republish, to: name, drop: number), snapshot: snapshot,
                hold: nil)
            let counts = try await MadeDrops(context: context).make(
                [drop], by: RecordAct(.republish(wanted), by: person)
            ) {
                drop, directory in
                let file = try WireFileWriter(directory + "/" + drop.name)
                let found = try find(images, destination) { try file.add($0) }
                try file.close()
                guard found.rics > 0 else { throw Nothing(found: found) }
                return found
            }
            let found = counts.first ?? RepublishedCount()
            let text = found.text(to: name, asDrop: number)
            context.logger.notice(
                "\(text)",
                metadata: [
                    "event": .event(.republished), "drop": "\(number)", "destination": "\(name)",
                    "by": "\(person.text)",
                ])
            let outlook = await PostingLook(context: context).outlook(of: number, by: snapshot.rule)
            goesOn(number)
            return .done(text: "\(text). \(outlook.text)", facts: found.facts, drop: number)
        } catch {
            if try await context.ledger.record(of: number) == nil {
                try await context.guardBook.closed(place, on: context.disk)
            }
            if let none = error as? Nothing { return nothing(none.found) }
            throw error
        }
    }

    private struct Nothing: Error {
        var found: RepublishedCount
    }

    private func shown(_ found: RepublishedCount) async -> DeskAnswer {
        let outlook = await PostingLook(context: context).outlook(at: [wanted.destination]).preview
        let text = found.text(to: wanted.destination, asDrop: nil)
        return .shown(text: outlook.isEmpty ? text : "\(text). \(outlook)", facts: found.facts, examples: [])
    }

    private func nothing(_ found: RepublishedCount) -> DeskAnswer {
        // Of a rule that the configuration had once there may be values still.
        if let problem = context.settings.ruleNames.problem(of: wanted.rule) {
            return .refused(.unknownDrop, text: problem)
        }
        return .refused(.wrongStage, text: found.nothing(to: wanted.destination, of: wanted.words))
    }

    /// Gives `body` the lines of what is to be posted, RIC by RIC, and counts them. Waits for the disk.
    private func find(
        _ images: LastImages, _ destination: Destination, _ body: ([UInt8]) throws -> Void
    ) throws -> RepublishedCount {
        var found = RepublishedCount()
        let services = Set(destination.allServices)
        let rules = images.rules()
        let standing = try StandingValues(
            images, at: destination.name, isByFile: wanted.rule != nil, in: context.settings.directories)
        try images.each { record, words in
            let (at, ric) = try record.item(in: words)
            guard at.destination == destination.name, wanted.service.map({ $0 == at.service }) ?? true else { return }
            let holding = try standing.fields(record, words, of: ric, at: at.service)
            // Whose rule a RIC is of, the files tell that said what holds now: a withdrawal posted it under none.
            func isOfRule(_ field: StandingValues.Field) throws -> Bool {
                guard let rule = wanted.rule else { return true }
                return try field.drop.map { try rules.rule(of: $0)?.match == rule } ?? false
            }
            let fields = holding.filter { !$0.isWithdrawn }
            if services.contains(at.service), fields.count < holding.count {
                for field in holding where field.isWithdrawn {
                    if try isOfRule(field) { found.withdrawn += 1 }
                }
            }
            // Of a RIC that a Refresh blanked no field is known.
            guard try fields.contains(where: isOfRule) else { return }
            guard let newest = fields.max(by: { $1.holder.isNewer(than: $0.holder) }) else { return }
            guard services.contains(at.service) else {
                found.leftOut += 1
                return
            }
            let post = WireFile.post(
                isUpdateOnly: destination.profile.isUpdateOnly, isImage: record.isImage,
                rule: try rules.rule(of: newest.holder.drop)?.post)
            found.add(post, ofService: at.service)
            var line: [UInt8] = []
            WireFile.add(
                ric: ric, service: at.service, post: post, fields: fields.map { ($0.name, $0.json) }, to: &line)
            try body(line)
        }
        return found
    }
}

/// Writes a file of Postbox's own in pieces, durably. Waits for the disk.
final class WireFileWriter {
    private let path: String
    private let descriptor: Int32
    private var bytes: [UInt8] = []
    private var isClosed = false

    private static let pieceBytes = 1 << 18

    /// Throws `DiskError`.
    init(_ path: String) throws(DiskError) {
        self.path = path
        descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o640)
    }

    deinit {
        // What was not closed counts for nothing.
        if !isClosed { _ = Glibc.close(descriptor) }
    }

    /// Throws `DiskError`.
    func add(_ line: [UInt8]) throws(DiskError) {
        bytes += line
        if bytes.count >= Self.pieceBytes { try write() }
    }

    private func write() throws(DiskError) {
        try Disk.write(descriptor, bytes, path: path)
        bytes.removeAll(keepingCapacity: true)
    }

    /// All of it is durable when it returns. Throws `DiskError`.
    func close() throws(DiskError) {
        try write()
        try Disk.fsync(descriptor, path: path)
        isClosed = true
        try Disk.close(descriptor, path: path)
    }
}

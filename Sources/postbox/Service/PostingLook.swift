internal import PostboxCore
internal import PostboxIO

/// What keeps drops from being posted now, as far as it is known without waiting for them.
struct PostingLook: Sendable {
    let context: Context

    /// Of drops that were just made.
    func outlook(of drops: [MadeDrop]) async -> PostingOutlook {
        var outlook = PostingOutlook()
        var known: [Place: PostingOutlook.Obstacle] = [:]
        var looked: Set<Place> = []
        for drop in drops {
            let rule = drop.snapshot.rule
            for name in rule.destinations {
                guard drop.hold == nil else {
                    outlook.add(drop.number, at: name, .secondPerson)
                    continue
                }
                let place = Place(rule: rule.match, destination: name)
                if looked.insert(place).inserted { known[place] = await obstacle(of: rule.match, at: name) }
                outlook.add(drop.number, at: name, known[place])
            }
        }
        return outlook
    }

    /// Of a drop that was released.
    func outlook(of drop: Int, by rule: MappingRule) async -> PostingOutlook {
        var outlook = PostingOutlook()
        for name in rule.destinations { outlook.add(drop, at: name, await obstacle(of: rule.match, at: name)) }
        return outlook
    }

    /// Of drops that would be made of Postbox's own values, for these destinations.
    func outlook(at destinations: [String], needsTwo: Bool = false) async -> PostingOutlook {
        var outlook = PostingOutlook()
        for name in destinations {
            if needsTwo { outlook.add(nil, at: name, .secondPerson) }
            outlook.add(nil, at: name, await obstacle(of: nil, at: name))
        }
        return outlook
    }

    private struct Place: Hashable {
        var rule: String
        var destination: String
    }

    /// What keeps a rule's drops from being posted to a destination; nil: nothing does. `rule`: its `match`; nil: it is none that anybody
    /// could hold. A folder of commands that cannot be read holds nothing: whoever is answered has his drops all the same.
    private func obstacle(of rule: String?, at name: String) async -> PostingOutlook.Obstacle? {
        if context.rehearsed(of: [name]) != nil { return .rehearsal }
        let folder = ControlFolder(stateDirectory: context.settings.directories.state)
        func isHeld(_ command: DeskCommand) async -> Bool {
            let entry = try? await context.disk.run { try folder.entry(command) }
            return entry != nil
        }
        if let rule, await isHeld(.holdRule(rule)) { return .ruleHeld(rule) }
        if await isHeld(.holdDestination(name)) { return .destinationHeld }
        guard let lane = context.lanes[name] else { return .notReady("the service does not serve it") }
        switch await lane.state {
        case .ready: return nil
        case .connecting(let why), .paused(let why), .refused(let why): return .notReady(why)
        case .stopped: return .notReady("the service stops")
        }
    }
}

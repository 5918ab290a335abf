/// The requests for items of one connection: streams that are open, and answers that wait (The wire §9).
struct ItemDesk {
    /// A request for one item.
    private struct Waiting {
        var id: Int32
        var domain: Domain
        var name: String
        /// Nil for a service that there is not.
        var item: ItemName?
        var isStreaming: Bool
        var dueAt: Int64
    }

    private var items: [Int32: ItemName] = [:]
    private var streams: [ItemName: [Int32]] = [:]
    /// In the order in which they are due.
    private var waiting: ArraySlice<Waiting> = []
    private var waitingIDs: Set<Int32> = []

    /// When an answer is due next.
    var nextDeadline: Int64? { waiting.first?.dueAt }

    /// The item of an open stream.
    func item(of stream: Int32) -> ItemName? {
        items.isEmpty ? nil : items[stream]
    }

    /// The streams that an item is open on.
    func streams(of item: ItemName) -> [Int32] {
        streams.isEmpty ? [] : streams[item] ?? []
    }

    // MARK: Requests

    /// Takes a request; returns the messages that answer it at once.
    /// - Parameter refusal: what the request is refused with, whatever it is for.
    mutating func take(
        _ request: ItemRequest, refusal: (code: String, text: String)?, at now: Int64, _ state: inout ProviderState
    ) -> [[UInt8]] {
        guard !state.scenario.items.isSilent else { return [] }
        guard let names = request.batch else {
            return take(request, id: request.id, name: request.key.name ?? "", refusal, at: now, &state).map { [$0] }
                ?? []
        }
        guard state.scenario.items.takesBatches else {
            return [
                Answer.itemStatus(
                    id: request.id, domain: request.domain, code: "UnableToRequestAsBatch", text: "No batch requests.")
            ]
        }
        // The batch itself is answered on its own stream, its items on those that follow.
        var answers = [Answer.batchStatus(id: request.id, domain: request.domain, count: names.count)]
        var id = request.id
        for name in names {
            id &+= 1
            if let answer = take(request, id: id, name: name, refusal, at: now, &state) { answers.append(answer) }
        }
        return answers
    }

    private mutating func take(
        _ request: ItemRequest, id: Int32, name: String, _ refusal: (code: String, text: String)?, at now: Int64,
        _ state: inout ProviderState
    ) -> [UInt8]? {
        let settings = state.scenario.items
        var refusal = refusal
        if refusal == nil, let rejection = settings.rejection,
            state.strikes(.itemRejection, atMost: rejection.times)
        {
            refusal = (rejection.code, rejection.text)
        }
        close(id)
        if refusal == nil, settings.maxOpen > 0, items.count + waiting.count >= settings.maxOpen {
            refusal = ("TooManyItems", "Too many open items.")
        }
        if let refusal {
            state.report.itemStatuses += 1
            return Answer.itemStatus(id: id, domain: request.domain, code: refusal.code, text: refusal.text)
        }
        let item = state.item(ric: name, service: request.key.service)
        let open = Waiting(
            id: id, domain: request.domain, name: name, item: item, isStreaming: request.isStreaming,
            dueAt: now + settings.delay.nanoseconds)
        if settings.delay > .zero {
            waiting.append(open)
            waitingIDs.insert(id)
            state.report.highestOpenItems = max(state.report.highestOpenItems, items.count + waiting.count)
            return nil
        }
        return answer(open, &state)
    }

    /// The answers that are due.
    mutating func due(at now: Int64, _ state: inout ProviderState) -> [[UInt8]] {
        var answers: [[UInt8]] = []
        while let next = waiting.first, next.dueAt <= now {
            waiting.removeFirst()
            waitingIDs.remove(next.id)
            answers.append(answer(next, &state))
        }
        // A slice keeps what was taken from it.
        if waiting.isEmpty { waiting = [] }
        return answers
    }

    private mutating func answer(_ request: Waiting, _ state: inout ProviderState) -> [UInt8] {
        guard let item = request.item, request.domain == .marketPrice, state.shows(item) else {
            state.report.itemStatuses += 1
            return Answer.itemStatus(
                id: request.id, domain: request.domain, code: "NotFound", text: "Item not found.")
        }
        if request.isStreaming {
            items[request.id] = item
            streams[item, default: []].append(request.id)
            state.report.highestOpenItems = max(state.report.highestOpenItems, items.count + waiting.count)
        }
        state.report.itemRefreshes += 1
        return Answer.itemRefresh(
            id: request.id, domain: request.domain, name: request.name, service: item.service,
            isStreaming: request.isStreaming, fields: state.shownFields(of: item))
    }

    // MARK: The end of streams

    mutating func close(_ id: Int32) {
        if let item = items.removeValue(forKey: id) {
            streams[item]?.removeAll { $0 == id }
            if streams[item]?.isEmpty == true { streams[item] = nil }
        } else if waitingIDs.remove(id) != nil {
            waiting.removeAll { $0.id == id }
        }
    }

    mutating func closeAll() {
        self = ItemDesk()
    }

    /// Closes the streams of an item that was deleted; returns what tells so.
    mutating func closeStreams(of item: ItemName, _ state: inout ProviderState) -> [[UInt8]] {
        let ids = streams(of: item)
        for id in ids { close(id) }
        state.report.itemStatuses += ids.count
        return ids.map { Answer.itemStatus(id: $0, domain: .marketPrice, code: nil, text: "Item closed.") }
    }
}

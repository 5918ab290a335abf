/// Answers to posts that wait: for their delay, or for others to be shuffled with.
struct AckQueue {
    /// An answer on its way.
    struct Waiting {
        var name: PostName
        var outcome: AnswerOutcome
        var code: String?
        var text: String
        var bytes: [UInt8]
        var dueAt: Int64
    }

    private var ordered: [Waiting] = []
    private var head = 0
    private var group: [Waiting] = []
    private var groupEndsAt: Int64?

    /// How long a group that does not fill up waits for more.
    private static let groupPatience: Int64 = 20_000_000

    var isEmpty: Bool { head == ordered.count && group.isEmpty }

    /// When the next answer is due, or a group gives up waiting.
    var nextDeadline: Int64? {
        let due = head < ordered.count ? ordered[head].dueAt : nil
        guard let groupEndsAt else { return due }
        return min(due ?? groupEndsAt, groupEndsAt)
    }

    /// Lets an answer wait until it is due.
    mutating func wait(_ answer: Waiting) {
        // Delays are mostly alike, so the place is mostly the end.
        var place = ordered.count
        while place > head, ordered[place - 1].dueAt > answer.dueAt { place -= 1 }
        ordered.insert(answer, at: place)
    }

    /// Lets an answer wait for others to be shuffled with, and then until it is due.
    mutating func join(_ answer: Waiting, of size: Int, at now: Int64, shuffle: (inout [Waiting]) -> Void) {
        group.append(answer)
        if group.count >= size {
            endGroup(shuffle)
        } else if groupEndsAt == nil {
            groupEndsAt = now + AckQueue.groupPatience
        }
    }

    /// The answers that are due, in their order.
    mutating func due(at now: Int64, shuffle: (inout [Waiting]) -> Void) -> [Waiting] {
        if let end = groupEndsAt, end <= now { endGroup(shuffle) }
        var due: [Waiting] = []
        while head < ordered.count, ordered[head].dueAt <= now {
            due.append(ordered[head])
            head += 1
        }
        if head > 1024, head * 2 > ordered.count {
            ordered.removeFirst(head)
            head = 0
        }
        return due
    }

    private mutating func endGroup(_ shuffle: (inout [Waiting]) -> Void) {
        shuffle(&group)
        // The shuffled order is kept among answers that are due together.
        let latest = group.map(\.dueAt).max() ?? 0
        for var answer in group {
            answer.dueAt = latest
            wait(answer)
        }
        group.removeAll(keepingCapacity: true)
        groupEndsAt = nil
    }
}

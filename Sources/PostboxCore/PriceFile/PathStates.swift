/// Follows several paths from a document's root at once, value by value.
///
/// An array in JSON stands for its elements, as children of one name do in XML: a step into it is one into each of them.
struct PathStates {
    /// A path of which some steps have led to a value.
    struct State {
        /// Index of the path.
        var path: Int
        /// Steps that are done.
        var position: Int
        /// The innermost condition that is still open, or -1.
        var condition = -1
        /// Values that the next step has led to.
        var seen = 0
    }

    /// That an object or element says something of itself, which may come after what it is asked for.
    struct Condition {
        var isAttribute: Bool
        var name: [UInt8]
        var value: [UInt8]
        var isMet = false
        /// The condition around it, or -1.
        var outer: Int
    }

    /// A value with others in it, that is open.
    private struct Frame {
        var firstState: Int
        var firstCondition: Int
        var isArray = false
        /// The array's element that is open, or -1.
        var element = -1
        /// Conditions of the frame around it that its text decides.
        var asked: [Int] = []
    }

    let paths: [[ColumnPath.Step]]
    /// Paths that lead to the value that comes next, and how far.
    private(set) var upcoming: [State]
    private(set) var conditions: [Condition] = []
    private var states: [State] = []
    private var frames: [Frame] = []
    /// Conditions that the value that comes next decides.
    private var asked: [Int] = []

    init(_ paths: [[ColumnPath.Step]]) {
        self.paths = paths
        upcoming = paths.indices.map { State(path: $0, position: 0) }
    }

    /// Values open, one in the other.
    var depth: Int { frames.count }

    /// The states of the value that was opened last.
    var top: ArraySlice<State> { states[(frames.last?.firstState ?? states.count)...] }

    /// The conditions that end with the value that was opened last.
    var closing: Range<Int> { (frames.last?.firstCondition ?? conditions.count)..<conditions.count }

    /// Whether the value that was opened last is an array.
    var isInArray: Bool { frames.last?.isArray == true }

    func isAtEnd(_ state: State) -> Bool { state.position == paths[state.path].count }

    /// Whether a path leads to the value that comes next.
    var hasTarget: Bool { upcoming.contains { isAtEnd($0) } }

    mutating func close() {
        guard let frame = frames.popLast() else { return }
        states.removeLast(states.count - frame.firstState)
        conditions.removeLast(conditions.count - frame.firstCondition)
    }

    /// Says what the text of the value is that comes next.
    mutating func answer(_ text: UnsafeBufferPointer<UInt8>) {
        for index in asked where text.elementsEqual(conditions[index].value) { conditions[index].isMet = true }
    }

    private func step(_ state: State) -> ColumnPath.Step? {
        let steps = paths[state.path]
        return state.position < steps.count ? steps[state.position] : nil
    }
}

// MARK: JSON

extension PathStates {
    /// The value that comes next is an object.
    mutating func openObject() {
        frames.append(Frame(firstState: states.count, firstCondition: conditions.count))
        for var state in upcoming {
            while case .member(let isAttribute, let name, let value)? = step(state) {
                conditions.append(
                    Condition(isAttribute: isAttribute, name: name, value: value, outer: state.condition))
                state.condition = conditions.count - 1
                state.position += 1
            }
            states.append(state)
        }
        upcoming.removeAll(keepingCapacity: true)
    }

    /// The value that comes next is an array.
    mutating func openArray() {
        frames.append(Frame(firstState: states.count, firstCondition: conditions.count, isArray: true))
        states.append(contentsOf: upcoming)
        upcoming.removeAll(keepingCapacity: true)
    }

    /// The array's next element comes next.
    mutating func nextElement() {
        upcoming.removeAll(keepingCapacity: true)
        asked.removeAll(keepingCapacity: true)
        guard let last = frames.indices.last else { return }
        frames[last].element += 1
        for var state in states[frames[last].firstState...] {
            switch step(state) {
            case .index(let index):
                guard index == frames[last].element else { continue }
                state.position += 1
                upcoming.append(state)
            case nil: continue
            default: upcoming.append(state)
            }
        }
    }

    /// The value of the object's member of this name comes next. Returns the path, if there is one, that led to a member of
    /// this name of the object before.
    mutating func nextMember(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
        upcoming.removeAll(keepingCapacity: true)
        asked.removeAll(keepingCapacity: true)
        guard let frame = frames.last else { return nil }
        var twice: Int?
        for index in frame.firstState..<states.count {
            guard let step = step(states[index]), leads(step, to: name) else { continue }
            if step != .any {
                if states[index].seen > 0 { twice = states[index].path }
                states[index].seen += 1
            }
            upcoming.append(
                State(
                    path: states[index].path, position: states[index].position + 1, condition: states[index].condition)
            )
        }
        for index in frame.firstCondition..<conditions.count {
            let condition = conditions[index]
            let wanted = condition.isAttribute ? ColumnPath.Step.attribute(condition.name) : .name(condition.name)
            if leads(wanted, to: name) { asked.append(index) }
        }
        return twice
    }

    private func leads(_ step: ColumnPath.Step, to name: UnsafeBufferPointer<UInt8>) -> Bool {
        switch step {
        case .name(let wanted): name.elementsEqual(wanted)
        case .attribute(let wanted):
            name.count == wanted.count + 1 && name[0] == UInt8(ascii: "@") && name.dropFirst().elementsEqual(wanted)
        case .any: true
        case .index, .member: false
        }
    }
}

// MARK: XML

extension PathStates {
    /// An element begins.
    ///
    /// - Parameter attribute: Whether it has an attribute of this name with this value.
    mutating func openElement(
        _ name: UnsafeBufferPointer<UInt8>, attribute: (_ name: [UInt8], _ value: [UInt8]) -> Bool
    ) {
        let parent = frames.last
        var frame = Frame(firstState: states.count, firstCondition: conditions.count)
        if let parent {
            for index in parent.firstCondition..<frame.firstCondition {
                let condition = conditions[index]
                if !condition.isAttribute, name.elementsEqual(condition.name) { frame.asked.append(index) }
            }
            for index in parent.firstState..<frame.firstState {
                var above = states[index]
                let below = stepped(&above, name, attribute)
                states[index] = above
                if let below { states.append(below) }
            }
        } else {
            for var above in upcoming {
                if let below = stepped(&above, name, attribute) { states.append(below) }
            }
        }
        frames.append(frame)
    }

    /// Whether the text of the open element decides a condition.
    var asksForText: Bool { frames.last?.asked.isEmpty == false }

    /// Says what the text of the open element is.
    mutating func answerElement(_ text: UnsafeBufferPointer<UInt8>) {
        for index in frames.last?.asked ?? [] where text.elementsEqual(conditions[index].value) {
            conditions[index].isMet = true
        }
    }

    /// The state of an element of this name below one with this state; nil: the path does not lead to it.
    private mutating func stepped(
        _ above: inout State, _ name: UnsafeBufferPointer<UInt8>, _ attribute: ([UInt8], [UInt8]) -> Bool
    ) -> State? {
        guard case .name(let wanted)? = step(above), name.elementsEqual(wanted) else { return nil }
        above.seen += 1
        var state = State(path: above.path, position: above.position + 1, condition: above.condition)
        if case .index(let index)? = step(state) {
            guard index == above.seen - 1 else { return nil }
            state.position += 1
        }
        while case .member(let isAttribute, let name, let value)? = step(state) {
            if !attribute(name, value) {
                if isAttribute { return nil }
                conditions.append(Condition(isAttribute: false, name: name, value: value, outer: state.condition))
                state.condition = conditions.count - 1
            }
            state.position += 1
        }
        return state
    }
}

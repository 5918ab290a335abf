internal import Glibc

/// The columns that rows with named, nestable values (JSON, XML) have brought so far, found again quickly.
///
/// Names form a tree: a node for each name below each parent. Rows usually bring the same names in the same order, so each
/// node remembers who came after it, and only a surprise costs a look into a dictionary.
struct ColumnTree {
    /// Index of a node; `root` is the row itself.
    typealias Node = Int
    static let root: Node = 0
    /// More columns than this are no price file but names made of data; they would fill the memory.
    static let nodesMax = 10_000

    private(set) var columns: [Column] = []
    private var nodes: [Entry] = [Entry(twins: 0)]
    private var paths: [String] = [""]
    private var nameBytes: [UInt8] = []
    private var known: [Name: Node] = [:]
    private var twinsByPath: [String: Int] = [:]
    /// For each group of nodes with the same path: the last row that had one of them.
    private var lastRow: [Int] = [-1]
    /// The same of the first groups, which are all that most files have: a bit for each that the row at hand had.
    private var had: UInt64 = 0
    private var rowAtHand = -1

    private struct Entry {
        var isBelowRoot = false
        var nameStart = 0
        var nameLength = 0
        /// The name's first bytes, at most eight; those behind it are not in the mask.
        var head: UInt64 = 0
        var headMask: UInt64 = 0
        /// The name's last eight bytes, if it has more than eight.
        var tail: UInt64 = 0
        /// Whether `head` and `tail` are the whole name, and it looks the same in every kind of file: no JSON escape, no
        /// prefix of XML.
        var isShort = false
        var firstChild: Node = -1
        var next: Node = -1
        var column = -1
        /// An XML attribute of the node above.
        var isAttribute = false
        /// Where the parser keeps this name, if it keeps each name once.
        var token: UInt = 0
        /// Index into `lastRow`: `a.b` and `b` below `a` are the same to a rule.
        var twins: Int
    }

    private struct Name: Hashable {
        var parent: Node
        var bytes: [UInt8]
    }

    /// The node of this name below `parent`, after `previous` (-1: the first one); nil when there are too many.
    @inline(__always)
    mutating func node(_ name: UnsafeBufferPointer<UInt8>, below parent: Node, after previous: Node) -> Node? {
        if let guess = guess(below: parent, after: previous, isIt: { isNamed($0, name) }) { return guess }
        return remember(name, below: parent, after: previous)
    }

    /// Bytes that must be readable where `expected(at:below:after:)` looks.
    static let expectedBytes = 16

    /// The node that came after `previous` last time, or the one behind it, if the bytes begin with its name: what a name of
    /// more bytes does as well. Never one that JSON would escape, or XML take for one with a prefix.
    @inline(__always)
    func expected(
        at bytes: UnsafePointer<UInt8>, below parent: Node, after previous: Node
    ) -> (node: Node, nameLength: Int)? {
        guess(below: parent, after: previous, isIt: { begins(bytes, with: $0) }).map { ($0, nodes[$0].nameLength) }
    }

    /// Whether the bytes begin with the name of the node.
    @inline(__always)
    func begins(_ bytes: UnsafePointer<UInt8>, with node: Node) -> Bool {
        let raw = UnsafeRawPointer(bytes)
        guard nodes[node].isShort,
            raw.loadUnaligned(as: UInt64.self) & nodes[node].headMask == nodes[node].head
        else { return false }
        let length = nodes[node].nameLength
        return length <= 8
            || raw.loadUnaligned(fromByteOffset: length &- 8, as: UInt64.self) == nodes[node].tail
    }

    /// As `node(_:below:after:)`, for a parser that keeps each name once, for its lifetime: the address decides.
    @inline(__always)
    mutating func node(token: UnsafePointer<UInt8>, below parent: Node, after previous: Node) -> Node? {
        if let guess = guess(
            below: parent, after: previous, isIt: { nodes[$0].token == UInt(bitPattern: token) })
        {
            return guess
        }
        let name = UnsafeBufferPointer(
            start: token, count: strlen(UnsafeRawPointer(token).assumingMemoryBound(to: CChar.self)))
        guard let node = remember(name, below: parent, after: previous) else { return nil }
        nodes[node].token = UInt(bitPattern: token)
        return node
    }

    /// As `node(_:below:after:)`, but nil for a name that no row had there before.
    @inline(__always)
    mutating func known(_ name: UnsafeBufferPointer<UInt8>, below parent: Node, after previous: Node) -> Node? {
        if let guess = guess(below: parent, after: previous, isIt: { isNamed($0, name) }) { return guess }
        return known[Name(parent: parent, bytes: Array(name))] == nil
            ? nil : remember(name, below: parent, after: previous)
    }

    /// Notes that the row has this node; false when it had it, or another one of the same path, before.
    @inline(__always)
    mutating func mark(_ node: Node, row: Int) -> Bool {
        let twins = nodes[node].twins
        if twins < UInt64.bitWidth {
            if rowAtHand != row {
                rowAtHand = row
                had = 0
            }
            let bit = UInt64(1) &<< UInt64(truncatingIfNeeded: twins)
            if had & bit != 0 { return false }
            had |= bit
            return true
        }
        if lastRow[twins] == row { return false }
        lastRow[twins] = row
        return true
    }

    /// The column whose values stand at this node.
    @inline(__always)
    mutating func column(_ node: Node) -> UInt32 {
        let column = nodes[node].column
        return UInt32(truncatingIfNeeded: column >= 0 ? column : addColumn(node))
    }

    /// Says that the node is an XML attribute, before its first value.
    @inline(__always)
    mutating func noteAttribute(_ node: Node) { nodes[node].isAttribute = true }

    /// Whether a value stood at this node before.
    @inline(__always)
    func hasColumn(_ node: Node) -> Bool { nodes[node].column >= 0 }

    /// The dotted path of a node.
    func path(_ node: Node) -> String { paths[node] }

    /// The node that came after `previous` last time; else the one behind it, as a row may leave out what has no value.
    @inline(__always)
    private func guess(below parent: Node, after previous: Node, isIt: (Node) -> Bool) -> Node? {
        let first = previous < 0 ? nodes[parent].firstChild : nodes[previous].next
        guard first >= 0 else { return nil }
        if isIt(first) { return first }
        let second = nodes[first].next
        return second >= 0 && isIt(second) ? second : nil
    }

    @inline(__always)
    private func isNamed(_ node: Node, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        let length = nodes[node].nameLength
        guard length == name.count else { return false }
        let start = nodes[node].nameStart
        var index = 0
        while index < length {
            if nameBytes[start &+ index] != name[index] { return false }
            index &+= 1
        }
        return true
    }

    @inline(never)
    private mutating func remember(
        _ name: UnsafeBufferPointer<UInt8>, below parent: Node, after previous: Node
    ) -> Node? {
        let key = Name(parent: parent, bytes: Array(name))
        var node = known[key] ?? -1
        if node < 0 {
            guard nodes.count < Self.nodesMax else { return nil }
            node = add(key)
        }
        if previous < 0 { nodes[parent].firstChild = node } else { nodes[previous].next = node }
        return node
    }

    private mutating func add(_ key: Name) -> Node {
        let name = String(decoding: key.bytes, as: UTF8.self)
        let path = key.parent == Self.root ? name : "\(paths[key.parent]).\(name)"
        let twins = twinsByPath[path] ?? lastRow.count
        if twins == lastRow.count {
            lastRow.append(-1)
            twinsByPath[path] = twins
        }
        var entry = Entry(twins: twins)
        entry.isBelowRoot = key.parent == Self.root
        entry.nameStart = nameBytes.count
        entry.nameLength = key.bytes.count
        entry.isShort =
            (1...16).contains(key.bytes.count)
            && key.bytes.allSatisfy {
                $0 >= Byte.space && $0 != Byte.quote && $0 != Byte.backslash && $0 != UInt8(ascii: ":")
            }
        for (at, byte) in key.bytes.prefix(8).enumerated() {
            entry.head |= UInt64(byte) << (8 * UInt64(at))
            entry.headMask |= 0xFF << (8 * UInt64(at))
        }
        if key.bytes.count > 8 {
            for (at, byte) in key.bytes.suffix(8).enumerated() { entry.tail |= UInt64(byte) << (8 * UInt64(at)) }
        }
        nameBytes.append(contentsOf: key.bytes)
        paths.append(path)
        nodes.append(entry)
        known[key] = nodes.count - 1
        return nodes.count - 1
    }

    @inline(never)
    private mutating func addColumn(_ node: Node) -> Int {
        nodes[node].column = columns.count
        columns.append(
            Column(name: paths[node], isNested: !nodes[node].isBelowRoot, isAttribute: nodes[node].isAttribute))
        return columns.count - 1
    }
}

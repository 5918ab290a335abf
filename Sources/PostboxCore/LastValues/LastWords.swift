/// The names that the store of last values knows: records have their places in these lists, which only ever grow.
package struct LastWords: Sendable, Equatable {
    /// A service at a destination.
    package struct Target: Sendable, Hashable {
        package var destination: String
        package var service: String

        package init(destination: String, service: String) {
            self.destination = destination
            self.service = service
        }
    }

    package private(set) var targets: [Target]
    package private(set) var fields: [String]
    private var fieldBytes: [[UInt8]]
    private var places: [[UInt8]: Int] = [:]

    package init(targets: [Target] = [], fields: [String] = []) {
        self.targets = targets
        self.fields = fields
        fieldBytes = fields.map { Array($0.utf8) }
        for (index, bytes) in fieldBytes.enumerated() { places[bytes] = index }
    }

    package static func == (one: LastWords, other: LastWords) -> Bool {
        one.targets == other.targets && one.fields == other.fields
    }

    /// The place of a target; nil: nothing was ever accepted there.
    package func place(destination: String, service: String) -> Int? {
        targets.firstIndex { $0.service == service && $0.destination == destination }
    }

    /// The place of a target, which gets one if it has none. `hint`: where it most likely is.
    mutating func target(
        _ destination: UnsafeRawBufferPointer, _ service: UnsafeRawBufferPointer, hint: Int
    ) -> Int {
        if hint < targets.count, isTarget(hint, destination, service) { return hint }
        if let found = targets.indices.first(where: { isTarget($0, destination, service) }) { return found }
        targets.append(
            Target(
                destination: String(decoding: destination, as: UTF8.self),
                service: String(decoding: service, as: UTF8.self)))
        return targets.count - 1
    }

    private func isTarget(
        _ index: Int, _ destination: UnsafeRawBufferPointer, _ service: UnsafeRawBufferPointer
    ) -> Bool {
        targets[index].destination.utf8.elementsEqual(destination)
            && targets[index].service.utf8.elementsEqual(service)
    }

    /// Whether a field's name is that.
    @inline(__always)
    func isField(_ index: Int, _ name: UnsafeRawBufferPointer) -> Bool {
        guard index < fieldBytes.count, fieldBytes[index].count == name.count else { return false }
        return fieldBytes[index].withUnsafeBytes { isSameBytes($0, name) }
    }

    /// The place of a field, which gets one if it has none.
    mutating func field(_ name: UnsafeRawBufferPointer) -> Int {
        let bytes = Array(name)
        if let known = places[bytes] { return known }
        places[bytes] = fields.count
        fields.append(String(decoding: bytes, as: UTF8.self))
        fieldBytes.append(bytes)
        return fields.count - 1
    }
}

/// Whether so many bytes are the same; both have the same count.
@inline(__always)
func isSameBytes(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    guard let a = one.baseAddress, let b = other.baseAddress else { return one.count == other.count }
    var index = 0
    while index &+ 8 <= one.count {
        if a.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            != b.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        {
            return false
        }
        index &+= 8
    }
    while index < one.count {
        if a.load(fromByteOffset: index, as: UInt8.self) != b.load(fromByteOffset: index, as: UInt8.self) {
            return false
        }
        index &+= 1
    }
    return true
}

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
    private var places: [[UInt8]: Int] = [:]

    package init(targets: [Target] = [], fields: [String] = []) {
        self.targets = targets
        self.fields = fields
        for (index, name) in fields.enumerated() { places[Array(name.utf8)] = index }
    }

    package static func == (one: LastWords, other: LastWords) -> Bool {
        one.targets == other.targets && one.fields == other.fields
    }

    /// The place of a target; nil: nothing was ever accepted there.
    package func place(destination: String, service: String) -> Int? {
        targets.firstIndex { $0.service == service && $0.destination == destination }
    }

    /// The place of a target, which gets one if it has none.
    mutating func target(_ destination: UnsafeRawBufferPointer, _ service: UnsafeRawBufferPointer) -> Int {
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

    /// The place of a field, which gets one if it has none.
    mutating func field(_ name: UnsafeRawBufferPointer) -> Int {
        let bytes = Array(name)
        if let known = places[bytes] { return known }
        places[bytes] = fields.count
        fields.append(String(decoding: bytes, as: UTF8.self))
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

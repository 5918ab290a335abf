/// A large value that is seldom there, kept apart from what has it, which is as small without it as with it. Copies share it.
///
/// It is written and read as the optional value itself is.
@propertyWrapper
package struct Apart<Value: Sendable & Equatable & Codable>: Sendable, Equatable, Codable {
    private final class Box: Sendable {
        let value: Value

        init(_ value: Value) { self.value = value }
    }

    private var box: Box?

    package init(wrappedValue: Value?) { box = wrappedValue.map { Box($0) } }

    package init(from decoder: any Decoder) throws { box = Box(try Value(from: decoder)) }

    package var wrappedValue: Value? {
        get { box?.value }
        set { box = newValue.map { Box($0) } }
    }

    package static func == (one: Self, other: Self) -> Bool {
        one.box === other.box || one.wrappedValue == other.wrappedValue
    }

    package func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

extension KeyedDecodingContainer {
    /// An absent value decodes as nil: what the compiler makes of a type's properties calls this.
    package func decode<Value>(_: Apart<Value>.Type, forKey key: Key) throws -> Apart<Value> {
        Apart(wrappedValue: try decodeIfPresent(Value.self, forKey: key))
    }
}

extension KeyedEncodingContainer {
    /// What is not there is not written.
    package mutating func encode<Value>(_ value: Apart<Value>, forKey key: Key) throws {
        try encodeIfPresent(value.wrappedValue, forKey: key)
    }
}

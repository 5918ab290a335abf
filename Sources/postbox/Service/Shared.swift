/// A large value of which many have a copy, kept apart from what has it: that is as small as a reference, and copies share it.
///
/// It is read and written as the value itself is. Hundreds of files wait in tasks, each of which holds several copies of what it knows.
@propertyWrapper
struct Shared<Value: Sendable>: Sendable {
    private final class Box: Sendable {
        let value: Value

        init(_ value: Value) { self.value = value }
    }

    private var box: Box

    init(wrappedValue: Value) { box = Box(wrappedValue) }

    var wrappedValue: Value {
        get { box.value }
        set { box = Box(newValue) }
    }
}

/// Names that differ: the second of two gets a number.
struct UniqueNames {
    private(set) var names: [String] = []

    init(_ given: [String]) {
        var taken = Set(given)
        var seen: Set<String> = []
        for (index, name) in given.enumerated() {
            var own = name.isEmpty ? "C\(index + 1)" : name
            var number = 2
            while name.isEmpty ? taken.contains(own) : seen.contains(own) || own != name && taken.contains(own) {
                own = name.isEmpty ? "C\(index + 1)_\(number)" : "\(name)_\(number)"
                number += 1
            }
            taken.insert(own)
            seen.insert(own)
            names.append(own)
        }
    }

    /// Each once, in their order.
    static func distinct(_ texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }
}

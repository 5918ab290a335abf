/// An item of a server's cache.
struct ItemName: Hashable {
    let service: UInt16
    let ric: String
}

/// What posts have stored (The wire §3.4).
struct ItemCache {
    private var items: [ItemName: [StoredField]] = [:]
    /// Items that were there, by the scenario alone or by posts, and were deleted.
    private var deleted: Set<ItemName> = []

    /// The fields of an item in the order in which they came; nil when no post made or changed it.
    func fields(of item: ItemName) -> [StoredField]? {
        items[item]
    }

    /// Whether an item is there; `isKnown`: whether it was before anyone posted.
    func contains(_ item: ItemName, isKnown: Bool) -> Bool {
        items[item] != nil || isKnown && !deleted.contains(item)
    }

    /// A Refresh makes the item, or replaces its whole list of fields; an Update changes those given.
    mutating func apply(_ fields: [StoredField], to item: ItemName, replacing: Bool) {
        if replacing {
            items[item] = []
            deleted.remove(item)
        }
        items[item, default: []].merge(fields)
    }

    mutating func delete(_ item: ItemName) {
        items[item] = nil
        deleted.insert(item)
    }
}

extension [StoredField] {
    /// Of a field that stands twice, the last counts.
    fileprivate mutating func merge(_ new: [StoredField]) {
        reserveCapacity(new.count)
        for (place, field) in new.enumerated() {
            // Posts of an item mostly have the same fields in the same order.
            if place < count, self[place].name == field.name {
                self[place] = field
            } else if let found = firstIndex(where: { $0.name == field.name }) {
                self[found] = field
            } else {
                append(field)
            }
        }
    }
}

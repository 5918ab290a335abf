import PostboxCore

/// The last accepted values as a dictionary: what the store is held to.
struct LastModel {
    struct Key: Hashable {
        var destination: String
        var service: String
        var ric: String
    }

    struct Row {
        var number: Int
        var key: Key
        var isRefresh: Bool
        var acceptedAt: Int64
        var fields: [(name: String, json: String)]
    }

    struct Drop {
        var place: DropPlace
        /// In the order of the file.
        var rows: [Row]
    }

    private struct Image {
        var fields: [String: LastValue] = [:]
        var refreshed: DropPlace?
    }

    private var images: [Key: Image] = [:]

    var keys: [Key] { Array(images.keys) }

    func values(_ key: Key) -> [String: LastValue]? { images[key]?.fields }

    /// Lays drops over it, each as a whole, in the order in which their values count.
    mutating func apply(_ drops: [Drop]) {
        for drop in drops.sorted(by: { $1.place.isNewer(than: $0.place) }) {
            for (key, rows) in Dictionary(grouping: drop.rows, by: \.key) {
                images[key] = Self.laid(rows.sorted { $0.number < $1.number }, of: drop.place, over: images[key])
            }
        }
    }

    private static func laid(_ rows: [Row], of place: DropPlace, over known: Image?) -> Image {
        var image = known ?? Image()
        if let refreshed = image.refreshed, refreshed.isNewer(than: place) { return image }
        // What the drop itself says in the end, and what it found and did not blank.
        var said: [String: (json: String, at: Int64)] = [:]
        var before = image.fields
        for row in rows {
            let names = Set(row.fields.map(\.name))
            if row.isRefresh {
                image.refreshed = place
                said = [:]
                for (name, value) in before where !names.contains(name) {
                    let isNewer = DropPlace(drop: value.drop, age: value.age).isNewer(than: place)
                    if !isNewer { before[name] = nil }
                }
            }
            for field in row.fields { said[field.name] = (field.json, row.acceptedAt) }
        }
        image.fields = before
        for (name, value) in said {
            let old = before[name]
            if let old, DropPlace(drop: old.drop, age: old.age).isNewer(than: place) { continue }
            let isSame = old.map { same(String(decoding: $0.json, as: UTF8.self), value.json) } ?? false
            image.fields[name] = LastValue(
                field: name, json: Array(value.json.utf8), drop: place.drop, age: place.age, acceptedAt: value.at,
                run: isSame ? (old?.run ?? 0) + 1 : 1)
        }
        return image
    }

    /// The values that the test uses as numbers have few digits.
    private static func same(_ one: String, _ other: String) -> Bool {
        if one == other { return true }
        guard !one.hasPrefix("\""), !other.hasPrefix("\""), let a = Double(one), let b = Double(other) else {
            return false
        }
        return a == b
    }
}

extension LastModel.Drop {
    /// Its result file, its lines in the order in which its rows ended: `order` has their indexes. Rows that were not accepted stand
    /// between them.
    func result(_ order: [Int], others: [String]) -> String {
        var text =
            "drop,row,line,destination,ric,service,post,outcome,nak_code,reason,text,superseded_by,post_id,attempts,sent_at,settled_at,fields\n"
        func quoted(_ text: String) -> String {
            let isPlain = !text.contains { "\",\n\r".contains($0) }
            return isPlain ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
        }
        for (place, index) in order.enumerated() {
            let row = rows[index]
            let json = "{" + row.fields.map { "\"\($0.name)\":\($0.json)" }.joined(separator: ",") + "}"
            let head = "\(self.place.drop),\(row.number),\(row.number + 1),\(quoted(row.key.destination)),"
            text +=
                head
                + "\(quoted(row.key.ric)),\(quoted(row.key.service)),\(row.isRefresh ? "Refresh" : "Update"),acked,,,,,77,1,"
                + "2026-11-21T10:00:00.000000Z,\(TimeText.text(row.acceptedAt)),\(quoted(json))\n"
            if !others.isEmpty, place % 3 == 0 {
                text +=
                    head
                    + "\(quoted(row.key.ric)),\(quoted(row.key.service)),Update,\(others[place % others.count]),,a_reason,\"a, \"\"b\"\"\",,,0,,"
                    + "2026-11-21T10:00:00.000000Z,\(quoted(json))\n"
            }
        }
        return text
    }
}

/// A log line as journald takes it: fields that can be searched (systemd's native journal protocol).
///
/// The message is what a log line says without its time and level, which the journal keeps itself; each fact is a field as well.
package enum JournalEntry {
    /// How loud a line is, as syslog(3) counts.
    package enum Priority: Int, Sendable {
        case critical = 2
        case error, warning, notice, info, debug
    }

    /// The longest name of a field.
    static let nameMax = 64

    /// The datagram of one line.
    ///
    /// - Parameters:
    ///   - event: the line's stable word; nil: it has none.
    ///   - facts: each becomes the field `POSTBOX_NAME`, its name in capitals.
    package static func datagram(
        _ priority: Priority, event: String?, _ message: String, _ facts: [(key: String, value: String)]
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        func add(_ name: String, _ value: String) {
            bytes += name.utf8
            if value.utf8.contains(0x0A) {
                // The length says where such a value ends: 64 bits, the lowest byte first.
                bytes.append(0x0A)
                withUnsafeBytes(of: UInt64(value.utf8.count).littleEndian) { bytes += $0 }
            } else {
                bytes.append(0x3D)
            }
            bytes += value.utf8
            bytes.append(0x0A)
        }
        add("MESSAGE", message)
        add("PRIORITY", "\(priority.rawValue)")
        add("SYSLOG_IDENTIFIER", "postbox")
        if let event { add("POSTBOX_EVENT", event) }
        for (key, value) in facts { add(name(of: key), value) }
        return bytes
    }

    /// The field of a fact. Only capitals, digits and underscores may stand in one.
    static func name(of fact: String) -> String {
        let bytes = fact.utf8.map { byte -> UInt8 in
            switch byte {
            case 0x61...0x7A: byte - 0x20
            case 0x41...0x5A, 0x30...0x39: byte
            default: 0x5F
            }
        }
        // No fact takes the place of the line's own word.
        let prefix = String(decoding: bytes, as: UTF8.self) == "EVENT" ? "POSTBOX_FACT_" : "POSTBOX_"
        return String((prefix + String(decoding: bytes, as: UTF8.self)).prefix(nameMax))
    }
}

/// Records that stand one behind the other.
package enum LastBlock {
    package enum Finding {
        /// The record, and where it begins.
        case found(LastRecord, at: Int)
        /// There is none. What stands before that place stands before the key; it is the end where all of it does.
        case none(at: Int)
        /// What stands there is no record.
        case damaged
    }

    /// Looks a key up among whole records. What stands before `start` stands before the key.
    package static func find(
        _ hash: UInt64, _ key: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer, from start: Int
    ) -> Finding {
        guard let base = text.baseAddress, start >= 0 else { return .none(at: 0) }
        var at = start
        while at &+ 9 <= text.count {
            let next = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            if next > hash { return .none(at: at) }
            if next == hash {
                guard let record = LastRecord(text, at: at) else { return .damaged }
                let order = LastKey.order(record.key, key)
                if order == 0 { return .found(record, at: at) }
                if order > 0 { return .none(at: at) }
            }
            let size = base.load(fromByteOffset: at &+ 8, as: UInt8.self)
            if size < 0x80 {
                at &+= 9 &+ Int(size)
            } else {
                guard let record = LastRecord(text, at: at) else { return .damaged }
                at &+= record.bytes.count
            }
        }
        return at == text.count ? .none(at: at) : .damaged
    }
}

internal import Glibc
package import PostboxCore

/// `state/control/`: what the desk ordered, a small file each. Commands write them, the service reads them, and either of them
/// may be killed at any moment: an order is there whole or not at all.
package struct ControlFolder: Sendable {
    /// An order as it stands.
    package struct Entry: Sendable, Equatable {
        package var note: ControlNote
        /// When it was given, microseconds since 1970.
        package var since: Int64
    }

    package let path: String

    /// `stateDirectory`: the spool's `state/`.
    package init(stateDirectory: String) {
        path = stateDirectory + "/control"
    }

    /// Creates it when it is missing. Throws `DiskError`.
    package func make() throws(DiskError) {
        try Disk.makeDirectory(path)
    }

    /// All orders, and the names of what is none of ours. A folder that is missing holds none. Throws `DiskError`.
    package func read() throws(DiskError) -> (orders: [ControlOrder: Entry], foreign: [String]) {
        var orders: [ControlOrder: Entry] = [:]
        var foreign: [String] = []
        guard try Disk.exists(path) else { return (orders, foreign) }
        for name in try Disk.names(in: path).names where !name.hasPrefix(".") {
            if let order = ControlOrder(fileName: name), let entry = try entry(order) {
                orders[order] = entry
            } else if try Disk.exists(path + "/" + name) {
                foreign.append(name)
            }
        }
        return (orders, foreign.sorted())
    }

    /// The order as it stands; nil: there is no such order. Throws `DiskError`.
    package func entry(_ order: ControlOrder) throws(DiskError) -> Entry? {
        let file = path + "/" + order.fileName
        guard let status = try Disk.status(file), status.isRegular else { return nil }
        // Longer than any note of ours: whoever wrote it, the name is what counts.
        guard status.size <= 4096 else { return Entry(note: ControlNote(), since: status.modifiedAt / 1000) }
        do throws(DiskError) {
            let note = ControlNote(text: String(decoding: try Disk.contents(file), as: UTF8.self))
            return Entry(note: note, since: status.modifiedAt / 1000)
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
    }

    /// Gives an order, durably. False: it stands already, and is left as it is. Throws `DiskError`.
    package func give(_ order: ControlOrder, _ note: ControlNote) throws(DiskError) -> Bool {
        try make()
        let part = path + "/.new-\(getpid())"
        try FileMover().write(Array(note.text.utf8), to: part)
        let isNew: Bool
        do throws(DiskError) {
            isNew = try Disk.renameNew(part, path + "/" + order.fileName)
        } catch {
            try Disk.remove(part)
            throw error
        }
        if !isNew { try Disk.remove(part) }
        try Disk.syncDirectory(path)
        return isNew
    }

    /// Takes orders back, durably: those that do not stand are passed over. Throws `DiskError`.
    package func remove(_ orders: [ControlOrder]) throws(DiskError) {
        guard !orders.isEmpty, try Disk.exists(path) else { return }
        for order in orders { try Disk.remove(path + "/" + order.fileName) }
        try Disk.syncDirectory(path)
    }
}

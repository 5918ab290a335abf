import Foundation
import TestSupport

/// What a disk may hold after the power failed: the calls up to that moment, of which only what was synced is sure.
///
/// Bytes are sure when their file was synced after they were written; a sync that failed makes nothing sure, ever. Names are
/// sure when their folder was synced after they were made, changed or removed; a rename is one step, sure with its new folder.
/// A sync of a file says nothing about its name.
struct PowerCut {
    /// What becomes of that which is not sure.
    enum Loss: String, CaseIterable, Sendable {
        /// All of it is lost.
        case all
        /// None of it.
        case none
        /// Names in order, from some moment on; of bytes some sectors, and others are zero.
        case some
        /// The bytes are there, the names are not.
        case names
        /// The names are there, of the bytes only the files' sizes.
        case bytes
        /// Any of the names, in any order, claims excepted; of bytes some sectors.
        case any
    }

    private static let sector = 512

    private enum Change {
        case make(String, Int)
        case makeFolder(String)
        case move(String, String, Int)
        case moveFolder(String, String)
        case link(String, Int)
        case remove(String)
    }

    private struct Write {
        var at: Int
        /// nil: the file is cut to, or grows to, `at` bytes.
        var bytes: Data?
        /// A sync of it failed: no later one makes it sure.
        var isDoomed = false
    }

    private final class Inode {
        /// What is sure.
        var sure = Data()
        /// What came since.
        var writes: [Write] = []
    }

    private var inodes: [Inode] = []
    private var names: [String: Int] = [:]
    private var folders: Set<String> = []
    private var changes: [(change: Change, isSure: Bool)] = []
    /// The files that were there before.
    private let first: [String: Int]

    /// - Parameters:
    ///   - first: the files that were there and sure before the first call, by path.
    ///   - entries: what happened, up to the cut.
    init(first: [String: Data], _ entries: ArraySlice<WatchedDisk.Entry>) {
        for (path, bytes) in first {
            let inode = Inode()
            inode.sure = bytes
            names[path] = inodes.count
            inodes.append(inode)
        }
        self.first = names
        for entry in entries {
            if entry.errno == 0 {
                take(entry)
            } else if entry.call.hasSuffix("sync"), let number = names[entry.path] {
                for index in inodes[number].writes.indices { inodes[number].writes[index].isDoomed = true }
            }
        }
    }

    private mutating func take(_ entry: WatchedDisk.Entry) {
        let path = entry.path
        switch entry.call {
        case "create":
            names[path] = inodes.count
            changes.append((.make(path, inodes.count), false))
            inodes.append(Inode())
        case "truncate", "ftruncate":
            names[path].map { inodes[$0].writes.append(Write(at: entry.offset)) }
        case "write", "pwrite", "writev":
            names[path].map { inodes[$0].writes.append(Write(at: entry.offset, bytes: entry.bytes)) }
        case "fsync", "fdatasync":
            if let number = names[path] {
                let inode = inodes[number]
                for write in inode.writes where !write.isDoomed { Self.apply(write, to: &inode.sure) }
                inode.writes = []
            } else {
                for index in changes.indices where Self.folder(of: changes[index].change) == path {
                    changes[index].isSure = true
                }
            }
        case "syncfs":
            for inode in inodes {
                for write in inode.writes where !write.isDoomed { Self.apply(write, to: &inode.sure) }
                inode.writes = []
            }
            for index in changes.indices { changes[index].isSure = true }
        case "rename" where folders.contains(path):
            folders.remove(path)
            folders.insert(entry.target)
            names = Self.moved(names, from: path, to: entry.target)
            changes.append((.moveFolder(path, entry.target), false))
        case "rename":
            guard let number = names.removeValue(forKey: path) else { return }
            names[entry.target] = number
            changes.append((.move(path, entry.target, number), false))
        case "link":
            guard let number = names[path] else { return }
            names[entry.target] = number
            changes.append((.link(entry.target, number), false))
        case "unlink", "rmdir":
            names[path] = nil
            folders.remove(path)
            changes.append((.remove(path), false))
        case "mkdir":
            folders.insert(path)
            changes.append((.makeFolder(path), false))
        default:
            break
        }
    }

    /// Files by path after a folder was renamed.
    private static func moved(_ files: [String: Int], from: String, to: String) -> [String: Int] {
        Dictionary(
            uniqueKeysWithValues: files.map { path, number in
                (path.hasPrefix(from + "/") ? to + path.dropFirst(from.count) : path, number)
            })
    }

    private static func folder(of change: Change) -> String {
        let path =
            switch change {
            case .make(let path, _), .makeFolder(let path), .remove(let path), .move(_, let path, _),
                .moveFolder(_, let path), .link(let path, _):
                path
            }
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    /// Claims of several files come to the disk in their order. No standard says so, but every journal does; were it not so,
    /// an older file could stay in the inbox and a newer one not.
    private static func isOfClaim(_ change: Change) -> Bool {
        switch change {
        case .makeFolder, .moveFolder: true
        case .move(let from, _, _): from.hasPrefix("inbox/")
        case .make, .link, .remove: false
        }
    }

    private static func apply(_ write: Write, to bytes: inout Data) {
        guard let new = write.bytes else {
            if write.at < bytes.count { bytes = Data(bytes.prefix(write.at)) }
            if write.at > bytes.count { bytes.append(Data(count: write.at - bytes.count)) }
            return
        }
        let end = write.at + new.count
        if end > bytes.count { bytes.append(Data(count: end - bytes.count)) }
        bytes.replaceSubrange(write.at..<end, with: new)
    }

    /// What is sure of files whose first names are sure as well, by those.
    func sure(_ isMeant: (String) -> Bool) -> [(path: String, bytes: Data)] {
        changes.compactMap { change, isSure in
            guard isSure, case .make(let path, let number) = change, isMeant(path) else { return nil }
            return (path, inodes[number].sure)
        }
    }

    /// Where files were moved, in order.
    var moves: [(from: String, to: String)] {
        changes.compactMap { if case .move(let from, let to, _) = $0.change { (from, to) } else { nil } }
    }

    /// Makes an empty folder what the disk might be after the cut.
    func leave(_ loss: Loss, in root: URL, random: inout some RandomNumberGenerator) throws {
        var files = first
        var folders: Set<String> = ["", "inbox", "done", "failed"]
        let lastSure = changes.lastIndex { $0.isSure }.map { $0 + 1 } ?? 0
        let cut = Int.random(in: lastSure...changes.count, using: &random)
        for (index, (change, isSure)) in changes.enumerated() {
            let isKept =
                switch loss {
                case .all, .names: isSure || index < lastSure
                case .none, .bytes: true
                case .some: isSure || index < cut
                case .any: isSure || (Self.isOfClaim(change) ? index < cut : Bool.random(using: &random))
                }
            guard isKept, folders.contains(Self.folder(of: change)) else { continue }
            switch change {
            case .make(let path, let number): files[path] = number
            case .makeFolder(let path): folders.insert(path)
            case .move(let from, let to, let number):
                files[from] = nil
                files[to] = number
            case .moveFolder(let from, let to):
                guard folders.remove(from) != nil else { continue }
                folders.insert(to)
                files = Self.moved(files, from: from, to: to)
            case .link(let path, let number): files[path] = number
            case .remove(let path):
                if files.removeValue(forKey: path) == nil, !files.keys.contains(where: { $0.hasPrefix(path + "/") }) {
                    folders.remove(path)
                }
            }
        }
        for folder in folders.sorted() {
            try FileManager.default.createDirectory(
                at: root.appendingPathComponent(folder), withIntermediateDirectories: true)
        }
        // In order: files arrive in the inbox by name.
        for (path, number) in files.sorted(by: { $0.key < $1.key }) {
            try content(of: inodes[number], loss, &random).write(to: root.appendingPathComponent(path))
        }
    }

    private func content(of inode: Inode, _ loss: Loss, _ random: inout some RandomNumberGenerator) -> Data {
        var bytes = inode.sure
        for write in inode.writes {
            switch loss {
            case .all: break
            case .none, .names: Self.apply(write, to: &bytes)
            case .bytes:
                let end = write.at + (write.bytes?.count ?? 0)
                if end > bytes.count { Self.apply(Write(at: end), to: &bytes) }
            case .some, .any:
                guard let new = write.bytes else {
                    if Bool.random(using: &random) { Self.apply(write, to: &bytes) }
                    continue
                }
                var at = 0
                while at < new.count {
                    let next = min(new.count, (write.at + at) / Self.sector * Self.sector + Self.sector - write.at)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: break
                    case 1 where write.at + next > bytes.count: Self.apply(Write(at: write.at + next), to: &bytes)
                    default:
                        let start = new.startIndex + at
                        Self.apply(
                            Write(at: write.at + at, bytes: Data(new[start..<new.startIndex + next])), to: &bytes)
                    }
                    at = next
                }
            }
        }
        return bytes
    }
}

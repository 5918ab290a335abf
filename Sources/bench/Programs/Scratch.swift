internal import Dispatch
internal import Foundation

/// A folder for everything that a bench makes; it goes when the bench ends, whether by itself or by a signal.
struct Scratch {
    let path: String

    /// - Parameter directory: on the disk to be measured; nil for the one of the program itself.
    init(in directory: String?) throws {
        let parent = try directory ?? Self.programFolder()
        path = parent + "/bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        Ending.watch(path)
    }

    func remove() {
        Ending.clear()
    }

    /// A new, empty folder in it.
    func makeFolder(_ name: String) throws -> String {
        let folder = path + "/" + name
        if FileManager.default.fileExists(atPath: folder) {
            var room = 1000
            Self.count(folder, &room)
            if room < 0 {
                // For minutes ext4 without a journal searches past every deleted file when it makes one: these stay to the end.
                try FileManager.default.moveItem(
                    atPath: folder, toPath: "\(folder)-before-\(DispatchTime.now().rawValue)")
            } else {
                try FileManager.default.removeItem(atPath: folder)
            }
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Takes a name off `room` for each that lies in a folder or below it, until that is below zero. No name is kept: what this
    /// process has held at most is seen in what its children are said to have held.
    private static func count(_ folder: String, _ room: inout Int) {
        guard let open = opendir(folder) else { return }
        defer { closedir(open) }
        while room >= 0, let entry = readdir(open) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            room -= 1
            if Int(entry.pointee.d_type) == Int(DT_DIR) { count(folder + "/" + name, &room) }
        }
    }

    /// The built program: it lies beside this one.
    static func postbox() throws -> String {
        let program = try programFolder() + "/postbox"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw BenchError("there is no \(program): swift build -c release makes it")
        }
        return program
    }

    private static func programFolder() throws -> String {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return (program as NSString).deletingLastPathComponent
    }
}

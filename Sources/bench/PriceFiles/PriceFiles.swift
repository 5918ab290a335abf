internal import Foundation
internal import PostboxCore

/// A price file on disk.
struct PriceFile {
    var path: String
    var rows: Int
    var bytes: Int
}

extension Scratch {
    /// A file of that many rows; made once.
    func priceFile(_ format: PriceFileFormat, rows: Int) throws -> PriceFile {
        try priceFile(format, "\(rows)-rows") { $0.rows < rows }
    }

    /// A file of about that many bytes; made once.
    func priceFile(_ format: PriceFileFormat, bytes: Int) throws -> PriceFile {
        try priceFile(format, "\(bytes)-bytes") { $0.bytes < bytes }
    }

    private func priceFile(
        _ format: PriceFileFormat, _ name: String, while isWanted: (PriceFile) -> Bool
    ) throws -> PriceFile {
        var file = PriceFile(path: path + "/" + name + "." + format.rawValue, rows: 0, bytes: 0)
        let part = file.path + ".count"
        if let known = try? String(contentsOfFile: part, encoding: .utf8).split(separator: " ").compactMap({ Int($0) })
        {
            return PriceFile(path: file.path, rows: known[0], bytes: known[1])
        }
        guard FileManager.default.createFile(atPath: file.path, contents: nil),
            let out = FileHandle(forWritingAtPath: file.path)
        else { throw BenchError("\(file.path) cannot be written") }
        var rows = PriceRows(seed: 1)
        var text = PriceText(format)
        while isWanted(PriceFile(path: "", rows: text.rows, bytes: file.bytes + text.bytes.count)) {
            text.append(rows.next())
            if text.bytes.count > 1 << 18 {
                file.bytes += text.bytes.count
                try text.drain { try out.write(contentsOf: $0) }
            }
        }
        text.finish()
        file.rows = text.rows
        file.bytes += text.bytes.count
        try text.drain { try out.write(contentsOf: $0) }
        // What is measured afterwards must not wait for these bytes.
        try out.synchronize()
        try out.close()
        try Data("\(file.rows) \(file.bytes)".utf8).write(to: URL(fileURLWithPath: part))
        return file
    }

    /// Makes room for the next one.
    func removePriceFile(_ file: PriceFile) throws {
        try remove(file)
        try FileManager.default.removeItem(atPath: file.path + ".count")
    }

    /// A file that was made of another one.
    func remove(_ file: PriceFile) throws { try FileManager.default.removeItem(atPath: file.path) }

    /// A folder with that many CSV files of one row, each another one, in the order of their names.
    func smallFiles(_ count: Int) throws -> [String] {
        let folder = try makeFolder("small-\(count)")
        var rows = PriceRows(seed: 2)
        return try (0..<count).map { number in
            var text = PriceText(.csv)
            text.append(rows.next())
            let path = folder + "/" + String(format: "%07d.csv", number)
            try Data(text.bytes).write(to: URL(fileURLWithPath: path))
            return path
        }
    }
}

/// A price file's bytes in memory.
enum PriceBytes {
    static func make(_ format: PriceFileFormat, rows count: Int) -> [UInt8] {
        var rows = PriceRows(seed: 1)
        var text = PriceText(format)
        for _ in 0..<count { text.append(rows.next()) }
        text.finish()
        return text.bytes
    }
}

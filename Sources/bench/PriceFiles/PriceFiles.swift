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
        let target = path + "/" + name + "." + format.rawValue
        let part = target + ".count"
        if let known = try? String(contentsOfFile: part, encoding: .utf8).split(separator: " ").compactMap({ Int($0) })
        {
            return PriceFile(path: target, rows: known[0], bytes: known[1])
        }
        var rows = PriceRows(seed: 1)
        let file = try write(format, to: target) { isWanted($0) ? rows.next() : nil }
        try Data("\(file.rows) \(file.bytes)".utf8).write(to: URL(fileURLWithPath: part))
        return file
    }

    /// A CSV file of that many rows, each of a RIC of its own: the same RICs whatever its name is.
    ///
    /// - Parameter percent: how much is put on top of each price.
    func distinctRows(_ name: String, rows count: Int, percent: Int) throws -> PriceFile {
        var rows = PriceRows(seed: 6)
        return try write(.csv, to: path + "/" + name) { file in
            guard file.rows < count else { return nil }
            var row = rows.next()
            row.ric = Array("R\(file.rows).TST".utf8)
            row.bid.units += row.bid.units * percent / 100
            row.ask.units += row.ask.units * percent / 100
            return row
        }
    }

    /// Writes rows as long as there are any.
    ///
    /// - Parameter next: the next row, given what was written so far; nil: there is none.
    private func write(
        _ format: PriceFileFormat, to target: String, _ next: (PriceFile) -> PriceRows.Row?
    ) throws -> PriceFile {
        var file = PriceFile(path: target, rows: 0, bytes: 0)
        guard FileManager.default.createFile(atPath: file.path, contents: nil),
            let out = FileHandle(forWritingAtPath: file.path)
        else { throw BenchError("\(file.path) cannot be written") }
        var text = PriceText(format)
        while let row = next(PriceFile(path: "", rows: text.rows, bytes: file.bytes + text.bytes.count)) {
            text.append(row)
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

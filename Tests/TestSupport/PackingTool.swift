package import Foundation

/// Packs bytes with the machine's own tools, so that what is unpacked was not packed by us.
package enum PackingTool {
    private static let scripts = [
        "gz": "import gzip; o.write(gzip.compress(i.read(), mtime=0))",
        "bz2": "import bz2; o.write(bz2.compress(i.read()))",
        "xz": "import lzma; o.write(lzma.compress(i.read()))",
        "zip":
            "import zipfile, io; b = io.BytesIO(); z = zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED); z.writestr('eod.csv', i.read()); z.close(); o.write(b.getvalue())",
    ]

    /// Endings of those whose tool is on this machine: python3, and for zst its own.
    package static let endings: [String] =
        (runs("python3", "-c", "import zlib, bz2, lzma") ? ["gz", "bz2", "xz", "zip"] : [])
        + (runs("zstd", "--version") ? ["zst"] : [])

    /// Packs. Throws when the tool fails.
    package static func pack(_ bytes: Data, _ ending: String) throws -> Data {
        if ending == "zst" { return try run(["zstd", "-q", "-c", "--check"], bytes) }
        let script = scripts[ending] ?? ""
        return try run(["python3", "-c", "import sys; i = sys.stdin.buffer; o = sys.stdout.buffer; \(script)"], bytes)
    }

    /// A zip of these files.
    package static func zip(_ members: [(name: String, bytes: Data)]) throws -> Data {
        // Names and bytes may be anything, and an argument has no room for them.
        let list = members.map { "\(Data($0.name.utf8).base64EncodedString()) \($0.bytes.base64EncodedString())" }
        let script = """
            import zipfile, io, base64
            b = io.BytesIO()
            z = zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED)
            for line in i.read().decode().split('\\n'):
                name, part = line.split(' ')
                z.writestr(base64.b64decode(name).decode(), base64.b64decode(part))
            z.close()
            o.write(b.getvalue())
            """
        return try python(script, Data(list.joined(separator: "\n").utf8))
    }

    /// What a script of Python's writes of these bytes: `i` is its input, `o` its output.
    package static func python(_ script: String, _ bytes: Data = Data()) throws -> Data {
        try run(["python3", "-c", "import sys; i = sys.stdin.buffer; o = sys.stdout.buffer\n\(script)"], bytes)
    }

    package struct Failed: Error, CustomStringConvertible {
        package var description: String
    }

    private static func runs(_ command: String...) -> Bool { (try? run(command, Data())) != nil }

    private static func run(_ command: [String], _ bytes: Data) throws -> Data {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("packing-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (input, output) = (folder.appendingPathComponent("in"), folder.appendingPathComponent("out"))
        try Spawning.write(bytes, to: input)
        try Spawning.write(Data(), to: output)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try Spawning.start(process)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(description: "\(command.prefix(2)) ended with \(process.terminationStatus)")
        }
        return try Data(contentsOf: output)
    }
}

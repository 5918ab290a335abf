internal import PostboxCore
internal import PostboxIO

/// The files of drops that replace wrong values, and beside each the list of these, as they are written.
final class WithdrawalFiles {
    private struct File {
        var directory: String
        var rows: WireFileWriter
        var incidents: WireFileWriter
        var count = 0
    }

    private let made: MadeDrops
    /// The drops that they are for.
    let numbers: [Withdrawing.Part: Int]
    private var files: [Withdrawing.Part: File] = [:]

    init(_ made: MadeDrops, _ numbers: [Withdrawing.Part: Int]) {
        self.made = made
        self.numbers = numbers
    }

    /// Writes what is posted of a RIC, and what was wrong: an incident's row above 0 becomes that of the post. Returns the row's number; 0:
    /// nothing is posted. Throws `DiskError`.
    func add(
        _ posts: [(name: String, json: [UInt8])], _ incidents: [Incident], ric: UnsafeRawBufferPointer,
        service: String, to part: Withdrawing.Part
    ) throws(DiskError) -> Int {
        guard var file = try open(part) else { return 0 }
        if !posts.isEmpty { file.count += 1 }
        let row = posts.isEmpty ? 0 : file.count
        files[part] = file
        if row > 0 {
            var line: [UInt8] = []
            WireFile.add(ric: ric, service: service, post: .update, fields: posts, to: &line)
            try file.rows.add(line)
        }
        for var incident in incidents {
            if incident.row > 0 { incident.row = incident.value.replacedBy == nil ? 0 : row }
            try file.incidents.add(Array(incident.note.utf8))
        }
        return row
    }

    /// nil: no drop is made for it.
    private func open(_ part: Withdrawing.Part) throws(DiskError) -> File? {
        if let file = files[part] { return file }
        guard let number = numbers[part] else { return nil }
        let directory = try made.begin(number, of: part.wrong)
        let name = WireFile.name(of: .withdraw, to: part.destination, drop: number)
        let file = File(
            directory: directory, rows: try WireFileWriter(directory + "/" + name),
            incidents: try WireFileWriter(directory + "/" + FileMover.Part.incidentNotes))
        files[part] = file
        return file
    }

    /// What one tells of wrong values is told by another one; the first one posts nothing. Throws `DiskError`, and what is wrong with a
    /// file that was just written.
    func move(_ part: Withdrawing.Part, to other: Withdrawing.Part) throws {
        guard let file = files[part], let target = files[other] else { return }
        try file.incidents.close()
        try SourceFile(path: file.directory + "/" + FileMover.Part.incidentNotes).eachChunk { _, chunk, _ in
            try target.incidents.add(Array(chunk))
        }
        try remove(part)
    }

    /// Nothing is posted by it. Throws `DiskError`.
    func leaveEmpty(_ part: Withdrawing.Part) throws(DiskError) {
        guard let file = try open(part) else { return }
        try file.rows.add(WireFile.withoutRows)
    }

    /// There will be no such drop. Throws `DiskError`.
    func remove(_ part: Withdrawing.Part) throws(DiskError) {
        guard let file = files.removeValue(forKey: part) else { return }
        try MadeDrops.remove(file.directory)
    }

    /// All of it is durable when it returns, but for the names of the files. Throws `DiskError`.
    func close() throws(DiskError) {
        for file in files.values {
            try file.rows.close()
            try file.incidents.close()
        }
    }
}

internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// Completes the list of what a withdrawal replaces: until when each wrong value held is known when its rows have their outcomes.
struct IncidentWriter: Sendable {
    let file: ClaimedFile

    /// The drop replaces wrong values.
    static func isWanted(of snapshot: DropSnapshot) -> Bool { snapshot.asked?.act == DeskVerb.withdraw.rawValue }

    /// Writes the list beside the drop's other parts, durably but for its name; false: there are no notes that it could be made of. Waits
    /// for the disk. Throws `DiskError`.
    func write() throws -> Bool {
        let notes = file.directory + "/" + FileMover.Part.incidentNotes
        guard try Disk.exists(notes) else { return false }
        var until: [Int: String] = [:]
        if let result = try ResultBytes(path: file.directory + "/" + FileMover.Part.result) {
            var lines = ResultRows(resultOf: file.drop)
            try result.eachPiece(&lines) { _, line, text, _ in
                let row = AuditRow(
                    resultLine: UnsafeRawBufferPointer(rebasing: text[line]), drop: file.drop, file: file.name)
                if let row, row[.outcome] == PostOutcome.acked.word { until[row.row] = row[.settledAt] }
            }
        }
        let writer = try WireFileWriter(file.directory + "/" + FileMover.Part.incident)
        try writer.add(Array(Incident.header.utf8))
        let source = try SourceFile(path: notes)
        var rest: [UInt8] = []
        func take(_ line: ArraySlice<UInt8>) throws(DiskError) {
            let text = Array(line).withUnsafeBytes { note in
                Incident.line(ofNote: note, until: Incident.row(ofNote: note).flatMap { until[$0] })
            }
            if let text { try writer.add(Array(text.utf8)) }
        }
        try source.eachChunk { _, chunk, _ in
            rest += chunk
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                try take(rest[start..<end])
                start = end + 1
            }
            rest.removeFirst(start)
        }
        try writer.close()
        return true
    }
}

/// The files of drops that are not closed, by number, for whoever carries out what `ServiceMachine` decides.
struct FilesInWork {
    private var files: [Int: ClaimedFile]
    /// Those that a fault left, until the ledger has been asked about them.
    private var faulted: Set<Int> = []

    /// `recovered`: what an earlier run left.
    init(_ recovered: [ClaimedFile]) {
        files = Dictionary(recovered.map { ($0.drop, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(drop: Int) -> ClaimedFile? { files[drop] }

    /// A file was claimed.
    mutating func claimed(_ file: ClaimedFile) { files[file.drop] = file }

    /// Its contribution ended.
    mutating func ended(_ file: ClaimedFile, _ end: ContributionEnd) {
        guard case .fault = end else {
            files[file.drop] = nil
            return
        }
        faulted.insert(file.drop)
    }

    /// A file goes on as the ledger knows it. Returns it with what was known besides, when a fault had left it.
    mutating func goesOn(_ file: ClaimedFile) -> ClaimedFile {
        var file = file
        if faulted.remove(file.drop) != nil, let before = files[file.drop] {
            file.isAdopted = before.isAdopted
            file.wasFaulty = true
        }
        files[file.drop] = file
        return file
    }

    /// Those that a fault left and that the ledger has not open: they are closed, or came to nothing.
    mutating func forgetFaulted() -> [ClaimedFile] {
        let over = faulted.sorted().compactMap { files.removeValue(forKey: $0) }
        faulted = []
        return over
    }
}

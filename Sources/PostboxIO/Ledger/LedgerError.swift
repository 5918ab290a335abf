internal import PostboxCore

/// The ledger could not be read or written. Who cannot record does not proceed: nothing is posted until it works again.
package struct LedgerError: Error, Sendable, CustomStringConvertible {
    package var message: String
    /// The disk is full or failing: worth another try when that was mended.
    package var isDiskFault: Bool

    package init(message: String, isDiskFault: Bool = false) {
        self.message = message
        self.isDiskFault = isDiskFault
    }

    package var description: String { message }
}

extension FileStage {
    /// A drop's stage as the ledger has it. Throws `LedgerError` for one that this version does not know.
    init(inLedger word: String, of drop: Int) throws {
        guard let stage = FileStage(rawValue: word) else {
            throw LedgerError(
                message:
                    "the ledger has drop \(drop) in the stage \(word), which this version of Postbox does not know; use the version that wrote it"
            )
        }
        self = stage
    }
}

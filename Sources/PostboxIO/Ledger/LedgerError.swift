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

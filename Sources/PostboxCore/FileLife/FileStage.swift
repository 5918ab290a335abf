/// How far a drop has come, as the ledger knows it.
package enum FileStage: String, Sendable, Equatable {
    /// It has a number and its rule; the file is in `work/` or about to be.
    case claimed
    /// It lies in `work/` until a person releases or refuses it. Nothing of it was sent.
    case held
    /// It was read through and rows may have been sent, up to `postedThrough`.
    case posting
    /// Every row has its outcome; what the server stores of the accepted ones is read back. It begins anew after a crash.
    case verifying
    /// Every row has its outcome; verdict and target names are fixed.
    case settled
    /// Moved; nothing is left to do.
    case closed
}

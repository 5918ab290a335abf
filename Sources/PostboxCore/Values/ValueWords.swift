/// What is said of a value that could not be read, in words of the rule that reads it.
struct ValueWords: Sendable, Equatable {
    /// What is wrong with it, half a sentence behind the value; nil: what is said of every value with this fault.
    var what: String?
    /// What to do about it.
    var hint: String
}

internal import PostboxCore

/// What the desk can have done and shown by the rest of the service.
struct DeskHands: Sendable {
    /// Does what a person asks with a drop.
    var act: @Sendable (DeskAct, Person) async -> DeskAnswer
    /// Has the configuration loaded anew: by whom, from where, and why.
    var reload: @Sendable (Person, _ from: String, _ why: String?) async -> DeskAnswer
    /// What is held, by drop number; the rows that need a look only where they are asked for.
    var held: @Sendable (_ withRows: Bool) async -> [HeldDrop]
    /// How everything stands.
    var board: @Sendable () async -> StatusBoard
    /// Lines with an outcome of each drop in work.
    var settled: @Sendable () async -> [Int: Int]
    /// What became of files since the start, and when tokens end, by destination.
    var figures: @Sendable () async -> (files: ClosedFiles, tokensEnd: [String: Int64])
}

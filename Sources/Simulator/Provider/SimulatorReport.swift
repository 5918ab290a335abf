/// What a simulator saw and did since its start.
package struct SimulatorReport: Sendable, Equatable {
    /// Something a client must not do.
    package struct Violation: Sendable, Equatable {
        /// What it was.
        package enum Kind: String, Sendable, Equatable {
            /// More posts in a second than the limit.
            case rate
            /// A frame that is no JSON; the connection was closed for it.
            case brokenJSON
            /// A frame above the limit; the connection was reset for it.
            case frameTooLarge
            /// A frame that did not fit behind others into the read buffer; the connection was reset for it.
            case frameDoesNotFit
            /// An unmasked frame or one that is none; the connection was dropped for it.
            case malformedFrame
            /// Nothing came for the ping timeout; the connection was closed for it.
            case silence
            /// The client sent an Error message; the connection was closed for it.
            case errorMessage
            /// A post on a stream that is not open.
            case postWithoutStream
            /// A post that came while the Login stream was Suspect, though it may have been under way before.
            case postWhileSuspect
            /// A request for a token that is not as the token endpoint's documentation says.
            case tokenRequest
        }

        package var kind: Kind
        /// Number of the connection, counted from 1; 0 where there is none.
        package var connection: Int
        /// Microseconds since 1970.
        package var time: Int64
        package var text: String
    }

    /// False when the simulator answers at full speed and checks nothing.
    package var isStrict = true
    package var connections = 0
    package var openConnections = 0
    package var refusedConnections = 0
    /// HTTP requests that were answered with 400.
    package var refusedHandshakes = 0
    /// Logins that were accepted, reissues apart.
    package var logins = 0
    package var loginRejections = 0
    /// Login requests with `Refresh` false on an open Login stream.
    package var reissues = 0
    /// Close messages for the Login stream.
    package var loginCloses = 0
    /// WebSocket Close frames of clients.
    package var closes = 0
    package var posts = 0
    package var refreshPosts = 0
    package var updatePosts = 0
    /// Positive Acks sent, duplicates too.
    package var acks = 0
    /// Acks with a NakCode sent.
    package var naks = 0
    /// Error messages sent.
    package var errors = 0
    /// Acks that the scenario lost.
    package var lostAcks = 0
    package var silentPosts = 0
    /// Posts behind one that drew an Error in the same frame.
    package var droppedPosts = 0
    /// Items that were requested, each of a batch.
    package var itemRequests = 0
    /// Refreshes of items sent.
    package var itemRefreshes = 0
    /// Status messages that refused a request for an item, or closed its stream.
    package var itemStatuses = 0
    /// Most streams of items that a connection had open, those included that waited for their answer.
    package var highestOpenItems = 0
    package var pingsSent = 0
    package var pingsReceived = 0
    package var pongsReceived = 0
    package var webSocketPings = 0
    /// Connections that the scenario broke off.
    package var disconnects = 0
    package var maxPostsInAnySlidingSecond = 0
    /// Most posts of one connection that wanted an Ack and had none yet; those that are never answered stay in it.
    package var highestInFlight = 0
    package var tokenRequests = 0
    package var tokensIssued = 0
    /// The first 1,000; ``violationCount`` counts them all.
    package var violations: [Violation] = []
    package var violationCount = 0

    mutating func note(_ kind: Violation.Kind, connection: Int, at now: Moment, _ text: String) {
        violationCount += 1
        guard violations.count < 1000 else { return }
        violations.append(
            Violation(kind: kind, connection: connection, time: now.epochMicroseconds, text: text))
    }
}

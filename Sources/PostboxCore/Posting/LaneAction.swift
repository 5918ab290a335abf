/// What a lane's machine says, and how it is asked.
extension LaneMachine {
    /// Something for whoever runs the machine to do.
    package enum Action: Sendable, Equatable {
        /// Rows have ended: they go to whoever writes them down.
        case deliver([Outcomes])
        /// These posts are in flight from now on.
        case send([PostingWindow.Send])
        /// These items are asked for from now on.
        case request(ItemRequests.Request)
        /// What was read back is known.
        case readBack([ItemRequests.Finished])
        /// The server answers no request for an item.
        case lacksRequests
        /// The credentials that had to wait go on the live session now.
        case reissue
        /// The first server is well again and nothing is in flight: log out and go there.
        case goBack
        /// The lane drains, and there is no answer left to wait for.
        case drained
        case wake([Wake])
        /// Nothing new goes for a while, and people are told; why.
        case pause(String)
        /// The pause is over.
        case resume
        /// Ask the server whether it is still there.
        case ask
        /// The connection is dead; why.
        case giveUp(String)
        /// An answer that nothing waits for.
        case late(postID: UInt32, answer: String)
        /// An answer of which it cannot be told whether it is a refusal.
        case unreadable(postID: UInt32, text: String)
    }

    /// What a drop that waited is told.
    package enum Wake: Sendable, Equatable {
        case turn(drop: Int, LaneOrder.Turn)
        /// Whether it may commit the rows that it asked for.
        case commit(drop: Int, isAllowed: Bool)
    }

    /// Rows of one drop that ended together.
    package struct Outcomes: Sendable, Equatable {
        package var drop: Int
        package var runs: [SettledRun]
    }

    /// How far whoever runs the machine is in doing what may be done now.
    package struct Pump: Sendable {
        enum Step {
            case outcomes
            case login
            case posts
            case requests
            case ends
            case over
        }

        var step = Step.outcomes

        package init() {}
    }

    /// Bounds that tests make small.
    package struct Bounds: Sendable {
        /// Posts in flight when a login begins: a new connection starts with few and gets one more with every answer, so that a
        /// server which is slow to come back is not flooded anew by every try.
        package var flightStart: Int
        /// Rows that a drop commits ahead; nil: by window and rate.
        package var leadRows: Int?
        package var backoff: ReconnectBackoff

        package init(
            flightStart: Int = 64, leadRows: Int? = nil,
            backoff: ReconnectBackoff = ReconnectBackoff(first: .milliseconds(250), most: .seconds(30))
        ) {
            self.flightStart = flightStart
            self.leadRows = leadRows
            self.backoff = backoff
        }
    }
}

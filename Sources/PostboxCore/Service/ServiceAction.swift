extension ServiceMachine {
    /// What the loop is to do next. Where an event is named, the loop tells the machine by it how that ended.
    package enum Action: Sendable, Equatable {
        /// List the inbox: `listed`. `isWatchLost`: the watch is over, another one begins.
        case list(isWatchLost: Bool)
        /// Look at these names: `looked`.
        case look([String])
        /// Look at the files of all tables: `tablesLooked`.
        case lookAtTables
        /// Read the files of these tables: `tablesRead`.
        case readTables([String])
        /// Look how much is free where the spool lies: `roomSeen` or `roomFailed`.
        case lookAtRoom
        /// Read the desk's commands: `commandsRead`.
        case readCommands
        /// Everything is in place: say that the service is up, and let the destinations log in.
        case started
        /// Ask the ledger for drops that nobody works on, besides these: `lookedAgain`.
        case lookAgain(known: Set<Int>)
        /// Ask the ledger where these rejects go, by the drops that they name: `destinationsFound` or `destinationsFailed`.
        case findDestinations([String])
        /// Take these out of the inbox, in that order: `claimed` or `claimFailed`.
        case claim([String])
        /// Others may go before these complete files, which wait for something; with the priority of each.
        case pass([String: Int])
        /// What decides whether the files that were passed may go has changed.
        case letGo
        /// The inbox is empty: no file waits that was passed.
        case forgetPassed
        /// The drop has become of a file whose cancellation stands: give it up. `commandsRead` tells what stands then.
        case claimedCancelled(String, drop: Int)
        /// Begin the contributions of these drops; all take their places before the first one sends.
        case begin([Int])
        /// So many files wait to be claimed: directories are kept for them.
        case wantSpares(Int)
        /// When the oldest waiting file arrived, microseconds since 1970; nil: none waits.
        case setOldestWaiting(Int64?)
        /// The time of these held drops is over: they are refused. What is held then is told by `heldKnown`.
        case timeOut([Int])
        /// These holds were to be over by now: that is told once of each, whatever restarts it outlives.
        case holdsOverdue([DeskHold])
        /// Ask the lanes how they and these drops stand: `lanesAnswered`.
        case askLanes(drops: [Int])
        /// The configuration no longer has the destination and no file needs it: its login ends.
        case leave(destination: String)
        /// No destination gets anything new, and what is in flight is waited for: `lanesStopped`.
        case stopLanes
        case tell(Told)
        /// Come back at once, after what has happened meanwhile.
        case comeBack
        /// Wait for what happens, until that time at most; nanoseconds.
        case wait(until: Int64)
        /// The service is over; `finish` tells its exit code.
        case end
    }

    /// What is known outside when the machine is asked what to do.
    package struct Facts: Sendable, Equatable {
        /// Since when results cannot be written, nanoseconds; nil: they can.
        package var resultsFailSince: Int64?
        /// Result lines so far since the program's start, and those that are expected.
        package var settled: Int
        package var expected: Int
        /// Microseconds since 1970.
        package var wall: Int64

        package init(resultsFailSince: Int64? = nil, settled: Int = 0, expected: Int = 0, wall: Int64 = 0) {
            self.wall = wall
            self.resultsFailSince = resultsFailSince
            self.settled = settled
            self.expected = expected
        }
    }

    /// How a contribution ended.
    package enum DropEnd: Sendable, Equatable {
        case closed(Verdict, unknown: Int)
        /// It is held until somebody releases it.
        case held
        /// The program stops; the drop goes on at the next start.
        case interrupted
        /// A fault of the disk or the ledger; the drop goes on when it is mended.
        case fault
    }

    /// What became of files that were to be claimed; those that are named in neither list were gone.
    package struct Claimed: Sendable, Equatable {
        package var drops: [DropBook.Drop]
        package var immovable: [ImmovableFile]

        package init(drops: [DropBook.Drop] = [], immovable: [ImmovableFile] = []) {
            self.drops = drops
            self.immovable = immovable
        }
    }

    /// How the service is to run.
    package struct Options: Sendable, Equatable {
        /// Drain the inbox and end.
        package var isOnce: Bool
        /// For `isOnce`: how long a destination, or a broken disk, is waited for; nanoseconds.
        package var patience: Int64

        package init(isOnce: Bool, patience: Int64) {
            self.isOnce = isOnce
            self.patience = patience
        }
    }
}

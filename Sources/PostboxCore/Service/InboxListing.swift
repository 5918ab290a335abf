/// What lies in the inbox under a name.
package enum InboxLook: Sendable, Equatable {
    case file(InboxTracker.Look)
    case symbolicLink
    case directory
    /// A FIFO, a socket or a device.
    case other
}

/// A name in the inbox, and what lies there.
package struct InboxEntry: Sendable, Equatable {
    package var name: String
    package var look: InboxLook

    package init(_ name: String, _ look: InboxLook) {
        self.name = name
        self.look = look
    }
}

/// One moment by both clocks.
package struct TwoClocks: Sendable, Equatable {
    /// Nanoseconds of the monotonic clock.
    package var monotonic: Int64
    /// Nanoseconds since 1970.
    package var wall: Int64

    package init(monotonic: Int64, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

/// The inbox as a whole, as it was looked at; without the names that are never taken.
package struct InboxListing: Sendable, Equatable {
    /// How a new watch began.
    package struct NewWatch: Sendable, Equatable {
        /// The file system does not report what others change.
        package var needsPolling: Bool
        /// Why there is no watch; nil: there is one.
        package var fault: String?

        package init(needsPolling: Bool = false, fault: String? = nil) {
            self.needsPolling = needsPolling
            self.fault = fault
        }
    }

    /// When it began.
    package var began: TwoClocks
    /// The number of the watch that stands; nil: there is none.
    package var watch: Int?
    /// Another directory has taken the inbox's place.
    package var isOther = false
    /// nil: the watch is the one that there was.
    package var newWatch: NewWatch?
    /// nil: the directory could not be read.
    package var entries: [InboxEntry]?
    /// Names that are no UTF-8, escaped.
    package var unreadable: [String] = []
    /// What went wrong: then `entries` are not all.
    package var fault: String?

    package init(began: TwoClocks, watch: Int? = nil, entries: [InboxEntry]? = nil) {
        self.began = began
        self.watch = watch
        self.entries = entries
    }
}

/// Some names of the inbox, as they were looked at.
package struct InboxLooks: Sendable, Equatable {
    /// When that began.
    package var began: TwoClocks
    package var entries: [InboxEntry] = []
    /// Names under which nothing lies.
    package var gone: [String] = []
    /// What could not be looked at, in sentences.
    package var faults: [String] = []

    package init(began: TwoClocks) {
        self.began = began
    }
}

/// What the kernel says about names in one directory (inotify(7)). A hint: the directory is the truth.
package enum InboxEvent: Sendable, Equatable {
    /// A name appeared.
    case created(String)
    /// Opened; not known what for.
    case opened(String)
    /// Bytes were written.
    case modified(String)
    /// Closed by a writer.
    case closed(String)
    /// Renamed into the directory: complete.
    case movedIn(String)
    /// Gone: moved away or deleted.
    case gone(String)
    /// Events were lost, or the directory itself went away: only a listing tells.
    case rescan
    /// The directory was deleted, moved or unmounted: the watch is over.
    case directoryGone
}

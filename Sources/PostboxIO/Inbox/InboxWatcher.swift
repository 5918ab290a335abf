package import PostboxCore

/// Looks at the inbox: hands on what the kernel reports of it, and lists it. The notice is a hint, the directory is the truth.
///
/// It waits for the disk, so it runs on a thread of its own.
package actor InboxWatcher {
    /// What the kernel reported, by the watch of that number.
    package struct Report: Sendable {
        package var watch: Int
        package var events: [InboxEvent]
    }

    /// Reports in the order they came; also those of a watch that is over by now.
    package nonisolated let reports: AsyncStream<Report>

    private nonisolated let thread: any SerialExecutor
    private let path: String
    private var names: InboxNames
    private let continuation: AsyncStream<Report>.Continuation
    private var watch: Inotify?
    /// Numbers of watches are never used again.
    private var number = 0
    private var needsPolling = false
    private var forwarding: Task<Void, Never>?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// `path`: the inbox. `names`: which names are never taken; nothing under them is looked at. `thread`: where the disk is waited
    /// for.
    package init(_ path: String, names: InboxNames, thread: some SerialExecutor) {
        self.path = path
        self.names = names
        self.thread = thread
        (reports, continuation) = AsyncStream.makeStream()
    }

    /// Other rules say from now on which names are never taken.
    package func use(names: InboxNames) { self.names = names }

    /// Watches no longer. No report comes after it.
    package func stop() {
        loseWatch()
        forwarding?.cancel()
        continuation.finish()
    }

    /// Lists the inbox, which is made when it is missing. Begins a watch first where there is none, where `isWatchLost`, and where
    /// another directory has taken the inbox's place.
    package func list(isWatchLost: Bool) -> InboxListing {
        if isWatchLost { loseWatch() }
        var listing = InboxListing(began: Self.now)
        do throws(DiskError) {
            try fill(&listing)
        } catch {
            listing.fault = "\(error)"
        }
        listing.watch = watch == nil ? nil : number
        return listing
    }

    private func fill(_ listing: inout InboxListing) throws(DiskError) {
        // Where inode numbers come from afar, they do not always stay; there listings tell.
        if let watch, !needsPolling, try !watch.isAt(path) {
            loseWatch()
            listing.isOther = true
        }
        if watch == nil {
            try Disk.makeDirectory(path)
            listing.newWatch = startWatch()
        }
        let (found, unreadable) = try Disk.names(in: path)
        listing.unreadable = unreadable.filter { !names.isIgnored($0) }
        // What was looked at before a fault counts.
        listing.entries = []
        for name in found where !names.isIgnored(name) {
            if let look = try look(at: name) { listing.entries?.append(InboxEntry(name, look)) }
        }
    }

    /// Looks at some names.
    package func look(at names: [String]) -> InboxLooks {
        var looks = InboxLooks(began: Self.now)
        for name in names {
            do throws(DiskError) {
                if let look = try look(at: name) {
                    looks.entries.append(InboxEntry(name, look))
                } else {
                    looks.gone.append(name)
                }
            } catch {
                looks.faults.append("\(error)")
            }
        }
        return looks
    }

    /// nil: nothing lies there.
    private func look(at name: String) throws(DiskError) -> InboxLook? {
        guard let status = try Disk.status(path + "/" + name) else { return nil }
        if status.isRegular {
            return .file(
                InboxTracker.Look(size: status.size, modifiedAt: status.modifiedAt, changedAt: status.changedAt))
        }
        return status.isSymbolicLink ? .symbolicLink : status.isDirectory ? .directory : .other
    }

    private static var now: TwoClocks { TwoClocks(monotonic: Clock.monotonic(), wall: Clock.wall() * 1000) }

    // MARK: - The watch

    private func startWatch() -> InboxListing.NewWatch {
        needsPolling = Disk.fileSystem(path).needsPolling
        var new = InboxListing.NewWatch(needsPolling: needsPolling)
        do throws(DiskError) {
            let made = try Inotify(directory: path)
            watch = made
            number += 1
            forwarding?.cancel()
            forwarding = Task { [continuation, number] in
                for await events in made.events { continuation.yield(Report(watch: number, events: events)) }
            }
        } catch {
            new.fault = "\(error)"
        }
        return new
    }

    private func loseWatch() {
        watch?.stop()
        watch = nil
    }
}

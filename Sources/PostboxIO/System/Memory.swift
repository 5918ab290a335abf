internal import CLinux
internal import Glibc

/// How the C library keeps memory.
package enum Memory {
    /// Buffers of a chunk's size come and go all the time: they are kept rather than given back to the kernel, which would clear
    /// every page anew. False: the C library would not.
    @discardableResult
    package static func keepFreed() -> Bool {
        postbox_keep_freed() != 0
    }

    /// Lets go of the code that only the program's start needed: a third of the memory that it holds by then. What is needed on
    /// comes back from the page cache. Returns 0, or the errno of what failed; nothing depends on it.
    @discardableResult
    package static func forgetStart() -> Int32 {
        -postbox_forget_code()
    }
}

/// What the process holds in memory is nobody else's to see.
package enum Privacy {
    /// No core file is written from here on, and no other program of the same user may look into this one: passwords and tokens
    /// lie in its memory. A debug build lets others look when it is told so. Returns 0, or the errno of what failed.
    @discardableResult
    package static func forbidDumps() -> Int32 {
        #if DEBUG
            -postbox_forbid_dumps(getenv("POSTBOX_TRACEABLE") == nil ? 0 : 1)
        #else
            -postbox_forbid_dumps(0)
        #endif
    }
}

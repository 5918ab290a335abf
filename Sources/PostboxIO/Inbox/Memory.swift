internal import CLinux

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

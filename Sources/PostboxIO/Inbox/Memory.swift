internal import CLinux

/// How the C library keeps memory.
package enum Memory {
    /// Buffers of a chunk's size come and go all the time: they are kept rather than given back to the kernel, which would clear
    /// every page anew. False: the C library would not.
    @discardableResult
    package static func keepFreed() -> Bool {
        postbox_keep_freed() != 0
    }
}

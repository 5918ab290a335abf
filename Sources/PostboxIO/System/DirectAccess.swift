internal import CLinux
internal import Glibc

extension Disk {
    /// Has an open file read and written past the page cache, or through it again: past it go whole pages of memory, from and to places
    /// that are multiples of a page. False: its file system cannot.
    static func goDirectly(_ descriptor: Int32, _ isDirect: Bool) -> Bool {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0 else { return false }
        let direct = postbox_direct_flag()
        return fcntl(descriptor, F_SETFL, isDirect ? flags | direct : flags & ~direct) == 0
    }
}

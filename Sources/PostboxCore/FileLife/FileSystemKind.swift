/// What a file system is, as far as an inbox and a ledger depend on it.
package enum FileSystemKind: Sendable, Equatable {
    /// The kernel sees, and reports, every change.
    case local
    /// Others may change it without a report to this machine: cluster file systems, folders of a virtual machine's host, and
    /// FUSE, which may be anything.
    case shared
    /// On another machine, where locks are not what they seem: no place for a ledger.
    case network

    /// `magic`: statfs(2)'s f_type; below 0: it could not be asked, which counts as local.
    package init(magic: Int) {
        self = magic < 0 ? .local : Self.kinds[UInt32(truncatingIfNeeded: magic)] ?? .local
    }

    private static let kinds: [UInt32: FileSystemKind] = [
        0x6969: .network,  // NFS
        0x517B: .network,  // SMB
        0xFF53_4D42: .network,  // CIFS
        0xFE53_4D42: .network,  // SMB2
        0x5346_414F: .network,  // AFS
        0x6B41_4653: .network,  // AFS of the kernel
        0x00C3_6400: .network,  // Ceph
        0x0BD0_0BD0: .network,  // Lustre
        0x7375_7245: .network,  // Coda
        0x0000_564C: .network,  // NCP
        0x6573_5546: .shared,  // FUSE, virtiofs
        0x0102_1997: .shared,  // 9P
        0x4750_4653: .shared,  // GPFS
        0x0116_1970: .shared,  // GFS2
        0x7461_636F: .shared,  // OCFS2
        0x786F_4256: .shared,  // VirtualBox
        0xBACB_ACBC: .shared,  // VMware
    ]

    /// Whether a ledger must not lie on it.
    package var refusesLedger: Bool { self == .network }
    /// Whether changes may come without a report.
    package var needsPolling: Bool { self != .local }
}

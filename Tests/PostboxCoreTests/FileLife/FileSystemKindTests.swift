import PostboxCore
import Testing

@Suite("File systems by their magic number")
struct FileSystemKindTests {
    @Test(
        "Those of other machines are polled and hold no ledger",
        arguments: [0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x5346_414F, 0x6B41_4653, 0x00C3_6400, 0x0BD0_0BD0])
    func network(magic: Int) {
        let kind = FileSystemKind(magic: magic)
        #expect(kind == .network && kind.needsPolling && kind.refusesLedger)
    }

    @Test(
        "FUSE, 9P and those of a cluster are polled, and may hold a ledger",
        arguments: [0x6573_5546, 0x0102_1997, 0x4750_4653])
    func shared(magic: Int) {
        let kind = FileSystemKind(magic: magic)
        #expect(kind == .shared && kind.needsPolling && !kind.refusesLedger)
    }

    @Test(
        "ext, XFS, Btrfs, tmpfs, overlay, ZFS and any unknown one are local",
        arguments: [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630, 0x2FC1_2FC1, 0, 1])
    func local(magic: Int) {
        let kind = FileSystemKind(magic: magic)
        #expect(kind == .local && !kind.needsPolling && !kind.refusesLedger)
    }

    @Test("A number with its upper half filled is the same; an error is local")
    func signs() {
        #expect(FileSystemKind(magic: Int(UInt(0xFFFF_FFFF_FF53_4D42) & 0x7FFF_FFFF_FFFF_FFFF)) == .network)
        #expect(FileSystemKind(magic: -2) == .local)
    }
}

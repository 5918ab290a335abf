import PostboxCore
import Testing

@Suite("What a checksum's file says")
struct ChecksumTextTests {
    private static let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    private static let upper = digest.uppercased()
    private static let other = String(repeating: "0", count: 64)

    private static func read(_ text: String) -> String? { sha256(inCompanion: Array(text.utf8), of: "eod.csv") }

    @Test(
        "The forms of sha256sum, and the digits alone",
        arguments: [
            "\(digest)  eod.csv\n", "\(digest) *eod.csv\n", "\(digest)", "\(upper)\n", "\(digest)\r\n",
            "\(upper)\teod.csv\r\n", "\u{FEFF}\(digest)  eod.csv\n", "\\\(digest)  e\\nod.csv\n",
            "\(digest)  /out/eod.csv.tmp\n", "\(other)  other.csv\n\(digest)  out/eod.csv\n\(other)  last.csv\n",
        ])
    func forms(text: String) {
        #expect(Self.read(text) == Self.digest)
    }

    @Test(
        "Anything else is no checksum",
        arguments: [
            "", "\n", String(digest.dropLast()), digest + "0", "\(digest)eod.csv", "g" + digest.dropFirst(),
            "eod.csv  \(digest)", "\(other)  a.csv\n\(other)  b.csv\n", " \(digest)",
        ])
    func noChecksum(text: String) {
        #expect(Self.read(text) == nil)
    }

    @Test("Bytes that are no text are no checksum")
    func noText() {
        #expect(sha256(inCompanion: [0xff, 0xfe, 0x39], of: "eod.csv") == nil)
    }
}

import PostboxIO
import Testing

@Suite("Names in done/ and failed/")
struct FileMoverNameTests {
    @Test("A reserved name is passed over for the next number")
    func reserved() throws {
        let taken: Set<String> = ["/nonexistent/eod.csv", "/nonexistent/eod.2.csv"]
        #expect(try FileMover().freeName("eod.csv", in: "/nonexistent") { taken.contains($0) } == "eod.3.csv")
    }
}

import PostboxCore
import Testing

@Suite("Used columns")
struct UsedColumnsTests {
    private let bid = FieldRule(name: "BID", source: .column("bid"))

    @Test("The plain mapping uses all columns")
    func plain() {
        #expect(plainRule().usedColumns == nil)
        #expect(rule(ric: .column("Code"), nil).usedColumns == nil)
    }

    @Test("A rule uses what it names: for the RIC, the post, the fields and the trailer")
    func named() throws {
        var full = rule(
            post: .column("Action", refresh: ["N"], update: ["U"]),
            ric: .template([.column("isin"), .text(".TST"), .column("mic")]),
            [bid, FieldRule(name: "GEN_TEXT16", source: .value("EOD", isText: true))])
        full.trailer = TrailerRule(
            match: "end", count: .member("end.rows"), sum: TrailerRule.Sum(column: "qty", field: .member("end.sum")))
        let used = try #require(full.usedColumns)
        for name in ["Action", "isin", "mic", "bid", "end", "end.rows", "qty", "end.sum"] {
            #expect(used.contains(name), "\(name)")
        }
        for name in ["action", "RIC", "Post", "Service", "EOD", "", "bid.x"] {
            #expect(!used.contains(name), "\(name)")
        }
    }

    @Test("Where the rule leaves RIC and post to the plain mapping, their columns are used in any case")
    func plainNames() throws {
        let used = try #require(rule([bid]).usedColumns)
        for name in ["RIC", "ric", "Post", "POST"] { #expect(used.contains(name), "\(name)") }
        #expect(!used.contains("Service"))
        let refresh = try #require(rule(post: .refresh, ric: .column("Code"), [bid]).usedColumns)
        #expect(!refresh.contains("RIC") && !refresh.contains("Post"))
    }
}

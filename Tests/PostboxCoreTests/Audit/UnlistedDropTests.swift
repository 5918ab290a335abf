import PostboxCore
import Testing

@Suite("Drops of whose rows not all have a line")
struct UnlistedDropTests {
    private static func row(_ number: Int, _ ric: String) -> HeldRow {
        HeldRow(row: number, ric: ric, field: "BID", old: nil, new: "1", reason: "below_min")
    }

    @Test(
        "A held drop has a row of a RIC where a row that needs a look says so, and none where every row of it needs a look"
    )
    func rows() {
        let shown = [Self.row(1, "A"), Self.row(1, "A"), Self.row(2, "B")]
        #expect(UnlistedDrop.hasRow(of: "B", in: shown, of: 9) == true)
        #expect(UnlistedDrop.hasRow(of: "C", in: shown, of: 9) == nil)
        #expect(UnlistedDrop.hasRow(of: "C", in: shown, of: 2) == false)
        #expect(UnlistedDrop.hasRow(of: "C", in: shown + [Self.row(3, "")], of: 3) == nil)
        #expect(UnlistedDrop.hasRow(of: "C", in: [], of: nil) == nil)
        #expect(UnlistedDrop.hasRow(of: "C", in: [], of: 0) == nil)
    }

    @Test("It is told with its file, drop, time and reason, on one line, and as JSON")
    func words() throws {
        var drop = UnlistedDrop(drop: 9, file: "a\n.csv", state: .held, since: 1_000_000, why: "too few rows")
        #expect(
            drop.text(ofRIC: "VOD.L")
                == "a\\n.csv (drop 9) is held since 1970-01-01T00:00:01.000000Z: too few rows; nothing of it is sent, and it may have rows of VOD.L"
        )
        drop.hasRow = true
        #expect(drop.text(ofRIC: "VOD.L").hasSuffix("and it has a row of VOD.L"))
        drop.state = .refused
        drop.why = ""
        #expect(
            drop.text(ofRIC: nil)
                == "a\\n.csv (drop 9) was refused as a whole at 1970-01-01T00:00:01.000000Z; nothing of it was sent")
        drop.state = .work
        drop.hasRow = false
        let inWork = "a\\n.csv (drop 9) is in work since 1970-01-01T00:00:01.000000Z"
        #expect(drop.text(ofRIC: nil) == inWork + "; rows of it are shown once they have their outcomes")
        #expect(
            drop.text(ofRIC: "VOD.L")
                == inWork
                + "; rows of it are shown once they have their outcomes, and those that have none yet may be of VOD.L")
        (drop.state, drop.hasRow) = (.refused, true)
        var rows = RICRows(ric: "VOD.L")
        #expect(JSONValue.parse(rows.json)?["unlisted"] == nil)
        rows.unlisted = [drop]
        let found = try #require(JSONValue.parse(rows.json)?["unlisted"]?.items.first)
        #expect(found["drop"]?.integer == 9 && found["file"]?.text == "a\n.csv" && found["state"]?.text == "refused")
        #expect(found["since"]?.text == "1970-01-01T00:00:01.000000Z" && found["has_row"]?.flag == true)
    }
}

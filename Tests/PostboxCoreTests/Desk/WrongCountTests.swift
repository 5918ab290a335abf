import PostboxCore
import Testing

@Suite("What a withdrawal and a republication post, in words")
struct WrongCountTests {
    private static func count(_ rics: [ReplacedValue.Fate]...) -> WrongCount {
        var count = WrongCount()
        for fates in rics { count.add(fates, at: "a", "S") }
        return count
    }

    @Test("Each word is for one or for many, and what is blanked is not called replaced")
    func words() {
        let one = Self.count([.replaced])
        #expect(one.text(of: "f", .willBe) == "f: 1 field of 1 RIC will be replaced by what was there before")
        #expect(one.text(of: "f", .wouldBe) == "f: 1 field of 1 RIC would be replaced by what was there before")
        let many = Self.count([.replaced, .replaced, .left], [.replaced], [.left])
        #expect(
            many.text(of: "f", .willBe)
                == "f: 3 fields of 2 RICs will be replaced by what was there before; 2 had no value before and stay as they are (they can be blanked instead)"
        )
        #expect(many.facts == ["fields": 3, "rics": 2, "without_value": 2])
        let mixed = Self.count([.replaced, .blanked], [.blanked])
        #expect(
            mixed.text(of: "f", .willBe)
                == "f: 1 field of 1 RIC will be replaced by what was there before; 2 fields had no value before and will be blanked"
        )
        #expect(mixed.facts == ["fields": 3, "rics": 2, "without_value": 2, "blanked": 2])
        let blank = Self.count([.blanked])
        #expect(blank.text(of: "f", .willBe) == "f: 1 field of 1 RIC had no value before and will be blanked")
        #expect(blank.text(of: "f", .wouldBe) == "f: 1 field of 1 RIC had no value before and would be blanked")
    }

    @Test("What stays as it is, is told with its reason")
    func rest() {
        var count = Self.count([.replaced])
        (count.unknown, count.images, count.leftOut) = (1, 1, 1)
        #expect(
            count.text(of: "f", .willBe)
                == "f: 1 field of 1 RIC will be replaced by what was there before; 1 stays as it is: the result that tells what it held before is gone; a Refresh replaced all that 1 RIC had, and which other fields it had nobody can tell: the result is gone; 1 RIC is left out: the configuration no longer has its destination or service"
        )
        (count.unknown, count.images, count.leftOut) = (2, 2, 2)
        #expect(
            count.text(of: "f", .willBe)
                == "f: 1 field of 1 RIC will be replaced by what was there before; 2 stay as they are: the result that tells what they held before is gone; a Refresh replaced all that 2 RICs had, and which other fields they had nobody can tell: the result is gone; 2 RICs are left out: the configuration no longer has their destination or service"
        )
        #expect(count.facts["images_gone"] == 2 && count.facts["results_gone"] == 2 && count.facts["left_out"] == 2)
    }

    @Test("Where nothing is posted it says so, and what counts from now on")
    func nothing() {
        var count = Self.count([.left])
        #expect(count.isNothing)
        #expect(
            count.text(of: "f", .willBe)
                == "f: there is nothing to post; 1 had no value before and stays as it is (it can be blanked instead)")
        #expect(WrongCount().text(of: "f", .willBe) == "f: no field holds one of the values any more")
        count.noted = 1
        #expect(
            !count.isNothing
                && count.text(of: "f", .willBe).hasSuffix(
                    "; the values are withdrawn, so that none of them is posted again in place of others")
        )
        var undone = WrongCount()
        undone.noted = 1
        #expect(
            undone.text(of: "f", .willBe, isUndoing: true, still: [(2, [5])])
                == "f: there is nothing to post; drop 2 stays withdrawn by drop 5: withdraw that one, too, if it is to count again; the withdrawal counts no more"
        )
        #expect(undone.text(of: "f", .wouldBe, isUndoing: true).hasSuffix("; the withdrawal would count no more"))
    }

    @Test("Where something goes to several destinations or services, the words say what goes to each")
    func each() {
        var count = WrongCount()
        count.add([.replaced, .replaced], at: "a", "S")
        #expect(
            count.text(of: "f", .willBe) == "f: 2 fields of 1 RIC will be replaced by what was there before")
        count.add([.replaced], at: "a", "T")
        #expect(
            count.text(of: "f", .willBe)
                == "f: 2 fields of 1 RIC at a (service S) and 1 field of 1 RIC at a (service T) will be replaced by what was there before"
        )
        #expect(count.facts == ["fields": 3, "rics": 2] && count.destinations == ["a"])
        count = WrongCount()
        count.add([.blanked], at: "a", "S")
        count.add([.blanked], at: "b", "S")
        count.add([.left], at: "c", "S")
        #expect(
            count.text(of: "f", .wouldBe)
                == "f: 1 field of 1 RIC at a and 1 field of 1 RIC at b had no value before and would be blanked; 1 had no value before and stays as it is (it can be blanked instead)"
        )
        #expect(count.destinations == ["a", "b"])
        // Where only one gets what was there before, it is named all the same.
        count.add([.replaced], at: "b", "S")
        #expect(
            count.text(of: "f", .wouldBe).hasPrefix(
                "f: 1 field of 1 RIC at b would be replaced by what was there before; 2 fields had no value before and would be blanked;"
            ))
        count.add([.replaced], at: "d", "S")
        count.add([.replaced], at: "a", "S")
        #expect(
            count.text(of: "f", .wouldBe).hasPrefix(
                "f: 1 field of 1 RIC at a, 1 field of 1 RIC at b and 1 field of 1 RIC at d would be replaced"))
    }

    @Test("Of many destinations or services the sum is told, and that a RIC counts for each")
    func many() {
        var count = WrongCount()
        for name in ["a", "b", "c", "d", "e", "g"] { count.add([.replaced, .replaced], at: name, "S") }
        #expect(
            count.text(of: "f", .willBe)
                == "f: 12 fields of 6 RICs at 6 destinations (a RIC counts once for each destination) will be replaced by what was there before"
        )
        count.add([.replaced], at: "a", "T")
        #expect(
            count.text(of: "f", .willBe).hasPrefix(
                "f: 13 fields of 7 RICs at 7 services (a RIC counts once for each service) will be replaced"))
        var again = RepublishedCount()
        for name in ["a", "b", "c", "d", "e", "g"] { again.add(.update, ofService: name) }
        #expect(
            again.text(to: "x", asDrop: 7)
                == "the destination x: 6 RICs of 6 services (a RIC counts once for each service) will be posted again, as drop 7: 6 as Update"
        )
    }

    @Test("Who undoes one withdrawal of an act is told of the others")
    func besides() {
        var count = WrongCount()
        count.add([.replaced], at: "a", "S")
        func text(_ others: [(drop: Int, by: [Int])]) -> String {
            count.text(of: "drop 4", .willBe, isUndoing: true, besides: others)
        }
        let start = "drop 4: 1 field of 1 RIC will be replaced by what was there before"
        #expect(text([]) == start)
        #expect(
            text([(drop: 2, by: [5, 6])])
                == start
                + "; the same act has also withdrawn drop 2 by drop 5: withdraw drop 5, too, if the whole act is to be undone"
        )
        #expect(
            text((1...7).map { (drop: $0, by: [$0 + 10]) })
                == start
                + "; the same act has also withdrawn drop 1 by drop 11, drop 2 by drop 12, drop 3 by drop 13, drop 4 by drop 14, drop 5 by drop 15 and 2 more: withdraw those, too, if the whole act is to be undone"
        )
    }

    @Test("A republication tells what it leaves out")
    func republished() {
        var count = RepublishedCount()
        #expect(count.nothing(to: "a", of: "") == "the destination a: no accepted value is known")
        count.add(.refresh, ofService: "s")
        #expect(
            count.text(to: "a", asDrop: 7) == "the destination a: 1 RIC will be posted again, as drop 7: 1 as Refresh")
        count.add(.update, ofService: "s")
        (count.leftOut, count.withdrawn) = (1, 1)
        #expect(
            count.text(to: "a", asDrop: nil)
                == "the destination a: 2 RICs would be posted again: 1 as Refresh, 1 as Update; 1 RIC of services that the configuration no longer has for it is left out; 1 field is left out: what it holds was withdrawn, and nothing was there before"
        )
        #expect(count.facts == ["rics": 2, "refresh": 1, "update": 1, "left_out": 1, "withdrawn": 1])
        // The same RIC is another one there.
        count.add(.refresh, ofService: "t")
        #expect(
            count.text(to: "a", asDrop: 7).hasPrefix(
                "the destination a: 3 RICs (2 of service s, 1 of service t) will be posted again, as drop 7: 2 as Refresh, 1 as Update;"
            ))
        count = RepublishedCount()
        count.withdrawn = 2
        #expect(
            count.nothing(to: "a", of: "rule x")
                == "the destination a: no accepted value is known of rule x that was not withdrawn; 2 fields are left out: what they hold was withdrawn, and nothing was there before"
        )
    }

    @Test("Rows that are sent again are counted for each destination by itself")
    func resent() {
        let one = ResentCount.Part(destination: "a", rows: 1, drop: 7)
        #expect(ResentCount([one]).text == "1 row will be sent again, as drop 7")
        let both = ResentCount([one, ResentCount.Part(destination: "b", rows: 1200, drop: 8)])
        #expect(both.text == "1 row will be sent again to a, as drop 7; 1,200 rows will be sent again to b, as drop 8")
        #expect(both.rows == 1201)
    }

    @Test("A value that is blanked had none, whatever is posted; and each fate has its word")
    func fates() {
        func json(_ replacedBy: String?, _ fate: ReplacedValue.Fate?) -> JSONValue? {
            JSONValue.parse(
                ReplacedValue(
                    destination: "d", service: "s", ric: "r", field: "f", wrong: "1", replacedBy: replacedBy,
                    fate: fate
                ).json)
        }
        #expect(json("2", nil)?["had_value"]?.flag == true && json("2", nil)?["fate"]?.text == "replaced")
        #expect(json("null", .blanked)?["had_value"]?.flag == false)
        #expect(json(nil, nil)?["fate"]?.text == "left" && json(nil, .unknown)?["fate"]?.text == "unknown")
        let blank = ValueStory.Replacement.nothing.answer(blanks: true)
        #expect(blank.fate == .blanked && blank.json == Array("null".utf8))
        let left = ValueStory.Replacement.nothing.answer(blanks: false)
        #expect(left.fate == .left && left.json == nil)
        #expect(ValueStory.Replacement.gone.answer(blanks: true).fate == .unknown)
        #expect(ValueStory.Replacement.value(Array("null".utf8)).answer(blanks: false).fate == .replaced)
    }
}

import Testing

@testable import PostboxCore

@Suite("Patterns that cannot be followed")
struct DatePatternTests {
    private static let lead = "a pattern such as dd.MM.yyyy or HH:mm:ss: "

    @Test(
        "A letter that means nothing is named with what may be meant",
        arguments: [
            ("YYYY-MM-dd", "`YYYY` has no meaning here: a year is `yyyy`"),
            ("uuuu-MM-dd", "`uuuu` has no meaning here: a year is `yyyy`"),
            ("yyyy-MM-DD", "`DD` has no meaning here: a day of the month is `dd`"),
            ("yyyyy-MM-dd", "`yyyyy` has no meaning here: a year is `yyyy` (four digits), `yy` (two) or `y`"),
            ("yyy-MM-dd", "`yyy` has no meaning here: a year is `yyyy` (four digits), `yy` (two) or `y`"),
            ("yyyy-LL-dd", "`LL` has no meaning here: a month is `MM`, `MMM` or `MMMM`"),
            ("yyyy-MM-dd kk:mm", "`kk` has no meaning here: an hour is `HH`, or `hh` with `a`"),
            (
                "yyyy-MM-ddTHH:mm",
                "`T` has no meaning here: the letters are y M d E H h a m s S X x Z z G, and text stands in "
                    + "single quotes, as in 'T'"
            ),
            ("yyyy-MM-dd VV", "`VV` has no meaning here: the zone is the key `zone`"),
            (
                "yyyy-MM-dd HH:mm zzzz",
                "`zzzz` has no meaning here: names of zones are ambiguous; `z` reads UTC and GMT alone"
            ),
            ("Gy.M.d", "`G` has no meaning here: an era is read with `locale: ja` alone"),
            ("yyyy-MM-dd HH:mm:ss.SSSSSSSSSS", "`SSSSSSSSSS` has no meaning here: a second has at most nine decimals"),
            (
                "yyyy-MM-dd HH:mmXXXX",
                "`XXXX` has no meaning here: an offset is `XXX` (+01:00 or Z), `XX` (+0100 or Z) or `X` (+01 or Z)"
            ),
            ("dd.MM.yyyy'", "a single quote is not closed"), ("dd.MM.yyyy 'T", "a single quote is not closed"),
            ("dd.MM.yyyy dd", "`d` says what another letter says already"),
            ("d MMM M yyyy", "`M` says what another letter says already"),
            (
                "dMyyyy",
                "two numbers stand side by side, and neither has a fixed count of digits: write `dd`, `MM`, `HH`"
            ),
            (
                "yyyy-M'3'dd",
                "two numbers stand side by side, and neither has a fixed count of digits: write `dd`, `MM`, `HH`"
            ),
            ("yyyy-MM-dd h:mm", "`h` needs `a` (AM or PM); the hour from 0 to 23 is `H`"),
            ("yyyy-MM-dd H:h:mm a", "`H` and `h` are both the hour"),
            ("yyyy-MM-dd a", "`a` needs an hour `h`"), ("yyyy-MM-dd HH:mm.SSS", "the decimals `S` need a second `ss`"),
            ("dd.mm.yyyy", "the minute `mm` needs an hour `HH`; the month is `MM`"),
            ("yyyy-MM-dd HH ss", "the second `ss` needs a minute `mm`"),
        ])
    func letters(_ pattern: String, _ expected: String) {
        #expect(dateText("", .date, pattern) == Self.lead + expected)
    }

    @Test(
        "What the field takes must be in the pattern",
        arguments: [
            ("MM.yyyy", .date, "a pattern for a date: the day `dd` is missing"),
            ("dd.yyyy", .date, "a pattern for a date: the month `MM` is missing"),
            ("dd.MM", .date, "a pattern for a date: the year `yyyy` is missing"),
            ("", .date, "a pattern for a date: the year `yyyy` is missing"),
            ("HH:mm", .date, "a pattern for a date: the year `yyyy` is missing"),
            ("dd.MM.yyyy", .time, "a pattern for a time: the hour `HH` is missing"),
            ("HH", .time, "a pattern for a time: the minute `mm` is missing"),
        ] as [(String, DateForm.Target, String)])
    func parts(_ pattern: String, _ target: DateForm.Target, _ expected: String) {
        #expect(dateText("", target, pattern) == expected)
    }

    @Test("A day that differs by zone needs a zone")
    func dayNeedsZone() {
        let expected =
            "a pattern that says the day for certain: it has an offset or is an epoch, so the day differs by zone; say with "
            + "`to: UTC` or another zone which day is meant"
        for pattern in ["epoch_s", "epoch_ms", "yyyy-MM-dd HH:mmXXX", "yyyy-MM-ddXXX", "yyyy-MM-dd HH:mm z"] {
            #expect(dateText("", .date, pattern) == expected)
            #expect(dateText("", .date, pattern, to: "UTC") == "(not_a_date)")
            #expect(dateText("", .date, pattern, zone: "Europe/Zurich") == "(not_a_date)")
        }
    }

    @Test("A zone that cannot be followed is said to be so")
    func zones() {
        #expect(
            dateText("", .time, "HH:mm", zone: "Europe/Zurich")
                == "a pattern with a date: by `zone`, a time can be converted only together with its day; join the two by a "
                + "`template`")
        #expect(dateText("", .time, "HH:mm", zone: "UTC").hasPrefix("a pattern with a date"))
        #expect(
            dateText("", .time, "HH:mmXXX", to: "Europe/Zurich")
                == "a pattern with a date: how far `to` is from UTC changes with the day")
        #expect(dateText("10:00+01:00", .time, "HH:mmXXX", to: "Asia/Kolkata") == "14:30:00")
        #expect(
            dateText("", .time, "yyyy-MM-dd HH:mm", to: "UTC")
                == "a pattern that says where its times were written, which `to` needs: name that zone as `zone`")
        #expect(dateText("", .date, "dd.MM.yyyy", zone: "Europe/Zürich") == "a zone of this test")
        #expect(dateText("", .date, "epoch_s", to: "Mars") == "a zone of this test")
    }
}

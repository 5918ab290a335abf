import Testing

@testable import PostboxCore

@Suite("Dates and times by a pattern")
struct DateReaderTests {
    @Test(
        "A date is read by its pattern and written as YYYY-MM-DD",
        arguments: [
            // Letters and their digits.
            ("04.03.2026", "dd.MM.yyyy", "2026-03-04"), ("4.3.2026", "dd.MM.yyyy", "(not_a_date)"),
            ("4.3.2026", "d.M.yyyy", "2026-03-04"), ("04.03.2026", "d.M.yyyy", "2026-03-04"),
            ("14.12.2026", "d.M.yyyy", "2026-12-14"), ("004.3.2026", "d.M.yyyy", "(not_a_date)"),
            ("20260304", "yyyyMMdd", "2026-03-04"), ("2026034", "yyyyMMdd", "(not_a_date)"),
            ("202603041", "yyyyMMdd", "(not_a_date)"), ("2026-03-04", "yyyyMMdd", "(not_a_date)"),
            ("04.03.26", "dd.MM.yyyy", "(not_a_date)"), ("04.03.02026", "dd.MM.yyyy", "(not_a_date)"),
            ("04.03.2026 ", "dd.MM.yyyy", "(not_a_date)"), (" 04.03.2026", "dd.MM.yyyy", "(not_a_date)"),
            ("04/03/2026", "dd.MM.yyyy", "(not_a_date)"), ("", "dd.MM.yyyy", "(not_a_date)"),
            ("+4.3.2026", "d.M.yyyy", "(not_a_date)"), ("٤.3.2026", "d.M.yyyy", "(not_a_date)"),
            // Years of two digits.
            ("04.03.70", "dd.MM.yy", "1970-03-04"), ("31.12.69", "dd.MM.yy", "2069-12-31"),
            ("01.01.00", "dd.MM.yy", "2000-01-01"), ("29.02.28", "dd.MM.yy", "2028-02-29"),
            ("29.02.26", "dd.MM.yy", "(not_a_date)"), ("31.12.99", "dd.MM.yy", "1999-12-31"),
            ("31.12.1999", "dd.MM.yy", "(not_a_date)"), ("1.1.6", "d.M.yy", "(not_a_date)"),
            ("4.3.26", "d.M.y", "2026-03-04"), ("4.3.2026", "d.M.y", "2026-03-04"),
            ("4.3.026", "d.M.y", "(not_a_date)"),
            ("4.3.6", "d.M.y", "(not_a_date)"),
            // The calendar.
            ("20240229", "yyyyMMdd", "2024-02-29"), ("20260229", "yyyyMMdd", "(not_a_date)"),
            ("20000229", "yyyyMMdd", "2000-02-29"), ("19000229", "yyyyMMdd", "(not_a_date)"),
            ("20261301", "yyyyMMdd", "(not_a_date)"), ("20260001", "yyyyMMdd", "(not_a_date)"),
            ("20260300", "yyyyMMdd", "(not_a_date)"), ("20260431", "yyyyMMdd", "(not_a_date)"),
            ("31.02.2026", "dd.MM.yyyy", "(not_a_date)"), ("99999999", "yyyyMMdd", "(not_a_date)"),
            ("00000101", "yyyyMMdd", "(not_a_date)"), ("00010101", "yyyyMMdd", "0001-01-01"),
            ("99991231", "yyyyMMdd", "9999-12-31"),
            // A number of one or two digits in front of others.
            ("4032026", "dMMyyyy", "2026-03-04"), ("14032026", "dMMyyyy", "2026-03-14"),
            ("260304", "yMMdd", "2026-03-04"), ("20260304", "yMMdd", "2026-03-04"),
            ("0260304", "yMMdd", "(not_a_date)"),
            ("032026", "dMMyyyy", "(not_a_date)"),
            // Text between.
            ("2026-03-04T10:11:12", "yyyy-MM-dd'T'HH:mm:ss", "2026-03-04"),
            ("4 o'clock 3 2026", "d 'o''clock' M yyyy", "2026-03-04"), ("4'3'2026", "d''M''yyyy", "2026-03-04"),
            ("2026年3月4日", "yyyy年M月d日", "2026-03-04"), ("2026-03-04t10:11:12", "yyyy-MM-dd'T'HH:mm:ss", "(not_a_date)"),
            // Names.
            ("04-Mar-26", "dd-MMM-yy", "2026-03-04"), ("04-MAR-26", "dd-MMM-yy", "2026-03-04"),
            ("04-mar-26", "dd-MMM-yy", "2026-03-04"), ("04-Mär-26", "dd-MMM-yy", "(not_a_date)"),
            ("04-March-26", "dd-MMM-yy", "2026-03-04"), ("04Sept26", "ddMMMyy", "2026-09-04"),
            ("04-Ma-26", "dd-MMM-yy", "(not_a_date)"), ("04-Marc-26", "dd-MMM-yy", "(not_a_date)"),
            ("March 4, 2026", "MMMM d, yyyy", "2026-03-04"), ("04-Mar-26", "dd-MMMM-yy", "2026-03-04"),
            ("04.Mar.26", "dd.MMM.yy", "2026-03-04"), ("04.Mar..26", "dd.MMM.yy", "2026-03-04"),
            ("Mar. 4, 2026", "MMM d, yyyy", "2026-03-04"),
            // Days of the week are those of the date.
            ("Wed 4 Mar 2026", "E d MMM yyyy", "2026-03-04"),
            ("Wednesday, 4 Mar 2026", "EEEE, d MMM yyyy", "2026-03-04"),
            ("Tue 4 Mar 2026", "EEE d MMM yyyy", "(not_a_date)"), ("2026-03-04 wed.", "yyyy-MM-dd EE", "2026-03-04"),
        ])
    func dates(_ text: String, _ pattern: String, _ expected: String) {
        #expect(dateText(text, .date, pattern) == expected)
    }

    @Test(
        "A time is read by its pattern and written as HH:MM:SS with the pattern's decimals",
        arguments: [
            ("10:11:12", "HH:mm:ss", "10:11:12"), ("10:11", "HH:mm", "10:11:00"), ("9:05", "H:mm", "09:05:00"),
            ("9:05", "HH:mm", "(not_a_date)"), ("9:5:7", "H:m:s", "09:05:07"), ("23:59:59", "HH:mm:ss", "23:59:59"),
            ("24:00:00", "HH:mm:ss", "(not_a_date)"), ("10:60:00", "HH:mm:ss", "(not_a_date)"),
            ("10:59:60", "HH:mm:ss", "(not_a_date)"), ("10:11:12.3", "HH:mm:ss.S", "10:11:12.3"),
            ("10:11:12.345", "HH:mm:ss.SSS", "10:11:12.345"), ("10:11:12.34", "HH:mm:ss.SSS", "(not_a_date)"),
            ("10:11:12.3456", "HH:mm:ss.SSS", "(not_a_date)"),
            ("10:11:12,000000009", "HH:mm:ss,SSSSSSSSS", "10:11:12.000000009"),
            ("101112345", "HHmmssSSS", "10:11:12.345"), ("93015", "Hmmss", "09:30:15"), ("193015", "Hmmss", "19:30:15"),
            ("12:00 AM", "h:mm a", "00:00:00"), ("12:30 pm", "h:mm a", "12:30:00"), ("1:05 p.m.", "h:mm a", "13:05:00"),
            ("01:05PM", "hh:mma", "13:05:00"), ("0:05 AM", "h:mm a", "(not_a_date)"),
            ("13:05 PM", "h:mm a", "(not_a_date)"),
            ("11:05 XM", "h:mm a", "(not_a_date)"), ("14:30 PM", "HH:mm a", "14:30:00"),
            ("14:30 AM", "HH:mm a", "(not_a_date)"), ("02/29 10:00", "MM/dd HH:mm", "10:00:00"),
            ("02/30 10:00", "MM/dd HH:mm", "(not_a_date)"), ("2026-03-04 10:11:12", "yyyy-MM-dd HH:mm:ss", "10:11:12"),
            ("2026-02-30 10:11:12", "yyyy-MM-dd HH:mm:ss", "(not_a_date)"), ("Thu 10:00", "E HH:mm", "10:00:00"),
            // With an offset the time goes to UTC, over midnight too.
            ("10:11:12+01:00", "HH:mm:ssXXX", "09:11:12"), ("00:11:12+01:00", "HH:mm:ssXXX", "23:11:12"),
            ("23:11:12-05:00", "HH:mm:ssXXX", "04:11:12"), ("10:11:12Z", "HH:mm:ssXXX", "10:11:12"),
        ])
    func times(_ text: String, _ pattern: String, _ expected: String) {
        #expect(dateText(text, .time, pattern) == expected)
    }

    @Test(
        "An offset is what its letters say",
        arguments: [
            ("X", "Z", "12:00:00"), ("X", "+01", "11:00:00"), ("X", "-0530", "17:30:00"),
            ("X", "+01:00", "(not_a_date)"),
            ("X", "+1", "(not_a_date)"), ("XX", "+0100", "11:00:00"), ("XX", "+01", "(not_a_date)"),
            ("XX", "Z", "12:00:00"), ("XXX", "+05:30", "06:30:00"), ("XXX", "Z", "12:00:00"),
            ("XXX", "-00:00", "12:00:00"),
            ("XXX", "+0530", "(not_a_date)"), ("XXX", "05:30", "(not_a_date)"), ("XXX", "z", "(not_a_date)"),
            ("XXX", "+05:60", "(not_a_date)"), ("XXX", "+14:00", "22:00:00"), ("XXX", "+14:01", "(not_a_date)"),
            ("x", "+01", "11:00:00"), ("x", "Z", "(not_a_date)"), ("xx", "-0100", "13:00:00"),
            ("xxx", "+00:00", "12:00:00"),
            ("xxx", "Z", "(not_a_date)"), ("Z", "+0100", "11:00:00"), ("Z", "Z", "12:00:00"),
            ("Z", "+01:00", "(not_a_date)"),
            ("z", "UTC", "12:00:00"), ("z", "gmt", "12:00:00"), ("z", "CET", "(not_a_date)"),
            ("z", "UTC+1", "(not_a_date)"),
            ("XXX", "", "(not_a_date)"), ("XXX", "+", "(not_a_date)"), ("XXX", "+05:", "(not_a_date)"),
        ])
    func offsets(_ letters: String, _ text: String, _ expected: String) {
        #expect(dateText("2026-03-04 12:00:00" + text, .time, "yyyy-MM-dd HH:mm:ss" + letters) == expected)
    }

    @Test(
        "Epochs and Excel's day numbers are dates and times as well",
        arguments: [
            ("0", "epoch_s", "1970-01-01", "00:00:00"), ("1772582400", "epoch_s", "2026-03-04", "00:00:00"),
            ("-1", "epoch_s", "1969-12-31", "23:59:59"), ("-0", "epoch_s", "1970-01-01", "00:00:00"),
            ("1772582400.0", "epoch_s", "(not_a_date)", "(not_a_date)"),
            ("+5", "epoch_s", "(not_a_date)", "(not_a_date)"),
            ("1.7e9", "epoch_s", "(not_a_date)", "(not_a_date)"), ("-", "epoch_s", "(not_a_date)", "(not_a_date)"),
            ("253402300799", "epoch_s", "9999-12-31", "23:59:59"),
            ("253402300800", "epoch_s", "(not_a_date)", "(not_a_date)"),
            ("-62135596800", "epoch_s", "0001-01-01", "00:00:00"),
            ("-62135596801", "epoch_s", "(not_a_date)", "(not_a_date)"),
            ("99999999999999999999", "epoch_s", "(not_a_date)", "(not_a_date)"),
            ("1772582400123", "epoch_ms", "2026-03-04", "00:00:00.123"),
            ("-1", "epoch_ms", "1969-12-31", "23:59:59.999"), ("-86400000", "epoch_ms", "1969-12-31", "00:00:00.000"),
        ])
    func epochs(_ text: String, _ pattern: String, _ date: String, _ time: String) {
        #expect(dateText(text, .date, pattern, to: "UTC") == date)
        #expect(dateText(text, .time, pattern) == time)
    }

    @Test(
        "Excel's calendar of 1900 has a day that was none; the fraction is the time to the nearest second, as Excel shows it",
        arguments: [
            ("1", "1900-01-01", "00:00:00"), ("59", "1900-02-28", "00:00:00"), ("60", "(not_a_date)", "(not_a_date)"),
            ("60.5", "(not_a_date)", "(not_a_date)"), ("61", "1900-03-01", "00:00:00"),
            ("46085", "2026-03-04", "00:00:00"),
            ("46085.5", "2026-03-04", "12:00:00"), ("46085.8958333333", "2026-03-04", "21:30:00"),
            ("46085.89583", "2026-03-04", "21:30:00"), ("46085.999999", "2026-03-05", "00:00:00"),
            ("46085.99999", "2026-03-04", "23:59:59"), ("0.75", "(not_a_date)", "18:00:00"),
            ("0", "(not_a_date)", "00:00:00"),
            ("2958465", "9999-12-31", "00:00:00"), ("2958466", "(not_a_date)", "(not_a_date)"),
            ("-1", "(not_a_date)", "(not_a_date)"), ("46085.", "(not_a_date)", "(not_a_date)"),
            (".5", "(not_a_date)", "(not_a_date)"), ("46085,5", "(not_a_date)", "(not_a_date)"),
            ("4.6e4", "(not_a_date)", "(not_a_date)"), ("", "(not_a_date)", "(not_a_date)"),
            ("46085." + String(repeating: "3", count: 30), "2026-03-04", "08:00:00"),
            ("46085." + String(repeating: "3", count: 31), "(not_a_date)", "(not_a_date)"),
        ])
    func excel(_ text: String, _ date: String, _ time: String) {
        #expect(dateText(text, .date, "excel") == date)
        #expect(dateText(text, .time, "excel") == time)
    }

    @Test("Successive values do not depend on each other")
    func repeated() throws {
        let form = DateForm(target: .date, pattern: "yyyy-MM-dd HH:mm:ss", zone: "Europe/Zurich")
        var reader = try DateReader(form, zones: ZonesForTests.rules)
        let stamps = [
            "2026-03-04 00:30:00", "2026-07-04 00:30:00", "2026-07-04 01:30:00", "2026-07-04 02:30:00", "x",
            "1999-12-31 00:59:59",
            "2026-03-29 02:00:00", "2345-01-01 00:30:00", "2026-03-04 00:30:00",
        ]
        let expected = [
            "2026-03-03", "2026-07-03", "2026-07-03", "2026-07-04", "not_a_date", "1999-12-30", "ambiguous_time",
            "2344-12-31",
            "2026-03-03",
        ]
        for (stamp, expected) in zip(stamps, expected) {
            var out: [UInt8] = []
            let fault = reader.convert(Array(stamp.utf8).span, into: &out)
            #expect(fault?.rawValue ?? String(decoding: out, as: UTF8.self) == expected, "\(stamp)")
        }
    }
}

import Testing

@testable import PostboxCore

@Suite("Names of months, days and eras")
struct DateNamesTests {
    /// The long name, the form in a date, and the short one, of January to December, as the Unicode Consortium's tables have them.
    private static let monthForms: [(String, String)] = [
        ("en", "January February March April May June July August September October November December"),
        ("en", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
        ("en_GB", "Jan Feb Mar Apr May June July Aug Sept Oct Nov Dec"),
        ("de", "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
        ("de", "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez."),
        ("de-CH", "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
        ("de", "JAN FEB MRZ APR MAI JUN JUL AUG SEPT OKT NOV DEZ"),
        ("de_AT", "Jänner Feber MÄRZ April Mai Juni Juli August September Oktober November Dezember"),
        ("de", "Jän. Feb. Mrz. Apr. Mai. Jun. Jul. Aug. Sep. Okt. Nov. Dez."),
        ("fr", "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
        ("fr", "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
        ("fr-CA", "JAN FÉV MARS AVR MAI JUIN JUILL. AOÛT SEPT OCT NOV DÉC"),
        ("it", "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
        ("it", "gen feb mar apr mag giu lug ago set ott nov dic"),
        ("es", "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
        ("es", "ene feb mar abr may jun jul ago sept oct nov dic"),
        ("es", "ene feb mar abr may jun jul ago sep oct nov dic"),
        ("nl", "januari februari maart april mei juni juli augustus september oktober november december"),
        ("nl", "jan feb mrt apr mei jun jul aug sep okt nov dec"),
        ("pt", "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
        ("pt-BR", "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez."),
        ("sv", "januari februari mars april maj juni juli augusti september oktober november december"),
        ("sv", "jan. feb. mars apr. maj juni juli aug. sep. okt. nov. dec."),
        ("da", "januar februar marts april maj juni juli august september oktober november december"),
        ("da", "jan. feb. mar. apr. maj jun. jul. aug. sep. okt. nov. dec."),
        ("nb", "januar februar mars april mai juni juli august september oktober november desember"),
        ("no", "jan. feb. mars apr. mai juni juli aug. sep. okt. nov. des."),
        ("nn", "jan feb mar apr mai jun jul aug sep okt nov des"),
        (
            "fi",
            "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta "
                + "marraskuuta joulukuuta"
        ),
        (
            "fi",
            "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu"
        ),
        ("fi", "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu"),
        ("pl", "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia"),
        ("pl", "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień"),
        ("pl", "STY LUT MAR KWI MAJ CZE LIP SIE WRZ PAŹ LIS GRU"),
        ("cs", "ledna února března dubna května června července srpna září října listopadu prosince"),
        ("cs", "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec"),
        ("cs", "led úno bře dub kvě čvn čvc srp zář říj lis pro"),
        ("sk", "januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra"),
        ("sk", "jan feb mar apr máj jún júl aug sep okt nov dec"),
        ("hu", "január február március április május június július augusztus szeptember október november december"),
        ("hu", "jan. febr. márc. ápr. máj. jún. júl. aug. szept. okt. nov. dec."),
        ("ru", "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"),
        ("ru", "ЯНВАРЬ ФЕВРАЛЬ МАРТ АПРЕЛЬ МАЙ ИЮНЬ ИЮЛЬ АВГУСТ СЕНТЯБРЬ ОКТЯБРЬ НОЯБРЬ ДЕКАБРЬ"),
        ("ru", "янв. февр. мар. апр. мая июн. июл. авг. сент. окт. нояб. дек."),
        ("tr", "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık"),
        ("tr", "OCAK ŞUBAT MART NİSAN MAYIS HAZİRAN TEMMUZ AĞUSTOS EYLÜL EKİM KASIM ARALIK"),
        ("tr", "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara"),
        ("ja", "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月"),
        ("zh", "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月"),
        ("zh", "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月"),
        ("ko", "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월"),
    ]

    @Test("Each form of each language's months is read in any case", arguments: monthForms)
    func months(_ locale: String, _ names: String) {
        let names = names.split(separator: " ").map(String.init)
        #expect(names.count == 12)
        for (index, name) in names.enumerated() {
            let expected = "2026-\(index < 9 ? "0" : "")\(index + 1)-04"
            // A capital I is another letter in Turkish.
            let forms = locale == "tr" ? [name] : [name, name.lowercased(), name.uppercased()]
            for form in forms {
                #expect(dateText("04-\(form)-2026", .date, "dd-MMM-yyyy", locale: locale) == expected, "\(form)")
                #expect(dateText("\(form) 04, 2026", .date, "MMMM dd, yyyy", locale: locale) == expected, "\(form)")
            }
        }
    }

    /// Monday to Sunday.
    @Test(
        "Each form of each language's days is read, and held against the date",
        arguments: [
            ("en", "Mon Tue Wed Thu Fri Sat Sun"), ("en", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
            ("de", "Mo. Di. Mi. Do. Fr. Sa. So."),
            ("de", "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"),
            ("fr", "lun. mar. mer. jeu. ven. sam. dim."), ("fr", "lundi mardi mercredi jeudi vendredi samedi dimanche"),
            ("it", "lun mar mer gio ven sab dom"), ("it", "lunedì martedì mercoledì giovedì venerdì sabato domenica"),
            ("es", "lun mar mié jue vie sáb dom"), ("es", "lunes martes miércoles jueves viernes sábado domingo"),
            ("nl", "ma di wo do vr za zo"), ("nl", "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag"),
            ("pt", "seg. ter. qua. qui. sex. sáb. dom."),
            ("pt", "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo"),
            ("sv", "mån tis ons tors fre lör sön"), ("da", "man. tirs. ons. tors. fre. lør. søn."),
            ("nb", "man. tir. ons. tor. fre. lør. søn."), ("nn", "måndag tysdag onsdag torsdag fredag laurdag søndag"),
            ("fi", "ma ti ke to pe la su"),
            ("fi", "maanantaina tiistaina keskiviikkona torstaina perjantaina lauantaina sunnuntai"),
            ("pl", "pon. wt. śr. czw. pt. sob. niedz."),
            ("pl", "poniedziałek wtorek środa czwartek piątek sobota niedziela"),
            ("cs", "po út st čt pá so ne"), ("cs", "pondělí úterý středa čtvrtek pátek sobota neděle"),
            ("sk", "pondelok utorok streda štvrtok piatok sobota nedeľa"), ("hu", "H K Sze Cs P Szo V"),
            ("hu", "hétfő kedd szerda csütörtök péntek szombat vasárnap"), ("ru", "Пн Вт Ср Чт Пт Сб Вс"),
            ("ru", "понедельник вторник среда четверг пятница суббота воскресенье"),
            ("tr", "Pzt Sal Çar Per Cum Cmt Paz"),
            ("ja", "月 火 水 木 金 土 日"), ("ja", "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日"),
            ("zh", "周一 周二 周三 周四 周五 周六 周日"), ("ko", "월 화 수 목 금 토 일"),
        ])
    func days(_ locale: String, _ names: String) {
        let names = names.split(separator: " ")
        #expect(names.count == 7)
        for (index, name) in names.enumerated() {
            // The 2nd of March 2026 was a Monday.
            #expect(
                dateText("\(name), 2.3.2026", .date, "E, d.M.yyyy", locale: locale)
                    == (index == 0 ? "2026-03-02" : "(not_a_date)"))
            #expect(
                dateText("\(index + 2).3.2026 \(name)", .date, "d.M.yyyy EEEE", locale: locale)
                    == "2026-03-0\(index + 2)")
        }
    }

    @Test("A month of another language is none, and points belong to the pattern first")
    func german() {
        #expect(dateText("4. März 2026", .date, "d. MMMM yyyy", locale: "de") == "2026-03-04")
        #expect(dateText("28. Februar 2026", .date, "d. MMMM yyyy", locale: "de") == "2026-02-28")
        #expect(dateText("30. Februar 2026", .date, "d. MMMM yyyy", locale: "de") == "(not_a_date)")
        #expect(dateText("4. March 2026", .date, "d. MMMM yyyy", locale: "de") == "(not_a_date)")
        #expect(dateText("31. Mai 2026", .date, "d. MMMM yyyy", locale: "de") == "2026-05-31")
        #expect(dateText("04.Mär.2026", .date, "dd.MMM.yyyy", locale: "de") == "2026-03-04")
        #expect(dateText("04.Mär..2026", .date, "dd.MMM.yyyy", locale: "de") == "2026-03-04")
        #expect(dateText("04.Mär2026", .date, "dd.MMM.yyyy", locale: "de") == "(not_a_date)")
        #expect(dateText("04 Mar 2026", .date, "dd MMM yyyy", locale: "de") == "(not_a_date)")
        #expect(dateText("04 M\u{C3}", .date, "dd MMM yyyy", locale: "de") == "(not_a_date)")
    }

    @Test("Halves of the day are read in English, and in the language where it has them")
    func halves() {
        #expect(dateText("3:05 em", .time, "h:mm a", locale: "sv") == "15:05:00")
        #expect(dateText("3:05 PM", .time, "h:mm a", locale: "sv") == "15:05:00")
        #expect(dateText("午後3時05分", .time, "ah時mm分", locale: "ja") == "15:05:00")
        #expect(dateText("午前12時05分", .time, "ah時mm分", locale: "ja") == "00:05:00")
        #expect(dateText("3:05 p.\u{A0}m.", .time, "h:mm a", locale: "es") == "15:05:00")
    }

    @Test(
        "A Japanese era is read by letter, character and name, and only of its own days",
        arguments: [
            ("R7.10.1", "2025-10-01"), ("r7.10.1", "2025-10-01"), ("令7.10.1", "2025-10-01"), ("令和7.10.1", "2025-10-01"),
            ("令和元.5.1", "2019-05-01"), ("R1.5.1", "2019-05-01"), ("R1.4.30", "(not_a_date)"),
            ("H31.4.30", "2019-04-30"),
            ("H31.5.1", "(not_a_date)"), ("H1.1.8", "1989-01-08"), ("H1.1.7", "(not_a_date)"),
            ("S64.1.7", "1989-01-07"),
            ("S64.1.8", "(not_a_date)"), ("S1.12.25", "1926-12-25"), ("S1.12.24", "(not_a_date)"),
            ("T15.12.24", "1926-12-24"),
            ("T1.7.30", "1912-07-30"), ("M45.7.29", "1912-07-29"), ("M6.1.1", "1873-01-01"),
            ("M5.12.31", "(not_a_date)"),
            ("R0.5.1", "(not_a_date)"), ("X7.10.1", "(not_a_date)"), ("7.10.1", "(not_a_date)"),
            ("R2025.10.1", "(not_a_date)"),
            ("R7.2.29", "(not_a_date)"), ("R6.2.29", "2024-02-29"), ("Ｒ7.10.1", "2025-10-01"),
            ("昭和49.9.24", "1974-09-24"),
        ])
    func eras(_ text: String, _ expected: String) {
        #expect(dateText(text, .date, "Gy.M.d", locale: "ja") == expected)
    }

    @Test("An era's year of two digits, and what is no era's pattern")
    func eraPatterns() {
        #expect(dateText("令和07年10月01日", .date, "Gyy年MM月dd日", locale: "ja") == "2025-10-01")
        #expect(dateText("令和元年10月01日", .date, "Gyy年MM月dd日", locale: "ja") == "2019-10-01")
        #expect(dateText("R 071001", .date, "G yyMMdd", locale: "ja_JP") == "2025-10-01")
        #expect(dateText("", .date, "Gyyyy.M.d", locale: "ja").hasSuffix("the year of an era is `y` or `yy`"))
        #expect(dateText("", .date, "yG.M.d", locale: "ja").hasSuffix("the era `G` stands before the year `y`"))
        #expect(dateText("", .time, "G HH:mm", locale: "ja").hasSuffix("the era `G` needs a year `y` behind it"))
        #expect(dateText("2025.10.1", .date, "y.M.d", locale: "ja") == "2025-10-01")
    }

    @Test("A language that is not known is a mistake, with those that are")
    func unknown() {
        let text = dateText("", .date, "dd.MM.yyyy", locale: "xx")
        #expect(text == "a pattern with a known `locale`: `xx` is none of \(dateLanguages.joined(separator: ", "))")
        #expect(dateText("", .date, "excel", locale: "xx") == text)
        for language in dateLanguages { #expect(dateWords(in: language) != nil, "\(language)") }
    }

    @Test("No name of a language means two months or two days", arguments: dateLanguages)
    func certain(_ language: String) throws {
        let words = try #require(dateWords(in: language))
        for (text, count) in [(words.months, 12), (words.days, 7)] {
            let values = text.split(separator: " ")
            #expect(values.count == count)
            let names = values.flatMap { $0.split(separator: "|") }
            #expect(Set(names).count == names.count, "\(names)")
        }
    }
}

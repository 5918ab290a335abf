/// Names of one language: months from January, days from Monday, each with its forms (long, in a date, short, without accents)
/// parted by `|`. A point behind them is read without being listed. No form of a language means two of them.
struct DateWords {
    var months: String
    var days: String
    /// Of the twelve-hour clock, besides the English ones, each with a `|` in front.
    var morning = ""
    var afternoon = ""
}

/// What `locale` can be.
let dateLanguages = [
    "cs", "da", "de", "en", "es", "fi", "fr", "hu", "it", "ja", "ko", "nb", "nl", "nn", "no", "pl", "pt", "ru", "sk",
    "sv",
    "tr", "zh",
]

// One long switch, as every language needs the same two lines.
func dateWords(in language: String) -> DateWords? {
    switch language {
    case "en":
        DateWords(
            months: "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sept|sep "
                + "october|oct november|nov december|dec",
            days: "monday|mon tuesday|tues|tue wednesday|wed thursday|thurs|thur|thu friday|fri saturday|sat sunday|sun"
        )
    case "de":
        DateWords(
            months:
                "januar|jänner|jaenner|jan|jän februar|feber|feb märz|maerz|mär|mrz april|apr mai juni|jun juli|jul "
                + "august|aug september|sept|sep oktober|okt november|nov dezember|dez",
            days: "montag|mo dienstag|di mittwoch|mi donnerstag|do freitag|fr samstag|sonnabend|sa sonntag|so")
    case "fr":
        DateWords(
            months: "janvier|janv|jan février|fevrier|févr|fevr|fév|fev mars|mar avril|avr mai juin juillet|juill|juil "
                + "août|aout|aoû|aou septembre|sept|sep octobre|oct novembre|nov décembre|decembre|déc|dec",
            days: "lundi|lun mardi|mar mercredi|mer jeudi|jeu vendredi|ven samedi|sam dimanche|dim")
    case "it":
        DateWords(
            months: "gennaio|genn|gen febbraio|febbr|feb marzo|mar aprile|apr maggio|magg|mag giugno|giu luglio|lug "
                + "agosto|ago settembre|sett|set ottobre|ott novembre|nov dicembre|dic",
            days:
                "lunedì|lunedi|lun martedì|martedi|mar mercoledì|mercoledi|mer giovedì|giovedi|gio venerdì|venerdi|ven "
                + "sabato|sab domenica|dom")
    case "es":
        DateWords(
            months: "enero|ene febrero|feb marzo|mar abril|abr mayo|may junio|jun julio|jul agosto|ago "
                + "septiembre|setiembre|sept|sep|set octubre|oct noviembre|nov diciembre|dic",
            days: "lunes|lun martes|mar miércoles|miercoles|mié|mie jueves|jue viernes|vie sábado|sabado|sáb|sab "
                + "domingo|dom")
    case "nl":
        DateWords(
            months: "januari|jan februari|febr|feb maart|mrt april|apr mei juni|jun juli|jul augustus|aug "
                + "september|sept|sep oktober|okt november|nov december|dec",
            days: "maandag|ma dinsdag|di woensdag|wo donderdag|do vrijdag|vr zaterdag|za zondag|zo")
    case "pt":
        DateWords(
            months: "janeiro|jan fevereiro|fev março|marco|mar abril|abr maio|mai junho|jun julho|jul agosto|ago "
                + "setembro|set outubro|out novembro|nov dezembro|dez",
            days: "segunda-feira|segunda|seg terça-feira|terca-feira|terça|terca|ter quarta-feira|quarta|qua "
                + "quinta-feira|quinta|qui sexta-feira|sexta|sex sábado|sabado|sáb|sab domingo|dom")
    case "sv":
        DateWords(
            months:
                "januari|jan februari|febr|feb mars|mar april|apr maj juni|jun juli|jul augusti|aug september|sept|sep "
                + "oktober|okt november|nov december|dec",
            days: "måndag|mån tisdag|tis onsdag|ons torsdag|tors|tor fredag|fre lördag|lör söndag|sön",
            morning: "|fm|f.m.", afternoon: "|em|e.m.")
    case "da":
        DateWords(
            months:
                "januar|jan februar|febr|feb marts|mar april|apr maj juni|jun juli|jul august|aug september|sept|sep "
                + "oktober|okt november|nov december|dec",
            days: "mandag|man tirsdag|tirs|tir onsdag|ons torsdag|tors|tor fredag|fre lørdag|lør søndag|søn")
    case "nb", "no", "nn":
        DateWords(
            months:
                "januar|jan februar|febr|feb mars|mar april|apr mai juni|jun juli|jul august|aug september|sept|sep "
                + "oktober|okt november|nov desember|des",
            days: "mandag|måndag|man|mån|må tirsdag|tysdag|tirs|tir|tys|ty onsdag|ons|on torsdag|tors|tor|to "
                + "fredag|fre|fr lørdag|laurdag|lør|lau|la søndag|søn|sø")
    case "fi":
        DateWords(
            months: "tammikuuta|tammikuu|tammi helmikuuta|helmikuu|helmi maaliskuuta|maaliskuu|maalis "
                + "huhtikuuta|huhtikuu|huhti toukokuuta|toukokuu|touko kesäkuuta|kesäkuu|kesä heinäkuuta|heinäkuu|heinä "
                + "elokuuta|elokuu|elo syyskuuta|syyskuu|syys lokakuuta|lokakuu|loka marraskuuta|marraskuu|marras "
                + "joulukuuta|joulukuu|joulu",
            days: "maanantaina|maanantai|ma tiistaina|tiistai|ti keskiviikkona|keskiviikko|ke torstaina|torstai|to "
                + "perjantaina|perjantai|pe lauantaina|lauantai|la sunnuntaina|sunnuntai|su",
            morning: "|ap", afternoon: "|ip")
    case "pl":
        DateWords(
            months: "stycznia|styczeń|sty lutego|luty|lut marca|marzec|mar kwietnia|kwiecień|kwi maja|maj "
                + "czerwca|czerwiec|cze lipca|lipiec|lip sierpnia|sierpień|sie września|wrzesień|wrz "
                + "października|październik|paź|paz listopada|listopad|lis grudnia|grudzień|gru",
            days: "poniedziałek|pon|pn wtorek|wt środa|śr|sr czwartek|czw|cz piątek|pt|pią sobota|sob|so "
                + "niedziela|niedz|nie|nd")
    case "cs":
        DateWords(
            months: "ledna|leden|led února|únor|úno března|březen|bře dubna|duben|dub května|květen|kvě "
                + "června|červen|čvn července|červenec|čvc srpna|srpen|srp září|zář října|říjen|říj "
                + "listopadu|listopad|lis prosince|prosinec|pro",
            days: "pondělí|po úterý|út středa|st čtvrtek|čt pátek|pá sobota|so neděle|ne",
            morning: "|dop", afternoon: "|odp")
    case "sk":
        DateWords(
            months:
                "januára|január|jan februára|február|feb marca|marec|mar apríla|apríl|apr mája|máj júna|jún júla|júl "
                + "augusta|august|aug septembra|september|sept|sep októbra|október|okt novembra|november|nov "
                + "decembra|december|dec",
            days: "pondelok|po utorok|ut streda|st štvrtok|št piatok|pi sobota|so nedeľa|ne")
    case "hu":
        DateWords(
            months: "január|jan február|febr|feb március|márc|már április|ápr május|máj június|jún július|júl "
                + "augusztus|aug szeptember|szept|sze október|okt november|nov december|dec",
            days: "hétfő|h kedd|k szerda|sze csütörtök|cs péntek|p szombat|szo vasárnap|v",
            morning: "|de", afternoon: "|du")
    case "ru":
        DateWords(
            months: "января|январь|янв февраля|февраль|февр|фев марта|март|мар апреля|апрель|апр мая|май июня|июнь|июн "
                + "июля|июль|июл августа|август|авг сентября|сентябрь|сент|сен октября|октябрь|окт ноября|ноябрь|нояб|ноя "
                + "декабря|декабрь|дек",
            days: "понедельник|пн вторник|вт среда|ср четверг|чт пятница|пт суббота|сб воскресенье|вс")
    case "tr":
        // A dotless capital I becomes a dotted small one by Unicode's rule, so that both are listed.
        DateWords(
            months:
                "ocak|oca şubat|şub mart|mar nisan|nis mayıs|mayis|may haziran|haz temmuz|tem ağustos|ağu eylül|eyl "
                + "ekim|eki kasım|kasim|kas aralık|aralik|ara",
            days: "pazartesi|pzt salı|sali|sal çarşamba|çar perşembe|per cuma|cum cumartesi|cmt pazar|paz",
            morning: "|öö", afternoon: "|ös")
    case "ja":
        DateWords(
            months: numbered("月"), days: "月曜日|月曜|月 火曜日|火曜|火 水曜日|水曜|水 木曜日|木曜|木 金曜日|金曜|金 土曜日|土曜|土 日曜日|日曜|日",
            morning: "|午前", afternoon: "|午後")
    case "zh":
        DateWords(
            months: "1月|一月 2月|二月 3月|三月 4月|四月 5月|五月 6月|六月 7月|七月 8月|八月 9月|九月 10月|十月 11月|十一月 12月|十二月",
            days: "星期一|周一|週一 星期二|周二|週二 星期三|周三|週三 星期四|周四|週四 星期五|周五|週五 星期六|周六|週六 "
                + "星期日|星期天|周日|週日",
            morning: "|上午", afternoon: "|下午")
    case "ko":
        DateWords(
            months: numbered("월"), days: "월요일|월 화요일|화 수요일|수 목요일|목 금요일|금 토요일|토 일요일|일", morning: "|오전",
            afternoon: "|오후")
    default: nil
    }
}

/// `1月 2月 …`
private func numbered(_ month: String) -> String { (1...12).map { "\($0)\(month)" }.joined(separator: " ") }

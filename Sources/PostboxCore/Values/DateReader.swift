/// Reads dates and times as a file writes them, and writes them as a field takes them.
///
/// A value is converted from one zone to another only where the rule says so: by its own offset, by the zone in which it was
/// written, or as an epoch, which is UTC. A date that stands without a time is a day and stays what it is.
package struct DateReader: Sendable {
    enum Notation: Sendable {
        case pattern(DatePattern)
        case serial(DateSerial)

        /// What every value of it says.
        var has: DateParts.Set {
            switch self {
            case .pattern(let pattern): pattern.has
            case .serial(.excel): [.year, .month, .day, .hour, .minute, .second]
            case .serial: [.year, .month, .day, .hour, .minute, .second, .offset]
            }
        }
    }

    /// What a text says.
    private struct Stamp {
        /// Days since 1970; without a date the first of them.
        var day = 0
        /// Of the day.
        var second = 0
        /// Behind the second, as many as the notation has.
        var decimals = 0
        /// Seconds ahead of UTC. Nil: the value does not say.
        var offset: Int?
    }

    let notation: Notation
    /// Nil: it takes more to read a value.
    private let plainDay: PlainDay?
    let target: DateForm.Target
    /// Decimals of a time.
    private let decimals: Int
    /// Where values were written that do not say so. Nil: no conversion needs it.
    private var from: TimeZoneCursor?
    /// Where they go. Nil: they stay as they stand.
    private var to: TimeZoneCursor?

    /// - Parameter zones: a zone of the system's tz database by its name.
    /// - Throws: what is wrong with the form, as a clause behind "is not". A date from a pattern with an offset, or from an epoch,
    ///   needs `to` or `zone`; where a time of the same source stands beside it, whoever knows that fills in `to`.
    package init(
        _ form: DateForm, zones: (String) throws(SettingsMistake) -> TimeZoneRules
    ) throws(SettingsMistake) {
        try self.init(form, ordersOnly: false, zones: zones)
    }

    /// One for `order(of:)` alone: it needs a date, whatever the form's target is, and nowhere to go.
    package init(
        ordering form: DateForm, zones: (String) throws(SettingsMistake) -> TimeZoneRules
    ) throws(SettingsMistake) {
        var form = form
        form.target = .date
        form.to = nil
        try self.init(form, ordersOnly: true, zones: zones)
    }

    private init(
        _ form: DateForm, ordersOnly: Bool, zones: (String) throws(SettingsMistake) -> TimeZoneRules
    ) throws(SettingsMistake) {
        target = form.target
        if let serial = DateSerial(rawValue: form.pattern) {
            notation = .serial(serial)
            decimals = serial.decimals
            // A language that is not known is a mistake with any pattern.
            _ = try DateNames(locale: form.locale)
        } else {
            let pattern = try DatePattern(form.pattern, locale: form.locale)
            notation = .pattern(pattern)
            decimals = pattern.decimals
        }
        if case .pattern(let pattern) = notation, form.target == .date, form.zone == nil, form.to == nil {
            plainDay = pattern.plainDay
        } else {
            plainDay = nil
        }
        let has = notation.has
        try Self.check(has, for: form.target)
        func rules(_ name: String) throws(SettingsMistake) -> TimeZoneRules { name == "UTC" ? .utc : try zones(name) }
        let zone = try form.zone.map(rules)
        let goal = try form.to.map(rules)

        let hasDate = has.isSuperset(of: .date)
        let hasTime = has.hasHour
        let hasOffset = has.contains(.offset)
        if zone != nil, !hasDate {
            throw SettingsMistake(
                "a pattern with a date: by `zone`, a time can be converted only together with its day; join the two by a "
                    + "`template`")
        }
        if hasOffset {
            if !hasDate, let goal, goal.constantOffset == nil {
                throw SettingsMistake("a pattern with a date: how far `to` is from UTC changes with the day")
            }
            if form.target == .date, zone == nil, goal == nil, !ordersOnly {
                throw SettingsMistake(
                    "a pattern that says the day for certain: it has an offset or is an epoch, so the day differs by zone; "
                        + "say with `to: UTC` or another zone which day is meant")
            }
            to = TimeZoneCursor(goal ?? .utc)
        } else if hasTime, let zone {
            from = TimeZoneCursor(zone)
            to = TimeZoneCursor(goal ?? .utc)
        } else if hasTime, goal != nil {
            throw SettingsMistake(
                "a pattern that says where its times were written, which `to` needs: name that zone as `zone`")
        }
    }

    private static func check(_ has: DateParts.Set, for target: DateForm.Target) throws(SettingsMistake) {
        func need(_ part: DateParts.Set, _ what: String) throws(SettingsMistake) {
            guard has.isDisjoint(with: part) else { return }
            throw SettingsMistake("a pattern for a \(target.rawValue): \(what) is missing")
        }
        switch target {
        case .date:
            try need(.year, "the year `yyyy`")
            try need(.month, "the month `MM`")
            try need(.day, "the day `dd`")
        case .time:
            try need([.hour, .hourOfHalf], "the hour `HH`")
            try need(.minute, "the minute `mm`")
        }
    }

    /// Appends the date as `YYYY-MM-DD`, or the time as `HH:MM:SS` with as many decimals as the pattern has (`epoch_ms`: three).
    ///
    /// - Returns: nil, or why it is rejected, with nothing appended.
    mutating func convert(_ text: Span<UInt8>, into out: inout [UInt8]) -> ValueFault? {
        if let plainDay, let day = plainDay.read(text) {
            Self.writeDate(day.year, day.month, day.day, into: &out)
            return nil
        }
        var stamp = Stamp()
        var wholeDay: Int?
        switch notation {
        case .pattern(let pattern):
            guard let parts = pattern.read(text) else { return .notADate }
            if to == nil {
                switch target {
                case .date: Self.writeDate(parts.year, parts.month, parts.day, into: &out)
                case .time:
                    let second = parts.hour * 3600 + parts.minute * 60 + parts.second
                    writeTime(second, parts.decimals, into: &out)
                }
                return nil
            }
            stamp = Self.stamp(parts, pattern.has)
        case .serial(let serial):
            guard let moment = serial.read(text), let said = self.stamp(moment, serial) else { return .notADate }
            stamp = said
            if serial == .excel, !moment.hasTime, target == .date { wholeDay = moment.day }
        }
        if to != nil {
            guard let instant = instant(of: stamp) else { return .ambiguousTime }
            let local = instant + (to?.offset(at: instant) ?? 0)
            stamp.day = DateCalendar.floorDivide(local, DateCalendar.secondsPerDay)
            stamp.second = local - stamp.day * DateCalendar.secondsPerDay
            // Midnight, which is the day before in another zone? Or the day alone, as most columns of whole numbers are?
            if let wholeDay, stamp.day != wholeDay { return .notADate }
        }
        switch target {
        case .time: writeTime(stamp.second, stamp.decimals, into: &out)
        case .date:
            guard DateCalendar.days.contains(stamp.day) else { return .notADate }
            let date = DateCalendar.date(ofDay: stamp.day)
            Self.writeDate(date.year, date.month, date.day, into: &out)
        }
        return nil
    }

    /// Where the text stands among others of its column. Nil: it is not of the pattern, no date of the calendar, or a local time
    /// that does not exist or exists twice.
    package mutating func order(of text: Span<UInt8>) -> DateOrder? {
        let stamp: Stamp
        switch notation {
        case .pattern(let pattern):
            guard let parts = pattern.read(text) else { return nil }
            stamp = Self.stamp(parts, pattern.has)
        case .serial(let serial):
            guard let moment = serial.read(text), let said = self.stamp(moment, serial) else { return nil }
            stamp = said
        }
        var nanoseconds = stamp.decimals
        for _ in decimals..<9 { nanoseconds *= 10 }
        guard to == nil else {
            return instant(of: stamp).map { DateOrder(kind: .instant, seconds: $0, nanoseconds: nanoseconds) }
        }
        let kind = notation.has.hasHour ? DateOrder.Kind.local : .day
        return DateOrder(
            kind: kind, seconds: stamp.day * DateCalendar.secondsPerDay + stamp.second, nanoseconds: nanoseconds)
    }

    private static func stamp(_ parts: DateParts, _ has: DateParts.Set) -> Stamp {
        Stamp(
            day: has.isSuperset(of: .date)
                ? DateCalendar.number(year: parts.year, month: parts.month, day: parts.day) : 0,
            second: parts.hour * 3600 + parts.minute * 60 + parts.second, decimals: parts.decimals,
            offset: has.contains(.offset) ? parts.offset : nil)
    }

    /// Nil: the number does not say what is asked for.
    private func stamp(_ moment: DateSerial.Moment, _ serial: DateSerial) -> Stamp? {
        // Below 1 there is a time alone.
        if serial == .excel, !moment.hasDay, target == .date || to != nil { return nil }
        return Stamp(
            day: moment.day, second: moment.second, decimals: moment.milliseconds, offset: serial == .excel ? nil : 0)
    }

    /// Seconds since 1970. Nil: the local time does not exist, or exists twice.
    private mutating func instant(of stamp: Stamp) -> Int? {
        let local = stamp.day * DateCalendar.secondsPerDay + stamp.second
        if let offset = stamp.offset { return local - offset }
        guard case .one(let instant)? = from?.instant(ofLocal: local) else { return nil }
        return instant
    }

    private static func writeDate(_ year: Int, _ month: Int, _ day: Int, into out: inout [UInt8]) {
        let (upper, lower) = (twoDigits(year / 100), twoDigits(year % 100))
        let (month, day) = (twoDigits(month), twoDigits(day))
        // In one piece.
        let dash = UInt64(UInt8(ascii: "-"))
        let head = upper | lower << 16 | dash << 32 | month << 40 | dash << 56
        withUnsafeBytes(of: (head.littleEndian, day.littleEndian)) { out.append(contentsOf: $0[..<10]) }
    }

    /// Two digits, the first in the lowest byte.
    @inline(__always)
    private static func twoDigits(_ value: Int) -> UInt64 {
        let value = UInt64(truncatingIfNeeded: value)
        return (0x30 &+ value / 10) | (0x30 &+ value % 10) << 8
    }

    private func writeTime(_ second: Int, _ fraction: Int, into out: inout [UInt8]) {
        Self.writeTwoDigits(second / 3600, into: &out)
        out.append(UInt8(ascii: ":"))
        Self.writeTwoDigits(second / 60 % 60, into: &out)
        out.append(UInt8(ascii: ":"))
        Self.writeTwoDigits(second % 60, into: &out)
        guard decimals > 0 else { return }
        out.append(UInt8(ascii: "."))
        var power = 1
        for _ in 1..<decimals { power *= 10 }
        while power > 0 {
            out.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: fraction / power % 10))
            power /= 10
        }
    }

    private static func writeTwoDigits(_ value: Int, into out: inout [UInt8]) {
        out.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / 10))
        out.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value % 10))
    }
}

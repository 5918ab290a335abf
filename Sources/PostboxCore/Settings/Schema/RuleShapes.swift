// What stands behind each key of a rule. A key that is new has to be told of here, or nothing is built.

extension RuleKey: ShapedKey {
    package static var formName: String { "rule" }
    package static var required: [RuleKey] { [.match] }

    package var shape: SettingsShape {
        switch self {
        case .match, .encoding, .rowElement, .member, .sheet, .delimiter, .quote, .comment, .decimal, .thousands, .zone,
            .to, .calendar, .deadline:
            .text
        case .destination, .drop, .nulls: .texts
        case .post: .either([.words(["refresh", "update"]), PostKey.section])
        case .ric: .either([.text, TextKey.section])
        case .fields: .named(.either([.text, FieldKey.section]))
        case .empty: .words(of: EmptyRule.self)
        case .maxRejected, .maxNacked, .holdFileAbove: .limit
        case .tolerate: .named(.limit)
        case .maxAge: .duration
        case .finalNewline: .words(of: FinalNewline.self)
        case .format: .words(of: PriceFileFormat.self)
        case .ready: ReadyKey.section
        case .checksum: .words(of: ChecksumKind.self)
        case .trailer: TrailerKey.section
        case .order: .words(of: FileOrder.self)
        case .priority: .number(-1000...1000)
        case .lineBreaks: .words(of: LineBreaks.self)
        case .noRows: .words(of: NoRowsRule.self)
        case .compression: .words(["by name", "none"])
        case .maxExpanded: .size
        case .skipLines: .number(0...1_000_000)
        case .header: .either([.words(["1", "none"]), .number(1...1), HeaderKey.section])
        case .columns: .either([.list(.text), .named(.text)])
        case .rows: .either([.text, RowsKey.section])
        case .carry: .either([.text, .list(.either([.text, .list(.text), HeadingKey.section])), HeadingKey.section])
        case .arrays: ArraysKey.section
        case .trim, .indian, .exponent: .flag
        case .ragged: .words(["reject", "blank_tail"])
        case .let: .named(.either([.text, TextKey.section]))
        case .where: .list(ConditionKey.section)
        case .unpivot: UnpivotKey.section
        case .group: GroupKey.section
        case .take: TakeKey.section
        case .skipped: .words(["list"])
        case .tooLong: .words(of: TooLong.self)
        case .checks: .list(CheckKey.section)
        case .corrections: .words(["hold", "skip", "send"])
        case .release: ReleaseKey.section
        case .expected: ExpectedKey.section
        }
    }
}

extension PostKey: ShapedKey {
    package static var formName: String { "post" }
    package static var required: [PostKey] { [.column] }

    package var shape: SettingsShape {
        switch self {
        case .column: .text
        case .refresh, .update: .texts
        }
    }
}

/// What the keys of a value have in common.
private func shape(of key: some MadeValueKey) -> SettingsShape? {
    switch key {
    case .column: .texts
    case .template, .extract, .strip, .whenEmpty: .text
    case .lookup: LookupKey.section
    case .map: .named(.text)
    case .otherwise: .either([.words(["keep", "reject"]), OtherwiseKey.section])
    default: nil
    }
}

extension TextKey: ShapedKey {
    package static var formName: String { "text" }
    package var shape: SettingsShape { PostboxCore.shape(of: self) ?? .text }
}

extension FieldKey: ShapedKey {
    package static var formName: String { "field" }

    package var shape: SettingsShape {
        switch self {
        case .column, .template, .lookup, .map, .otherwise, .extract, .strip, .whenEmpty:
            PostboxCore.shape(of: self) ?? .text
        case .value, .formula, .decimal, .thousands, .date, .time, .locale, .zone, .to: .text
        case .indian, .exponent, .percent, .optional: .flag
        case .fraction: .number(8...256)
        case .fractionTail: .words(["eighths", "quarters"])
        case .cut: .number(1...65535)
        case .scale: .decimal
        case .round: .number(0...14)
        case .rounding: .words(of: Rounding.self)
        case .type: .words(of: FieldType.self)
        case .values: .either([.words(["any"]), .named(.number(0...65535))])
        case .tooLong: .words(of: TooLong.self)
        }
    }
}

extension LookupKey: ShapedKey {
    package static var formName: String { "lookup" }
    package static var required: [LookupKey] { [.table, .take] }

    package var shape: SettingsShape {
        switch self {
        case .by: .texts
        case .table, .take: .text
        }
    }
}

extension OtherwiseKey: ShapedKey {
    package static var formName: String { "otherwise" }
    package static var required: [OtherwiseKey] { [.value] }
    package var shape: SettingsShape { .text }
}

extension HeaderKey: ShapedKey {
    package static var formName: String { "header" }
    package var shape: SettingsShape { .text }
}

extension RowsKey: ShapedKey {
    package static var formName: String { "rows" }
    package var shape: SettingsShape { .text }
}

extension HeadingKey: ShapedKey {
    package static var formName: String { "heading" }
    package static var required: [HeadingKey] { [.heading, .name] }

    package var shape: SettingsShape {
        switch self {
        case .heading: .texts
        case .name: .text
        }
    }
}

extension ArraysKey: ShapedKey {
    package static var formName: String { "arrays" }

    package var shape: SettingsShape {
        switch self {
        case .rows, .names: .text
        case .zip: .texts
        }
    }
}

extension ConditionKey: ShapedKey {
    package static var formName: String { "condition" }
    package static var required: [ConditionKey] { [.column] }

    package var shape: SettingsShape {
        switch self {
        case .column, .isOneOf, .not: .texts
        case .empty: .flag
        case .like: .text
        case .otherwise: .words(["reject"])
        }
    }
}

extension UnpivotKey: ShapedKey {
    package static var formName: String { "unpivot" }
    package static var required: [UnpivotKey] { [.name, .value] }

    package var shape: SettingsShape {
        switch self {
        case .keep: .either([.text, .list(.texts)])
        case .columns: .texts
        case .name, .value, .like: .text
        }
    }
}

extension GroupKey: ShapedKey {
    package static var formName: String { "group" }
    package static var required: [GroupKey] { [.by, .field, .value] }

    package var shape: SettingsShape {
        switch self {
        case .by: .either([.text, .list(.texts)])
        case .field, .value: .texts
        }
    }
}

extension TakeKey: ShapedKey {
    package static var formName: String { "take" }

    package var shape: SettingsShape {
        switch self {
        case .first: .number(1...Int(Int32.max))
        case .last: .number(1...10_000_000)
        case .latest: .texts
        case .date: .text
        }
    }
}

extension ReadyKey: ShapedKey {
    package static var formName: String { "ready" }
    package static var required: [ReadyKey] { [.suffix] }
    package var shape: SettingsShape { .text }
}

extension TrailerKey: ShapedKey {
    package static var formName: String { "trailer" }
    package static var required: [TrailerKey] { [.match] }

    package var shape: SettingsShape {
        switch self {
        case .match, .count: .text
        case .sum: TrailerSumKey.section
        }
    }
}

extension TrailerSumKey: ShapedKey {
    package static var formName: String { "trailer_sum" }
    package static var required: [TrailerSumKey] { [.column, .field] }
    package var shape: SettingsShape { .text }
}

extension CheckKey: ShapedKey {
    package static var formName: String { "check" }

    package var shape: SettingsShape {
        switch self {
        case .field, .age, .future: .text
        case .min: .decimal
        // Of `spread` it is a percentage.
        case .max: .either([.decimal, .percentage])
        case .ordered, .spread: .list(.text)
        case .move: .percentage
        case .factor: .decimal
        case .from: CheckFromKey.section
        case .first: .words(["warn", "hold", "reject"])
        case .unchanged: .number(2...1000)
        case .universe: UniverseKey.section
        case .missing: .limit
        case .extra: .words(["allow", "reject", "hold", "warn"])
        case .rows: CheckRowsKey.section
        case .layout: .words(["unchanged"])
        case .onFail: .words(of: CheckRule.Action.self)
        }
    }
}

extension CheckFromKey: ShapedKey {
    package static var formName: String { "check_from" }
    package static var required: [CheckFromKey] { [.table, .by, .take] }
    package var shape: SettingsShape { .text }
}

extension UniverseKey: ShapedKey {
    package static var formName: String { "universe" }
    package static var required: [UniverseKey] { [.table, .key] }
    package var shape: SettingsShape { .text }
}

extension CheckRowsKey: ShapedKey {
    package static var formName: String { "check_rows" }

    package var shape: SettingsShape {
        switch self {
        case .min: .number(1...Int(Int32.max))
        case .againstLast: .percentage
        }
    }
}

extension ReleaseKey: ShapedKey {
    package static var formName: String { "release" }

    package var shape: SettingsShape {
        switch self {
        case .by: .texts
        case .fourEyes: .flag
        case .within: .duration
        }
    }
}

extension ExpectedKey: ShapedKey {
    package static var formName: String { "expected" }
    package static var required: [ExpectedKey] { [.by] }

    package var shape: SettingsShape {
        switch self {
        case .by, .zone, .days: .text
        case .holidays: .texts
        case .count: .number(1...Int(Int32.max))
        }
    }
}

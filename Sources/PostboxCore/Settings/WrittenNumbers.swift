extension MappingRule {
    /// Numbers that the rule itself writes (`default`, `map`, `otherwise`) and that its own decimal sign makes others of than they are as
    /// plain decimals: `default: 1.500` is 1500 where points part thousands. They are read as the file's, and only who wrote them knows
    /// what they were to be.
    var writtenNumberFaults: [(key: RuleKey, what: String)] {
        (fields ?? []).flatMap { field -> [(key: RuleKey, what: String)] in
            guard case .derived(let source, let value) = field.source, let form = value.number, form.saysMarks,
                value.date == nil
            else { return [] }
            let isTyped = field.type?.isNumber ?? (field.scale != nil || field.round != nil || value.formula != nil)
            let readers = NumberStep(form, isTyped: isTyped, keepsLineBreaks: false)
            let own = value.writtenTexts.map { (text: $0, place: "") }
            return (own + textsOfLets(source.names + value.columns)).compactMap { text, place in
                readers.differ(on: text).map { (key: .fields, what: "the field \(field.name): \(place)\($0)") }
            }
        }
    }

    /// What `let` writes into these columns, and into those that they are made of.
    private func textsOfLets(_ names: [String]) -> [(text: String, place: String)] {
        // None is made of one behind it.
        (shape?.lets ?? []).filter { names.contains($0.name) }.flatMap { made in
            made.value.writtenTexts.map { (text: $0, place: "\(made.name): ") }
                + textsOfLets(made.source.names.filter { $0 != made.name })
        }
    }
}

extension ValueRule {
    /// What the configuration puts in place of the file's values.
    fileprivate var writtenTexts: [String] {
        var texts = whenEmpty.map { [$0] } ?? []
        texts += (map?.words.values).map { $0.sorted() } ?? []
        if case .value(let text)? = map?.otherwise { texts.append(text) }
        return texts
    }
}

extension NumberStep {
    /// Half a sentence, where a text is a number as a plain decimal and another one, or none, as the file's; nil: it is not.
    func differ(on text: String) -> String? {
        let utf8 = Array(text.utf8)
        var (plain, ofFile): ([UInt8], [UInt8]) = ([], [])
        guard ofJSON.convert(utf8.span, into: &plain) == nil, let meant = DecimalText(plain.span) else { return nil }
        if reader.convert(utf8.span, into: &ofFile) == nil {
            guard let read = DecimalText(ofFile.span) else { return nil }
            if (read.isNegative, read.mantissa, read.decimals) == (meant.isNegative, meant.mantissa, meant.decimals) {
                return nil
            }
        }
        let found = ofFile.isEmpty ? "no number" : String(decoding: ofFile, as: UTF8.self)
        return
            "`\(VisibleText.line(text))` is \(found) by `decimal` and `thousands`, and \(String(decoding: plain, as: UTF8.self)) as a plain "
            + "decimal: write it as the file does"
    }
}

extension NumberForm {
    /// Prices with a fraction: `99-16`, `99-16+`, `99-162`, `384'6`, `99 1/2`.
    struct Fraction: Sendable {
        enum Outcome {
            case written
            case faulty(ValueFault)
        }

        /// Of one: 8, 32, 64, 128 or 256.
        let parts: Int
        /// Digits that `parts - 1` has: so many are written behind the dash.
        let width: Int
        let tail: FractionTail?

        /// Nil: no fraction that prices have.
        init?(_ parts: Int, _ tail: FractionTail?) {
            switch parts {
            case 8: width = 1
            case 32, 64: width = 2
            case 128, 256: width = 3
            default: return nil
            }
            self.parts = parts
            self.tail = tail
        }

        /// Appends the value as a plain decimal; nil: it has no fraction, and nothing was appended.
        func read(_ value: Span<UInt8>, by reader: NumberReader, into out: inout [UInt8]) -> Outcome? {
            var start = 0
            if value.count > 1, value[0] == UInt8(ascii: "-") || value[0] == UInt8(ascii: "+") { start = 1 }
            let body = value.extracting(start...)
            let takesApostrophe = reader.thousands != .apostrophe
            var split: (whole: Range<Int>, value: Result)?
            for index in body.indices {
                if body[index] == UInt8(ascii: "/") {
                    split = quotient(body, slash: index)
                    break
                }
                let length =
                    body[index] == UInt8(ascii: "-")
                    ? 1 : takesApostrophe ? apostropheLength(body, at: index) : 0
                // `1.5e-7` is left to who reads numbers.
                let isExponent = index > 0 && body[index - 1] | 0x20 == UInt8(ascii: "e")
                guard length > 0, split == nil, !isExponent else { continue }
                split = (0..<index, ticks(body.extracting((index + length)...)))
                if split?.whole.isEmpty == true { split?.value = .fault(.notADecimal) }
            }
            guard let split else { return nil }
            switch split.value {
            case .fault(let fault): return .faulty(fault)
            case .part(let part, let of):
                return write(
                    body.extracting(split.whole), part, of, isNegative: start == 1 && value[0] == UInt8(ascii: "-"),
                    by: reader, into: &out)
            }
        }

        private enum Result {
            /// `part / of`, less than one.
            case part(Int, of: Int)
            case fault(ValueFault)
        }

        /// What stands behind the dash: ticks, and perhaps what part of the next one.
        private func ticks(_ text: Span<UInt8>) -> Result {
            var digits = text
            let hasHalf = !text.isEmpty && text[text.count - 1] == UInt8(ascii: "+")
            if hasHalf { digits = text.extracting(..<(text.count - 1)) }
            // Of 32nds and 64ths a third digit is a part of a tick. Of 128ths and 256ths it is one of their own, and a fourth
            // means something only where the rule says what.
            let hasTail = digits.count == width + 1 && width > 1 && !hasHalf && (width == 2 || tail != nil)
            guard hasTail || digits.count == width || width == 3 && digits.count == 2,
                let number = number(digits), (hasTail ? number / 10 : number) < parts
            else { return .fault(.notADecimal) }
            if hasHalf { return .part(number * 2 + 1, of: parts * 2) }
            guard hasTail else { return .part(number, of: parts) }
            let (count, digit) = number.quotientAndRemainder(dividingBy: 10)
            switch (tail, digit) {
            case (.quarters, 0), (.quarters, 2), (.quarters, 5), (.quarters, 7):
                return .part(count * 4 + (digit + 1) * 4 / 10, of: parts * 4)
            case (.eighths, 0...7): return .part(count * 8 + digit, of: parts * 8)
            case (nil, 5), (nil, 7): return .fault(.ambiguousFraction)
            // Of the others only one of both readings knows them, or both agree.
            case (nil, 0...7): return .part(count * 8 + digit, of: parts * 8)
            default: return .fault(.notADecimal)
            }
        }

        /// `99 1/2`, `1/2`.
        private func quotient(_ text: Span<UInt8>, slash: Int) -> (whole: Range<Int>, value: Result) {
            var start = slash
            while start > 0, isDecimalDigit(text[start - 1]) { start -= 1 }
            let whole = withoutBlanks(at: start, of: text)
            guard start == 0 || whole < start && whole > 0,
                let part = number(text.extracting(start..<slash)), let of = number(text.extracting((slash + 1)...)),
                part < of
            else { return (0..<0, .fault(.notADecimal)) }
            return (0..<whole, .part(part, of: of))
        }

        /// Six digits at most.
        private func number(_ digits: Span<UInt8>) -> Int? {
            guard (1...6).contains(digits.count) else { return nil }
            var value = 0
            for index in digits.indices {
                guard isDecimalDigit(digits[index]) else { return nil }
                value = value * 10 + Int(digits[index] &- UInt8(ascii: "0"))
            }
            return value
        }

        /// Writes the whole number with `part / of` as decimals, if that can be done exactly.
        private func write(
            _ whole: Span<UInt8>, _ part: Int, _ of: Int, isNegative: Bool, by reader: NumberReader,
            into out: inout [UInt8]
        ) -> Outcome {
            var places = NumberPlaces()
            if !whole.isEmpty {
                guard isDecimalDigit(whole[0]), isDecimalDigit(whole[whole.count - 1]) else {
                    return .faulty(.notADecimal)
                }
                switch reader.scan(whole) {
                case .number(let found): places = found
                case .badGrouping: return .faulty(.badGrouping)
                case .none: return .faulty(.notADecimal)
                }
                guard !places.hasPoint, places.exponentText.isEmpty else { return .faulty(.notADecimal) }
            }
            var digits: [UInt8] = []
            var rest = part
            while rest > 0 {
                // 20 digits are enough for each denominator of six that has an exact decimal.
                guard digits.count < 20 else { return .faulty(.notADecimal) }
                let (digit, left) = (rest * 10).quotientAndRemainder(dividingBy: of)
                digits.append(UInt8(ascii: "0") + UInt8(digit))
                rest = left
            }
            if isNegative { out.append(UInt8(ascii: "-")) }
            reader.appendWhole(whole, places.whole, into: &out)
            if !digits.isEmpty { out.append(UInt8(ascii: ".")) }
            out += digits
            return .written
        }
    }
}

/// Rows that are posts at a look, as most rows of most files are: they are told from the others without converting a
/// value, and need only be copied. What a look cannot tell goes the longer way, which alone knows what is wrong with a row.
///
/// It lies over the memory of one batch and one plan, which must stay as it is meanwhile.
struct SureRows {
    /// What is known of rows before their values are looked at.
    struct Look {
        /// So many cells a row has.
        var cellCount: Int
        /// Index of the RIC's cell among the row's.
        var ric: Int
        /// How long its column's name in a header is, which a row may repeat, and the first bytes of that name, eight at most;
        /// 0: there is none.
        var headerCount: Int
        var headerHead: UInt64
        var kind: PostKind
        /// An empty value is sent as null; else it is left out.
        var writesNull: Bool
    }

    let text: UnsafeRawBufferPointer
    let cells: UnsafeBufferPointer<RowBatch.Cell>
    let rows: UnsafeBufferPointer<RowBatch.Row>
    let planBytes: UnsafeRawBufferPointer
    let uses: UnsafeBufferPointer<MappingPlan.ColumnUse>
    let fields: UnsafeBufferPointer<MappingPlan.Field>
    let typed: UnsafeBufferPointer<FieldConversion>
    let mapsColumnsPlainly: Bool

    /// How many of the rows in this range, from its first on, are surely posts whose Fields, with four times their RIC, take no
    /// more than `bytesMax`.
    ///
    /// - Parameter slots: for each slot of the plan the cell that fills it, or -1: the same in every row.
    @inline(never)
    func sure(_ range: Range<Int>, _ look: Look, _ slots: [Int], bytesMax: Int) -> Int {
        slots.withUnsafeBufferPointer { slots in
            var index = range.lowerBound
            while index < range.upperBound {
                guard let cells = cells(of: index, look), let ric = ric(cells[look.ric], look) else { break }
                var size = SureSize()
                guard take(cells, slots, writesNull: look.writesNull, &size),
                    size.bytes &+ SureSize.brace &+ 4 &* ric.count <= bytesMax
                else { break }
                index &+= 1
            }
            return index &- range.lowerBound
        }
    }

    /// Writes RIC and Fields of the rows in this range that are surely posts, one behind the other, from the first on up to one
    /// that must go the longer way. Returns how many were written.
    ///
    /// - Parameters:
    ///   - slots: as in `sure`.
    ///   - mapped: where the first row goes; there is room for all.
    ///   - base: where the first of `bytes` will lie.
    @inline(never)
    func write(
        _ range: Range<Int>, _ look: Look, _ slots: [Int], _ bytes: inout MappedBytes,
        to mapped: UnsafeMutablePointer<MappedRow>, _ base: Int
    ) -> Int {
        var index = range.lowerBound
        let start = base &+ bytes.count
        bytes.append { room in
            guard let memory = room.baseAddress else { return 0 }
            let end = memory + room.count
            var at = memory
            slots.withUnsafeBufferPointer { slots in
                while index < range.upperBound {
                    guard let cells = cells(of: index, look), let ric = ric(cells[look.ric], look),
                        let name = ric.baseAddress, end - at >= ric.count &+ SureBytes.slack
                    else { break }
                    copyShort(name, to: at, ric.count)
                    var out = SureBytes(from: at + ric.count, to: end)
                    guard take(cells, slots, writesNull: look.writesNull, &out) else { break }
                    out.close()
                    let ricStart = start &+ (at - memory)
                    (mapped + (index &- range.lowerBound)).initialize(
                        to: MappedRow(
                            row: rows[index].number, line: rows[index].line, post: look.kind, service: 0,
                            ricStart: ricStart, ricLength: ric.count, fieldsStart: ricStart &+ ric.count,
                            fieldsLength: out.at - at &- ric.count, keyHash: keyHash(ric: ric, service: 0)))
                    at = out.at
                    index &+= 1
                }
            }
            return at - memory
        }
        return index &- range.lowerBound
    }

    /// The row's cells, if nothing is wrong with it so far and it has as many as were looked for.
    @inline(__always)
    private func cells(of index: Int, _ look: Look) -> UnsafeBufferPointer<RowBatch.Cell>? {
        let (problem, first, count) = (rows[index].problem, rows[index].firstCell, rows[index].cellCount)
        guard problem < 0, count == look.cellCount, look.ric < count, first &+ count <= cells.count else { return nil }
        return UnsafeBufferPointer(rebasing: cells[first..<first &+ count])
    }

    /// The RIC's bytes, if it is surely one.
    @inline(__always)
    private func ric(_ cell: RowBatch.Cell, _ look: Look) -> UnsafeRawBufferPointer? {
        guard cell.kind == .plain || cell.kind == .string || cell.kind == .number,
            cell.length > 0, Int(cell.length) <= RowMapper.ricBytesMax,
            Int(cell.start) + Int(cell.length) <= text.count
        else { return nil }
        guard isPlainName(text, Int(cell.start), Int(cell.length)) else { return nil }
        let name = UnsafeRawBufferPointer(rebasing: text[cell.bytes])
        let first = name[0]
        if first < UInt8(ascii: "A") {
            // A formula or an error; `9.13E+13`, which a spreadsheet made of an identifier, begins with one digit alone.
            if mayBeSpoiled(first) || first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { return nil }
            if first &- UInt8(ascii: "0") <= 9, name.count > 1 {
                if cell.kind == .number { return nil }
                let second = name[1]
                if second == UInt8(ascii: ".") || second == UInt8(ascii: ",") || second | 0x20 == UInt8(ascii: "e") {
                    return nil
                }
            }
        }
        if name.count == look.headerCount {
            let count = min(name.count, 8)
            if shortWord(name, 0, count) & leadingBytes(count) == look.headerHead { return nil }
        }
        return name
    }

    @inline(__always)
    private func take<Output: SureOutput>(
        _ cells: UnsafeBufferPointer<RowBatch.Cell>, _ slots: UnsafeBufferPointer<Int>, writesNull: Bool,
        _ out: inout Output
    ) -> Bool {
        // Of the row's own: constants and nulls do not make a post.
        var hasValue = false
        // Apart, so that values told by their look alone are taken by code that knows no other way.
        if !mapsColumnsPlainly { return takeFields(cells, slots, writesNull: writesNull, &out) }
        if !typed.isEmpty { return takeTyped(cells, writesNull: writesNull, &out) }
        for index in 0..<cells.count {
            let cell = cells[index]
            let column = Int(cell.column)
            guard let isField = isField(column) else { return false }
            if !isField { continue }
            if !take(
                cell, .look, isLimited: false, prefix: uses[column].prefix, writesNull: writesNull, &out, &hasValue)
            {
                return false
            }
        }
        return hasValue
    }

    /// The fields that a rule names.
    @inline(never)
    private func takeFields<Output: SureOutput>(
        _ cells: UnsafeBufferPointer<RowBatch.Cell>, _ slots: UnsafeBufferPointer<Int>, writesNull: Bool,
        _ out: inout Output
    ) -> Bool {
        var hasValue = false
        for position in 0..<fields.count {
            let slot = fields[position].slot
            if slot < 0 {
                guard fields[position].constantOutcome == .written, put(fields[position].prefix, &out),
                    put(fields[position].constant, &out)
                else { return false }
                continue
            }
            guard slot < slots.count, let target = fields[position].conversion.sureTarget else { return false }
            let filler = slots[slot]
            let isMissing = filler < 0 || filler >= cells.count
            if isMissing, fields[position].isOptional { continue }
            let cell =
                isMissing ? RowBatch.Cell(column: 0, start: 0, length: 0, kind: .null) : cells[filler]
            guard fields[position].conversion.surelyHolds(cell.length) else { return false }
            if !take(
                cell, target, isLimited: fields[position].conversion.limits != nil, prefix: fields[position].prefix,
                writesNull: writesNull, &out, &hasValue)
            {
                return false
            }
        }
        return hasValue
    }

    /// Whether a column of the plain mapping is a field; nil: the longer way says what is wrong with it.
    @inline(__always)
    private func isField(_ column: Int) -> Bool? {
        guard column < uses.count else { return nil }
        switch uses[column].role {
        case .field: return true
        case .ignored: return false
        case .nested, .badName, .duplicate, .unknown: return nil
        }
    }

    /// The fields of the plain mapping, each of its type in the dictionary.
    @inline(never)
    private func takeTyped<Output: SureOutput>(
        _ cells: UnsafeBufferPointer<RowBatch.Cell>, writesNull: Bool, _ out: inout Output
    ) -> Bool {
        var hasValue = false
        for index in 0..<cells.count {
            let cell = cells[index]
            let column = Int(cell.column)
            guard let isField = isField(column) else { return false }
            if !isField { continue }
            var target = FieldConversion.Target.look
            if uses[column].typed >= 0 {
                guard uses[column].typed < typed.count, let sure = typed[uses[column].typed].sureTarget,
                    typed[uses[column].typed].surelyHolds(cell.length)
                else { return false }
                target = sure
            }
            if !take(
                cell, target, isLimited: true, prefix: uses[column].prefix, writesNull: writesNull, &out, &hasValue)
            {
                return false
            }
        }
        return hasValue
    }

    /// Takes one field; false: its value must be converted to be known.
    ///
    /// - Parameter isLimited: a dictionary says how long a text may be, and of which characters.
    @inline(__always)
    private func take<Output: SureOutput>(
        _ cell: RowBatch.Cell, _ target: FieldConversion.Target, isLimited: Bool, prefix: Range<Int>, writesNull: Bool,
        _ out: inout Output, _ hasValue: inout Bool
    ) -> Bool {
        let count = Int(cell.length)
        let kind = cell.kind
        // No `switch`: it would be a jump by a table for every value.
        guard kind == .plain || kind == .string || kind == .number || kind == .null else { return false }
        if count == 0 || kind == .null { return !writesNull || (put(prefix, &out) && out.putNull()) }
        let mayBeNumber = target != .text && !(target == .look && kind == .string)
        let mayBeText = target != .real && !(target == .look && kind == .number)
        // Eight bytes can be read of every value but a batch's last ones.
        guard let base = text.baseAddress, Int(cell.start) &+ max(count, 8) <= text.count else { return false }
        let value = base + Int(cell.start)
        let first = value.load(as: UInt8.self)
        hasValue = true
        if mayBeNumber, first <= UInt8(ascii: "9") || !mayBeText {
            let isCanonical: Bool
            if count <= 8 {
                let word = UInt64(littleEndian: value.loadUnaligned(as: UInt64.self)) & leadingBytes(count)
                isCanonical = isCanonicalWord(word, count)
            } else {
                isCanonical = isCanonicalLong(UnsafeRawBufferPointer(start: value, count: count))
            }
            return isCanonical && put(prefix, &out) && out.putValue(value, count)
        }
        if target == .text {
            if mayBeSpoiled(first) || first <= Byte.space { return false }
        } else if !isWordAtALook(value), mayBeNumber || !isTextAtALook(first) || first >= UInt8(ascii: "A") {
            return false
        }
        return put(prefix, &out) && out.putText(value, count, isLimited: isLimited)
    }

    @inline(__always)
    private func put<Output: SureOutput>(_ piece: Range<Int>, _ out: inout Output) -> Bool {
        guard let base = planBytes.baseAddress else { return false }
        return out.put(base + piece.lowerBound, piece.upperBound &- piece.lowerBound)
    }
}

extension FieldConversion {
    /// What a look at a value is to look for; nil: the value must be converted.
    fileprivate var sureTarget: Target? {
        switch target {
        case .look, .text: target
        case .real: isScaled || round >= 0 ? nil : target
        // What is a text at a look is ASCII.
        case .ascii: limits == nil ? nil : .text
        case .date: isMadeDate ? .text : nil
        case .int, .uint, .enum, .time, .dateTime, .notPostable, .wire: nil
        }
    }

    /// Whether a value of so many bytes is not too long for the field, as far as that can be told at a look.
    @inline(__always)
    fileprivate func surelyHolds(_ bytes: UInt32) -> Bool {
        guard let limits, target == .text || target == .ascii else { return true }
        return limits.length == 0 || Int(bytes) <= limits.length
    }
}

/// What becomes of the fields of a row that is a post at a look. A function that says false leaves the row to the longer way.
private protocol SureOutput {
    /// A field's `,"NAME":` or a constant. It makes sure of the room that a short value, a null or the closing brace takes
    /// behind it; only a long value asks for its own.
    mutating func put(_ piece: UnsafeRawPointer, _ count: Int) -> Bool
    /// A value of one byte or more as it is, of which eight bytes can be read at least.
    mutating func putValue(_ value: UnsafeRawPointer, _ count: Int) -> Bool
    /// A text of one byte or more, of which eight bytes can be read at least; false also where it must be looked at more
    /// closely.
    mutating func putText(_ text: UnsafeRawPointer, _ count: Int, isLimited: Bool) -> Bool
    mutating func putNull() -> Bool
}

/// Whether a text of one byte or more, of which eight can be read, is ASCII that stands in JSON as it is, and nothing else for
/// a server.
@inline(__always)
private func isPlainText(_ text: UnsafeRawPointer, _ count: Int) -> Bool {
    areAllPlain(UnsafeRawBufferPointer(start: text, count: max(count, 8)), 0, count) {
        // DEL is the only ASCII that one more makes no ASCII.
        nonzeroBytes($0 & repeated(0xE0)) & nonzeroBytes($0 ^ repeated(Byte.quote))
            & nonzeroBytes($0 ^ repeated(Byte.backslash)) & ~($0 | ($0 &+ repeated(0x01)))
    }
}

/// The same of what goes beyond ASCII, which is sent behind the switch to UTF-8, but not of all that does: what is written for
/// a character that nobody could read begins with EF.
@inline(never)
private func isWideText(_ text: UnsafeRawPointer, _ count: Int) -> Bool {
    areAllPlain(UnsafeRawBufferPointer(start: text, count: max(count, 8)), 0, count) {
        nonzeroBytes($0 & repeated(0xE0)) & nonzeroBytes($0 ^ repeated(Byte.quote))
            & nonzeroBytes($0 ^ repeated(Byte.backslash)) & nonzeroBytes($0 ^ repeated(0x7F))
            & nonzeroBytes($0 ^ repeated(0xEF))
    }
}

/// Whether a text of one byte or more, of which eight can be read, can be sent, escaped or not.
@inline(never)
private func isSendableText(_ text: UnsafeRawPointer, _ count: Int) -> Bool {
    areAllPlain(UnsafeRawBufferPointer(start: text, count: max(count, 8)), 0, count) {
        nonzeroBytes($0 & repeated(0xE0)) & nonzeroBytes($0 ^ repeated(0xEF))
    }
}

/// Whether a JSON string that begins with this byte, which is no letter, is a text whatever follows.
@inline(__always)
private func isTextAtALook(_ first: UInt8) -> Bool {
    first != UInt8(ascii: "-") && first != UInt8(ascii: "+") && first > Byte.space && !mayBeSpoiled(first)
}

/// How long they would be at most.
private struct SureSize: SureOutput {
    /// Of an object's two braces one stands where the first field's comma was counted.
    static let brace = 1

    private(set) var bytes = 0

    @inline(__always)
    mutating func put(_ piece: UnsafeRawPointer, _ count: Int) -> Bool {
        bytes &+= count
        return true
    }

    @inline(__always)
    mutating func putValue(_ value: UnsafeRawPointer, _ count: Int) -> Bool { put(value, count) }

    @inline(__always)
    mutating func putText(_ text: UnsafeRawPointer, _ count: Int, isLimited: Bool) -> Bool {
        if isPlainText(text, count) {
            bytes &+= count &+ 2
            return true
        }
        guard !isLimited, isSendableText(text, count) else { return false }
        bytes &+= 2 &* count &+ 2 &+ utf8Switch.utf8CodeUnitCount
        return true
    }

    @inline(__always)
    mutating func putNull() -> Bool {
        bytes &+= 4
        return true
    }
}

/// They are written down.
private struct SureBytes: SureOutput {
    /// So many bytes may be written where fewer are meant: the longest piece copied in whole words, a short value, and what
    /// stands around it.
    static let slack = 64

    private(set) var at: UnsafeMutableRawPointer
    private let start: UnsafeMutableRawPointer
    private let end: UnsafeMutableRawPointer

    init(from start: UnsafeMutableRawPointer, to end: UnsafeMutableRawPointer) {
        at = start
        self.start = start
        self.end = end
    }

    @inline(__always)
    mutating func put(_ piece: UnsafeRawPointer, _ count: Int) -> Bool {
        if count <= MappingPlan.padding {
            guard end - at >= SureBytes.slack else { return false }
            at.storeBytes(of: piece.loadUnaligned(as: MappingPlan.Padding.self), as: MappingPlan.Padding.self)
        } else {
            guard end - at >= count + SureBytes.slack else { return false }
            at.copyMemory(from: piece, byteCount: count)
        }
        at += count
        return true
    }

    @inline(__always)
    mutating func putValue(_ value: UnsafeRawPointer, _ count: Int) -> Bool {
        if count <= 8 {
            at.storeBytes(of: value.loadUnaligned(as: UInt64.self), as: UInt64.self)
        } else {
            guard end - at >= count + SureBytes.slack else { return false }
            copyShort(value, to: at, count)
        }
        at += count
        return true
    }

    @inline(__always)
    mutating func putText(_ text: UnsafeRawPointer, _ count: Int, isLimited: Bool) -> Bool {
        let isPlain = isPlainText(text, count)
        guard isPlain || !isLimited && isWideText(text, count) else { return false }
        at.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        at += 1
        if !isPlain {
            at.copyMemory(from: utf8Switch.utf8Start, byteCount: utf8Switch.utf8CodeUnitCount)
            at += utf8Switch.utf8CodeUnitCount
        }
        guard putValue(text, count) else { return false }
        at.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        at += 1
        return true
    }

    @inline(__always)
    mutating func putNull() -> Bool {
        at.storeBytes(of: UInt32(littleEndian: 0x6c6c_756e), as: UInt32.self)
        at += 4
        return true
    }

    /// Ends the object, whose members were each written with a comma before it: the first one's place is the brace's.
    @inline(__always)
    mutating func close() {
        start.storeBytes(of: UInt8(ascii: "{"), as: UInt8.self)
        at.storeBytes(of: UInt8(ascii: "}"), as: UInt8.self)
        at += 1
    }
}

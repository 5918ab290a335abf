/// How much of the spool's file system must be free: `min_free`.
package enum MinFree: Sendable, Equatable {
    case bytes(Int)
    /// Of a file system's whole size, in millionths.
    case share(Int)

    /// Reads `5GB` or `10%`.
    package init(_ text: String) throws(SettingsMistake) {
        let mistake = SettingsMistake("a size such as 5GB, or a share such as 10%")
        guard text.last == "%" else {
            guard let bytes = try? SettingsText.bytes(text) else { throw mistake }
            self = .bytes(bytes)
            return
        }
        guard case .percent(let value, let decimals)? = try? SettingsText.rowLimit(text), decimals <= 4, value > 0
        else {
            throw mistake
        }
        self = .share((0..<(4 - decimals)).reduce(value) { whole, _ in whole * 10 })
    }

    /// Bytes of a file system of that size.
    package func bytes(of size: Int) -> Int {
        switch self {
        case .bytes(let bytes): bytes
        // A file system of 9 exabytes and a share of millionths would not fit otherwise.
        case .share(let share): Int(Double(size) * Double(share) / 1_000_000)
        }
    }

    /// For people.
    package var words: String {
        switch self {
        case .bytes(let bytes): PageWords.size(bytes)
        case .share(let share):
            share % 10_000 == 0 ? "\(share / 10_000)%" : "\(Double(share) / 10_000)%"
        }
    }
}

/// Whether there is room where the spool lies. Below `min_free` nothing is claimed; it is well again with a tenth more than that, so that
/// it does not change with every file. Times are nanoseconds of the monotonic clock.
struct RoomWatch: Sendable {
    /// A figure is good for so long when something is to be claimed, and is asked for anew after so long whatever happens.
    static let isGood: Int64 = 1_000_000_000
    static let pause: Int64 = 5_000_000_000

    /// nil: nobody cares.
    private var least: MinFree?
    private var lastLook: Int64?
    private var free = 0
    private var wanted = 0
    private(set) var isLow = false
    private var isUnknown = false

    init(_ least: MinFree?) { self.least = least }

    /// Other room is wanted from now on; nil: nobody cares any more.
    mutating func use(_ new: MinFree?) -> Told? {
        guard new != least else { return nil }
        (least, lastLook) = (new, nil)
        guard new == nil, isLow else { return nil }
        isLow = false
        return .alert(
            Alert(
                event: .diskWell, isError: false, message: "`min_free` is not wanted any more: files are claimed",
                facts: ["free_bytes": "\(free)", "min_free_bytes": "0"]))
    }

    /// The figure has to be asked for.
    func isDue(at now: Int64) -> Bool { least != nil && lastLook.map { now - $0 >= Self.isGood } ?? true }

    /// When it is asked for although nothing happens; nil: never.
    var nextDeadline: Int64? { least == nil ? nil : lastLook.map { $0 + Self.pause } }

    /// So much is free of a file system of that size.
    mutating func seen(free: Int, of size: Int, at now: Int64) -> Told? {
        guard let least else { return nil }
        (lastLook, self.free, isUnknown) = (now, free, false)
        wanted = least.bytes(of: size)
        // Of a share near the whole there is no tenth more.
        let margin = min(wanted / 10, max(0, size - wanted) / 2)
        if isLow, free >= wanted + margin {
            isLow = false
            return .alert(
                Alert(
                    event: .diskWell, isError: false,
                    message: "there is room again where the spool lies, \(PageWords.size(free)): files are claimed",
                    facts: ["free_bytes": "\(free)", "min_free_bytes": "\(wanted)"]))
        }
        guard !isLow, free < wanted else { return nil }
        isLow = true
        return .alert(
            Alert(
                event: .diskLow, message: "\(words); work in hand goes on",
                facts: ["free_bytes": "\(free)", "min_free_bytes": "\(wanted)"]))
    }

    /// It cannot be asked for: what was known holds, and it is said once.
    mutating func failed(_ why: String, at now: Int64) -> Told? {
        lastLook = now
        defer { isUnknown = true }
        guard !isUnknown else { return nil }
        return .line(
            LogLine(.warning, event: .diskFault, "whether there is room where the spool lies cannot be told: \(why)"))
    }

    /// Why nothing is claimed; nil: there is room.
    var trouble: String? { isLow ? words : nil }

    private var words: String {
        "only \(PageWords.size(free)) are free where the spool lies, and `min_free` wants \(PageWords.size(wanted)): nothing is claimed"
    }
}

/// What somebody at the desk wants held, or cancelled. It stands as a small file in `state/control/`, whose name says all of it.
package enum DeskCommand: Hashable, Sendable {
    /// Nothing new is claimed.
    case holdInbox
    /// Nothing new is sent to that destination, and no file for it is claimed.
    case holdDestination(String)
    /// No file of the rule of that `match` is claimed, and no further rows of its files in work are handed over.
    case holdRule(String)
    /// No further rows of that drop are handed to its destinations.
    case holdDrop(Int)
    /// What is not sent of that drop is given up.
    case cancelDrop(Int)
    /// A file that lay in the inbox is given up whole.
    case cancelFile(String)

    /// Reads the name of a file in `state/control/`; nil: it is no command.
    package init?(fileName: String) {
        if fileName == "hold-inbox" {
            self = .holdInbox
        } else if let rest = Self.rest(of: fileName, after: "hold-destination-") {
            guard let name = FileNames.unescaped(rest) else { return nil }
            self = .holdDestination(name)
        } else if let rest = Self.rest(of: fileName, after: "hold-rule-") {
            guard let match = FileNames.unescaped(rest) else { return nil }
            self = .holdRule(match)
        } else if let drop = Self.rest(of: fileName, after: "hold-drop-").flatMap(Self.drop) {
            self = .holdDrop(drop)
        } else if let drop = Self.rest(of: fileName, after: "cancel-drop-").flatMap(Self.drop) {
            self = .cancelDrop(drop)
        } else if let name = Self.rest(of: fileName, after: "cancel-file-") {
            self = .cancelFile(name)
        } else {
            return nil
        }
    }

    /// Its file's name.
    package var fileName: String {
        switch self {
        case .holdInbox: "hold-inbox"
        case .holdDestination(let name): "hold-destination-" + FileNames.escaped(name)
        case .holdRule(let match): "hold-rule-" + FileNames.escaped(match)
        case .holdDrop(let drop): "hold-drop-\(drop)"
        case .cancelDrop(let drop): "cancel-drop-\(drop)"
        case .cancelFile(let name): "cancel-file-" + name
        }
    }

    /// A hold stands until it is taken back; a cancellation until it took effect.
    package var isHold: Bool {
        switch self {
        case .holdInbox, .holdDestination, .holdRule, .holdDrop: true
        case .cancelDrop, .cancelFile: false
        }
    }

    /// The drop that it names; nil: it names none.
    package var drop: Int? {
        switch self {
        case .holdDrop(let drop), .cancelDrop(let drop): drop
        case .holdInbox, .holdDestination, .holdRule, .cancelFile: nil
        }
    }

    /// What is held or cancelled, for people.
    package var subject: String {
        switch self {
        case .holdInbox: "the inbox"
        case .holdDestination(let name): "the destination \(name)"
        case .holdRule(let match): "the rule \(match)"
        case .holdDrop(let drop), .cancelDrop(let drop): "drop \(drop)"
        case .cancelFile(let name): "\(name) in the inbox"
        }
    }

    /// What became of an order.
    package enum Given: Sendable, Equatable {
        /// It stands from now on.
        case new
        /// The hold stood already; why, or until when, is now as this order says.
        case renewed
        /// It stands already, and is left as it is.
        case known
    }

    /// What became of an order, for people, without a point behind it.
    ///
    /// - Parameters:
    ///   - until: when the hold is to be over by this order: microseconds since 1970; nil: it does not say.
    ///   - now: the same.
    package func words(_ given: Given, until: Int64?, now: Int64) -> String {
        guard isHold else { return "\(subject) will be cancelled\(given == .new ? "" : " already")" }
        // What is wrong with the time keeps nobody from stopping prices.
        let end = until.map { ", to be over at \(TimeText.text($0))" + ($0 <= now ? ", which is past" : "") } ?? ""
        return switch given {
        case .new: "\(subject) is held\(end)"
        case .renewed: "\(subject) is held already; what was said about it is replaced\(end)"
        case .known: "\(subject) is held already"
        }
    }

    private static func rest(of name: String, after prefix: String) -> String? {
        name.hasPrefix(prefix) && name.utf8.count > prefix.utf8.count ? String(name.dropFirst(prefix.count)) : nil
    }

    /// One way to write a number: `hold-drop-012` would be a second command for the same drop.
    private static func drop(_ text: String) -> Int? {
        guard let number = Int(text), number > 0, String(number) == text else { return nil }
        return number
    }
}

/// What a command's file holds: who gave it, for a file in the inbox which drops had been claimed by then, and why and until when
/// something is held. All may be missing where somebody made the file by hand.
package struct CommandNote: Equatable, Sendable {
    /// A user's name.
    package var by: String?
    /// The highest drop number when the command was given: a drop of that name with a higher one is the file that was meant.
    package var after: Int?
    /// Why, on one line.
    package var why: String?
    /// When the hold is to be over: microseconds since 1970. It never ends by itself.
    package var until: Int64?

    package init(by: String? = nil, after: Int? = nil, why: String? = nil, until: Int64? = nil) {
        self.by = by
        self.after = after
        // A line of the note.
        self.why = why.map { String($0.map { $0.isNewline ? " " : $0 }) }
        self.until = until
    }

    /// The same with what a later order for the same hold says anew: why, until when, and who said so. nil: it says nothing new.
    package func renewed(by later: CommandNote) -> CommandNote? {
        let new = CommandNote(by: later.by ?? by, after: after, why: later.why ?? why, until: later.until ?? until)
        return new.why == why && new.until == until ? nil : new
    }

    /// Reads lines of `word value`; others are passed over.
    package init(text: String) {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "by": by = parts[1]
            case "after": after = Int(parts[1])
            case "why": why = parts[1]
            case "until": until = GivenTime(parts[1])?.inUTC(.until)
            default: break
            }
        }
    }

    /// As it stands in the file.
    package var text: String {
        (by.map { "by \($0)\n" } ?? "") + (after.map { "after \($0)\n" } ?? "")
            + (why.map { "why \($0)\n" } ?? "") + (until.map { "until \(TimeText.text($0))\n" } ?? "")
    }
}

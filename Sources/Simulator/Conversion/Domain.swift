/// A domain number with the names it goes by on the wire (The wire §3.6).
struct Domain: Equatable, Hashable {
    let number: UInt8

    static let login = Domain(number: 1)
    static let source = Domain(number: 4)
    static let marketPrice = Domain(number: 6)

    init(number: UInt8) {
        self.number = number
    }

    init?(name: String) {
        guard let number = Domain.numbers[name] else { return nil }
        self.number = number
    }

    var name: String? { Domain.names[number] }

    private static let numbers: [String: UInt8] = [
        "Login": 1, "Source": 4, "Dictionary": 5, "MarketPrice": 6, "MarketByOrder": 7, "MarketByPrice": 8,
        "MarketMaker": 9, "SymbolList": 10, "ServiceProviderStatus": 11, "History": 12, "Headline": 13, "Story": 14,
        "ReplayHeadline": 15, "ReplayStory": 16, "Transaction": 17, "YieldCurve": 22, "Contribution": 27,
        "ProviderAdmin": 29, "Analytics": 30, "Reference": 31, "NewsTextAnalytics": 33, "EconomicIndicator": 34,
        "Poll": 35, "Forecast": 36, "MarketByTime": 37, "System": 127,
    ]
    private static let names = Dictionary(uniqueKeysWithValues: numbers.map { ($0.value, $0.key) })
}

/// What a message is, by its `Type` (The wire §3.6).
enum MessageType: UInt8 {
    case request = 1
    case refresh = 2
    case status = 3
    case update = 4
    case close = 5
    case ack = 6
    case generic = 7
    case post = 8
    // Text only, without a number on the wire.
    case ping = 200
    case pong = 201
    case error = 202

    init?(name: String) {
        switch name {
        case "Request": self = .request
        case "Refresh": self = .refresh
        case "Status": self = .status
        case "Update": self = .update
        case "Close": self = .close
        case "Ack": self = .ack
        case "Generic": self = .generic
        case "Post": self = .post
        case "Ping": self = .ping
        case "Pong": self = .pong
        case "Error": self = .error
        default: return nil
        }
    }
}

/// One message of a client, converted.
enum ReceivedMessage {
    case login(LoginRequest)
    case directory(id: Int32, filter: UInt32)
    case item(ItemRequest)
    /// Several streams in a batch.
    case close(ids: [Int32], domain: Domain)
    case post(Post)
    case ping
    case pong
    /// A client must never send one: the server takes it for a failure of the channel (What servers do §2.4).
    case error
    /// Well-formed, and nothing that a server of this kind acts on.
    case ignored
}

/// A Login request or its reissue (The wire §2.1).
struct LoginRequest {
    var id: Int32
    var name: String?
    /// `Name` is 1, `AuthnToken` is 5.
    var nameType: UInt8
    var token: String?
    var applicationID: ElementValue?
    var position: ElementValue?
    /// False on a reissue that wants no answer.
    var wantsRefresh: Bool
}

/// A value in a list of `Elements`: a JSON string or an unsigned integer, or one that no one here reads.
enum ElementValue: Equatable {
    case text(String)
    case number(UInt64)
    case other
}

/// A request for an item, or for several (What servers do §2.8, The wire §9).
struct ItemRequest {
    var id: Int32
    var domain: Domain
    var key: MessageKey
    /// The RICs of a batch; nil for a request for one.
    var batch: [String]?
    var isStreaming: Bool
}

/// What names an item.
struct MessageKey {
    var name: String?
    var nameType: UInt8?
    var service: ServiceReference
    var filter: UInt32?
    var elements: [String: ElementValue]
}

/// How a Key names its service.
enum ServiceReference: Equatable {
    case absent
    /// Known to the server, whichever way it was written.
    case known(UInt16)
    case unknownNumber(UInt16)
}

/// A Post message (The wire §3.2).
struct Post {
    var id: Int32
    var domain: Domain
    var key: MessageKey?
    var wantsAck: Bool
    var postID: UInt32
    var sequenceNumber: UInt32?
    /// Bits of `PostUserRights`: 2 is that to delete (The wire §3.2).
    var userRights: UInt16 = 0
    var payload: Payload

    /// What the Post carries.
    struct Payload {
        enum Kind: String {
            case refresh = "Refresh"
            case update = "Update"
            case status = "Status"
            /// Fields that stand in the Post itself, without a Message around them.
            case fields = "Fields"
            case none = "None"
        }

        var kind: Kind
        var key: MessageKey?
        var fields: [StoredField]
        /// Whether it is a Status with a State that closes the item.
        var closesItem = false
        /// Where the JSON text of `Fields` stands in the frame.
        var fieldsRange: Range<Int>?
    }
}

/// A field with the JSON literal that an item request reads back.
struct StoredField {
    let name: String
    var literal: String
}

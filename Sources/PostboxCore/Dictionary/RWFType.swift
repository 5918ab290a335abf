/// What a field holds by a dictionary's column RWF TYPE, in each of its spellings. The column FIELD TYPE beside it is that of an
/// older format and tells nothing: many an INTEGER there is a REAL64 or a TIME.
package enum RWFType: String, Sendable, Equatable, CaseIterable {
    case int = "INT"
    case int32 = "INT32"
    case int64 = "INT64"
    case uint = "UINT"
    case uint32 = "UINT32"
    case uint64 = "UINT64"
    case real = "REAL"
    case real32 = "REAL32"
    case real64 = "REAL64"
    case float = "FLOAT"
    case double = "DOUBLE"
    case date = "DATE"
    case time = "TIME"
    case dateTime = "DATETIME"
    case dateAndTime = "DATE_TIME"
    case qos = "QOS"
    case state = "STATE"
    case status = "STATUS"
    case `enum` = "ENUM"
    case asciiString = "ASCII_STRING"
    case rmtesString = "RMTES_STRING"
    case utf8String = "UTF8_STRING"
    case array = "ARRAY"
    case buffer = "BUFFER"
    case opaque = "OPAQUE"
    case xmlText = "XML"
    case jsonText = "JSON"
    case fieldList = "FIELD_LIST"
    case elementList = "ELEMENT_LIST"
    case elemList = "ELEM_LIST"
    case filterList = "FILTER_LIST"
    case map = "MAP"
    case vector = "VECTOR"
    case series = "SERIES"
    case ansiPage = "ANSI_PAGE"
    case message = "MSG"

    /// How its values go on the wire. What a server makes of a binary float or of a text in UTF-8 nobody has seen: such a field is
    /// none that Postbox posts to.
    var target: FieldConversion.Target {
        switch self {
        case .int, .int32, .int64: .int
        case .uint, .uint32, .uint64: .uint
        case .real, .real32, .real64: .real
        case .date: .date
        case .time: .time
        case .dateTime, .dateAndTime: .dateTime
        case .enum: .enum
        case .asciiString: .ascii
        case .rmtesString: .text
        case .float, .double, .qos, .state, .status, .utf8String, .array, .buffer, .opaque, .xmlText, .jsonText,
            .fieldList,
            .elementList, .elemList, .filterList, .map, .vector, .series, .ansiPage, .message:
            .notPostable
        }
    }

    /// What a rule would call it; nil: no word of a rule's is for it.
    package var fieldType: FieldType? {
        switch target {
        case .int: .int
        case .uint: .uint
        case .real: .real
        case .date: .date
        case .time: .time
        case .enum: .enum
        case .ascii: .ascii
        case .text: .text
        case .look, .dateTime, .notPostable, .wire: nil
        }
    }

    /// Whether its values are numbers.
    var isNumber: Bool { target == .real || target == .int || target == .uint }
}

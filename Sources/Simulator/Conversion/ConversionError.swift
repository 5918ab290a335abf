/// What the server's JSON converter refuses a message with: the content of an Error message (The wire §5,
/// What servers do §2.4).
struct ConversionError: Error, Equatable {
    let text: String
    /// Byte offset of the offending token in the frame; absent for missing keys and RSSL errors (What servers do §2.4).
    let offset: Int?
    /// Source line that `Debug` names. Made up, but one for each kind, as readers of a log may sort by it.
    let line: Int

    static func unexpectedFID(_ name: String, offset: Int) -> ConversionError {
        ConversionError("JSON Unexpected FID. Received '\(name)' for key 'Fields'", offset: offset, line: 5182)
    }

    static func unexpectedValue(_ value: String, key: String, offset: Int) -> ConversionError {
        ConversionError("JSON Unexpected Value. Received '\(value)' for key '\(key)'", offset: offset, line: 1034)
    }

    static func tokenType(
        expected: JSONToken.Kind, key: String?, received: JSONToken.Kind, offset: Int
    ) -> ConversionError {
        let place = key.map { " for key '\($0)'" } ?? ""
        return ConversionError(
            "JSON Converter Token Type error: Expected '\(expected.rawValue)'\(place) Received '\(received.rawValue)'",
            offset: offset, line: 871)
    }

    static func missingKey(_ key: String, in parent: String? = nil) -> ConversionError {
        let place = parent.map { " for '\($0)'" } ?? ""
        return ConversionError("JSON Missing required key '\(key)'\(place)", offset: nil, line: 947)
    }

    static func rssl(_ code: Int) -> ConversionError {
        ConversionError("JSON RSSL Conversion Error. RSSL error code : \(code)", offset: nil, line: 1290)
    }

    /// Two payloads in one message: the converter fails without setting a code (The wire §3.2).
    static let noErrorCode = ConversionError("No error code.", offset: nil, line: 660)

    private init(_ text: String, offset: Int?, line: Int) {
        // The server writes the text into a buffer of this size (The wire §5).
        self.text = String(text.prefix(250))
        self.offset = offset
        self.line = line
    }
}

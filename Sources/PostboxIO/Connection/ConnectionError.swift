/// A connection could not be made or did not last: one clear sentence for the desk.
package struct ConnectionError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// Nobody answers there, or the name is not known.
        case unreachable
        /// The proxy did not let us through.
        case proxy
        /// The certificate was refused, by us or by them.
        case tls
        /// The answer was no WebSocket upgrade, or not to tr_json2.
        case upgrade
        /// The credentials could not be had.
        case credentials
        /// It was there and went away.
        case lost
    }

    package var code: Code
    package var message: String

    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

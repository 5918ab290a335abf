internal import Foundation
internal import Glibc

/// Standard output and error, and the end of the process.
enum Terminal {
    /// A line on standard output.
    static func print(_ line: String) {
        write(line + "\n", to: STDOUT_FILENO)
    }

    /// A line on standard error.
    static func error(_ line: String) {
        write(line + "\n", to: STDERR_FILENO)
    }

    /// Text as it is, on standard error: for the progress line.
    static func raw(_ text: String) {
        write(text, to: STDERR_FILENO)
    }

    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    static func exit(_ code: Int32) -> Never {
        Glibc.exit(code)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let n = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // Nobody reads any more: there is nobody to tell.
            guard n > 0 || errno == EINTR else { return }
            if n > 0 { bytes = bytes.dropFirst(n) }
        }
    }
}

extension String {
    /// Filled up with blanks to a width in characters.
    func padded(_ width: Int) -> String {
        count >= width ? self : self + String(repeating: " ", count: width - count)
    }

    /// Filled up with blanks at the left.
    func leftPadded(_ width: Int) -> String {
        count >= width ? self : String(repeating: " ", count: width - count) + self
    }
}

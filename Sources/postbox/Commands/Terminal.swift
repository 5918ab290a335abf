internal import Foundation
internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// Standard output and error, and the end of the process.
enum Terminal {
    /// What every command begins with: lines have a place to go, and nobody who stops reading them ends the program. What it
    /// does then it does to its end, so that its exit code tells the same as ever.
    static func prepare() {
        Descriptors.openStandard()
        signal(SIGPIPE, SIG_IGN)
    }

    /// A line on standard output; what would break it or move the cursor is escaped.
    static func print(_ line: String) {
        write(VisibleText.line(line) + "\n", to: STDOUT_FILENO)
    }

    /// A line on standard output exactly as it is: JSON for another program.
    static func printExactly(_ line: String) {
        write(line + "\n", to: STDOUT_FILENO)
    }

    /// A line on standard error; what would break it or move the cursor is escaped.
    static func error(_ line: String) {
        write(VisibleText.line(line) + "\n", to: STDERR_FILENO)
    }

    /// Lines of our own words on standard error.
    static func error(text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) { error(String(line)) }
    }

    /// Text as it is, on standard error: for the progress line.
    static func raw(_ text: String) {
        write(text, to: STDERR_FILENO)
    }

    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Asks on standard error, and reads the answer: whether it is yes.
    static func asks(_ question: String) -> Bool {
        raw(question)
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }

    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Lines in place of those that are shown: as many and as much of each as the terminal has room for.
    static func redraw(_ lines: [String]) {
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 1 && size.ws_col > 0
        let (rows, columns) = isKnown ? (Int(size.ws_row) - 1, Int(size.ws_col)) : (lines.count, Int.max)
        // To the top; each line is cleared behind its end, and all below the last one.
        let text = lines.prefix(rows).map { VisibleText.line($0).prefix(columns) + "\u{1b}[K\r\n" }.joined()
        write("\u{1b}[H" + text + "\u{1b}[J", to: STDOUT_FILENO)
    }

    static func exit(_ code: Int32) -> Never {
        Glibc.exit(code)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let n = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if n < 0, errno == EAGAIN {
                // Somebody else made the stream one that does not wait.
                var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&place, 1, 1000) >= 0 || errno == EINTR else { return }
                continue
            }
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

internal import ArgumentParser
internal import PostboxCore
internal import PostboxIO

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Makes a token for somebody who is to use the page or the API.",
        discussion: """
            Prints a new token and its SHA-256. The token is for that person: it is typed once at the page's login, or sent with \
            each request (Authorization: Bearer TOKEN). The hash goes into the configuration, at `http.users`; nobody can make \
            the token of it. Nothing is kept: a token that is lost is replaced by a new one.
            """)

    @Argument(help: ArgumentHelp("Whose token it is: letters, digits and .-_@.", valueName: "NAME"))
    var name: String

    func validate() throws {
        guard HTTPSettings.User.isName(name) else {
            throw ValidationError(
                "A user's name has letters, digits and .-_@ alone, begins with a letter, and has 64 at most.")
        }
    }

    func run() throws {
        let token = Secrets.make()
        Terminal.print("token (for \(name) alone, it is not shown again): \(token)")
        Terminal.print("for the configuration:")
        Terminal.print("http:")
        Terminal.print("  users:")
        Terminal.print("    \(name): {token_sha256: \"\(SHA256Text.of(Array(token.utf8)))\", may: [read]}")
    }
}

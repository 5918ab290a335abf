internal import ArgumentParser
internal import Foundation
internal import PostboxCore
internal import Simulator
internal import UnixSignals

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Runs a server that answers like LSEG's, for trying things out.",
        discussion: """
            It is strict: it refuses what a real server refuses, in the same way, and what a real server acknowledges and \
            stores wrong, it stores wrong as well. A scenario (YAML) makes it refuse RICs, lose answers, cut connections or \
            reject logins.

            It knows the usual fields (BID, ASK, GEN_TEXT16, CURRENCY, TRADE_DATE, ...) and made-up ones of each type: \
            MY_REAL, MY_INT, MY_UINT, MY_TEXT (RMTES_STRING), MY_ASCII (ASCII_STRING), MY_DATE, MY_TIME, and two ENUMs: \
            MY_SIDE with "   " 0, "BUY" 1, "SEL" 2, and MY_RATING with "   " 0, "AAA" 1, "AA " 2, "A  " 3, "A" 4, \
            "NR " 32692, "431" 1431. More can be added under `fields:` of a scenario. With --dictionary it knows the fields and \
            display texts of a site in place of these, and stores each value by its type there.

            A request for an item, `{"ID":2,"Key":{"Name":RIC,"Service":SERVICE},"Streaming":false}`, or for a list of names, \
            reads back what is stored. `items:` of a scenario delays or refuses such requests, or limits how many are open.

            With --record, each post has under "stored" what would be read back of each of its fields: a number as a text \
            ("24.50"), null for a blank.
            """)

    @Option(help: ArgumentHelp("Where to listen; port 0 takes a free one.", valueName: "host:port"))
    var listen: String = "127.0.0.1:15000"

    @Option(help: "What the server is like.", completion: .file(extensions: ["yaml", "yml"]))
    var scenario: String?

    @Option(
        help:
            "Know the fields of the RDMFieldDictionary and the enumtype.def in this folder, in place of the usual ones.",
        completion: .directory)
    var dictionary: String?

    @Option(help: "Write every post and every answer to this file, one JSON object a line.", completion: .file())
    var record: String?

    @Flag(help: "Answer everything at full speed and check nothing: for measuring.")
    var fast = false

    func validate() throws {
        guard address != nil else { throw ValidationError("--listen wants HOST:PORT, not '\(listen)'.") }
    }

    private var address: (host: String, port: Int)? {
        guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]),
            (0...65535).contains(port), colon != listen.startIndex
        else { return nil }
        return (String(listen[..<colon]), port)
    }

    func run() async throws {
        guard let address else { return }
        var scenario = try loadScenario()
        if let dictionary { scenario.dictionary = .init(folder: dictionary) }
        let server: SimulatorServer
        do {
            server = try await SimulatorServer.start(
                scenario: scenario, host: address.host, port: address.port, fast: fast, recordPath: record)
        } catch let error as ScenarioError {
            Terminal.error(text: Words.of(error))
            Terminal.exit(PostboxCore.ExitCode.configuration)
        } catch {
            Terminal.error("cannot listen on \(listen): \(Words.of(error))")
            Terminal.exit(PostboxCore.ExitCode.noDestination)
        }
        Terminal.print("listening on \(server.url)")
        if let url = server.tokenURL(version: 1) { Terminal.print("tokens at \(url), and v2 likewise") }
        if let proxy = server.proxy { Terminal.print("proxy at http://\(address.host):\(proxy.port)") }
        if fast { Terminal.print("fast: answers everything, checks nothing") }
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
        let report = server.report()
        try await server.stop()
        Terminal.print(
            [
                Plural.text(report.connections, "connection"), Plural.text(report.logins, "login"),
                Plural.text(report.posts, "post"), Plural.text(report.acks, "ack"), Plural.text(report.naks, "nak"),
                Plural.text(report.errors, "error"),
                "at most \(Plural.text(report.maxPostsInAnySlidingSecond, "post")) in a second",
            ].joined(separator: ", ")
        )
    }

    private func loadScenario() throws -> Scenario {
        guard let path = scenario else { return Scenario() }
        do {
            let yaml = try String(contentsOfFile: path, encoding: .utf8)
            return try Scenario.load(yaml: yaml, file: path)
        } catch {
            Terminal.error(text: Words.of(error))
            Terminal.exit(PostboxCore.ExitCode.configuration)
        }
    }
}

internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// Speaks to the running service for a command; whatever keeps it from an answer ends the command with a sentence.
struct DeskSpeaker {
    private let place: SpoolPlace
    private let client: DeskClient

    init(_ options: SpoolOptions) {
        place = options.find()
        client = DeskClient(place.socketPath)
    }

    /// What lies at an address: its bytes, and what they mean.
    func read(_ target: String) -> (text: String, value: JSONValue) {
        answer(target, body: nil, within: 30)
    }

    /// Has an act done, and says what became of it.
    func ask(for act: DeskAct) -> Never {
        end(answer(to: act).value)
    }

    /// The same with an alert.
    func ask(_ call: AlertCall, _ order: AlertOrder) -> Never {
        end(answer(call.target, body: order.body, within: 30).value)
    }

    private func end(_ value: JSONValue) -> Never {
        Terminal.print(value["text"]?.text ?? "done")
        if case .object(let counts)? = value["facts"], !counts.isEmpty {
            Terminal.print(
                "  "
                    + counts.map { "\($0.key.replacing("_", with: " ")): \($0.value.integer ?? 0)" }.joined(
                        separator: ", "))
        }
        // Somebody else has to say the same.
        Terminal.exit(
            value["proposed"]?.flag == true ? PostboxCore.ExitCode.interrupted : PostboxCore.ExitCode.ok)
    }

    /// Has the configuration loaded anew, and says what became of it.
    func reload(why: String?, asJSON: Bool) {
        let (text, value) = answer(
            DeskCall.reloadTarget, body: DeskOrder.bodyOfReload(why: why), within: 120, asJSON: asJSON)
        if asJSON {
            Terminal.printExactly(Self.line(text))
        } else {
            for line in (value["text"]?.text ?? "done").split(separator: "\n") { Terminal.print(String(line)) }
        }
        if value["proposed"]?.flag == true { Terminal.exit(PostboxCore.ExitCode.interrupted) }
    }

    /// Has an act done: the answer's bytes, and what they mean.
    func answer(to act: DeskAct) -> (text: String, value: JSONValue) {
        // Rows of a large file take a while to be read and written.
        answer(DeskCall.target(of: act), body: DeskOrder.body(of: act), within: 600)
    }

    /// - Parameter asJSON: a refusal goes to standard output as it came, too.
    private func answer(
        _ target: String, body: String?, within seconds: Int, asJSON: Bool = false
    ) -> (text: String, value: JSONValue) {
        let answer: DeskClient.Answer
        do throws(DeskClient.Failure) {
            answer = try call(target, body, within: seconds)
        } catch {
            end(error)
        }
        guard let value = answer.body.withUnsafeBytes({ JSONValue.parse($0) }) else {
            CommandIssuer.end(
                "what answers at \(place.socketPath) is no Postbox", PostboxCore.ExitCode.noDestination)
        }
        guard (200..<300).contains(answer.status) else {
            if asJSON { Terminal.printExactly(Self.line(String(decoding: answer.body, as: UTF8.self))) }
            let isConfiguration = value["reason"]?.text == DeskAnswer.Refusal.badConfiguration.rawValue
            // Of several problems each has its line.
            let lines = (value["detail"]?.text ?? "HTTP \(answer.status)").split(separator: "\n").map(String.init)
            for line in lines.dropLast() { Terminal.error(line) }
            CommandIssuer.end(
                lines.last ?? "", isConfiguration ? PostboxCore.ExitCode.configuration : Self.code(answer.status))
        }
        return (String(decoding: answer.body, as: UTF8.self), value)
    }

    /// An answer on one line.
    private static func line(_ text: String) -> String { text.split(separator: "\n").joined() }

    /// A service that was just started listens a moment later: it is waited for, ten seconds at most.
    private func call(
        _ target: String, _ body: String?, within seconds: Int
    ) throws(DeskClient.Failure) -> DeskClient.Answer {
        for _ in 0..<200 {
            do throws(DeskClient.Failure) {
                return try client.call(target, body: body, within: seconds)
            } catch {
                let owner = CommandIssuer.orEnd { try SpoolLock.owner(stateDirectory: place.directories.state) }
                guard error == .noService, owner != nil else { throw error }
                usleep(50_000)
            }
        }
        return try client.call(target, body: body, within: seconds)
    }

    private static func code(_ status: Int) -> Int32 {
        switch status {
        case 400, 404, 409, 413, 422: PostboxCore.ExitCode.usage
        case 403: PostboxCore.ExitCode.notAllowed
        case 503: PostboxCore.ExitCode.noDestination
        default: PostboxCore.ExitCode.internalFault
        }
    }

    private func end(_ failure: DeskClient.Failure) -> Never {
        switch failure {
        case .noService:
            let owner = CommandIssuer.orEnd { try SpoolLock.owner(stateDirectory: place.directories.state) }
            guard let owner else {
                CommandIssuer.end(
                    "no service is running on the spool \(place.directories.spool); start it (postbox run) and try again",
                    PostboxCore.ExitCode.noDestination)
            }
            CommandIssuer.end(
                "the service (\(owner)) does not listen at \(place.socketPath); its log says why (control_fault)",
                PostboxCore.ExitCode.noDestination)
        case .notAllowed:
            CommandIssuer.end(
                "you may not speak to the service: only the owner and the group of \(place.socketPath) may",
                PostboxCore.ExitCode.notAllowed)
        case .trouble(let why):
            CommandIssuer.end(
                "the service at \(place.socketPath) gives no answer: \(why)", PostboxCore.ExitCode.noDestination)
        }
    }
}

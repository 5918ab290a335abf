import Foundation
import PostboxCore
import TestSupport
import Testing

/// Chromium, driven as the W3C's WebDriver has it by its own `chromedriver`.
final class Browser {
    private let process: Process
    private let port: Int
    private var session = ""
    private let folder: URL

    /// Whether it can be tried. Where changes are tested it has to be there.
    static let isThere =
        find("chromedriver") != nil && find("chromium") != nil || ProcessInfo.processInfo.environment["CI"] != nil

    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    private static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    init() async throws {
        guard let driver = Self.find("chromedriver") else {
            throw Fault(description: "chromedriver is missing: install Debian's chromium and chromium-driver")
        }
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let log = folder.appendingPathComponent("driver.log")
        try Data().write(to: log)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: driver)
        process.arguments = ["--port=0"]
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = FileHandle.nullDevice
        try Spawning.start(process)
        self.process = process
        var found: Int?
        try await eventually("chromedriver listens") {
            let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            found = text.firstMatch(of: /successfully on port (\d+)/).flatMap { Int($0.1) }
            return found != nil || !process.isRunning
        }
        guard let found else { throw Fault(description: "chromedriver does not start") }
        port = found
        let options = """
            {"args":["--headless=new","--no-sandbox","--disable-gpu","--disable-dev-shm-usage","--hide-scrollbars",
            "--window-size=1500,1000","--user-data-dir=\(folder.path)/profile"]}
            """
        let made = try call(
            "POST", "",
            """
            {"capabilities":{"alwaysMatch":{"browserName":"chrome","goog:chromeOptions":\(options),
            "goog:loggingPrefs":{"browser":"ALL"}}}}
            """)
        session = made["sessionId"]?.text ?? ""
    }

    deinit {
        // That ends the browser. The driver itself does not listen to SIGTERM everywhere.
        if !session.isEmpty { _ = try? call("DELETE", "", "") }
        kill(process.processIdentifier, SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    @discardableResult
    private func call(_ method: String, _ path: String, _ body: String = "{}") throws -> JSONValue {
        let target = "/session" + (session.isEmpty ? "" : "/\(session)") + path
        let client = UnixClient(port: port)
        client?.send(
            "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        // It keeps its connections, whatever is asked of it.
        let answer = client?.receiveOne() ?? ""
        guard let end = answer.range(of: "\r\n\r\n"), let value = JSONValue.parse(String(answer[end.upperBound...]))
        else { throw Fault(description: "\(method) \(target): no answer: \(answer.prefix(300))") }
        guard value["value"]?["error"] == nil else {
            throw Fault(description: "\(method) \(target): \(value["value"]?["message"]?.text ?? "")")
        }
        return value["value"] ?? .null
    }

    private static func quoted(_ text: String) -> String { JSONText.quoted(text) }

    func open(_ url: String) throws { try call("POST", "/url", "{\"url\":\(Self.quoted(url))}") }

    /// The path of the page that is shown.
    var path: String {
        get throws { try script("return location.pathname + location.search").text ?? "" }
    }

    /// Runs a script in the page. Returns what it returns.
    @discardableResult
    func script(_ text: String) throws -> JSONValue {
        try call("POST", "/execute/sync", "{\"script\":\(Self.quoted(text)),\"args\":[]}")
    }

    /// The text of the first element like that; nil: there is none.
    func text(_ css: String) throws -> String? {
        try script("return document.querySelector(\(Self.quoted(css)))?.innerText ?? null").text
    }

    private func element(_ css: String) throws -> String {
        let found = try call("POST", "/element", "{\"using\":\"css selector\",\"value\":\(Self.quoted(css))}")
        guard case .object(let members) = found, let id = members.first?.value.text else {
            throw Fault(description: "there is no \(css)")
        }
        return id
    }

    func click(_ css: String) throws { try call("POST", "/element/\(try element(css))/click") }

    /// Clicks what leads to another page, and waits for that one: a click may return before the browser has left the old one.
    func follow(_ css: String) async throws {
        _ = try script("window.isLeft = true")
        try click(css)
        try await eventually("\(css) has led to another page") {
            // Between two pages there is none that could answer.
            (try? script("return window.isLeft !== true && document.readyState === 'complete'").flag) == true
        }
    }

    /// Types into an element.
    func type(_ text: String, into css: String) throws {
        try call("POST", "/element/\(try element(css))/value", "{\"text\":\(Self.quoted(text))}")
    }

    /// Presses keys one after the other, wherever the focus is.
    func press(_ keys: String...) throws {
        let actions = keys.flatMap { key in
            ["keyDown", "keyUp"].map { "{\"type\":\"\($0)\",\"value\":\(Self.quoted(key))}" }
        }
        try call(
            "POST", "/actions",
            "{\"actions\":[{\"type\":\"key\",\"id\":\"keyboard\",\"actions\":[\(actions.joined(separator: ","))]}]}")
    }

    /// As WebDriver names keys.
    static let (enter, escape, tab) = ("\u{E007}", "\u{E00C}", "\u{E004}")

    /// Light or dark, and how wide.
    func look(dark: Bool, width: Int) throws {
        func run(_ command: String, _ parameters: String) throws {
            try call("POST", "/goog/cdp/execute", "{\"cmd\":\"\(command)\",\"params\":\(parameters)}")
        }
        try run(
            "Emulation.setEmulatedMedia",
            "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"\(dark ? "dark" : "light")\"}]}")
        try run(
            "Emulation.setDeviceMetricsOverride",
            "{\"width\":\(width),\"height\":\(width < 600 ? 900 : 1000),\"deviceScaleFactor\":1,\"mobile\":\(width < 600)}"
        )
    }

    /// The zone of whoever looks, such as `Europe/London`.
    func zone(_ name: String) throws {
        try call(
            "POST", "/goog/cdp/execute",
            "{\"cmd\":\"Emulation.setTimezoneOverride\",\"params\":{\"timezoneId\":\(Self.quoted(name))}}")
    }

    /// What the browser complained about since it was asked last.
    func complaints() throws -> [String] {
        try call("POST", "/se/log", "{\"type\":\"browser\"}").items.compactMap { $0["message"]?.text }
    }

    /// Keeps a picture where `POSTBOX_SCREENSHOTS` names a folder.
    func picture(_ name: String) throws {
        guard let folder = ProcessInfo.processInfo.environment["POSTBOX_SCREENSHOTS"] else { return }
        guard let data = try call("GET", "/screenshot", "").text.flatMap({ Data(base64Encoded: $0) }) else { return }
        try data.write(to: URL(fileURLWithPath: folder).appendingPathComponent(name + ".png"))
    }
}

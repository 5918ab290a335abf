/// The services that a server says it has, gathered from the messages of its Source directory (The wire §10).
package struct ServiceDirectory: Sendable, Equatable {
    /// What a message means for whoever asked.
    package enum Answer: Sendable, Equatable {
        /// It is no part of the directory.
        case foreign
        /// More messages follow.
        case more
        /// By name, whether the service is up.
        case complete([String: Bool])
        /// The server does not say.
        case refused
    }

    private var services: [String: Bool] = [:]

    package init() {}

    /// A message of the server.
    package mutating func take(_ message: JSONValue) -> Answer {
        guard message["Domain"]?.word == "Source" || message["Domain"]?.word == "4" else { return .foreign }
        guard message["Type"]?.word == "Refresh" || message["Type"]?.word == "2" else { return .refused }
        guard case .array(let entries)? = message["Map"]?["Entries"] else { return .complete([:]) }
        for entry in entries {
            guard case .array(let filters)? = entry["FilterList"]?["Entries"] else { continue }
            let elements = filters.compactMap { $0["Elements"] }
            guard let name = elements.compactMap({ $0["Name"]?.text }).first else { continue }
            let state = elements.compactMap { $0["ServiceState"]?["Data"] ?? $0["ServiceState"] }.first?.integer
            services[name] = (state ?? 1) == 1
        }
        return message["Complete"]?.flag ?? true ? .complete(services) : .more
    }
}

extension Scenario {
    /// Where a site's field dictionary and enumerations lie (The wire §8.4).
    package struct DictionaryFiles: Sendable, Equatable {
        package var fields: String
        package var enums: String

        package init(fields: String, enums: String) {
            self.fields = fields
            self.enums = enums
        }

        /// Both under their usual names in a folder.
        package init(folder: String) {
            let start = folder.hasSuffix("/") ? folder : folder + "/"
            self.init(fields: start + "RDMFieldDictionary", enums: start + "enumtype.def")
        }
    }

    /// How requests for items are answered (The wire §9).
    package struct Items: Sendable, Equatable {
        /// What a request reads back in place of what was stored.
        package struct Instead: Sendable, Equatable {
            /// Glob of the RICs it is for.
            package var ric: String
            package var field: String
            /// JSON text; nil leaves the field out.
            package var json: String?

            package init(ric: String, field: String, json: String?) {
                self.ric = ric
                self.field = field
                self.json = json
            }
        }

        /// Whether one request may name several items.
        package var takesBatches = true
        /// How long every answer waits; it tells what is stored when it leaves.
        package var delay: Duration = .zero
        /// Streams of one connection that are open or wait for their answer; 0 for no limit.
        package var maxOpen = 0
        /// Globs of RICs that take posts and are not found by a request.
        package var gone: [String] = []
        package var instead: [Instead] = []
        /// Whether an ENUM reads back as its display text where it has one.
        package var showsEnumTexts = false
        /// Whether each item requested counts in the rate as a post does.
        package var countsInRate = false
        /// What requests are refused with.
        package var rejection: Login.Rejection?
        /// Whether no request is ever answered.
        package var isSilent = false

        package init() {}
    }
}

extension Scenario.DictionaryFiles {
    /// A folder, or a map of two files. What is not absolute is looked for beside the scenario.
    init(_ value: ScenarioValue, scenario file: String) throws {
        func resolved(_ path: String) -> String {
            guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
            return file[...slash] + path
        }
        guard let section = try value.ifSection() else {
            self.init(folder: resolved(try value.string()))
            return
        }
        self.init(
            fields: resolved(try section.required("fields") { try $0.string() }),
            enums: resolved(try section.required("enums") { try $0.string() }))
        try section.finish()
    }
}

extension Scenario.Items {
    mutating func read(_ section: ScenarioSection) throws {
        takesBatches = try section.value("batch") { try $0.bool() } ?? takesBatches
        delay = try section.value("delay") { try $0.duration() } ?? delay
        maxOpen = try section.value("max_open") { try $0.integer(in: 0...Int.max) } ?? maxOpen
        gone = try section.value("gone") { try $0.strings() } ?? gone
        instead =
            try section.value("instead") { value in
                try value.list { entry in
                    let inner = try entry.section()
                    let instead = Instead(
                        ric: try inner.required("ric") { try $0.string() },
                        field: try inner.required("field") { try $0.string() },
                        json: try inner.value("json") { try $0.string() })
                    try inner.finish()
                    return instead
                }
            } ?? instead
        showsEnumTexts = try section.value("enum_texts") { try $0.bool() } ?? showsEnumTexts
        countsInRate = try section.value("count_in_rate") { try $0.bool() } ?? countsInRate
        if let inner = try section.section("reject") {
            rejection = try Scenario.Login.Rejection(inner)
        }
        isSilent = try section.value("silent") { try $0.bool() } ?? isSilent
        try section.finish()
    }
}

extension Scenario.Login.Rejection {
    init(_ section: ScenarioSection) throws {
        self.init(
            code: try section.required("code") { try $0.string() },
            text: try section.value("text") { try $0.string() } ?? "",
            times: try section.value("times") { try $0.integer(in: 0...Int.max) })
        try section.finish()
    }
}

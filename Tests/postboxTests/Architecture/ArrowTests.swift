import PostboxCore
import Testing

/// Who knows whom. Each list is all that is allowed; a line that goes against it is named.
@Suite("Arrows")
struct ArrowTests {
    /// What each module imports. Of our own, C modules included: `postbox` joins, `PostboxIO` does, `PostboxCore` decides and
    /// knows nobody, and the simulator knows nothing of ours.
    private static let imports: [String: Set<String>] = [
        "PostboxCore": ["CLibXML2", "CPCRE2", "Glibc", "Darwin", "DequeModule", "HeapModule"],
        "PostboxIO": [
            "PostboxCore", "CLinux", "CLibArchive", "CLibCurl", "CZlib", "CZstd",
            "Crypto", "DequeModule", "Dispatch", "Foundation", "GRDB", "Glibc", "JWTKit", "Logging", "NIOCore",
            "NIOExtras",
            "NIOHTTP1",
            "NIOPosix", "NIOSSL", "NIOTLS", "Synchronization",
        ],
        "Simulator": [
            "Crypto", "CryptoExtras", "Darwin", "Foundation", "Glibc", "Logging", "NIOCore", "NIOHTTP1", "NIOPosix",
            "NIOSSL", "SwiftASN1", "Synchronization", "X509", "Yams",
        ],
        "postbox": [
            "PostboxCore", "PostboxIO", "Simulator",
            "ArgumentParser", "Dispatch", "Foundation", "Glibc", "Logging", "NIOCore", "NIOPosix", "Synchronization",
            "UnixSignals", "Yams",
        ],
        // Whole programs are measured from outside; from inside only what touches nothing.
        "bench": [
            "PostboxCore", "CLibArchive", "CLinux", "CZlib", "ArgumentParser", "Dispatch", "Foundation",
            "Synchronization",
        ],
        "CLibXML2": [], "CLibArchive": [], "CLibCurl": [], "CPCRE2": [], "CZlib": [], "CZstd": [], "CLinux": [],
    ]

    /// Which folders of PostboxIO know which. Each has one thing outside the process for its subject: it knows the machine that
    /// it runs on, and no other thing.
    private static let folders: [String: Set<String>] = [
        "Audit": ["Packed", "System"], "Connection": ["System"], "Desk": ["System"], "Inbox": ["Packed", "System"],
        "LastValues": ["Packed", "System"],
        "Ledger": ["System"],
        "Packed": ["System"],
        "System": [],
    ]

    @Test("Each module imports what its list has, all of it and nothing else")
    func modules() throws {
        #expect(Set(try Source.modules()) == Set(Self.imports.keys), "each folder of Sources has its list of imports")
        let files = try Source.all()
        for (module, allowed) in Self.imports {
            var found: Set<String> = []
            for file in files where file.module == module {
                for entry in file.imports {
                    found.insert(entry.module)
                    let isAllowed = allowed.contains(entry.module)
                    #expect(
                        isAllowed, "\(file.path):\(entry.number) imports \(entry.module), which \(module) does not know"
                    )
                }
            }
            let unused = allowed.subtracting(found).sorted()
            #expect(unused.isEmpty, "\(module) no longer imports \(unused): take it off the list")
        }
    }

    @Test("The folders of PostboxIO know the machine, and not each other")
    func ofFolders() throws {
        let files = try Source.all().filter { $0.module == "PostboxIO" }
        let arrows = FolderArrows(files)
        for fault in arrows.faults(allowed: Self.folders) { Issue.record("\(fault)") }
        // Else nothing was looked at.
        #expect(arrows.found.contains("Inbox -> System") && arrows.home["Ledger"] == "Ledger")
    }

    @Test("A use of another folder's type or function is named with its line; words, members and comments are no use")
    func faultsOfFolders() {
        let files = [
            file("Ledger/Ledger.swift", "package actor Ledger {", "}", "package func openLedger() {}"),
            file(
                "Inbox/Mover.swift", "struct Mover {", "    // As the Ledger has it.",
                "    let text = \"Ledger\" // Ledger",
                "    let other = place.Ledger", "    var ledger: Ledger?", "    let made = openLedger()", "}"),
            file("Lone.swift", "let all = 1"),
        ]
        #expect(
            FolderArrows(files).faults(allowed: ["Ledger": [], "Inbox": []]) == [
                "Sources/PostboxIO/Inbox/Mover.swift:5 uses Ledger of Ledger, which Inbox does not know",
                "Sources/PostboxIO/Inbox/Mover.swift:6 uses openLedger of Ledger, which Inbox does not know",
                "Sources/PostboxIO/Lone.swift lies in no folder of a known subject",
            ])
        #expect(FolderArrows(Array(files.prefix(2))).faults(allowed: ["Ledger": [], "Inbox": ["Ledger"]]).isEmpty)
    }

    @Test("Which format a price file has is asked where its traits are and where readers are made, nowhere else")
    func formats() throws {
        let homes: Set<String> = ["FormatTraits.swift", "PriceFileReaders.swift"]
        let ours: Set<String> = ["PostboxCore", "PostboxIO", "postbox"]
        var questions = 0
        let question = try Self.formatQuestion()
        for file in try Source.all() where ours.contains(file.module) {
            let found = formatQuestions(file, question)
            questions += found.count
            if homes.contains(where: { file.path == "Sources/PostboxCore/PriceFile/\($0)" }) { continue }
            for (number, line) in found {
                Issue.record("\(file.path):\(number) asks for a format, which `FormatTraits` is to answer: \(line)")
            }
        }
        // Those of the two homes: else nothing was looked for.
        #expect(questions >= 2 * PriceFileFormat.allCases.count)
    }

    @Test(
        "A question for a format is seen in each of its spellings",
        arguments: [
            ("if format == named {", true), ("guard rule.format != other", true), ("guard rule.format != nil", false),
            ("x = kind == .jsonLines", true),
            ("case .csv, .json: break", true), ("case .none, .xml:", true), ("if case .csv = kind {", true),
            ("switch plan.format {", true), ("[.csv].contains(kind)", true), ("switch format.traits.trailer {", false),
            ("let format = named ?? .csv", false), ("self = .xml", false), ("format.traits.isByLine", false),
            ("let text = \"format == .csv\"", false), ("// format == .csv", false),
        ])
    func questions(_ line: String, _ isOne: Bool) throws {
        #expect(formatQuestions(file("Any/File.swift", line), try Self.formatQuestion()).isEmpty != isOne)
    }

    @Test("libxml2's own structures are its own: only public functions look at its parser")
    func libxml2() throws {
        let insides = /parser[?!]?\.pointee|xmlParserInput|xmlNodePtr|\.pointee\.(?:input|instate|myDoc|node)(?:\W|$)/
        let files = try Source.all().filter { $0.imports.contains { $0.module == "CLibXML2" } }
        #expect(!files.isEmpty)
        for file in files {
            for (number, line) in file.bareCode() where !line.contains("func ") {
                #expect(
                    line.firstMatch(of: insides) == nil, "\(file.path):\(number) looks into libxml2's parser: \(line)")
            }
        }
    }

    private func file(_ path: String, _ lines: String...) -> Source {
        Source(module: "PostboxIO", path: "Sources/PostboxIO/\(path)", lines: lines)
    }

    /// What compares a format, or chooses by it.
    private static func formatQuestion() throws -> Regex<AnyRegexOutput> {
        let names = PriceFileFormat.allCases.map { "\($0)" }.joined(separator: "|")
        let question = try Regex(
            #"\bformat\b[?!]?\s*(?:==|!=)(?!\s*nil\b)|(?:==|!=|~=)\s*(?:PriceFileFormat)?\.(?:\#(names))\b"#
                + #"|\bcase\b[^=]*\.(?:\#(names))\b(?!\()|\bswitch\b.*\bformat\b[?!]?\s*\{|\[[^\]]*\.(?:\#(names))\b[^\]]*\]\.contains"#
        )
        // Else `rule.format` would be one word.
        return question.wordBoundaryKind(.simple)
    }

    /// Lines that compare a format, or choose by it.
    private func formatQuestions(_ file: Source, _ question: Regex<AnyRegexOutput>) -> [(number: Int, line: String)] {
        let words = ["format"] + PriceFileFormat.allCases.map { ".\($0)" }
        return file.bareCode { line in words.contains { line.contains($0) } }
            .filter { $0.line.firstMatch(of: question) != nil }
    }
}

/// Which folders of a module use what others of its folders declare.
private struct FolderArrows {
    /// The folder that declares a name, where only one does.
    let home: [String: String]
    private let uses: [(path: String, number: Int, name: String, from: String, to: String)]
    private let files: [Source]

    init(_ files: [Source]) {
        var homes: [String: Set<String>] = [:]
        for file in files {
            for name in file.declarations { homes[name, default: []].insert(file.folder) }
        }
        let home = homes.compactMapValues { $0.count == 1 ? $0.first : nil }
        var uses: [(path: String, number: Int, name: String, from: String, to: String)] = []
        for file in files {
            for (number, line) in file.bareCode() {
                for name in Source.words(line) {
                    guard let other = home[name], other != file.folder else { continue }
                    uses.append((file.path, number, name, file.folder, other))
                }
            }
        }
        (self.home, self.uses, self.files) = (home, uses, files)
    }

    var found: Set<String> { Set(uses.map { "\($0.from) -> \($0.to)" }) }

    /// A sentence for each use that no arrow allows, and for each file in no folder that has arrows.
    func faults(allowed: [String: Set<String>]) -> [String] {
        let foreign = uses.filter { allowed[$0.from]?.contains($0.to) == false }.map {
            "\($0.path):\($0.number) uses \($0.name) of \($0.to), which \($0.from) does not know"
        }
        let homeless = files.filter { allowed[$0.folder] == nil }
            .map { "\($0.path) lies in no folder of a known subject" }
        return foreign + homeless
    }
}

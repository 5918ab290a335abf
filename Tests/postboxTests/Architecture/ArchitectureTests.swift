import Foundation
import PostboxCore
import TestSupport
import Testing

@Suite("The architecture")
struct ArchitectureTests {
    @Test("The core decides and touches nothing: no files, sockets, clocks, threads or logs")
    func core() throws {
        // What it imports is listed in `ArrowTests`; of the C library it has functions on memory alone.
        let calls =
            /(?:^|[^A-Za-z0-9_.])(?:fopen|socket|connect|clock_gettime|getenv|arc4random|malloc_trim|pthread_create|printf|exit)\(/
        let core = try Source.all().filter { $0.module == "PostboxCore" }
        #expect(core.count > 20)
        for file in core {
            guard file.imports.contains(where: { $0.module == "Glibc" }) else { continue }
            for (number, line) in file.code where !line.contains("func ") {
                #expect(line.firstMatch(of: calls) == nil, "\(file.path):\(number): \(line)")
            }
        }
    }

    @Test("Each heavy dependency stops at the one place that needs it")
    func dependencies() throws {
        let homes: [String: Set<String>] = [
            "CLibXML2": ["PostboxCore/PriceFile", "PostboxCore/Workbook"],
            "CLibArchive": ["PostboxIO/Packed", "bench"],
            "CZlib": ["PostboxIO/Packed", "bench"],
            "CPCRE2": ["PostboxCore/Values"],
            "CZstd": ["PostboxIO/Packed"],
            "CLibCurl": ["PostboxIO/Connection", "PostboxIO/Desk"],
            "CLinux": ["PostboxIO/System", "bench"],
            "GRDB": ["PostboxIO/Ledger"],
            "NIOSSL": ["PostboxIO/Connection", "PostboxIO/Desk", "Simulator"],
            "NIOExtras": ["PostboxIO/Connection"],
            "JWTKit": ["PostboxIO/Connection"],
            "NIOWebSocket": ["Simulator"],
            "ArgumentParser": ["postbox/Commands", "bench"],
            "Yams": ["postbox/Settings", "Simulator"],
        ]
        for file in try Source.all() {
            for entry in file.imports {
                guard let home = homes[entry.module] else { continue }
                #expect(
                    home.contains { file.path.hasPrefix("Sources/\($0)/") }, "\(file.path) imports \(entry.module)")
            }
        }
    }

    @Test("Nothing is public: an application has no users of its types")
    func access() throws {
        for file in try Source.all() {
            for (number, line) in file.code {
                let opens = ["public ", "open class ", "open func ", "open var "].contains { line.hasPrefix($0) }
                #expect(!opens, "\(file.path):\(number): \(line)")
            }
            for entry in file.imports {
                #expect(entry.access != "public", "\(file.path) imports \(entry.module)")
            }
        }
    }

    @Test("Failures are handled: no try!, no as!, no unchecked promise without its proof right above")
    func promises() throws {
        for file in try Source.all() {
            for (number, line) in file.code {
                #expect(!line.contains("try!"), "\(file.path):\(number): \(line)")
                #expect(!line.contains(" as! "), "\(file.path):\(number): \(line)")
                #expect(!line.contains("fatalError("), "\(file.path):\(number): \(line)")
                if line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") {
                    let above = number > 1 ? file.lines[number - 2].trimmingCharacters(in: .whitespaces) : ""
                    #expect(above.hasPrefix("//"), "\(file.path):\(number) does not say why it is safe: \(line)")
                }
            }
        }
    }

    @Test("The top of the package holds what a reader looks for there and nothing else")
    func top() throws {
        let folder = try BuiltProgram.packageFolder()
        let names = FileManager.default.names(in: folder).filter { !$0.hasPrefix(".") && $0 != "Package.resolved" }
        #expect(
            Set(names) == [
                "Package.swift", "Sources", "Tests", "samples", "inbox", "README.md", "LICENSE", "CHANGELOG.md",
            ])
    }

    @Test("The article Results tells every exit code and every outcome")
    func results() throws {
        let folder = try BuiltProgram.packageFolder()
        let article = try String(
            contentsOf: folder.appendingPathComponent("Sources/PostboxCore/Documentation.docc/Results.md"),
            encoding: .utf8)
        for outcome in PostOutcome.allCases {
            #expect(article.contains("| `\(outcome.word)` |"), "\(outcome.word) is missing")
        }
        for code in [0, 2, 3, 4, 64, 69, 70, 74, 75, 77, 78] {
            #expect(article.contains("| \(code) |"), "\(code) is missing")
        }
    }

    @Test("The README leads to articles that are there, and each article is on the documentation's first page")
    func articles() throws {
        let folder = try BuiltProgram.packageFolder()
        let readme = try String(contentsOf: folder.appendingPathComponent("README.md"), encoding: .utf8)
        let articles = folder.appendingPathComponent("Sources/PostboxCore/Documentation.docc")
        let names = Set(FileManager.default.names(in: articles).map { $0.replacing(".md", with: "") })
        for link in readme.matches(of: /Documentation\.docc\/(\w+)\.md/) {
            #expect(names.contains(String(link.1)), "\(link.1) is no article")
        }
        let first = try String(contentsOf: articles.appendingPathComponent("Postbox.md"), encoding: .utf8)
        #expect(Set(first.matches(of: /<doc:(\w+)>/).map { String($0.1) }) == names.subtracting(["Postbox"]))
    }

    @Test(
        "Every reason that the program gives is in the list, and the article has the same words with the same meaning")
    func reasons() throws {
        let places =
            /(?:reason: |reason = |reason == |[pP]roblem\(|[ (]Reason\(|cancelled = |refusedAfterDoubt = )\s*"([a-z][a-z_]+)"/
        var found: Set<String> = []
        for file in try Source.all() where ["PostboxCore", "PostboxIO", "postbox"].contains(file.module) {
            let text = file.lines.joined(separator: "\n")
            for match in text.matches(of: places) { found.insert(String(match.1)) }
            guard file.path.hasSuffix("/FieldValue.swift") else { continue }
            for match in text.matches(of: /case \w+ = "([a-z_]+)"/) { found.insert(String(match.1)) }
        }
        #expect(found.count > 60)
        let listed = Set(Reason.words)
        #expect(found.subtracting(listed).isEmpty, "not listed in Reason.swift")
        #expect(listed.count == Reason.words.count, "listed twice")

        let article = try String(
            contentsOf: BuiltProgram.packageFolder().appendingPathComponent(
                "Sources/PostboxCore/Documentation.docc/Reasons.md"), encoding: .utf8)
        let rows = article.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
        #expect(rows == (Reason.ofRows + Reason.ofFiles).map { "| `\($0.word)` | \($0.meaning) |" })
        for list in [Reason.ofRows, Reason.ofFiles] { #expect(list.map(\.word) == list.map(\.word).sorted()) }
    }

    @Test("Every event is in the list, in the article and said somewhere; no line has a word that is none")
    func events() throws {
        let list = try #require(Source.all().first { $0.path.hasSuffix("/Event.swift") })
        let declared = list.lines.joined(separator: "\n").matches(of: /static let (\w+) = Event\("([a-z_]+)"\)/)
        #expect(declared.map { String($0.2) } == Event.all.map(\.word))
        #expect(Set(Event.all).count == Event.all.count)

        var said: Set<String> = []
        for file in try Source.all() where ["PostboxCore", "PostboxIO", "postbox"].contains(file.module) {
            guard !file.path.hasSuffix("/Event.swift") else { continue }
            said.formUnion(file.members)
            let text = file.lines.joined(separator: "\n")
            let own = ["\"event\": \"", "(event: \"", " event: \""].filter { text.contains($0) }
            #expect(own.isEmpty, "\(file.path) has an event of its own")
        }
        let ends: Set<String> = ["fileDone", "filePartial", "fileFailed", "fileRefused"]
        for name in declared.map({ String($0.1) }) where !ends.contains(name) {
            #expect(said.contains(name), "\(name) is said nowhere")
        }

        let article = try String(
            contentsOf: BuiltProgram.packageFolder().appendingPathComponent(
                "Sources/PostboxCore/Documentation.docc/Events.md"), encoding: .utf8)
        let rows = article.matches(of: /(?m)^\| `([a-z_]+)` \|/).map { String($0.1) }
        #expect(rows == Event.all.map(\.word))
    }

    @Test("Each reference to a page's section finds its heading")
    func sections() throws {
        let folder = try BuiltProgram.packageFolder()
        let pages = ["The wire": "TheWire", "What servers do": "WhatServersDo"]
        let headings = try pages.mapValues { name in
            let page = try String(
                contentsOf: folder.appendingPathComponent("Sources/PostboxCore/Documentation.docc/\(name).md"),
                encoding: .utf8)
            return Set(page.matches(of: /(?m)^##+ (\d+(?:\.\d+)*)/).map { String($0.1) })
        }
        var count = 0
        for file in try Source.all() {
            for (index, line) in file.lines.enumerated() {
                for match in line.matches(of: /(The wire|What servers do),? §(\d+(?:\.\d+)*)/) {
                    count += 1
                    let isThere = headings[String(match.1)]?.contains(String(match.2)) == true
                    #expect(isThere, "\(file.path):\(index + 1): \(match.0) is no section")
                }
            }
        }
        #expect(count > 50)
    }

    @Test("Tests lie at the path of what they test")
    func mirrored() throws {
        let folder = try BuiltProgram.packageFolder()
        let tests = FileManager.default.names(in: folder.appendingPathComponent("Tests"))
        #expect(
            Set(tests) == [
                "PostboxCoreTests", "PostboxIOTests", "SimulatorTests", "postboxTests", "TestSupport", "DiskFaults",
                "Mutants", "Differential", "Cases",
            ])
        let whole: Set<String> = ["Architecture", "Cases", "EndToEnd", "Samples", "Walk"]
        for module in try Source.modules() {
            let bundle = folder.appendingPathComponent("Tests/\(module)Tests")
            let sources = Set(FileManager.default.names(in: folder.appendingPathComponent("Sources/\(module)")))
            for name in FileManager.default.names(in: bundle) where !name.hasSuffix(".swift") && !whole.contains(name) {
                #expect(sources.contains(name), "Tests/\(module)Tests/\(name) mirrors no folder of Sources/\(module)")
            }
        }
    }
}

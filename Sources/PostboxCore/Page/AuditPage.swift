/// Audit: every row that was posted for a RIC, over all files; to be looked at, and as a file of CSV.
package enum AuditPage {
    /// - Parameters:
    ///   - found: nil: nobody has named a RIC yet.
    ///   - record: what a look at the record's end found; nil: there is no record.
    package static func html(
        _ search: AuditSearch, _ found: RICFound?, record: RecordLook?, _ facts: PageFacts
    ) -> String {
        let rows: HTML
        if let query = search.query, let found {
            let fault: HTML? = found.fault.map { "<p class=\"alert bad-line\" role=\"alert\">\($0)</p>" }
            let list: HTML =
                found.posts.isEmpty
                ? "<p class=\"note\">\(RICPage.nothing(found, isNarrowed: search.isNarrowed))</p>"
                : "\(table(found.posts, facts))\(RICPage.older(found, search))"
            // Where results cannot be read, none can be told to be there.
            let told = found.posts.isEmpty && found.fault != nil ? nil : list
            rows =
                "\(fault)\(RICPage.unlisted(found.unlisted, of: query.ric ?? "", facts))\(RICPage.gone(found))\(told)"
        } else {
            rows = "<p class=\"note\">Name a RIC to see every row that was posted for it, or held back.</p>"
        }
        let export = found.map { "<header><h2>Rows found</h2> \(self.export(search, $0))</header>" as HTML }
        let panel: HTML? = "<section class=\"panel\" aria-label=\"Rows found\">\(export)\(rows)</section>"
        return PageFrame.page(
            .audit, title: "Audit", kind: "with-rail", facts,
            """
            <div class="title"><h1>Audit</h1></div>
            <div class="stackv">
            <section class="panel" aria-label="Search">
              <form class="body ask" role="search" method="get" action="/audit">
                <label class="grow">RIC<input name="ric" type="search" value="\(search.text("ric"))" aria-keyshortcuts="/"></label>
                \(field("From", "from", "2026-11-27", search))
                \(field("To", "to", "2026-11-27", search))
                \(FilesPage.choice("Outcome", "outcome", AuditQuery.outcomeWords.map { ($0, $0) }, search.text("outcome")))
                \(field("Value", "value", "BID=71.42", search))
                \(field("File", "file", "part of a name", search))
                <button class="main">Search</button>
              </form>
            </section>
            \(search.isMistaken ? nil : panel)
            </div>
            <div class="stackv">\(RecordPanel.html(record, facts))</div>
            """
        ).text
    }

    /// The link to a file of CSV, or that there is none, and what is not in it: as `AuditExport` makes it.
    private static func export(_ search: AuditSearch, _ found: RICFound) -> HTML {
        let link: HTML = "<a href=\"\(search.addressOfCSV)\">CSV</a>"
        let isOfUnlisted = search.query?.isOfUnlisted == true
        guard found.fault == nil, !found.gone.isEmpty || isOfUnlisted && !found.unlisted.isEmpty else {
            return found.fault == nil ? "<span class=\"push\">\(link)</span>" : ""
        }
        return found.posts.isEmpty
            ? "<span class=\"push dim\">no CSV: there is no row for it, only what is said here</span>"
            : "<span class=\"push dim\">\(link) of the rows alone, without what else is said here</span>"
    }

    private static func field(_ label: String, _ key: String, _ example: String, _ search: AuditSearch) -> HTML {
        "<label>\(label)<input name=\"\(key)\" size=\"12\" placeholder=\"\(example)\" value=\"\(search.text(key))\"></label>"
    }

    private static func table(_ posts: [RICPost], _ facts: PageFacts) -> HTML {
        let rows = posts.map { post -> HTML in
            """
            <tr data-key="\(post.drop) \(post.row) \(post.destination)"><td class="nowrap full">\(post.settledAt > 0 ? TimeText.text(post.settledAt) : "")</td><td>\(PageWords.outcome(orSkipped: post.outcome))</td><td class="fill">\(post.fields.map { "\($0.name) \($0.value)" }.joined(separator: "  "))</td><td data-h="destination">\(post.destination)</td><th scope="row"><a class="name" href="/drops/\(post.drop)">\(post.name)</a></th><td class="num dim" data-h="drop:row">\(PageWords.count(post.drop)):\(post.row)</td><td class="fill full">\(post.text)</td></tr>
            """
        }
        return """
            <table class="cards sticky posts"><thead><tr><th scope="col">settled</th><th scope="col">outcome</th><th scope="col">values</th><th scope="col">destination</th><th scope="col">file</th><th scope="col" class="num">drop:row</th><th scope="col">text</th></tr></thead><tbody>\(rows)</tbody></table>
            """
    }
}

import Foundation
import PostboxCore
import TestSupport
import Testing

/// The page in a real browser: Debian's `chromium` and `chromium-driver`.
@Suite(
    "The page in Chromium", .serialized, .ownThreads,
    .enabled(if: Browser.isThere, "Debian's chromium and chromium-driver are not installed"))
struct PageTests {
    private static let nasty = "px<img src=x onerror=alert(1)>&\"fix\".csv"
    private static let users = """
        anonymous: read
        users:
          alice: {token_sha256: "\(ServedDesk.hash("alice's"))", may: [stop, release, correct]}
          rita: {token_sha256: "\(ServedDesk.hash("rita's"))", may: [read]}
        """

    /// A desk with something to see in each view: bad files, a name full of HTML, a file in work, and held rows.
    private static func desk() async throws -> (ServedDesk, RunningSimulator, Browser) {
        let desk = try Desk()
        let simulator = try await desk.simulate("naks:\n  - {ric: \"R7.TST\", code: 2, text: \"F44: no such item\"}")
        let page = try await ServedDesk.start(
            desk, simulator.url, http: users, destination: "window: 10\nmax_posts_per_second: 50",
            files: "  - {match: \"*\", destination: cache, fields: {BID: {column: BID, type: real}}}")
        try desk.drop("eod_1.csv", "RIC,BID\nR1.TST,1.50\nR7.TST,2\nR4.TST,abc\n")
        let bad = try await desk.finish("eod_1.csv", in: .failed)
        try desk.drop(nasty, "RIC,BID\nR2.TST,1\nR9.TST,x\n")
        _ = try await desk.finish(nasty, in: .failed)
        // A correction that something newer has overtaken is held.
        try desk.drop("eod_2.csv", "RIC,BID\nR4.TST,3\n")
        _ = try await desk.finish("eod_2.csv", in: .done)
        let rejects = String(decoding: try #require(bad.rejects), as: UTF8.self).replacingOccurrences(
            of: "abc", with: "99.5")
        try desk.drop(bad.rejectsName, rejects)
        try await eventually("its row is held") { page.ask("GET", "/api/v1/held").contains("\"drop\"") }
        return (page, simulator, try await Browser())
    }

    private static func login(_ browser: Browser, _ page: ServedDesk, _ name: String) async throws {
        try browser.open(page.url + "/login")
        try browser.type(name, into: "input[name=name]")
        try browser.type("\(name)'s", into: "input[name=token]")
        try browser.click("button.main")
        try await eventually("\(name) is logged in") { try browser.text(".user")?.hasPrefix(name) == true }
    }

    /// What is wrong with the page as it is shown: texts that are hard to read, fields and buttons without a name, and what does not
    /// fit in.
    private static let look = """
        const faults = [];
        const part = value => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
        const light = c => 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]);
        const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
        const ground = element => {
          for (let one = element; one; one = one.parentElement) {
            const c = parse(getComputedStyle(one).backgroundColor);
            if (c.length === 3 || c[3] === 1) return c;
          }
          return [255, 255, 255];
        };
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
          if (!text || !element.checkVisibility({ visibilityProperty: true }) || element.closest("svg, script, option, progress, meter, .sr, :disabled")) continue;
          const a = light(parse(getComputedStyle(element).color)), b = light(ground(element));
          const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          if (ratio < 4.5) faults.push("contrast " + ratio.toFixed(2) + ": " + text.slice(0, 40));
        }
        for (const one of document.querySelectorAll("input:not([type=hidden]), select, button, a[href], summary")) {
          const name = one.getAttribute("aria-label") || one.textContent || [...one.labels || []].map(l => l.textContent).join("");
          if (!name.trim()) faults.push("no name: " + one.outerHTML.slice(0, 80));
        }
        for (const one of document.querySelectorAll("[id]"))
          if (document.querySelectorAll("#" + CSS.escape(one.id)).length > 1) faults.push("twice: " + one.id);
        if (!document.querySelector("h1")) faults.push("no heading");
        if (document.scrollingElement.scrollWidth > innerWidth + 1)
          faults.push("too wide: " + document.scrollingElement.scrollWidth + " in " + innerWidth);
        return faults;
        """

    @Test(
        "Each view shows what there is, to be read in light and dark, on a wide screen and on one of 400 px; a name full of HTML is a name"
    )
    func views() async throws {
        let (page, simulator, browser) = try await Self.desk()
        let bad = try #require(
            APITests.value(page.ask("GET", "/api/v1/drops?name=eod_1.csv"))?["drops"]?.items.last?["drop"]?.integer)
        try page.desk.drop("slow.csv", ServedDesk.file(rows: 4000))
        try await eventually("it is in work") {
            page.ask("GET", "/api/v1/status").contains("slow.csv")
        }
        try await Self.login(browser, page, "alice")
        let views = [
            ("now", "/", "slow.csv"), ("failures", "/failures", Self.nasty), ("files", "/files", Self.nasty),
            ("file", "/drops/\(bad)", "F44: no such item"), ("rows", "/drops/\(bad)?outcome=rejected", "abc"),
            ("held", "/held", "99.5"), ("ric", "/ric?ric=R1.TST", "1.50"), ("audit", "/audit?ric=R1.TST", "Audit"),
        ]
        for dark in [false, true] {
            for width in [1500, 400] {
                try browser.look(dark: dark, width: width)
                for (name, path, shown) in views {
                    try browser.open(page.url + path)
                    let text = try browser.text("body") ?? ""
                    #expect(text.contains(shown), "\(path): \(text)")
                    let faults = try browser.script(Self.look).items.compactMap(\.text)
                    #expect(faults == [], "\(path), \(width) px\(dark ? ", dark" : "")")
                    try browser.picture("\(name)-\(width)\(dark ? "-dark" : "")")
                }
            }
        }
        #expect(try browser.script("return document.querySelectorAll('main img').length").integer == 0)
        // A page that breaks its own rules would be told here.
        #expect(try browser.complaints() == [])
        try await page.stop()
        withExtendedLifetime(simulator) {}
    }

    @Test("Who may act holds, resumes and releases on the page; who may not sees no button, and is refused")
    func acts() async throws {
        let (page, simulator, browser) = try await Self.desk()
        try await Self.login(browser, page, "alice")
        #expect(try browser.path == "/")
        #expect(try browser.text(".user") == "alice, may act")
        try await browser.follow("form[action='/inbox/hold'] button")
        #expect(try browser.text("[role=status]")?.contains("the inbox is held") == true)
        try await eventually("it is held") { page.ask("GET", "/api/v1/status").contains("\"held\":true") }
        try browser.open(page.url + "/")
        try await browser.follow("form[action='/inbox/resume'] button")
        #expect(try browser.text("[role=status]")?.contains("goes on") == true)
        try browser.open(page.url + "/held")
        try browser.click("details.act summary")
        // Without a reason the browser itself does not send it.
        try browser.click("details.act[open] button.danger")
        #expect(try browser.path == "/held" && page.ask("GET", "/api/v1/held").contains("\"drop\""))
        try browser.type("not this one", into: "details.act[open] input[name=why]")
        try await browser.follow("details.act[open] button.danger")
        try await eventually("it is refused") { !page.ask("GET", "/api/v1/held").contains("\"drop\"") }
        #expect(try browser.text("[role=status]")?.contains("refused") == true)
        try browser.open(page.url + "/failures")
        let close = "form[action$='/no-action']"
        let open = try browser.script("return document.querySelectorAll(\"\(close)\").length").integer ?? 0
        #expect(open >= 2)
        try browser.click("details.act:has(\(close)) summary")
        try browser.type("a holiday there", into: "details.act[open] \(close) input[name=why]")
        try await browser.follow("details.act[open] \(close) button")
        #expect(try browser.text("[role=status]")?.contains("nothing is to be done") == true)
        #expect(try browser.script("return document.querySelectorAll(\"\(close)\").length").integer == open - 1)
        try await browser.follow("form[action='/logout'] button")
        #expect(try browser.path == "/login")

        try browser.type("rita", into: "input[name=name]")
        try browser.type("alice's", into: "input[name=token]")
        try await browser.follow("button.main")
        #expect(try browser.text("[role=alert]")?.contains("no such name and token") == true)
        try await Self.login(browser, page, "rita")
        let user = try browser.text(".user")
        #expect(user == "rita, read only")
        #expect(try browser.script("return document.querySelectorAll('main button').length").integer == 0)
        let refused = try browser.script(
            """
            const request = new XMLHttpRequest();
            request.open("POST", "/inbox/hold", false);
            request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
            request.send("key=" + document.querySelector("input[name=key]").value);
            return request.status;
            """)
        #expect(refused.integer == 403)
        try await page.stop()
        let lines = page.service.errorOutput.split(separator: "\n").filter { $0.contains(" desk_act ") }
        #expect(lines.contains { $0.contains("by=page:alice") && $0.contains("not this one") })
        withExtendedLifetime(simulator) {}
    }

    @Test("Everything is reached by keys alone, and they can be turned off")
    func keys() async throws {
        let (page, simulator, browser) = try await Self.desk()
        try browser.open(page.url + "/")
        for (key, path) in [
            ("2", "/failures"), ("4", "/held"), ("5", "/ric"), ("6", "/audit"), ("1", "/"), ("3", "/files"),
        ] {
            try browser.press(key)
            try await eventually("\(key) leads to \(path)") { try browser.path == path }
        }
        try browser.press("/", "e", "o", "d", "_", "2", Browser.enter)
        try await eventually("it is searched for") { try browser.path.hasPrefix("/files?name=eod_2") }
        try browser.press("j")
        #expect(try browser.text(".here th") == "eod_2.csv")
        try browser.press(Browser.enter)
        try await eventually("it is opened") { try browser.path.hasPrefix("/drops/") }
        try browser.press("?")
        #expect(try browser.text("#keys")?.contains("Failures") == true)
        try browser.press(Browser.escape)
        #expect(try browser.script("return document.getElementById('keys').hidden").flag == true)
        try browser.script("localStorage.setItem('keys', 'off')")
        try browser.press("2")
        #expect(try browser.path.hasPrefix("/drops/"))
        try await page.stop()
        withExtendedLifetime(simulator) {}
    }

    /// Where the keys are: its place among all that Tab reaches, in the order of the page; -1 where it is none of these. null: nowhere.
    private static let reached = """
        const one = document.activeElement;
        if (!one || one === document.body) return null;
        const group = e => e.type === "radio" && e.name && !e.checked;
        const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")]
          .filter(e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0 && !group(e));
        const style = getComputedStyle(one), box = one.getBoundingClientRect();
        return {
          at: all.indexOf(one), of: all.length, what: one.outerHTML.slice(0, 80), order: one.tabIndex,
          isSeen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
            && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        };
        """

    @Test("Tab reaches everything that can be used, in the order of the page, and shows where it is")
    func focus() async throws {
        let (page, simulator, browser) = try await Self.desk()
        try await Self.login(browser, page, "alice")
        for path in ["/", "/failures", "/files", "/held"] {
            try browser.open(page.url + path)
            var (count, expected) = (0, 1)
            while count < expected {
                try browser.press(Browser.tab)
                let here = try browser.script(Self.reached)
                let what = here["what"]?.text ?? "nothing"
                expected = here["of"]?.integer ?? 0
                #expect(here["at"]?.integer == count, "\(path), step \(count + 1) of \(expected): \(what)")
                #expect(here["order"]?.integer == 0 && here["isSeen"]?.flag == true, "\(path): \(what) is not seen")
                count += 1
            }
            #expect(count >= 10, "\(path)")
        }
        try await page.stop()
        withExtendedLifetime(simulator) {}
    }

    @Test("Wrong prices are withdrawn on the file's page, which first shows what that would post")
    func withdraw() async throws {
        let (page, simulator, browser) = try await Self.desk()
        try page.desk.drop("w1.csv", "RIC,BID\nW.TST,1\n")
        _ = try await page.desk.finish("w1.csv", in: .done)
        try page.desk.drop("w2.csv", "RIC,BID\nW.TST,2\n")
        let wrong = try await page.desk.finish("w2.csv", in: .done).summary.drop
        try await Self.login(browser, page, "alice")
        try browser.open(page.url + "/drops/\(wrong)")
        try await browser.follow("a[href='/drops/\(wrong)/withdraw']")
        #expect(try browser.text("#withdraw")?.contains("1 field of 1 RIC would be replaced") == true)
        try browser.click("#withdraw button.danger")
        // Without a reason the browser itself does not send it.
        #expect(try browser.path == "/drops/\(wrong)/withdraw")
        try browser.type("a slip", into: "#withdraw input[name=why]")
        try await browser.follow("#withdraw button.danger")
        #expect(try browser.text("[role=status]")?.contains("1 field of 1 RIC will be replaced") == true)
        #expect(try browser.text("[data-live=story]")?.contains("Withdraws what drop \(wrong) (w2.csv) said") == true)
        try await eventually("the value before is posted") {
            try simulator.posts().filter { $0.ric == "W.TST" }.map(\.fields).last == #"{"BID":1}"#
        }
        try browser.open(page.url + "/drops/\(wrong)")
        let story = try browser.text("[data-live=story]") ?? ""
        #expect(story.contains("Withdrawn at cache by drop ") && story.contains("as alice wanted: a slip."), "\(story)")
        try await browser.follow("form[action='/logout'] button")
        try await Self.login(browser, page, "rita")
        try browser.open(page.url + "/drops/\(wrong)/withdraw")
        #expect(try browser.text("body")?.contains("may not") == true)
        try await page.stop()
        withExtendedLifetime(simulator) {}
    }

    @Test("The time in the zone of whoever looks stands beside UTC")
    func zone() async throws {
        let (page, simulator, browser) = try await Self.desk()
        for (zone, place) in [("America/New_York", " New York"), ("Europe/London", " London"), ("UTC", "")] {
            try browser.zone(zone)
            try browser.open(page.url + "/")
            let text = try browser.script("return document.getElementById('own').textContent").text ?? "nothing"
            #expect(text.hasSuffix(place) && text.isEmpty == place.isEmpty, "\(text)")
            if !place.isEmpty { #expect(text.dropLast(place.count).count == 5, "\(text)") }
        }
        try await page.stop()
        withExtendedLifetime(simulator) {}
    }

    @Test("What changes is shown without a reload; a page that hears nothing any more says so")
    func live() async throws {
        let (page, simulator, browser) = try await Self.desk()
        try browser.open(page.url + "/")
        try browser.script("window.stays = true")
        try page.desk.drop("fresh.csv", "RIC,BID\nR1.TST,5\n")
        try await eventually("it is shown") { try browser.text("[data-live=finished]")?.contains("fresh.csv") == true }
        #expect(try browser.script("return window.stays").flag == true)
        try await page.stop()
        try await eventually("it is told that nothing is heard") {
            try browser.script("return document.documentElement.classList.contains('is-stale')").flag == true
        }
        #expect(try browser.text(".stale-note")?.hasPrefix("Not live: nothing heard from Postbox since") == true)
        withExtendedLifetime(simulator) {}
    }
}

/// The alerts of the last day, and those that stand, on Now: what stands, who has it, what is over, and for what nobody is called.
enum AlertsPanel {
    /// Alerts that are shown.
    private static let shown = 30

    static func html(_ facts: PageFacts) -> HTML {
        let (alerts, mutes) = (facts.board.alerts, facts.board.mutes)
        let on = alerts.count { $0.overAt == nil }
        let body: HTML =
            alerts.isEmpty
            ? "<p class=\"note\">None in the last 24 hours.</p>"
            : "<ol class=\"alerts\">\(alerts.prefix(shown).map { alert($0, facts) })</ol>"
        let more: HTML? =
            alerts.count > shown
            ? "<p class=\"note\">and \(PageWords.count(alerts.count - shown)) more; <code>postbox status --json</code> has them</p>"
            : nil
        let muted: HTML? = mutes.isEmpty ? nil : "<ol class=\"alerts tight\">\(mutes.map { mute($0, facts) })</ol>"
        return """
            <section class="panel" id="alerts" aria-labelledby="h-al" data-live="alerts">
              <header><h2 id="h-al">Alerts</h2> <span class="dim">\(PageWords.count(on)) on, \(PageWords.count(alerts.count - on)) over in 24 hours</span></header>
              \(muted)\(body)\(more)
            </section>
            """
    }

    private static func alert(_ entry: StandingAlert, _ facts: PageFacts) -> HTML {
        let word = entry.alert.event.word
        let often: HTML? = entry.times > 1 ? " <span class=\"dim\">\(PageWords.count(entry.times)) times</span>" : nil
        let muted: HTML? = entry.isMuted ? " <span class=\"dim\">muted</span>" : nil
        let number: HTML = "<span class=\"push dim\">\(entry.id)</span>"
        if let over = entry.overAt {
            return """
                <li class="over" data-key="a\(entry.id)">\(facts.time(entry.lastAt))<div><p class="line"><span>\(word)</span> <span class="dim">over since \(facts.time(over))</span>\(number)</p><p class="dim">\(entry.alert.message)</p></div></li>
                """
        }
        let lamp = PageWords.lamp(entry.acknowledged == nil ? (entry.alert.isError ? .down : .warn) : .held, word)
        var more: HTML?
        if let ack = entry.acknowledged {
            more =
                "<p class=\"dim\">\(ReleaseRule.name(ack.by)) has it since \(facts.time(ack.at)): \(ack.why)</p>"
        } else if facts.may(.stop, rule: entry.alert.rule) {
            more = PageActs.opening(
                "I have it", "/alerts/\(entry.id)/ack",
                what: "It stands here with your name, and nobody is called for it again.",
                button: "I have alert \(entry.id)", kind: .usual, needsWhy: true, facts)
        }
        return """
            <li data-key="a\(entry.id)">\(facts.time(entry.lastAt))<div><p class="line">\(lamp)\(often)\(muted)\(number)</p><p>\(entry.alert.message)</p>\(more)</div></li>
            """
    }

    private static func mute(_ mute: AlertMute, _ facts: PageFacts) -> HTML {
        let act: HTML? =
            facts.may(.stop, rule: mute.about.rule)
            ? "<span class=\"push\">\(PageActs.plain("End", of: "mute \(mute.id)", "/mutes/\(mute.id)/end", facts))</span>"
            : nil
        return """
            <li data-key="m\(mute.id)">\(facts.time(mute.at))<div><p class="line">\(PageWords.lamp(.held, "muted"))<span>\(mute.about.words) until \(facts.time(mute.until))</span>\(act)</p><p class="dim">\(ReleaseRule.name(mute.by)): \(mute.why)</p></div></li>
            """
    }
}

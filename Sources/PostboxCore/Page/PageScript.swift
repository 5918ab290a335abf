/// The page's one script: the clock, what is live, and keys. Every view reads the same without it.
package enum PageScript {
    package static let text = #"""
        "use strict";
        const root = document.documentElement;
        const clock = document.getElementById("clock");
        const live = document.querySelector(".live");
        const note = document.querySelector(".stale-note");
        let heard = Date.now();
        let skew = clock ? Date.parse(clock.dateTime) - Date.now() : 0;

        // The zone of whoever looks stands beside UTC, by its place.
        const own = document.getElementById("own");
        const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
        const place = zone.includes("/") && !zone.startsWith("Etc/") ? zone.split("/").pop().replaceAll("_", " ") : "";
        const hands = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
        function showOwn() {
          if (own && place) own.textContent = hands.format(new Date(Date.now() + skew)) + " " + place;
        }
        showOwn();

        // The clock, and whether anything was heard for ten seconds.
        setInterval(() => {
          if (!clock) return;
          const now = new Date(Date.now() + skew).toISOString();
          clock.dateTime = now;
          clock.textContent = now.slice(11, 19) + " UTC";
          showOwn();
          const stale = live !== null && Date.now() - heard > 10000;
          if (stale !== root.classList.contains("is-stale")) {
            root.classList.toggle("is-stale", stale);
            if (stale) note.textContent = "Not live: nothing heard from Postbox since "
              + new Date(heard + skew).toISOString().slice(11, 19) + ". What is shown may be old. Trying again every 2 s.";
          }
        }, 1000);

        // What changes is fetched as the same page anew, and put in place part by part: never where somebody acts or chooses.
        const parts = page => page.querySelectorAll("[data-live]");
        const isBusy = part => part.contains(document.activeElement) && document.activeElement !== document.body
          || part.matches(":hover") || part.querySelector("details[open], input:checked[data-mine]") !== null;

        function rows(part) {
          return [...part.querySelectorAll("[data-key]")].map(row => row.dataset.key).join(" ");
        }

        function put(old, fresh) {
          if (old.innerHTML === fresh.innerHTML) return;
          if (!isBusy(old)) {
            old.innerHTML = fresh.innerHTML;
            old.className = fresh.className;
            return;
          }
          // Figures go on in place while the order of rows stands.
          if (rows(old) === rows(fresh)) {
            for (const cell of old.querySelectorAll("[data-cell]")) {
              const other = fresh.querySelector(`[data-cell="${CSS.escape(cell.dataset.cell)}"]`);
              if (other && cell.innerHTML !== other.innerHTML && !cell.contains(document.activeElement)) cell.innerHTML = other.innerHTML;
            }
          } else {
            const more = old.querySelector(".fresh");
            if (more) more.hidden = false;
          }
        }

        let isFetching = false, isWanted = false, last = 0;
        async function refresh() {
          if (isFetching || document.hidden) { isWanted = true; return; }
          isFetching = true;
          isWanted = false;
          await new Promise(done => setTimeout(done, Math.max(0, 500 - (Date.now() - last))));
          try {
            const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Postbox-Part": "1" } });
            if (answer.redirected && new URL(answer.url).pathname === "/login") { location.reload(); return; }
            if (answer.ok) {
              const page = new DOMParser().parseFromString(await answer.text(), "text/html");
              for (const part of parts(document)) {
                const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
                if (fresh) put(part, fresh);
              }
              document.title = page.title;
            }
          } catch { /* The stream tells when nobody is there. */ }
          last = Date.now();
          isFetching = false;
          if (isWanted) refresh();
        }
        document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

        function listen() {
          const stream = new EventSource("/api/v1/events");
          const hear = event => {
            heard = Date.now();
            try {
              const told = JSON.parse(event.data), at = Date.parse(told.at || told.time);
              if (at) skew = at - heard;
            } catch { /* Not every event has a time. */ }
            root.classList.remove("is-stale");
          };
          stream.addEventListener("alive", hear);
          stream.addEventListener("log", hear);
          stream.addEventListener("lost", refresh);
          stream.addEventListener("status", event => { hear(event); refresh(); });
          stream.onerror = () => { if (stream.readyState === 2) setTimeout(listen, 2000); };
        }
        if (live) listen();

        // The figures of buttons follow the ticks.
        document.addEventListener("change", event => {
          const tick = event.target;
          if (tick.name !== "except") return;
          tick.dataset.mine = "1";
          const form = tick.form, button = form.querySelector("[data-rows]");
          if (!button) return;
          const left = [...form.elements].filter(one => one.name === "except" && one.checked).length;
          const all = Number(button.dataset.rows);
          const rows = (all - left).toLocaleString("en-US") + (all - left === 1 ? " row" : " rows");
          const what = left ? `${rows}, leave out ${left}` : all === 1 ? rows : `all ${rows}`;
          button.textContent = `${button.dataset.verb} ${what}`;
          button.disabled = left >= all;
        });

        // Keys.
        const views = ["/", "/failures", "/files", "/held", "/ric", "/audit"];
        const help = document.getElementById("keys");
        const areOff = () => { try { return localStorage.getItem("keys") === "off"; } catch { return false; } };
        const off = document.getElementById("keys-off");
        if (off) {
          off.checked = areOff();
          off.addEventListener("change", () => { try { localStorage.setItem("keys", off.checked ? "off" : "on"); } catch { } });
        }
        let here = null;
        function go(step) {
          const all = [...document.querySelectorAll("main tbody tr[data-key]")];
          if (!all.length) return;
          const at = all.findIndex(row => row.dataset.key === here);
          const row = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
          for (const one of document.querySelectorAll(".here")) one.classList.remove("here");
          row.classList.add("here");
          here = row.dataset.key;
          const link = row.querySelector("a, button, input");
          if (link) link.focus({ preventScroll: true });
          row.scrollIntoView({ block: "nearest" });
        }
        function leave() {
          const open = document.querySelector("details[open]");
          if (!help.hidden) help.hidden = true;
          else if (open) { open.open = false; open.querySelector("summary").focus(); }
          else if (document.activeElement) document.activeElement.blur();
        }
        document.addEventListener("keydown", event => {
          if (event.ctrlKey || event.metaKey || event.altKey || !help) return;
          if (event.key === "Escape") { leave(); return; }
          if (event.target.matches("input, select, textarea")) return;
          if (event.key === "?") { help.hidden = !help.hidden; return; }
          if (areOff()) return;
          if (event.key >= "1" && event.key <= "6") location.href = views[event.key - 1];
          else if (event.key === "j" || event.key === "k") go(event.key === "j" ? 1 : -1);
          else if (event.key === "/") {
            const field = document.querySelector("[aria-keyshortcuts='/']");
            if (!field) { location.href = "/files"; return; }
            event.preventDefault();
            field.focus();
            field.select();
          }
        });
        """#
}

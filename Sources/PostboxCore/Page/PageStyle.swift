/// The style sheet of the page, as it goes out.
package enum PageStyle {
    /// What stands before the title of the tab.
    package static let icon =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\"><rect width=\"16\" height=\"16\" rx=\"3\" fill=\"#0b57b8\"/><path d=\"M3 5h10v7H3zM3 5l5 4 5-4\" fill=\"none\" stroke=\"#fff\" stroke-width=\"1.5\"/></svg>"

    package static let text = #"""
        /* Postbox: one sheet for every page. No font, image or script from elsewhere; no inline style anywhere
           (Content-Security-Policy: default-src 'self'). Order: tokens, base, frame, state, parts, pages, widths, modes. */

        /* ---- Tokens ------------------------------------------------------------------------------------------- */

        :root {
          color-scheme: light dark;

          --sans: -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif;
          --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Segoe UI Mono", "Liberation Mono", Menlo, Consolas, monospace;

          /* Type: four sizes, two weights. */
          --t-small: 0.8462rem;   /* 11 px at the base of 13: column heads, units */
          --t-text: 1rem;         /* 13 px */
          --t-head: 1.1539rem;    /* 15 px */
          --t-state: 1.5385rem;   /* 20 px: page title, the three answers */

          /* Space: multiples of a quarter of a line. */
          --s1: 0.3077rem;        /*  4 px */
          --s2: 0.6154rem;        /*  8 px */
          --s3: 0.9231rem;        /* 12 px */
          --s4: 1.2308rem;        /* 16 px */
          --s6: 1.8462rem;        /* 24 px */
          --row: 0.3077rem;       /* padding above and below a table row */
          --hit: 2rem;            /* height of what is pressed: 26 px, 40 px under a finger */

          /* Ground and text. */
          --ground: #f6f6f4;
          --panel: #ffffff;
          --sunk: #efefec;
          --hover: #f2f3f5;
          --line: #e2e2de;
          --line-strong: #85888c;
          --text: #1a1b1d;
          --dim: #5b5f64;
          --link: #0b57b8;
          --focus: #0b57b8;

          /* State, as text. Each has at least 4.5:1 on ground, panel, hover and its own wash. */
          --good: #006b4f;
          --late: #7d4e00;
          --bad: #a8330a;
          --bad-wash: #fdf1ec;
          --late-wash: #fdf5e4;

          /* Outcomes, as area (3:1 on the panel) and as text (4.5:1). After Okabe and Ito. */
          --acked: #00805e;        --acked-text: #006b4f;
          --superseded: #2b83c0;   --superseded-text: #14639b;
          --nacked: #cc5200;       --nacked-text: #a8330a;
          --rejected: #b0558c;     --rejected-text: #963c73;
          --unknown: #a87600;      --unknown-text: #7d4e00;
          --unsent: #7d8186;       --unsent-text: #5b5f64;
          --badge-ink: #ffffff;
        }

        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #101214;
            --panel: #16191c;
            --sunk: #23272b;
            --hover: #1d2124;
            --line: #272b30;
            --line-strong: #747b83;
            --text: #e3e5e8;
            --dim: #989fa7;
            --link: #86b9f5;
            --focus: #86b9f5;

            --good: #45c79a;
            --late: #e8b04a;
            --bad: #ff9468;
            --bad-wash: #2a1b15;
            --late-wash: #272013;

            --acked: #1fa67c;        --acked-text: #45c79a;
            --superseded: #56a8e0;   --superseded-text: #7fbdf0;
            --nacked: #ee7a3c;       --nacked-text: #ff9468;
            --rejected: #d488b4;     --rejected-text: #e2a3c8;
            --unknown: #d9a127;      --unknown-text: #e8b04a;
            --unsent: #868d95;       --unsent-text: #989fa7;
            --badge-ink: #101214;
          }
        }

        /* ---- Base --------------------------------------------------------------------------------------------- */

        *, ::before, ::after { box-sizing: border-box; }

        html {
          font: 81.25%/1.5385 var(--sans);          /* 13 on 20 px; follows the reader's own size */
          font-variant-numeric: tabular-nums;
          background: var(--ground);
          color: var(--text);
          -webkit-text-size-adjust: 100%;
          scroll-padding-top: 8rem;
        }

        body { margin: 0; min-width: 20rem; }
        h1, h2, h3, p, dl, dd, ol, ul, figure, table, form, fieldset { margin: 0; padding: 0; }
        h1 { font-size: var(--t-state); font-weight: 600; line-height: 1.3; letter-spacing: -0.01em; overflow-wrap: anywhere; }
        h2 { font-size: var(--t-head); font-weight: 600; line-height: 1.35; }
        h3 { font-size: var(--t-text); font-weight: 600; }
        ol, ul { list-style: none; }
        fieldset { border: 0; min-width: 0; }
        b, strong { font-weight: 600; }
        code, .mono { font-family: var(--mono); font-size: 0.94em; }
        a { color: var(--link); text-decoration: none; }
        a:hover { text-decoration: underline; text-underline-offset: 0.2em; }
        :focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; border-radius: 3px; }
        .dim { color: var(--dim); }
        .small { font-size: var(--t-small); }
        .nowrap { white-space: nowrap; }
        .name { overflow-wrap: anywhere; }
        table .name { display: inline-block; width: max-content; max-width: 34ch; vertical-align: top; }
        table div.name { display: block; }
        .lanes .name, .waits .name, .rows .name { width: auto; max-width: 100%; }
        .good { color: var(--good); }
        .late { color: var(--late); }
        .bad { color: var(--bad); }
        .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .skip { position: absolute; left: var(--s2); top: -4rem; z-index: 9; background: var(--panel); padding: var(--s2) var(--s3); }
        .skip:focus { top: var(--s2); }

        /* ---- Frame: bar, the three answers, main --------------------------------------------------------------- */

        .bar {
          display: flex; flex-wrap: wrap; align-items: center; gap: 0 var(--s4);
          padding: 0 var(--s4); min-height: 3.2rem;
          background: var(--panel); border-bottom: 1px solid var(--line);
        }
        .bar .brand { font-weight: 600; color: var(--text); }
        .bar .where { color: var(--dim); margin-left: calc(-1 * var(--s2)); }
        .bar nav { align-self: stretch; }
        .bar nav ul { display: flex; height: 100%; }
        .bar nav a {
          display: flex; align-items: center; gap: var(--s1); height: 100%; min-height: 3.2rem;
          padding: 0 var(--s2); color: var(--dim); border-block: 2px solid transparent;
        }
        .bar nav a:hover { color: var(--text); text-decoration: none; }
        .bar nav a[aria-current] { color: var(--text); border-bottom-color: var(--text); }
        .bar nav a:focus-visible { outline-offset: -3px; }
        .bar nav .n { min-width: 1.5em; padding: 0 0.4em; border-radius: 3px; background: var(--sunk); color: var(--text); text-align: center; font-size: var(--t-small); }
        .bar .who { margin-left: auto; display: flex; gap: var(--s4); align-items: center; color: var(--dim); white-space: nowrap; }
        .bar .who time, .bar #own { color: var(--text); }
        .bar #own:empty { display: none; }

        /* The three answers: on every page, at the same place, of the same height. */
        .state { position: sticky; top: 0; z-index: 3; }
        .answers { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); background: var(--panel); border-bottom: 1px solid var(--line); }
        .answers > div { padding: var(--s2) var(--s4); border-left: 1px solid var(--line); display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 var(--s2); align-items: baseline; }
        .answers > div:first-child { border-left: 0; }
        .answers dt { grid-column: 1 / -1; font-size: var(--t-small); color: var(--dim); }
        .answers dd.says { font-size: var(--t-state); line-height: 1.3; font-weight: 600; letter-spacing: -0.01em; white-space: nowrap; }
        .answers dd.says a { color: inherit; }
        .answers dd.why { color: var(--dim); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; min-width: 0; }
        .answers dd.why b { color: var(--text); font-weight: 500; }
        .answers .is-bad { background: var(--bad-wash); }
        .answers .is-bad .says { color: var(--bad); }
        .answers .is-late { background: var(--late-wash); }
        .answers .is-late .says { color: var(--late); }
        .answers.slim > div { grid-template-columns: auto auto minmax(0, 1fr); padding-block: var(--s1); }
        .answers.slim dt { grid-column: auto; }
        .answers.slim dd.says { font-size: var(--t-text); letter-spacing: 0; }

        /* The page has heard nothing for 10 s: everything on it may be old, so nothing on it looks alive. */
        .stale-note { display: none; padding: var(--s2) var(--s4); background: var(--text); color: var(--ground); font-weight: 600; }
        .is-stale .stale-note { display: block; }
        .is-stale main, .is-stale .answers { filter: grayscale(1); }
        .is-stale .live { display: none; }

        main { padding: var(--s4); display: grid; gap: var(--s4); align-items: start; grid-template-columns: minmax(0, 1fr); }
        .title { display: flex; flex-wrap: wrap; align-items: baseline; gap: var(--s1) var(--s3); }
        .title > .push { margin-left: auto; }
        footer { padding: 0 var(--s4) var(--s4); color: var(--dim); font-size: var(--t-small); display: flex; flex-wrap: wrap; gap: 0 var(--s4); }
        kbd { font: inherit; border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 3px; padding: 0 0.35em; background: var(--panel); color: var(--text); }

        .panel { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; min-width: 0; }
        .panel > header { display: flex; flex-wrap: wrap; align-items: baseline; gap: var(--s1) var(--s3); padding: var(--s2) var(--s3); }
        .panel > header .push { margin-left: auto; }
        .panel > .body { padding: 0 var(--s3) var(--s3); }
        .panel > .body.ask { padding-block: var(--s2) var(--s3); }
        .panel > .empty, td.empty { padding: var(--s3); color: var(--dim); border-top: 1px solid var(--line); }
        .stackv { display: grid; gap: var(--s4); min-width: 0; }

        /* ---- State: lamp (shape and colour) with a word; outcome badge (shape, letter and colour) --------------- */

        .lamp { white-space: nowrap; }
        .lamp::before {
          content: ""; display: inline-block; width: 0.6924rem; height: 0.6924rem; margin-right: 0.5em;
          background: var(--dim); clip-path: circle(50%); forced-color-adjust: none;
        }
        .lamp.ok::before { background: var(--acked); }                                                          /* disc */
        .lamp.down { color: var(--bad); font-weight: 600; }
        .lamp.down::before { background: var(--nacked); clip-path: none; }                                      /* square */
        .lamp.warn { color: var(--late); font-weight: 600; }
        .lamp.warn::before { background: var(--unknown); clip-path: polygon(50% 0, 100% 100%, 0 100%); }        /* triangle */
        .lamp.held { font-weight: 600; }
        .lamp.held::before { background: var(--text); clip-path: polygon(0 0, 35% 0, 35% 100%, 0 100%, 0 0, 65% 0, 100% 0, 100% 100%, 65% 100%, 65% 0); }  /* two bars */
        .lamp.wait::before { background: none; border: 0.1539rem solid var(--dim); border-radius: 50%; clip-path: none; }  /* ring */
        .answers:not(.slim) .lamp::before { width: 0.62em; height: 0.62em; }

        .oc { white-space: nowrap; }
        .oc::before {
          content: attr(data-l); display: inline-block; width: 1.5em; margin-right: 0.55em; text-align: center;
          font-size: 0.8em; line-height: 1.5; font-weight: 700; color: var(--badge-ink); background: var(--unsent);
          border-radius: 2px; vertical-align: 0.08em; forced-color-adjust: none;
        }
        .oc.acked { color: var(--text); }                  .oc.acked::before { background: var(--acked-text); border-radius: 50%; }
        .oc.superseded { color: var(--text); }             .oc.superseded::before { background: var(--superseded-text); border-radius: 50%; }
        .oc.nacked { color: var(--nacked-text); }          .oc.nacked::before { background: var(--nacked-text); }
        .oc.rejected { color: var(--rejected-text); }      .oc.rejected::before { background: var(--rejected-text); }
        .oc.unknown { color: var(--unknown-text); }        .oc.unknown::before { background: var(--unknown-text); clip-path: polygon(50% 0, 100% 50%, 50% 100%, 0 50%); width: 1.9em; line-height: 1.9; margin-right: 0.3em; margin-left: -0.1em; }
        .oc.unsent { color: var(--unsent-text); }          .oc.unsent::before { background: none; color: var(--unsent-text); box-shadow: inset 0 0 0 1px var(--unsent); }

        .oc.skipped { color: var(--dim); }                 .oc.skipped::before { background: none; color: var(--dim); }

        /* ---- Tables ------------------------------------------------------------------------------------------- */

        table { border-collapse: collapse; width: 100%; }
        caption { text-align: left; }
        th, td { padding: var(--row) var(--s2); text-align: left; vertical-align: baseline; border-top: 1px solid var(--line); }
        th .small { white-space: nowrap; }
        th:first-child, td:first-child { padding-left: var(--s3); }
        th:last-child, td:last-child { padding-right: var(--s3); }
        thead th { font-size: var(--t-small); font-weight: 400; color: var(--dim); white-space: nowrap; vertical-align: bottom; }
        tbody th { font-weight: 500; }
        tbody tr:hover { background: var(--hover); }
        tbody tr:target, tbody tr[aria-selected="true"] { background: var(--hover); box-shadow: inset 2px 0 var(--focus); }
        .num { text-align: right; white-space: nowrap; }
        .zero { color: var(--dim); }
        .dec { text-align: right; white-space: nowrap; }
        .dec .fr { display: inline-block; text-align: left; }        /* points stand below each other: as many digits as the table's longest */
        .d2 .fr { min-width: 2.6ch; }
        .d4 .fr { min-width: 4.6ch; }
        .unit { color: var(--dim); font-weight: 400; }
        .fill { width: 99%; }
        tr.sub > td { border-top: 0; padding-top: 0; }
        tr.has-sub > td, tr.has-sub > th { padding-bottom: 0; }
        tr.row-bad, tr.row-bad + tr.sub { background: var(--bad-wash); }
        tr.row-late, tr.row-late + tr.sub { background: var(--late-wash); }
        .sticky thead th { position: sticky; top: 2.15rem; z-index: 2; background: var(--panel); box-shadow: inset 0 -1px var(--line); border-top-color: transparent; }

        /* ---- Bars --------------------------------------------------------------------------------------------- */

        progress, meter { appearance: none; -webkit-appearance: none; display: block; width: 100%; height: 6px; border: 0; border-radius: 2px; background: var(--sunk); overflow: hidden; color: var(--acked); }
        progress::-webkit-progress-bar, meter::-webkit-meter-bar { background: var(--sunk); border: 0; border-radius: 2px; height: 6px; }
        progress::-webkit-progress-value { background: var(--acked); }
        progress::-moz-progress-bar { background: var(--acked); }
        meter::-webkit-meter-optimum-value, meter::-webkit-meter-suboptimum-value, meter::-webkit-meter-even-less-good-value { background: var(--superseded); }
        meter::-moz-meter-bar { background: var(--superseded); }
        progress.late::-webkit-progress-value { background: var(--unknown); }
        progress.late::-moz-progress-bar { background: var(--unknown); }
        .gauge { display: grid; gap: 0.2rem; min-width: 9rem; }
        .gauge .text { display: flex; justify-content: space-between; gap: var(--s2); white-space: nowrap; }

        /* Counts of a file as one bar: SVG, so that widths are attributes and no style. */
        .counts { display: block; width: 100%; height: 18px; border-radius: 3px; overflow: hidden; background: var(--sunk); }
        .f-acked { fill: var(--acked); } .f-superseded { fill: var(--superseded); } .f-nacked { fill: var(--nacked); }
        .f-rejected { fill: var(--rejected); } .f-unknown { fill: var(--unknown); } .f-unsent { fill: var(--unsent); }
        .defs { position: absolute; }
        .f-gap { fill: var(--panel); } .f-ink { fill: var(--panel); opacity: 0.55; }
        .legend { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s6); margin-top: var(--s2); }
        .legend div { display: flex; gap: var(--s2); align-items: baseline; }
        .legend dd { font-weight: 600; }
        .legend dd + dd { font-weight: 400; color: var(--dim); }

        /* ---- Controls ----------------------------------------------------------------------------------------- */

        button, .button, input, select, summary.button {
          font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line-strong); border-radius: 4px;
          min-height: var(--hit); padding: 0 var(--s2); line-height: 1.4;
        }
        button, .button, summary.button { display: inline-flex; align-items: center; justify-content: center; cursor: pointer; white-space: nowrap; background: var(--panel); color: var(--text); border-color: var(--line-strong); font-weight: 500; }
        button:hover, .button:hover { background: var(--hover); text-decoration: none; }
        button:active, .button:active { background: var(--sunk); }
        button.main { background: var(--text); color: var(--ground); border-color: var(--text); }
        button.main:hover { background: var(--text); text-decoration: underline; text-underline-offset: 0.2em; }
        button.danger { border-color: var(--bad); color: var(--bad); }
        button:disabled { color: var(--dim); background: var(--sunk); border-color: var(--line); cursor: not-allowed; }
        button.text { border-color: transparent; background: none; color: var(--link); padding: 0 var(--s1); font-weight: 400; }
        button.text:hover { text-decoration: underline; }
        input[type="checkbox"] { min-height: 0; width: 1.08rem; height: 1.08rem; margin: 0; translate: 0 0.15em; accent-color: var(--link); }
        input::placeholder { color: var(--dim); opacity: 1; }
        label { display: inline-grid; gap: 0.15rem; font-size: var(--t-small); color: var(--dim); }
        label > input, label > select, label > textarea { font-size: var(--t-text); color: var(--text); }
        label.check { display: inline-flex; align-items: baseline; gap: var(--s2); font-size: var(--t-text); color: var(--text); }
        .ask { display: flex; flex-wrap: wrap; align-items: end; gap: var(--s2); }
        .ask .grow { flex: 1 1 14rem; }
        .acts { display: flex; flex-wrap: wrap; gap: var(--s2); align-items: start; }
        .pick { display: flex; flex-wrap: wrap; gap: var(--s1); }
        .pick a { display: inline-flex; gap: var(--s2); align-items: baseline; padding: 0.2rem var(--s2); border: 1px solid var(--line); border-radius: 4px; color: var(--text); }
        .pick a:hover { background: var(--hover); text-decoration: none; }
        .pick a[aria-current] { border-color: var(--text); box-shadow: inset 0 0 0 1px var(--text); }
        .pick .n { color: var(--dim); }

        /* An act opens in place, says what will happen, and is done by a button that repeats it. No dialog, no script. */
        .act { position: relative; }
        .act > summary { list-style: none; }
        .act > summary::-webkit-details-marker { display: none; }
        .act > summary::after { content: "…"; }
        .act[open] > summary { background: var(--sunk); }
        .act > form { position: absolute; z-index: 4; right: 0; top: calc(100% + var(--s1)); width: min(30rem, calc(100vw - 2 * var(--s4))); display: grid; gap: var(--s3); padding: var(--s3); background: var(--panel); border: 1px solid var(--line-strong); border-radius: 6px; box-shadow: 0 4px 16px rgb(0 0 0 / 0.16); color: var(--text); white-space: normal; text-align: left; }
        .pages .act > form { left: 0; right: auto; }
        .act > form label > input { width: 100%; }

        /* ---- Parts -------------------------------------------------------------------------------------------- */

        .facts { display: flex; flex-wrap: wrap; gap: var(--s2) var(--s6); }
        .facts div { min-width: 0; }
        .facts dt { font-size: var(--t-small); color: var(--dim); }
        .facts dd { overflow-wrap: anywhere; }
        .facts.list { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0.15rem var(--s3); }
        .facts.list div { display: contents; }
        .facts.list dt { font-size: inherit; }

        .story { display: grid; }
        .story li { display: grid; grid-template-columns: 4.4rem 0.9rem minmax(0, 1fr); gap: var(--s2); padding-bottom: var(--s2); position: relative; }
        .story li::before { content: ""; grid-column: 2; grid-row: 1; width: 0.62rem; height: 0.62rem; margin-top: 0.45rem; justify-self: center; border-radius: 50%; background: var(--line-strong); z-index: 1; }
        .story li::after { content: ""; position: absolute; left: calc(4.4rem + var(--s2) + 0.45rem - 0.5px); top: 0.8rem; bottom: -0.5rem; width: 1px; background: var(--line); }
        .story li:last-child::after { display: none; }
        .story time { color: var(--dim); grid-column: 1; grid-row: 1; }
        .story li > div { grid-column: 3; overflow-wrap: anywhere; min-width: 0; }
        .story .s-bad::before { background: var(--nacked); border-radius: 0; }
        .story .s-late::before { background: var(--unknown); border-radius: 0; clip-path: polygon(50% 0, 100% 100%, 0 100%); }
        .story .s-end::before { background: var(--acked); }
        .story .s-next { color: var(--dim); }
        .story .s-next::before { background: var(--panel); box-shadow: inset 0 0 0 1.5px var(--line-strong); }

        .alerts li { display: grid; grid-template-columns: 4.7rem minmax(0, 1fr); gap: 0 var(--s2); padding: var(--s2) var(--s3); border-top: 1px solid var(--line); }
        .alerts time { color: var(--dim); }
        .alerts p { overflow-wrap: anywhere; }
        .alerts .lamp { color: var(--text); font-weight: 600; }
        .alerts .lamp.ok { font-weight: 400; }
        .alerts.tight li { padding-block: var(--s1); }
        .alerts .line { display: flex; flex-wrap: wrap; gap: 0 var(--s3); }
        .alerts .line .push { margin-left: auto; }
        .alerts .over { color: var(--dim); }
        .alert { display: flex; flex-wrap: wrap; align-items: baseline; gap: var(--s1) var(--s3); padding: var(--s2) var(--s3); border: 1px solid var(--line); border-left: 3px solid var(--unknown); border-radius: 4px; background: var(--late-wash); }
        .alert.bad-line { border-left-color: var(--nacked); background: var(--bad-wash); }
        .alert .push { margin-left: auto; }

        .pages { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s4); padding: var(--s2) var(--s3); border-top: 1px solid var(--line); color: var(--dim); }
        .pages .push { margin-left: auto; }

        /* ---- Pages -------------------------------------------------------------------------------------------- */

        /* Destinations and files in work share one column grid, so that the eye runs down it. */
        .lanes { table-layout: fixed; }
        .lanes .c-state { width: 8.5rem; } .lanes .c-bar { width: 16.5rem; } .lanes .c-a { width: 6.4rem; } .lanes .c-b { width: 5.6rem; }
        .lanes .c-c { width: 7.4rem; } .lanes .c-d { width: 11.4rem; } .lanes .c-n { width: 6.7rem; } .lanes .c-act { width: 5.2rem; }
        .lanes .c-n5 { width: 5.3rem; }
        .waits { table-layout: fixed; }
        .waits .c-name { width: 17.5rem; } .waits .c-why { width: 15rem; } .waits .c-age { width: 10.5rem; } .waits .c-size { width: 6rem; }

        .rows { table-layout: fixed; }                      /* hundreds of rows: widths from the head, no measuring */
        .rows .c-row { width: 5.8rem; } .rows .c-ric { width: 8.8rem; } .rows .c-out { width: 8.2rem; } .rows .c-code { width: 9.8rem; }
        .rows .c-val { width: 14rem; } .rows .c-sent { width: 8.2rem; } .rows .c-try { width: 4rem; } .rows .c-dest { width: 8.8rem; }
        .rows td, .rows th { overflow-wrap: anywhere; }
        .todo .acts { flex-wrap: nowrap; }
        .tally { display: grid; grid-template-columns: 7rem 3.4rem; white-space: nowrap; }
        .tally span:nth-child(even) { text-align: right; }

        .last { display: flex; flex-wrap: wrap; gap: var(--s2) var(--s6); }
        .last dt { font-size: var(--t-small); color: var(--dim); }
        .last dd { font-size: var(--t-state); line-height: 1.3; font-weight: 600; }
        .last dd small { font-size: var(--t-small); font-weight: 400; color: var(--dim); display: block; letter-spacing: 0; }

        .chart { display: grid; grid-template-columns: minmax(0, 1fr) 4.2rem; padding: 0 var(--s3) var(--s2); }
        .chart svg { display: block; width: 100%; height: 17rem; overflow: visible; font-size: var(--t-small); }
        .chart .axis { fill: var(--dim); }
        .chart .grid { stroke: var(--line); stroke-width: 1; }
        .chart .now { stroke: var(--line-strong); stroke-width: 1; stroke-dasharray: 2 3; }
        .chart .bid { fill: none; stroke: var(--superseded); stroke-width: 1.75; vector-effect: non-scaling-stroke; }
        .chart .ask { fill: none; stroke: var(--acked); stroke-width: 1.75; stroke-dasharray: 5 3; vector-effect: non-scaling-stroke; }
        .chart .mark rect { stroke: var(--panel); stroke-width: 1.5; }
        .chart .mark rect { x: -0.54rem; y: -0.54rem; width: 1.08rem; height: 1.08rem; }
        .chart .mark text { fill: var(--badge-ink); font-weight: 700; font-size: 0.8em; text-anchor: middle; }
        .chart .m-nacked { fill: var(--nacked-text); } .chart .m-rejected { fill: var(--rejected-text); }
        .chart .tag { font-weight: 600; }
        .chart .tag-bid { fill: var(--superseded-text); } .chart .tag-ask { fill: var(--acked-text); }
        .key { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s4); color: var(--dim); }
        .key svg { width: 2rem; height: 0.8rem; vertical-align: -0.05em; margin-right: var(--s1); }
        .key .bid { stroke: var(--superseded); stroke-width: 2; } .key .ask { stroke: var(--acked); stroke-width: 2; stroke-dasharray: 5 3; }

        .move { font-weight: 600; white-space: nowrap; }
        .old { color: var(--dim); }

        /* ---- Widths ------------------------------------------------------------------------------------------- */

        @media (min-width: 1200px) {
          .now { grid-template-columns: minmax(0, 1fr) 25rem; grid-template-rows: auto 1fr; }
          .now > .stackv { grid-column: 1; }
          .now > .stackv:last-child { grid-column: 2; grid-row: 1 / span 2; }
        }
        @media (min-width: 1320px) {
          .with-rail { grid-template-columns: minmax(0, 1fr) 25rem; }
          .with-rail > .title, .with-rail > .wide { grid-column: 1 / -1; }
          .with-rail > .rail { grid-column: 2; grid-row: 3; }
          .file { grid-template-columns: minmax(0, 1fr) 22rem; }
        }
        @media (min-width: 2400px) {
          html { font-size: 100%; }
          .now { grid-template-columns: minmax(0, 3fr) minmax(0, 2.4fr) 28rem; grid-template-rows: auto; }
          .now > .stackv, .now > .stackv:last-child { grid-column: auto; grid-row: 1; }
        }
        @media (min-width: 3400px) { html { font-size: 125%; } }

        @media (max-width: 1000px) {
          html { font-size: 87.5%; }
          :root { --hit: 2.86rem; }
          .bar { padding: 0 var(--s3); }
          .bar .brand, .bar .who { line-height: 2.6rem; }
          .bar .who { gap: 0 var(--s3); }
          .bar nav { order: 3; flex: 0 0 calc(100% + 2 * var(--s3)); margin: 0 calc(-1 * var(--s3)); border-top: 1px solid var(--line); overflow-x: auto; }
          .bar nav a { min-height: 2.86rem; padding: 0 0.72rem; }
          .bar .user { display: none; }
          main { padding: var(--s3) var(--s2); gap: var(--s3); }
          .answers { grid-template-columns: minmax(0, 1fr); }
          .answers > div, .answers.slim > div { border-left: 0; border-top: 1px solid var(--line); padding: var(--s1) var(--s3); grid-template-columns: 5.2rem auto minmax(0, 1fr); }
          .answers > div:first-child { border-top: 0; }
          .answers dt { grid-column: auto; }
          .answers dd.says { font-size: var(--t-head); letter-spacing: 0; }
          .answers.slim { grid-template-columns: repeat(3, minmax(0, 1fr)); }
          .answers.slim > div { border-top: 0; border-left: 1px solid var(--line); display: block; padding: var(--s2) 0; text-align: center; }
          .answers.slim dt, .answers.slim .why { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          .act > form, .pages .act > form { position: fixed; left: var(--s2); right: var(--s2); bottom: var(--s2); top: auto; width: auto; }
          .title > .push, .acts { margin-left: 0; }
          .sticky thead th { position: static; }

          /* A table becomes a list of cards: the row's name first, then "head: value" in two columns. Roles stay in the markup. */
          .cards, .cards tbody { display: block; }
          .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          .cards tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.15rem var(--s3); padding: var(--s2) var(--s3); border-top: 1px solid var(--line); }
          .cards th, .cards td, .cards th:first-child, .cards td:last-child, .cards td:first-child { display: block; width: auto; padding: 0; border: 0; text-align: left; max-width: none; }
          .cards .name { width: auto; max-width: 100%; }
          .todo .acts { flex-wrap: wrap; }
          .cards td[data-h]::before { content: attr(data-h); display: block; font-weight: 400; font-size: var(--t-small); color: var(--dim); line-height: 1.25; }
          .cards tr > td:empty, .cards tbody tr > .gone, .brief tbody tr > .zero { display: none; }
          .cards .full { grid-column: 1 / -1; }
          .cards tr.has-sub { padding-bottom: 0; }
          .cards tr.sub { border-top: 0; padding-top: var(--s1); }
          .cards .dec .fr { min-width: 0; }
          /* What is in a lane: the act in the corner, then name, state, bar, four figures. */
          .lanes tr { position: relative; }
          .lanes tr > th { grid-column: 1 / -1; padding-right: 5rem; }
          .lanes tr > td:last-child:not([colspan]) { position: absolute; top: 0; right: var(--s2); }
          .lanes .c-live { grid-column: 1 / -1; }
          .lanes .c-live > div { display: inline; }
          .lanes.four tr { grid-template-columns: repeat(4, minmax(0, 1fr)); }
          /* A row of a file: RIC and outcome, code and row, text, values and time, the destination where there are several. */
          .rows tbody tr { grid-template-columns: minmax(0, 1fr) auto; gap: 0 var(--s3); }
          .rows td[data-h]::before { display: inline; content: attr(data-h) " "; font-size: inherit; }
          .rows td:nth-child(1) { order: 4; } .rows th { order: 1; } .rows td:nth-child(3) { order: 2; } .rows td:nth-child(4) { order: 3; }
          .rows td:nth-child(5) { order: 5; } .rows td:nth-child(6) { order: 6; } .rows td:nth-child(7) { order: 7; } .rows td:nth-child(8) { display: none; }
          .rows td:nth-child(9) { order: 8; }
          .rows td:nth-child(1), .rows td:nth-child(3), .rows td:nth-child(7) { text-align: right; }
          /* A post of a RIC: time and outcome, values, file and row. A file in the list: name and state, then what is not zero. */
          .posts td[data-h]::before, .brief td[data-h]::before { display: inline; content: attr(data-h) " "; font-size: inherit; }
          .posts td:nth-child(1) { order: -2; } .posts td:has(.oc), .posts td:has(.lamp) { order: -1; }
          .panel > header form[role="search"] { flex-basis: 100%; }
          /* A post of a RIC: time and outcome, values, file and row. A file in the list: name and state, then what is not zero. */
          .posts td[data-h]::before, .brief td[data-h]::before { display: inline; content: attr(data-h) " "; font-size: inherit; }
          .posts td:nth-child(1) { order: -2; } .posts td:has(.oc), .posts td:has(.lamp) { order: -1; }
          .panel > header form[role="search"] input { width: 100%; }
          .chart { grid-template-columns: minmax(0, 1fr) 3.6rem; }
          .chart svg { height: 14rem; }
          .chart .opt-tick { display: none; }
          .ask label { flex: 1 1 9rem; }
          .ask label > input, .ask label > select { width: 100%; min-width: 0; }
        }
        @media (pointer: coarse) { :root { --hit: 3.08rem; } }

        /* ---- Modes -------------------------------------------------------------------------------------------- */

        @media (prefers-reduced-motion: no-preference) {
          .changed { animation: changed 1.2s ease-out; }       /* a state word that has just changed, once; never a number */
          @keyframes changed { from { background: var(--sunk); } }
        }
        @media (prefers-contrast: more) { :root { --line: var(--line-strong); --dim: var(--text); } }
        @media (forced-colors: active) { .panel, .answers > div { border-color: CanvasText; } progress, meter { border: 1px solid CanvasText; } }
        @media print { .bar nav, .answers, .acts, .ask, footer { display: none; } .panel { border: 0; } }

        /* ---- What the running service adds to the design ------------------------------------------------------- */

        .login { max-width: 26rem; margin: var(--s6) auto; display: grid; gap: var(--s3); }
        .login form { display: grid; gap: var(--s3); }
        .login label > input { width: 100%; }
        .said { border-left-color: var(--acked); background: var(--panel); }
        .bar form { display: inline; }
        .keys { position: fixed; inset: auto var(--s4) var(--s4) auto; z-index: 6; background: var(--panel); border: 1px solid var(--line-strong); border-radius: 6px; padding: var(--s3); max-width: calc(100vw - 2 * var(--s4)); }
        .keys dl { display: grid; grid-template-columns: auto 1fr; gap: var(--s1) var(--s3); }
        .here > th, .here > td { box-shadow: inset 0 2px 0 var(--focus), inset 0 -2px 0 var(--focus); }
        .note { padding: var(--s2) var(--s3); color: var(--dim); }
        .fresh { padding: var(--s1) var(--s3); }

        """#
}

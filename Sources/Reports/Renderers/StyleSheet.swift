/// The style sheets. Light is the ground; dark is for screens that ask for it; paper is always light.
enum StyleSheet {
    static let shared = """
        :root {
        color-scheme: light;
        --ink: #14181d; --soft: #56606b; --rule: #d5dae0; --hair: #e7eaee; --ground: #fff; --panel: #f6f7f9;
        --good: #1c6b48; --bad: #a92f27; --unsure: #80590a; --plain: #66707b;
        --s1: #27517c; --s2: #86acd0; --s3: #c0923a; --s4: #6f5a91; --s5: #4c8873; --s6: #9aa4ae;
        }
        @media screen and (prefers-color-scheme: dark) {
        :root {
        color-scheme: dark;
        --ink: #e6e9ed; --soft: #9ba5b0; --rule: #39424c; --hair: #2a3139; --ground: #14181c; --panel: #1b2026;
        --good: #6cc398; --bad: #f0877c; --unsure: #dfb355; --plain: #98a2ad;
        --s1: #6b9fd2; --s2: #34597d; --s3: #cfa559; --s4: #a591c7; --s5: #6fae97; --s6: #6c7680;
        }
        }
        *, ::before, ::after { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--ground); color: var(--ink);
        font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        main { max-width: 1080px; margin: 0 auto; padding: 56px 48px 96px; }
        h1, h2, h3, p, dl, dd, ol, ul, figure { margin: 0; padding: 0; }
        h2 { font-size: 22px; line-height: 1.25; font-weight: 600; letter-spacing: -.01em; }
        h3 { font-size: 15px; font-weight: 600; }
        a { color: inherit; text-decoration-color: var(--rule); text-underline-offset: 3px; }
        a:hover { text-decoration-color: currentColor; }
        :focus-visible { outline: 2px solid var(--s1); outline-offset: 3px; }
        code, .mono { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        .defs { position: absolute; width: 0; height: 0; }
        .skip { position: absolute; left: -9999px; }
        .skip:focus { left: 16px; top: 16px; background: var(--ground); padding: 8px 12px; }
        .kicker { font-size: 13px; color: var(--soft); letter-spacing: .01em; }
        .lead { color: var(--soft); max-width: 46em; margin-top: 6px; }
        .note, .none { color: var(--soft); font-size: 14px; margin-top: 8px; }
        .sign { width: 1em; height: 1em; vertical-align: -.125em; margin-right: .45em; flex: none; color: var(--plain); }
        .sign.good { color: var(--good); } .sign.bad { color: var(--bad); } .sign.unsure { color: var(--unsure); }
        .disc { fill: currentColor; }
        .stroke { fill: none; stroke: var(--ground); stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
        #sign-plain .stroke { stroke: currentColor; }
        .ring { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
        .scroll { overflow-x: auto; margin-top: 28px; }
        section > h3 { margin-top: 28px; }
        table { border-collapse: collapse; width: 100%; font-size: 14px; line-height: 1.4; }
        caption { text-align: left; font-weight: 600; font-size: 15px; padding-bottom: 6px; }
        th, td { padding: 7px 20px 7px 0; text-align: left; vertical-align: baseline; font-weight: 400;
        border-bottom: 1px solid var(--hair); }
        th:last-child, td:last-child { padding-right: 0; }
        thead th { color: var(--soft); font-size: 13px; border-bottom-color: var(--rule); vertical-align: bottom; }
        tfoot th, tfoot td { font-weight: 600; border-bottom: 0; border-top: 1px solid var(--rule); }
        tbody tr:last-child > * { border-bottom-color: var(--rule); }
        .n { text-align: right; font-variant-numeric: tabular-nums lining-nums; white-space: nowrap; }
        .w { white-space: nowrap; }
        .n + .t, .n + .w { padding-left: 12px; }
        td.t { overflow-wrap: break-word; }
        td code, th code { white-space: nowrap; }
        footer { margin-top: 72px; padding-top: 16px; border-top: 1px solid var(--rule); color: var(--soft); font-size: 13px; }
        @media (max-width: 640px) {
        main { padding: 28px 20px 64px; }
        h2 { font-size: 20px; }
        th, td { padding-right: 16px; }
        table { width: max-content; min-width: 100%; max-width: 220vw; }
        .scroll td.t { max-width: 17em; }
        .skip { display: none; }
        .scroll { background: linear-gradient(to right, var(--ground), transparent) 0 0 / 24px 100% no-repeat local,
        linear-gradient(to left, var(--ground), transparent) 100% 0 / 24px 100% no-repeat local,
        linear-gradient(to right, var(--rule), transparent) 0 0 / 10px 100% no-repeat scroll,
        linear-gradient(to left, var(--rule), transparent) 100% 0 / 10px 100% no-repeat scroll; }
        }
        @page { size: A4; margin: 17mm 16mm 19mm;
        @bottom-right { content: counter(page) " of " counter(pages); font: 8.5pt system-ui, sans-serif; color: #56606b; } }
        @media print {
        body { font-size: 9.5pt; }
        main { max-width: none; padding: 0; }
        .skip, nav { display: none; }
        * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
        a { text-decoration: none; }
        h2 { font-size: 15pt; }
        h3 { font-size: 9.5pt; }
        .none, .note { font-size: 8.5pt; margin-top: 3pt; }
        h2, h3, caption, thead, figcaption, .lead { break-after: avoid; }
        tr, figure, .lead, .control, .account, .figures, .short { break-inside: avoid; }
        thead { display: table-header-group; }
        tfoot { display: table-row-group; }
        .scroll { overflow: visible; margin-top: 16pt; }
        table { font-size: 8.5pt; }
        caption { font-size: 9.5pt; }
        thead th { font-size: 8pt; }
        th, td { padding: 3.2pt 8pt 3.2pt 0; }
        code { font-size: 7pt; }
        thead th.w { white-space: normal; }
        footer { margin-top: 28pt; font-size: 8pt; break-inside: avoid; }
        }

        """

    static let report = """
        .cover .subtitle { color: var(--soft); margin-top: 10px; }
        .verdict { font-size: 36px; line-height: 1.16; font-weight: 600; letter-spacing: -.022em; margin-top: 12px;
        display: flex; align-items: baseline; max-width: 22em; text-wrap: balance; }
        .verdict .sign { width: .82em; height: .82em; vertical-align: 0; margin-right: .42em; position: relative; top: .06em; }
        .account { display: grid; grid-template-columns: repeat(3, 1fr); gap: 40px; margin-top: 40px; }
        .account dt { font-weight: 600; }
        .account dd { margin-top: 4px; }
        .figures { display: grid; grid-template-columns: repeat(6, 1fr); gap: 0 24px; margin-top: 44px;
        border-top: 1px solid var(--ink); padding-top: 14px; }
        .figures dt, .figures span { color: var(--soft); font-size: 13px; }
        .figures strong { display: block; font-size: 25px; line-height: 1.3; font-weight: 600; letter-spacing: -.015em;
        font-variant-numeric: tabular-nums lining-nums; }
        .controls { margin-top: 64px; }
        .controls > ol { list-style: none; margin-top: 24px; border-top: 1px solid var(--rule); }
        .control { display: grid; grid-template-columns: 4fr 1.5fr 6fr; gap: 24px; padding: 14px 0 16px;
        border-bottom: 1px solid var(--hair); }
        .control h3 { display: flex; }
        .control .number { flex: 0 0 1.6em; color: var(--soft); font-weight: 400; font-variant-numeric: tabular-nums; }
        .control .state { font-weight: 600; white-space: nowrap; }
        .control.good .state { color: var(--good); } .control.bad .state { color: var(--bad); }
        .control.unsure .state { color: var(--unsure); }
        .asked p { color: var(--soft); font-size: 13px; padding-left: 1.85em; line-height: 1.45; margin-top: 2px; }
        .found ul { list-style: none; color: var(--soft); font-size: 14px; margin-top: 2px; }
        .found li { padding-left: 14px; text-indent: -14px; overflow-wrap: break-word; }
        .found li::before { content: "–"; display: inline-block; width: 14px; text-indent: 0; }
        nav { margin-top: 48px; padding: 16px 20px; background: var(--panel); border-radius: 4px; }
        nav ol { list-style: none; columns: 3; column-gap: 32px; font-size: 14px; line-height: 1.9; }
        #sections > section { margin-top: 80px; }
        figure { margin-top: 28px; }
        figcaption { font-weight: 600; }
        figure .scroll { margin-top: 10px; }
        .drawing svg { display: block; width: 100%; min-width: 640px; height: auto; }
        .label { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
        .label.strong { fill: var(--ink); font-weight: 600; }
        .label.mono { font-size: 11.5px; }
        .grid { stroke: var(--hair); } .axis { stroke: var(--soft); } .track { fill: var(--hair); }
        .today { stroke: var(--ink); stroke-dasharray: 2 3; } .due { stroke: var(--ink); stroke-width: 1.6; }
        .s-1, .g-deleted { fill: var(--s1); } .s-2, .g-absent { fill: var(--s2); } .s-3, .g-withheld { fill: var(--s3); }
        .s-4 { fill: var(--s4); } .s-5 { fill: var(--s5); } .s-6, .g-open { fill: var(--s6); } .g-failed { fill: url(#hatch); }
        .hatch-ground { fill: var(--ground); } .hatch-line { fill: var(--bad); }
        @media (max-width: 900px) { .figures { grid-template-columns: repeat(3, 1fr); gap: 20px 24px; } }
        @media (max-width: 640px) {
        .verdict { font-size: 27px; }
        .account { grid-template-columns: 1fr; gap: 18px; margin-top: 28px; }
        .figures { grid-template-columns: repeat(2, 1fr); margin-top: 32px; }
        .controls { margin-top: 48px; }
        .control { grid-template-columns: 1fr auto; gap: 8px 16px; }
        .found { grid-column: 1 / -1; padding-left: 1.6em; }
        nav ol { columns: 1; }
        #sections > section { margin-top: 56px; }
        }
        @media print {
        .verdict { font-size: 21pt; margin-top: 6pt; }
        .account { gap: 16pt; margin-top: 16pt; font-size: 9pt; }
        .account dd { margin-top: 0; }
        .figures { grid-template-columns: repeat(6, 1fr); gap: 0 12pt; margin-top: 15pt; padding-top: 7pt; }
        .figures strong { font-size: 15pt; }
        .figures dt, .figures span { font-size: 8pt; }
        .controls { margin-top: 18pt; }
        .controls > ol { margin-top: 8pt; }
        .control { padding: 4.5pt 0 5pt; gap: 12pt; grid-template-columns: 5fr 1.6fr 7fr; line-height: 1.38; }
        .control h3 { font-size: 9.5pt; }
        .asked p, .found ul { font-size: 7.8pt; line-height: 1.35; margin-top: 1pt; }
        #sections > section { margin-top: 26pt; }
        #sections > section.page { margin-top: 0; break-before: page; }
        figure { margin-top: 12pt; }
        .drawing svg { min-width: 0; }
        }

        """

    static let certificate = """
        main { max-width: 1040px; }
        header { border-bottom: 1px solid var(--ink); padding-bottom: 24px; }
        h1 { font-size: 36px; line-height: 1.16; font-weight: 600; letter-spacing: -.022em; }
        header .kicker { margin-top: 8px; overflow-wrap: anywhere; }
        .statement { font-size: 20px; line-height: 1.4; margin-top: 28px; }
        .facts { display: grid; grid-template-columns: repeat(3, 1fr); gap: 16px 32px; margin-top: 28px; }
        .facts.two { grid-template-columns: 1fr 2fr; }
        .facts dt { color: var(--soft); font-size: 13px; }
        .facts dd { overflow-wrap: anywhere; }
        section { margin-top: 56px; }
        section:first-of-type { margin-top: 0; }
        .reach { display: grid; grid-template-columns: 1fr 1fr; gap: 32px; margin-top: 20px; }
        .reach ul { padding-left: 1.1em; margin-top: 4px; }
        .reach li { margin-top: 3px; }
        .coverage { max-width: 46em; margin-top: 4px; }
        pre { margin: 8px 0 0; padding: 14px 16px; background: var(--panel); border-radius: 4px; white-space: pre-wrap;
        overflow-wrap: anywhere; font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        .records td code { white-space: normal; overflow-wrap: anywhere; }
        @media (max-width: 640px) {
        h1 { font-size: 28px; }
        .facts { grid-template-columns: 1fr 1fr; gap: 14px 20px; }
        .reach { grid-template-columns: 1fr; gap: 20px; }
        }
        @media print {
        h1 { font-size: 22pt; }
        .statement { font-size: 13pt; margin-top: 16pt; }
        .facts { gap: 8pt 18pt; margin-top: 16pt; }
        .facts dt { font-size: 8pt; }
        .facts div, .reach, pre { break-inside: avoid; }
        .records .short { break-inside: auto; }
        section { margin-top: 26pt; }
        section.page { break-before: page; margin-top: 0; }
        pre { font-size: 7.5pt; padding: 8pt; }
        }

        """
}

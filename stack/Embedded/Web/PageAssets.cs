namespace MicroMonitored.Embedded.Web;

/// <summary>The style sheet and the script of the pages; served from the same origin, nothing else is loaded.</summary>
internal static class PageAssets
{
    public const string Style = """
        :root {
          color-scheme: light dark;
          --bg: #f6f7f9; --card: #ffffff; --line: #e2e5ea; --text: #1b2129; --soft: #5c6673; --faint: #98a1ad;
          --accent: #3358d4; --good: #18794e; --good-bg: #e3f6eb; --bad: #c62a2f; --bad-bg: #fdecec; --warn: #9a5b00; --warn-bg: #fff3dd;
          --c0: #3358d4; --c1: #12978a; --c2: #b5530e; --c3: #8145c9; --c4: #c03b78; --c5: #4f7a12; --c6: #0b7fae; --c7: #8a6d00;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --bg: #101318; --card: #181c23; --line: #2a303a; --text: #e7eaef; --soft: #a3adba; --faint: #6b7583;
            --accent: #8eaaff; --good: #5fd39a; --good-bg: #12301f; --bad: #ff8b8b; --bad-bg: #3a1a1c; --warn: #ffc26b; --warn-bg: #35270f;
            --c0: #7f9dff; --c1: #45cabb; --c2: #f39a5c; --c3: #b98cf5; --c4: #f083b3; --c5: #a3cf63; --c6: #58bdeb; --c7: #d9bd4d;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--bg); color: var(--text); font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        a { color: var(--accent); text-decoration: none; }
        a:hover { text-decoration: underline; }
        code, .mono { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 12.5px; }
        .bar-top { background: var(--card); border-bottom: 1px solid var(--line); }
        .bar-top > div, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
        .bar-top > div { display: flex; align-items: center; gap: 24px; height: 56px; }
        .brand { font-weight: 650; font-size: 16px; color: var(--text); letter-spacing: -.01em; white-space: nowrap; }
        .brand svg { vertical-align: -4px; margin-right: 8px; }
        .brand svg path { stroke: var(--accent); }
        nav { display: flex; gap: 4px; flex: 1; }
        nav a { padding: 6px 12px; border-radius: 7px; color: var(--soft); }
        nav a:hover { background: var(--bg); text-decoration: none; }
        nav a[aria-current] { background: var(--bg); color: var(--text); font-weight: 600; }
        .live { color: var(--soft); display: inline-flex; align-items: center; gap: 7px; font-size: 13px; white-space: nowrap; }
        .live input { accent-color: var(--accent); margin: 0; }
        main { padding-top: 24px; padding-bottom: 24px; display: grid; gap: 20px; }
        .note { color: var(--soft); margin: 0; }
        .note b { color: var(--text); font-weight: 600; }
        h1 { font-size: 20px; margin: 0; letter-spacing: -.01em; font-weight: 650; overflow-wrap: anywhere; }
        h2 { font-size: 14px; margin: 0; font-weight: 650; }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; min-width: 0; }
        .card > header { display: flex; align-items: baseline; justify-content: space-between; gap: 16px; padding: 14px 18px 10px; }
        .card > header a, .card > header span { font-size: 13px; color: var(--soft); }
        .card > header a { color: var(--accent); }
        .counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px; }
        .counts div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 12px 16px; }
        .counts b { display: block; font-size: 22px; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
        .counts span { color: var(--soft); font-size: 12.5px; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; }
        th { text-align: left; font-weight: 550; color: var(--soft); font-size: 12px; padding: 4px 18px 8px; white-space: nowrap; }
        td { padding: 9px 18px; border-top: 1px solid var(--line); vertical-align: middle; }
        td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        td.links a { margin-right: 14px; white-space: nowrap; }
        .name { font-weight: 600; }
        .state { display: inline-flex; align-items: center; gap: 7px; padding: 2px 10px 2px 8px; border-radius: 99px; font-size: 12.5px; font-weight: 600; white-space: nowrap; }
        .state::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: currentColor; }
        .up { color: var(--good); background: var(--good-bg); } .down { color: var(--bad); background: var(--bad-bg); } .unknown { color: var(--warn); background: var(--warn-bg); }
        td.name { min-width: 190px; }
        .why { color: var(--bad); font-size: 12.5px; font-weight: 400; overflow-wrap: anywhere; }
        .soft { color: var(--soft); } .faint { color: var(--faint); } .error { color: var(--bad); }
        .spark { display: block; width: 120px; height: 26px; margin-left: auto; }
        .spark polyline { fill: none; stroke: var(--c0); stroke-width: 1.6; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
        .two { display: grid; grid-template-columns: minmax(0, 1fr); gap: 20px; }
        @media (min-width: 1080px) { .two { grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); } }
        .empty { padding: 18px; color: var(--soft); border-top: 1px solid var(--line); margin: 0; }
        .logs { border-top: 1px solid var(--line); padding: 6px 0; }
        .log { display: grid; grid-template-columns: 90px 62px minmax(0, 1fr) auto; gap: 10px; padding: 3px 18px; align-items: baseline; border-left: 3px solid transparent; }
        .log:hover { background: var(--bg); }
        .log .when { color: var(--faint); font-variant-numeric: tabular-nums; }
        .log .what { overflow-wrap: anywhere; white-space: pre-wrap; }
        .log .who { color: var(--soft); }
        .log details { grid-column: 1 / -1; }
        .lv { font-size: 11px; font-weight: 650; letter-spacing: .03em; text-transform: uppercase; }
        .lv-trace, .lv-debug, .lv-unknown { color: var(--faint); } .lv-info { color: var(--c0); } .lv-warn { color: var(--warn); } .lv-error, .lv-critical, .lv-fatal { color: var(--bad); }
        .log.at-error, .log.at-critical, .log.at-fatal { border-left-color: var(--bad); } .log.at-warn { border-left-color: var(--warn); }
        .chip { font-size: 12px; padding: 1px 8px; border: 1px solid var(--line); border-radius: 99px; white-space: nowrap; background: var(--card); }
        .tr { display: grid; grid-template-columns: minmax(0, 1fr) 96px 70px; gap: 12px; padding: 8px 18px; border-top: 1px solid var(--line); align-items: center; color: inherit; }
        .tr:hover { background: var(--bg); text-decoration: none; }
        .tr .title { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
        .tr .sub { color: var(--soft); font-size: 12.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
        .tr .num { text-align: right; font-variant-numeric: tabular-nums; }
        .meter { display: block; width: 100%; height: 6px; }
        .meter .track { fill: var(--line); }
        .dot { display: inline-block; width: 9px; height: 9px; margin-right: 6px; vertical-align: 0; }
        .f0 { fill: var(--c0); } .f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .f3 { fill: var(--c3); } .f4 { fill: var(--c4); } .f5 { fill: var(--c5); } .f6 { fill: var(--c6); } .f7 { fill: var(--c7); } .fe { fill: var(--bad); }
        .facts { display: flex; flex-wrap: wrap; gap: 6px 24px; color: var(--soft); margin: 6px 0 0; }
        .facts b { color: var(--text); font-weight: 600; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; }
        .legend span { color: var(--text) !important; }
        .span { border-top: 1px solid var(--line); }
        .span > summary, .scale { display: grid; grid-template-columns: minmax(180px, 34%) minmax(0, 1fr) 84px; gap: 12px; padding: 6px 18px; align-items: center; list-style: none; }
        .span > summary { cursor: pointer; }
        .span > summary::-webkit-details-marker { display: none; }
        .span > summary:hover { background: var(--bg); }
        .span .label { display: flex; align-items: baseline; gap: 8px; min-width: 0; white-space: nowrap; }
        .span .label b { font-weight: 600; overflow: hidden; text-overflow: ellipsis; }
        .span .label .soft { font-size: 12.5px; overflow: hidden; text-overflow: ellipsis; }
        .span .num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .fall { display: block; width: 100%; height: 16px; overflow: visible; }
        .fall .guide { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
        .scale { color: var(--faint); font-size: 12px; border-top: 1px solid var(--line); padding-top: 4px; padding-bottom: 4px; font-variant-numeric: tabular-nums; }
        .scale div { display: flex; justify-content: space-between; }
        .i1 { padding-left: 16px; } .i2 { padding-left: 32px; } .i3 { padding-left: 48px; } .i4 { padding-left: 64px; } .i5 { padding-left: 80px; } .i6 { padding-left: 96px; } .i7 { padding-left: 112px; } .i8 { padding-left: 128px; }
        .attrs { padding: 4px 18px 14px 30px; display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 18px; font-size: 12.5px; background: var(--bg); border-top: 1px dashed var(--line); margin: 0; }
        .attrs dt { color: var(--soft); } .attrs dd { margin: 0; overflow-wrap: anywhere; }
        .attrs .group { grid-column: 1 / -1; color: var(--faint); margin-top: 8px; font-weight: 600; }
        form.filter { display: flex; flex-wrap: wrap; gap: 8px; }
        form.filter input[type=search], form.filter select { font: inherit; padding: 6px 10px; border: 1px solid var(--line); border-radius: 8px; background: var(--card); color: var(--text); min-width: 0; }
        form.filter input[type=search] { flex: 1 1 240px; }
        form.filter button { font: inherit; padding: 6px 16px; border: 0; border-radius: 8px; background: var(--accent); color: var(--card); font-weight: 600; cursor: pointer; }
        footer { color: var(--faint); font-size: 12.5px; padding-bottom: 32px; }
        footer a { color: var(--soft); }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
        @media (max-width: 720px) {
          .bar-top > div, main, footer { padding-left: 14px; padding-right: 14px; }
          .bar-top > div { gap: 12px; } .brand span { display: none; }
          .log { grid-template-columns: 84px 64px minmax(0, 1fr); } .log .chip { grid-column: 3; justify-self: start; }
          .span > summary, .scale { grid-template-columns: minmax(110px, 42%) minmax(0, 1fr) 70px; }
        }
        """;

    public const string Script = """
        "use strict";
        (() => {
          const box = document.getElementById("live");
          if (!box) return;
          box.checked = sessionStorage.getItem("live") !== "off";
          box.addEventListener("change", () => sessionStorage.setItem("live", box.checked ? "on" : "off"));
          const busy = () => document.hidden || !box.checked || !getSelection().isCollapsed
            || document.querySelector("main details[open]") || document.querySelector("main :focus");
          const refresh = async () => {
            if (!busy()) {
              try {
                const answer = await fetch(location.href, { headers: { accept: "text/html" } });
                if (answer.ok) {
                  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
                  if (!busy()) document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
                  document.body.classList.remove("gone");
                }
              } catch { document.body.classList.add("gone"); }
            }
            setTimeout(refresh, 3000);
          };
          setTimeout(refresh, 3000);
        })();
        """;
}

"use strict";
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "local time";
  const offset = -new Date().getTimezoneOffset();
  const two = n => String(Math.abs(n)).padStart(2, "0");
  const utc = `UTC${offset < 0 ? "-" : "+"}${two(Math.trunc(offset / 60))}:${two(offset % 60)}`;
  const ms = d => String(d.getMilliseconds()).padStart(3, "0");
  const clock = d => `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}.${ms(d)}`;
  const day = d => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  const today = day(new Date());

  function localise(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (isNaN(at)) continue;
      const full = `${day(at)} ${clock(at)} ${utc}`;
      time.title = full;
      time.textContent = time.dataset.as === "full" ? full : day(at) === today ? clock(at) : `${day(at).slice(5)} ${clock(at).slice(0, 8)}`;
    }
  }

  const place = document.getElementById("zone");
  if (place) place.textContent = `${zone} (${utc})`;
  const main = document.getElementById("main");
  localise(document);

  const range = document.getElementById("range");
  range?.addEventListener("change", () => {
    if (range.from.selectedOptions[0]?.value.startsWith("now")) range.to?.remove();
    range.requestSubmit();
  });
  range?.querySelector("button")?.classList.add("hidden");

  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.scrollIntoView({ block: "center" });
    }
  };
  addEventListener("hashchange", reveal);
  reveal();

  document.addEventListener("keydown", event => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || /INPUT|SELECT|TEXTAREA/.test(document.activeElement?.tagName)) return;
    const search = document.querySelector("form.filter input[type=search], form.filter textarea");
    if (search) { event.preventDefault(); search.focus(); }
  });

  // A choice of several: "All" and the others exclude each other; what is chosen is shown when the list is left.
  for (const pick of document.querySelectorAll("details.pick")) {
    let changed = false;
    pick.addEventListener("change", event => {
      changed = true;
      for (const box of pick.querySelectorAll("input"))
        if (box !== event.target && event.target.checked && ("all" in event.target.dataset || "all" in box.dataset)) box.checked = false;
    });
    pick.addEventListener("toggle", () => { if (!pick.open && changed) pick.closest("form").requestSubmit(); });
    pick.addEventListener("keydown", event => {
      if (event.key !== "Escape") return;
      pick.open = false;
      pick.querySelector("summary").focus();
    });
    document.addEventListener("click", event => { if (!pick.contains(event.target)) pick.open = false; });
  }
  for (const select of document.querySelectorAll("#variables select")) select.addEventListener("change", () => select.form.requestSubmit());

  // What is being read or used stays as it is; charts are given their new data and stay, too.
  const inUse = part => part.contains(document.activeElement) && document.activeElement !== document.body
    || !getSelection().isCollapsed && part.contains(getSelection().anchorNode);
  const sources = new Map();
  function update(markup) {
    const page = new DOMParser().parseFromString(markup, "text/html");
    for (const fresh of page.querySelectorAll("[data-live][id]")) {
      const old = document.getElementById(fresh.id);
      const source = fresh.innerHTML;
      if (!old || sources.get(fresh.id) === source || inUse(old)) continue;
      sources.set(fresh.id, source);
      const open = new Set([...old.querySelectorAll("details[open][id]")].map(d => d.id));
      for (const chart of fresh.querySelectorAll(".chart[id]")) {
        const known = document.getElementById(chart.id);
        if (!known) continue;
        known.dataset.chart = chart.dataset.chart;
        chart.replaceWith(known);
      }
      localise(fresh);
      for (const d of fresh.querySelectorAll("details[id]")) d.open = open.has(d.id);
      const scroll = [...old.querySelectorAll(".scroll")].map(s => s.scrollLeft);
      old.replaceChildren(...document.adoptNode(fresh).childNodes);
      old.querySelectorAll(".scroll").forEach((s, i) => { s.scrollLeft = scroll[i] || 0; });
      document.dispatchEvent(new CustomEvent("charts", { detail: old }));
    }
  }

  const gone = document.getElementById("gone");
  const live = document.getElementById("live");
  let stream, heard = new Date();
  const answers = yes => {
    if (yes) heard = new Date();
    gone.hidden = yes;
    document.body.classList.toggle("gone", !yes);
    document.getElementById("gone-since").textContent = clock(heard).slice(0, 8);
    if (live) live.textContent = yes ? "live" : "not connected";
  };
  function follow() {
    if (stream || document.hidden || main.dataset.refresh === "0") return;
    stream = new EventSource(location.pathname + location.search);
    stream.onopen = () => answers(true);
    stream.onmessage = event => { answers(true); update(event.data); };
    stream.addEventListener("fault", event => { if (live) live.textContent = event.data; });
    stream.onerror = () => {
      answers(false);
      if (stream.readyState === EventSource.CLOSED) { stream = undefined; setTimeout(follow, 2000); }
    };
  }
  const leave = () => { stream?.close(); stream = undefined; };
  document.addEventListener("visibilitychange", () => document.hidden ? leave() : follow());
  addEventListener("pagehide", leave);
  if (main.dataset.refresh === "0") { if (live) live.textContent = "not refreshed"; }
  follow();
})();

"use strict";
(() => {
  const area = document.querySelector("textarea[data-complete]");
  if (!area) return;
  const form = area.form;
  form.lang.addEventListener("change", () => { area.dataset.complete = form.lang.value; known.clear(); hide(); });
  const list = document.createElement("ul");
  list.id = "completions";
  list.role = "listbox";
  list.setAttribute("aria-label", "Completions");
  list.hidden = true;
  area.parentElement.append(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) area.setAttribute(name, value);

  const proxy = "/api/datasources/proxy/uid/";
  const known = new Map();
  const fetched = path => {
    if (!known.has(path)) known.set(path, fetch(proxy + path).then(answer => answer.ok ? answer.json() : {}).catch(() => ({})));
    return known.get(path);
  };
  const functions = {
    promql: ["rate", "increase", "sum", "avg", "max", "min", "count", "topk", "histogram_quantile", "avg_over_time", "max_over_time", "by", "without", "offset"],
    logql: ["rate", "count_over_time", "bytes_over_time", "sum_over_time", "avg_over_time", "max_over_time", "quantile_over_time", "absent_over_time", "sum", "avg", "topk", "json", "logfmt", "pattern", "regexp", "unwrap", "line_format", "label_format", "by", "without", "offset"],
    traceql: ["name", "duration", "status", "kind", "traceDuration", "rootName", "resource.service.name", "span.http.route", "event:name", "count", "avg", "max", "by", "select", "rate", "count_over_time", "quantile_over_time"]
  };
  // What can stand at the cursor: a value of a label, the name of one, or a metric and a function.
  async function options(before, word) {
    const language = area.dataset.complete;
    const quoted = /([\w.:]+)\s*(?:=~|!~|!=|=)\s*"([^"]*)$/.exec(before);
    if (language === "traceql") {
      if (!quoted) return functions.traceql;
      return ((await fetched(`tempo/api/v2/search/tag/${encodeURIComponent(quoted[1])}/values`)).tagValues || []).map(v => v.value);
    }
    const store = language === "logql" ? "loki/loki/api/v1" : "prometheus/api/v1";
    if (quoted) return (await fetched(`${store}/label/${encodeURIComponent(quoted[1])}/values`)).data || [];
    const inside = before.lastIndexOf("{") > before.lastIndexOf("}") || /\b(by|without|on|ignoring)\s*\([^)]*$/.test(before);
    if (inside) return ((await fetched(`${store}/labels`)).data || []).filter(n => n !== "__name__");
    if (language === "logql" || word.length < 2) return functions[language];
    return [...functions.promql, ...((await fetched(`${store}/label/__name__/values`)).data || [])];
  }

  let at = -1, start = 0;
  const hide = () => { list.hidden = true; at = -1; area.setAttribute("aria-expanded", "false"); area.removeAttribute("aria-activedescendant"); };
  function mark(next) {
    const all = [...list.children];
    if (all.length === 0) return;
    at = (next + all.length) % all.length;
    all.forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    all[at].scrollIntoView({ block: "nearest" });
    area.setAttribute("aria-activedescendant", all[at].id);
  }
  function take(text) {
    area.setRangeText(text, start, area.selectionStart, "end");
    hide();
    area.focus();
  }
  let asked = 0;
  async function complete() {
    const mine = ++asked;
    const before = area.value.slice(0, area.selectionStart);
    const word = /"([^"]*)$/.test(before) && /[=~]\s*"[^"]*$/.test(before) ? /"([^"]*)$/.exec(before)[1] : (/[\w.:]*$/.exec(before) || [""])[0];
    const found = (await options(before, word)).filter(o => o !== word && o.toLowerCase().includes(word.toLowerCase()));
    if (mine !== asked) return;
    found.sort((a, b) => b.toLowerCase().startsWith(word.toLowerCase()) - a.toLowerCase().startsWith(word.toLowerCase()) || a.localeCompare(b));
    if (found.length === 0 || (word.length === 0 && !/[{("=~,]\s*$/.test(before))) { hide(); return; }
    start = before.length - word.length;
    list.replaceChildren(...found.slice(0, 12).map((text, i) => {
      const item = document.createElement("li");
      item.id = `completion-${i}`;
      item.role = "option";
      item.textContent = text;
      item.addEventListener("mousedown", event => { event.preventDefault(); take(text); });
      return item;
    }));
    list.hidden = false;
    area.setAttribute("aria-expanded", "true");
    at = -1;
  }
  area.addEventListener("input", complete);
  area.addEventListener("blur", hide);
  area.addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); return; }
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); mark(at + (event.key === "ArrowDown" ? 1 : -1)); }
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) { event.preventDefault(); take(list.children[at].textContent); }
    else if (event.key === "Escape") { event.preventDefault(); hide(); }
  });
})();

"use strict";
(() => {
  const plain = v => {
    const a = Math.abs(v);
    if (a >= 1e9) return +(v / 1e9).toFixed(2) + " G";
    if (a >= 1e6) return +(v / 1e6).toFixed(2) + " M";
    if (a >= 1e4) return +(v / 1e3).toFixed(1) + " k";
    return a === 0 || a >= 0.01 ? String(+v.toFixed(a >= 100 ? 1 : 2)) : v.toPrecision(2);
  };
  const bytes = v => {
    const a = Math.abs(v);
    for (const [size, name] of [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]]) if (a >= size) return +(v / size).toFixed(1) + " " + name;
    return +v.toFixed(1) + " B";
  };
  const seconds = s => {
    const a = Math.abs(s);
    if (a === 0) return "0";
    for (const [size, name] of [[3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"]]) if (a >= size) return +(s / size).toFixed(2) + " " + name;
    return +(s * 1e9).toFixed(0) + " ns";
  };
  const value = (v, unit) => {
    if (v === null || v === undefined || Number.isNaN(v)) return "–";
    switch (unit) {
      case "s": return seconds(v);
      case "ms": return seconds(v / 1e3);
      case "ns": return seconds(v / 1e9);
      case "bytes": case "decbytes": return bytes(v);
      case "Bps": case "binBps": return bytes(v) + "/s";
      case "percentunit": return +(v * 100).toFixed(2) + " %";
      case "percent": return plain(v) + " %";
      case "reqps": return plain(v) + " req/s";
      case "cps": case "ops": return plain(v) + "/s";
      default: return plain(v);
    }
  };
  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colour = index => css(`--c${index ?? 0}`);

  function axes(data) {
    const soft = css("--soft"), line = css("--line");
    return {
      animation: false, backgroundColor: "transparent", textStyle: { color: soft, fontFamily: css("--font") },
      grid: { left: 8, right: 14, top: 12, bottom: 4, containLabel: true },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, appendToBody: false, backgroundColor: css("--card"), borderColor: line,
        textStyle: { color: css("--text"), fontSize: 12 }, valueFormatter: v => value(Array.isArray(v) ? v[1] : v, data.unit), order: "valueDesc"
      },
      xAxis: { type: "time", min: data.fromMs, max: data.toMs, axisLine: { lineStyle: { color: line } }, axisLabel: { color: soft, hideOverlap: true }, splitLine: { show: false } },
      yAxis: {
        type: data.logarithmic ? "log" : "value", min: data.logarithmic ? undefined : data.min, max: data.max, minInterval: data.kind === "bars" ? 1 : undefined,
        axisLabel: { color: soft, formatter: v => value(v, data.unit) }, splitLine: { lineStyle: { color: line } }
      }
    };
  }

  function time(data) {
    const bars = data.kind === "bars";
    const option = axes(data);
    option.brush = { xAxisIndex: 0, brushStyle: { borderWidth: 1, color: "rgba(120,140,255,.18)", borderColor: colour(0) }, outOfBrush: { colorAlpha: 1 } };
    option.toolbox = { show: false };
    // What is stacked needs every time in every series.
    const times = data.stacked ? [...new Set((data.series || []).flatMap(one => one.points.map(p => p[0])))].sort((a, b) => a - b) : [];
    const filled = points => {
      const at = new Map(points.map(p => [p[0], p[1]]));
      return times.map(t => [t, at.get(t) ?? 0]);
    };
    option.series = (data.series || []).map(one => {
      const own = colour(one.colour);
      return {
        type: bars ? "bar" : "line", name: one.name, data: data.stacked ? filled(one.points) : one.points, stack: data.stacked ? "all" : undefined, itemStyle: { color: own },
        lineStyle: { width: 1.6, color: own }, showSymbol: (one.points || []).length < 2, symbolSize: 5, areaStyle: data.stacked && !bars ? { opacity: .25 } : undefined,
        barMaxWidth: 18, large: false, emphasis: { focus: "series" }
      };
    });
    if (data.thresholds?.length && option.series.length) {
      option.series[0].markLine = {
        silent: true, symbol: "none", label: { show: false },
        data: data.thresholds.filter(t => t.value).map(t => ({ yAxis: t.value, lineStyle: { color: colour(t.colour), type: "dashed" } }))
      };
    }
    if (data.exemplars?.length) {
      option.series.push({
        type: "scatter", name: "exemplar", symbol: "diamond", symbolSize: 9, itemStyle: { color: css("--warn") }, cursor: "pointer",
        data: data.exemplars.map(e => ({ value: [e.timeMs, e.value], trace: e.trace }))
      });
    }
    return option;
  }

  function heat(data) {
    const option = axes(data);
    // A column for each step of the whole range: what was empty is shown empty.
    const first = Math.min(...(data.series || []).flatMap(s => s.points.map(p => p[0]))), times = [];
    if (Number.isFinite(first)) for (let t = first - Math.max(0, Math.floor((first - data.fromMs) / data.stepMs)) * data.stepMs; t <= data.toMs; t += data.stepMs) times.push(t);
    const at = new Map(times.map((t, i) => [t, i])), clock = times.map(t => new Date(t).toTimeString().slice(0, 5));
    const cells = (data.series || []).flatMap((s, y) => s.points.filter(p => p[1] > 0).map(p => [at.get(p[0]), y, p[1]]));
    option.xAxis = {
      type: "category", data: clock, axisLine: { lineStyle: { color: css("--line") } }, axisTick: { show: false },
      axisLabel: { color: css("--soft"), hideOverlap: true, interval: i => i > 0 && clock[i] !== clock[i - 1] }
    };
    option.yAxis = { type: "category", data: (data.series || []).map(s => s.name), axisLabel: { color: css("--soft") }, axisLine: { show: false } };
    option.tooltip.trigger = "item";
    option.tooltip.formatter = p => `≤ ${option.yAxis.data[p.value[1]]}: ${value(p.value[2], "cps")}`;
    option.visualMap = { show: false, min: 0, max: Math.max(1e-9, ...cells.map(c => c[2])), inRange: { color: [css("--bg"), colour(0)] } };
    option.series = [{ type: "heatmap", data: cells }];
    return option;
  }

  const bands = (data, min, max) => {
    const steps = (data.thresholds || []).filter(t => t.value > min && t.value < max);
    const base = (data.thresholds || []).filter(t => t.value <= min).at(-1)?.colour ?? 11;
    return [...steps.map((t, i) => [(t.value - min) / (max - min), colour(i ? steps[i - 1].colour : base)]), [1, colour(steps.at(-1)?.colour ?? base)]];
  };

  function gauge(data) {
    const last = data.series?.[0]?.points?.at(-1)?.[1];
    const max = data.max ?? (data.unit === "percentunit" ? 1 : Math.max(1, (last || 0) * 1.3));
    const min = data.min ?? 0;
    const reached = bands(data, min, max).find(([end]) => (last - min) / (max - min) <= end) || [1, colour(11)];
    return {
      animation: false, series: [{
        type: "gauge", min, max, startAngle: 200, endAngle: -20, radius: "95%", center: ["50%", "62%"], pointer: { show: false },
        progress: { show: true, width: 14, itemStyle: { color: reached[1] } }, axisLine: { lineStyle: { width: 18, color: bands(data, min, max), opacity: .35 } },
        axisTick: { show: false }, splitLine: { show: false }, axisLabel: { show: false },
        detail: { formatter: v => value(v, data.unit), color: css("--text"), fontSize: 22, offsetCenter: [0, 0] }, data: [{ value: last ?? null }]
      }]
    };
  }

  // Callers stand left of what they call: a name's column is its longest way from the left; in a circle the way ends after as many steps as there are names.
  function places(names, edges, width, height) {
    const column = new Map(names.map(n => [n, 0]));
    for (let round = 1; round < names.length; round++)
      for (const e of edges)
        if (column.get(e.to) <= column.get(e.from) && column.get(e.from) < names.length - 1) column.set(e.to, column.get(e.from) + 1);
    const used = [...new Set(column.values())].sort((a, b) => a - b);
    const rows = used.map(at => names.filter(n => column.get(n) === at));
    const across = Math.min(380, (width - 160) / Math.max(1, used.length - 1)), down = Math.min(140, (height - 110) / Math.max(1, ...rows.map(r => r.length - 1)));
    // Neighbouring columns are a little apart in height, so that no arrow runs through a name.
    return rows.flatMap((row, at) => row.map((n, i) => ({ name: n, x: at * across, y: (i - (row.length - 1) / 2) * down + (at % 2) * 24 })));
  }

  function graph(data, element) {
    const edges = data.edges || [], names = [...new Set(edges.flatMap(e => [e.from, e.to]))];
    const index = new Map((data.series || []).map(s => [s.name, s]));
    const nodes = places(names, edges, element.clientWidth, element.clientHeight), xs = nodes.map(n => n.x), ys = nodes.map(n => n.y);
    const width = Math.max(...xs) - Math.min(...xs) || 2, height = Math.max(...ys) - Math.min(...ys) || 2;
    return {
      animation: false, tooltip: { renderMode: "richText", confine: true, backgroundColor: css("--card"), textStyle: { color: css("--text"), fontSize: 12 } },
      series: [{
        type: "graph", layout: "none", roam: "move", draggable: true, preserveAspect: true, left: "center", top: "middle", width, height,
        symbolSize: 46, edgeSymbol: ["none", "arrow"], edgeSymbolSize: 9, label: { show: true, position: "bottom", color: css("--text"), fontSize: 13 },
        data: nodes.map(n => ({ ...n, itemStyle: { color: colour(index.get(n.name)?.colour) } })),
        links: edges.map(e => ({
          source: e.from, target: e.to, page: e.link, value: e.label,
          lineStyle: { width: 2, curveness: .04, opacity: 1, color: e.failing ? css("--bad") : css("--faint") },
          label: { show: true, formatter: e.label, color: css("--text"), fontSize: 12, backgroundColor: css("--card"), padding: 2 }
        }))
      }]
    };
  }

  const kinds = { time, bars: time, heat, gauge, graph };
  const range = (from, to) => {
    const address = new URL(location.href);
    address.searchParams.set("from", Math.round(from));
    address.searchParams.set("to", Math.round(to));
    location.assign(address);
  };

  function draw(element) {
    if (!element.dataset.chart) return;
    const data = JSON.parse(element.dataset.chart);
    let chart = echarts.getInstanceByDom(element);
    if (chart && element._drawn === element.dataset.chart) return;
    element._drawn = element.dataset.chart;
    if (!chart) {
      element.classList.add("drawn");
      chart = echarts.init(element, null, { renderer: "canvas" });
      new ResizeObserver(() => chart.resize()).observe(element);
      chart.on("click", p => {
        if (p.data?.trace) location.assign(`/trace/${p.data.trace}`);
        else if (p.data?.page) location.assign(p.data.page);
      });
      chart.on("brushEnd", p => {
        const span = p.areas?.[0]?.coordRange;
        if (span && span[1] - span[0] > 1000) range(span[0], span[1]);
      });
    }
    chart.setOption((kinds[data.kind] || time)(data, element), true);
    if (data.kind === "time" || data.kind === "bars") chart.dispatchAction({ type: "takeGlobalCursor", key: "brush", brushOption: { brushType: "lineX", brushMode: "single" } });
  }

  function legends(root) {
    for (const row of root.querySelectorAll("table.legend tr[data-series]")) {
      if (row._ready) continue;
      row._ready = true;
      const chart = () => echarts.getInstanceByDom(document.getElementById(row.closest("table").dataset.for));
      row.addEventListener("mouseenter", () => chart()?.dispatchAction({ type: "highlight", seriesName: row.dataset.series }));
      row.addEventListener("mouseleave", () => chart()?.dispatchAction({ type: "downplay", seriesName: row.dataset.series }));
    }
  }

  function all(root) {
    const found = [...root.querySelectorAll(".chart")];
    if (found.length === 0) return;
    if (window.echarts) { found.forEach(draw); legends(root); return; }
    if (document.getElementById("charts-library")) return;
    const script = document.createElement("script");
    // Not "echarts": an element is a property of the window by its id.
    script.id = "charts-library";
    script.src = "/echarts.js";
    script.onload = () => { all(document); };
    document.head.append(script);
  }
  document.addEventListener("charts", event => all(event.detail));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const element of document.querySelectorAll(".chart")) { element._drawn = ""; }
    all(document);
  });
  all(document);
})();

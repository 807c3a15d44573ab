/* What the dashboard does in the browser: scheme, address, exports. */
"use strict";
(function () {
  const KEY = "twin-scheme";

  function currentScheme() {
    const kept = window.localStorage.getItem(KEY);
    if (kept === "light" || kept === "dark") return kept;
    return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }

  function graphOf(button) {
    return button.closest(".card").querySelector(".js-plotly-plot");
  }

  function save(name, blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function pictureOf(url) {
    const bytes = Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (c) => c.charCodeAt(0));
    return new Blob([bytes], { type: "image/png" });
  }

  function cell(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return "";
    const text = value instanceof Date ? value.toISOString() : String(value);
    const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text;
    return /[",\n\r]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  }

  function titleOf(layout, trace, letter) {
    const name = (trace[letter + "axis"] || letter).replace(letter, letter + "axis");
    const axis = layout[name];
    return (axis && axis.title && axis.title.text) || letter;
  }

  function at(values, trace, letter, row) {
    if (values && values.length) return values[row];
    const first = trace[letter + "0"];
    const step = trace["d" + letter];
    if (first === undefined || step === undefined) return row;
    if (typeof first === "number") return first + row * step;
    return new Date(Date.parse(first.replace(" ", "T") + "Z") + row * step).toISOString();
  }

  function table(graph) {
    const rows = [];
    const full = graph._fullLayout;
    for (const trace of graph._fullData) {
      if (trace.visible === false || trace.hoverinfo === "none" || trace.meta === "not exported") continue;
      const name = trace.name || "";
      if (trace.z && trace.z.length) {
        trace.z.forEach((line, y) => Array.from(line).forEach((z, x) => rows.push(
          [name, at(trace.x, trace, "x", x), at(trace.y, trace, "y", y), z])));
        continue;
      }
      const count = Math.max((trace.x || []).length, (trace.y || []).length);
      for (let row = 0; row < count; row += 1) {
        const y = at(trace.y, trace, "y", row);
        if (y === null || y === undefined) continue;
        rows.push([name, at(trace.x, trace, "x", row), y, ""]);
      }
    }
    const first = graph._fullData[0] || {};
    const bar = first.colorbar && first.colorbar.title && first.colorbar.title.text;
    const heads = ["series", titleOf(full, first, "x"), titleOf(full, first, "y"), bar || "value"];
    const hasValue = rows.some((row) => row[3] !== "");
    return [heads, ...rows].map((row) => (hasValue ? row : row.slice(0, 3)).map(cell).join(",")).join("\n") + "\n";
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-export]");
    if (!button) return;
    const graph = graphOf(button);
    if (!graph || !graph._fullData) return;
    const name = button.closest(".card").dataset.name || "figure";
    if (button.dataset.export === "csv") {
      save(name + ".csv", new Blob([table(graph)], { type: "text/csv" }));
      return;
    }
    const ground = getComputedStyle(document.body).getPropertyValue("--surface").trim();
    const full = graph._fullLayout;
    const picture = {
      data: graph.data,
      layout: Object.assign({}, graph.layout, { paper_bgcolor: ground, plot_bgcolor: ground }),
    };
    window.Plotly.toImage(picture, { format: "png", width: full.width, height: full.height, scale: 2 })
      .then((url) => save(name + ".png", pictureOf(url)));
  });

  /* One spelling, as links have it: a page's own scripts write the address as well. */
  function asked(query) {
    const plain = { "%3A": ":", "%2C": ",", "%2F": "/" };
    const words = query.toString().replace(/%3A|%2C|%2F/g, (one) => plain[one]);
    return words ? "?" + words : "";
  }
  window.twinAsked = asked;

  function exported(value) {
    const text = value === null || value === undefined ? "" : String(value);
    return /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-table]");
    if (!button) return;
    const api = await window.dash_ag_grid.getApiAsync(button.dataset.table);
    api.exportDataAsCsv({
      fileName: button.dataset.table + ".csv",
      allColumns: true,
      processCellCallback: (cell) => exported(cell.value),
    });
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#copy-link");
    if (!button) return;
    const said = () => {
      const words = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = words; }, 1200);
    };
    if (navigator.clipboard) navigator.clipboard.writeText(window.location.href).then(said, () => {});
  });

  function silent(isSo) {
    let told = document.getElementById("silent");
    if (!told && isSo) {
      told = document.createElement("div");
      told.id = "silent";
      told.setAttribute("role", "alert");
      told.textContent = "The dashboard does not answer. Is `twin dash` still running? What is shown may be old.";
      document.body.append(told);
    }
    if (told) told.hidden = !isSo;
  }

  const ask = window.fetch;
  window.fetch = (...words) => ask(...words).then(
    (answer) => { silent(false); return answer; },
    (error) => { if (error.name !== "AbortError") silent(true); throw error; });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    twin: Object.assign({}, (window.dash_clientside || {}).twin, {
      scheme: function (clicks) {
        let now = currentScheme();
        if (clicks) {
          now = now === "dark" ? "light" : "dark";
          window.localStorage.setItem(KEY, now);
        }
        return now;
      },
      dress: function (scheme) {
        const now = scheme || currentScheme();
        document.documentElement.dataset.agThemeMode = now;
        document.documentElement.dataset.scheme = now;
        return now;
      },
      remember: function () {
        const told = window.dash_clientside.callback_context.inputs_list;
        const query = new URLSearchParams(window.location.search);
        const path = window.location.pathname.split("/");
        for (const input of told) {
          const page = input.id.slice(0, input.id.indexOf("-"));
          if (!path.includes(page) && !(page === "runs" && path[1] === "")) return;
          const key = input.id.slice(input.id.indexOf("-") + 1);
          const value = input.value;
          const none = value === null || value === undefined || value === "";
          if (none || (Array.isArray(value) && !value.length)) query.delete(key);
          else query.set(key, Array.isArray(value) ? value.join(",") : String(value));
        }
        window.history.replaceState(window.history.state, "", window.location.pathname + asked(query));
      },
      switch: function (chosen, at) {
        if (!chosen || !at || chosen === at.scenario + "/" + at.run_id) {
          return window.dash_clientside.no_update;
        }
        return "/run/" + chosen + "/" + at.page + window.location.search;
      },
      /* Told once, when a page's first chart is known: what waits for it is asked then. */
      first: function (figure, told) {
        return told ? window.dash_clientside.no_update : true;
      },
      /* A click on a mark of a picture that carries an address goes there. */
      follow: function () {
        const asked = window.dash_clientside.callback_context.triggered[0];
        const point = asked && asked.value && asked.value.points && asked.value.points[0];
        const href = point && point.customdata;
        if (typeof href !== "string" || !href.startsWith("/run/")) return window.dash_clientside.no_update;
        return href;
      },
      reloadWhenDone: function (done) {
        if (done) window.location.reload();
      },
    }),
  });
  document.documentElement.dataset.scheme = currentScheme();
  document.documentElement.dataset.agThemeMode = currentScheme();
  /* A link to the page that is shown already: what was chosen on it is the address's. */
  let isSamePage = false;
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href]");
    isSamePage = Boolean(link) && link.origin === window.location.origin &&
      link.pathname === window.location.pathname && !link.hash;
  }, true);
  window.addEventListener("_dashprivate_pushstate", () => {
    if (isSamePage) window.location.reload();
  });
})();

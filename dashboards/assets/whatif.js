/* The form of "What if": keeps what was typed in this browser, marks what differs. */
"use strict";
(function () {
  const KEPT = "twin-whatif:";
  const WAIT_MS = 350;
  const skip = () => window.dash_clientside.no_update;
  let waiting = null;
  let page = null;
  let told = {};

  function kept(start) {
    try {
      const typed = JSON.parse(window.localStorage.getItem(KEPT + start.key) || "{}");
      return typed && typeof typed === "object" ? typed : {};
    } catch (error) {
      return {};
    }
  }

  function keep(start, typed) {
    try {
      if (Object.keys(typed).length) window.localStorage.setItem(KEPT + start.key, JSON.stringify(typed));
      else window.localStorage.removeItem(KEPT + start.key);
    } catch (error) { /* a full or forbidden storage: the form itself still holds it */ }
  }

  function partOf(raw, part) {
    if (part === undefined || part === "") return raw;
    const steps = part.split(".").map(Number);
    const value = steps.reduce((held, step) => (Array.isArray(held) ? held[step] : undefined), raw);
    return value === undefined || value === null ? "" : value;
  }

  function composed(inputs) {
    const parts = {};
    for (const { id, value } of inputs) (parts[id.key] = parts[id.key] || {})[id.part || ""] = value;
    return parts;
  }

  function rawOf(parts, shown) {
    if ("" in parts) return parts[""] === undefined ? shown : parts[""];
    const plain = (value) => (value === null || value === undefined ? "" : value);
    const names = Object.keys(parts);
    if (names.every((name) => !name.includes("."))) return names.sort().map((name) => plain(parts[name]));
    const rows = names.filter((name) => name.endsWith(".0")).map((name) => name.slice(0, -2));
    return rows.sort((a, b) => a - b)
      .map((row) => [String(plain(parts[row + ".0"])), String(plain(parts[row + ".1"]))])
      .filter((row) => row[0] !== "" || row[1] !== "");
  }

  function same(a, b) {
    return JSON.stringify(a) === JSON.stringify(b);
  }

  function ask(start, typed, wait) {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (!document.getElementById("whatif-form")) return;
      window.dash_clientside.set_props("whatif-asked", { data: { start: start.key, typed: typed, at: Date.now() } });
    }, wait);
  }

  function field(key) {
    return document.querySelector('#whatif [data-key="' + CSS.escape(key) + '"]');
  }

  function sectionOf(key) {
    const found = field(key);
    const section = found ? found.closest("[data-section]") : null;
    if (section) return section.dataset.section;
    return found ? "" : key.split(".")[0];
  }

  function goTo(key) {
    const section = document.querySelector('#whatif [data-section="' + CSS.escape(key) + '"]');
    const target = field(key) || section;
    if (!target) return;
    const around = target.closest("details");
    if (around) around.open = true;
    const control = target.querySelector("input, summary, button") || target;
    target.scrollIntoView({ block: "center" });
    control.focus({ preventScroll: true });
  }

  function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    const said = (words) => {
      button.textContent = words;
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    };
    const select = () => {
      window.getSelection().selectAllChildren(source);
      said("Press Ctrl+C");
    };
    if (navigator.clipboard) navigator.clipboard.writeText(source.textContent).then(() => said("Copied"), select);
    else select();
  }

  document.addEventListener("click", (event) => {
    const jump = event.target.closest("[data-goto]");
    if (jump) goTo(jump.dataset.goto);
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });

  /* Only what is new since this page stands: writing a component costs the browser time. */
  function news(ids, valueOf) {
    if (page !== document.getElementById("whatif")) {
      page = document.getElementById("whatif");
      told = {};
    }
    return ids.map(({ id, property }) => {
      const value = valueOf(id);
      const key = property + JSON.stringify(id);
      if (key in told && told[key] === value) return skip();
      told[key] = value;
      return value;
    });
  }

  function startingValue(start, id) {
    const raw = start.shown[id.key];
    return raw === null || raw === undefined ? (id.part ? "" : null) : partOf(raw, id.part);
  }

  function restored(start, ids) {
    const typed = kept(start);
    return ids.map(({ id }) => (id.key in typed ? partOf(typed[id.key], id.part) : skip()));
  }

  function dropped(ids, values, key, row) {
    const held = {};
    ids.forEach(({ id }, at) => { if (id.key === key) held[id.part] = values[at]; });
    return ids.map(({ id }) => {
      if (id.key !== key) return skip();
      const [at, side] = id.part.split(".").map(Number);
      if (at < row) return skip();
      const next = held[at + 1 + "." + side];
      return next === undefined || next === null ? "" : next;
    });
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    twin: Object.assign({}, (window.dash_clientside || {}).twin, {
      whatifRestore: function (start, sure, backs, drops, values) {
        const context = window.dash_clientside.callback_context;
        const [inputs, checks] = context.outputs_list;
        const by = context.triggered.length ? context.triggered_id : null;
        const none = (ids) => ids.map(skip);
        if (by === "whatif-reset") {
          return [inputs, checks].map((ids) => ids.map(({ id }) => startingValue(start, id)));
        }
        if (by && by.type === "whatif-back") {
          return [inputs, checks].map((ids) => ids.map(
            ({ id }) => (id.key === by.key ? startingValue(start, id) : skip())));
        }
        if (by && by.type === "whatif-drop") {
          return [dropped(inputs, values, by.key, Number(by.part)), none(checks)];
        }
        return [restored(start, inputs), restored(start, checks)];
      },
      whatifCollect: function (values, checks, start) {
        const context = window.dash_clientside.callback_context;
        const parts = composed(context.inputs_list.flat());
        const typed = {};
        const used = {};
        for (const key of Object.keys(parts)) {
          const raw = rawOf(parts[key], start.shown[key]);
          if (!same(raw, start.shown[key])) typed[key] = raw;
          const last = Object.keys(parts[key]).filter((part) => {
            const value = parts[key][part];
            return part.includes(".") && value !== "" && value !== null && value !== undefined;
          }).map((part) => Number(part.split(".")[0]));
          used[key] = Math.max(-1, ...last);
        }
        const isFirst = waiting === null;
        keep(start, typed);
        ask(start, typed, isFirst ? 0 : WAIT_MS);
        const rows = news(
          context.outputs_list[1], (id) => (Number(id.part) <= used[id.key] + 1 ? "row" : "row off"));
        return [typed, rows];
      },
      whatifMark: function (judged, typed) {
        const context = window.dash_clientside.callback_context;
        const [inputs, checks, problems, fields, counts] = context.outputs_list;
        const wrong = (judged && judged.problems) || {};
        const gone = (judged && judged.gave_way) || {};
        const changed = typed || {};
        const whole = new Set();
        inputs.forEach(({ id }) => { if (id.part === "") whole.add(id.key); });
        checks.forEach(({ id }) => whole.add(id.key));
        const perSection = {};
        const count = (key, kind) => {
          const held = perSection[sectionOf(key)] = perSection[sectionOf(key)] || { changed: 0, wrong: 0 };
          held[kind] += 1;
        };
        Object.keys(changed).forEach((key) => count(key, "changed"));
        Object.keys(wrong).forEach((key) => count(key, "wrong"));
        const words = (held) => [
          held.changed ? held.changed + " changed" : "",
          held.wrong ? held.wrong + (held.wrong === 1 ? " problem" : " problems") : "",
        ].filter(Boolean).join(", ");
        const all = { changed: Object.keys(changed).length, wrong: 0 };
        return [
          news(inputs, (id) => (id.part === "" ? wrong[id.key] || null : Boolean(wrong[id.key]))),
          news(checks, (id) => wrong[id.key] || null),
          news(problems, (id) => {
            if (gone[id.key]) return "Not used: " + gone[id.key] + " takes its place";
            return whole.has(id.key) ? "" : wrong[id.key] || "";
          }),
          news(fields, (id) => ["field", id.key in changed ? "changed" : "",
            id.key in gone ? "gave-way" : "", id.key in wrong ? "wrong" : ""].filter(Boolean).join(" ")),
          news(counts, (id) => words(id.key === "*" ? all : perSection[id.key] || { changed: 0, wrong: 0 })),
        ];
      },
      whatifBegin: function (chosen, start) {
        if (!chosen || !start || chosen === start.key) return skip();
        return "/whatif?from=" + chosen;
      },
    }),
  });
})();

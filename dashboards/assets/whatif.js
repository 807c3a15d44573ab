/* The form of "What if": keeps what was typed in this browser, marks what differs. */
"use strict";
(function () {
  const KEPT = "twin-whatif:";
  const WAIT_MS = 350;
  const skip = () => window.dash_clientside.no_update;
  let waiting = null;
  let page = null;
  let asked = "";
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

  function isNewPage() {
    const now = document.getElementById("whatif");
    if (page === now) return false;
    page = now;
    told = {};
    asked = "";
    return true;
  }

  /* At once when the page opens, then when the typing rests; never the same twice. */
  function ask(start, typed) {
    const wait = isNewPage() ? 0 : WAIT_MS;
    const question = JSON.stringify([start.key, typed]);
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (question === asked || !document.getElementById("whatif-form")) return;
      asked = question;
      window.dash_clientside.set_props("whatif-asked", { data: { start: start.key, typed: typed } });
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

  function undo(what) {
    window.dash_clientside.set_props("whatif-undo", { data: Object.assign({ at: Date.now() }, what) });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#whatif button");
    if (!button) return;
    const data = button.dataset;
    if (data.goto) goTo(data.goto);
    if (data.copy) copy(button);
    if (data.back) undo({ key: data.back });
    if (data.drop) undo({ key: data.drop, row: Number(data.index) });
    if (data.act) window.dash_clientside.set_props("whatif-press", { data: { act: data.act, job: data.job, at: Date.now() } });
  });

  function write(element, words) {
    if (element && element.textContent !== words) element.textContent = words;
  }

  function showRows(used) {
    for (const row of document.querySelectorAll("#whatif [data-row]")) {
      row.classList.toggle("off", Number(row.dataset.index) > used[row.dataset.row] + 1);
    }
  }

  function markFields(changed, wrong, gone, whole) {
    for (const element of document.querySelectorAll("#whatif [data-key]")) {
      const key = element.dataset.key;
      element.classList.toggle("changed", key in changed);
      element.classList.toggle("gave-way", key in gone);
      element.classList.toggle("wrong", key in wrong);
      const words = whole.has(key) ? "" : wrong[key] || "";
      write(element.querySelector(".problem"), gone[key] ? "Not used: " + gone[key] + " takes its place" : words);
    }
  }

  function markSections(changed, wrong) {
    const count = (keys, section) => Object.keys(keys).filter((key) => sectionOf(key) === section).length;
    for (const section of document.querySelectorAll("#whatif [data-section]")) {
      const name = section.dataset.section;
      const problems = count(wrong, name);
      write(section.querySelector(".count"), inWords(count(changed, name), problems));
      write(section.querySelector(":scope > .problem"), wrong[name] || "");
    }
    write(document.getElementById("whatif-count"), inWords(Object.keys(changed).length, 0));
  }

  function inWords(changed, problems) {
    return [
      changed ? changed + " changed" : "",
      problems ? problems + (problems === 1 ? " problem" : " problems") : "",
    ].filter(Boolean).join(", ");
  }

  /* Only what is new since this page stands: writing a component costs the browser time. */
  function news(ids, valueOf) {
    isNewPage();
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
      whatifRestore: function (start, sure, undone, values) {
        const context = window.dash_clientside.callback_context;
        const [inputs, checks] = context.outputs_list;
        const by = context.triggered.length ? context.triggered_id : null;
        const starting = (ids, key) => ids.map(
          ({ id }) => (key === undefined || id.key === key ? startingValue(start, id) : skip()));
        if (by === "whatif-reset") return [starting(inputs), starting(checks)];
        if (by === "whatif-undo" && undone.row !== undefined) {
          return [dropped(inputs, values, undone.key, undone.row), checks.map(skip)];
        }
        if (by === "whatif-undo") return [starting(inputs, undone.key), starting(checks, undone.key)];
        return [restored(start, inputs), restored(start, checks)];
      },
      whatifCollect: function (values, checks, start) {
        const inputs = window.dash_clientside.callback_context.inputs_list.flat();
        const parts = composed(inputs);
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
        keep(start, typed);
        showRows(used);
        ask(start, typed);
        return typed;
      },
      whatifMark: function (judged, typed) {
        const [inputs, checks] = window.dash_clientside.callback_context.outputs_list;
        const wrong = (judged && judged.problems) || {};
        const whole = new Set(checks.map(({ id }) => id.key));
        inputs.forEach(({ id }) => { if (id.part === "") whole.add(id.key); });
        markFields(typed || {}, wrong, (judged && judged.gave_way) || {}, whole);
        markSections(typed || {}, wrong);
        return [
          news(inputs, (id) => (id.part === "" ? wrong[id.key] || null : Boolean(wrong[id.key]))),
          news(checks, (id) => wrong[id.key] || null),
        ];
      },
      whatifBegin: function (chosen, start) {
        if (!chosen || !start || chosen === start.key) return skip();
        return "/whatif?from=" + chosen;
      },
    }),
  });
})();

/* The feeder's page: colours, classes and small things that its files share. */
"use strict";
(function () {
  const OUT = -32768, NOBODY = 255, OPEN_CHUNKS = 10;
  const RAMPS = {
    light: {
      voltage: ["#c43c00", "#e08214", "#d3a969", "#98a0a8", "#a59ed0", "#7a6bb5", "#4a1486"],
      loading: ["#a9bfd1", "#86abce", "#5b93c7", "#2f74b5", "#0b4a8f", "#d1440c"],
      none: "#c9ced3",
    },
    dark: {
      voltage: ["#ff6a2b", "#f5a742", "#b8935c", "#79828b", "#8b86bd", "#a897ea", "#dcc2ff"],
      loading: ["#4d6478", "#517998", "#5590bd", "#74b4e2", "#b5dcf8", "#ff6a2b"],
      none: "#444b52",
    },
  };
  const WORST_FIRST = { voltage: [3, 2, 4, 1, 5, 6, 0], loading: [0, 1, 2, 3, 4, 5] };
  const CARS = ["gives", "charges", "plugged, idle", "parked, not plugged"];
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  const byId = (id) => document.getElementById(id);
  const two = (n) => String(n).padStart(2, "0");
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  function number(value, digits) {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    return value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }
  const kw = (value) => (Math.abs(value) < 0.005 ? "0" : number(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)) + " kW";

  function floats(text) {
    const raw = atob(text), bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
    return new Float32Array(bytes.buffer);
  }

  function make(tag, className, words) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (words) made.textContent = words;
    return made;
  }

  function voltageClass(v, edges) {
    if (v === OUT) return -1;
    if (v < edges[0]) return 0;
    for (let i = 1; i < 6; i += 1) if (v < edges[i]) return i;
    return v > edges[5] ? 6 : 5;
  }

  function loadingClass(loading, unit) {
    if (loading === OUT) return -1;
    const share = loading * unit;
    return share > 1 ? 5 : Math.min(4, Math.floor(share * 5 + 1e-9));
  }

  function carState(state, power) {
    if (state === 1) return -1;
    if (state === 0) return 3;
    return power < -0.05 ? 0 : power > 0.05 ? 1 : 2;
  }

  function carShape(pen, is, x, y, r) {
    if (is === 0) { pen.moveTo(x, y - 1.15 * r); pen.lineTo(x + 1.1 * r, y + 0.8 * r); pen.lineTo(x - 1.1 * r, y + 0.8 * r); pen.closePath(); }
    else if (is === 1) { pen.moveTo(x + r, y); pen.arc(x, y, r, 0, 6.2832); }
    else if (is === 2) pen.rect(x - 0.8 * r, y - 0.8 * r, 1.6 * r, 1.6 * r);
    else { pen.moveTo(x + 0.85 * r, y); pen.arc(x, y, 0.85 * r, 0, 6.2832); }
  }

  function apart(px, py, x0, y0, x1, y1) {
    const dx = x1 - x0, dy = y1 - y0, along = dx * dx + dy * dy;
    const t = along ? clamp(((px - x0) * dx + (py - y0) * dy) / along, 0, 1) : 0;
    return Math.hypot(px - x0 - t * dx, py - y0 - t * dy);
  }

  function cell(value) {
    const text = String(value);
    const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text;
    return /[",\n\r]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  }

  function save(name, blob) {
    const link = make("a");
    link.href = URL.createObjectURL(blob); link.download = name; link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function inAddress(key, value) {
    const query = new URLSearchParams(window.location.search);
    if (query.get(key) === value) return;
    query.set(key, value);
    window.history.replaceState(window.history.state, "", window.location.pathname + window.twinAsked(query));
  }

  function choose(key) { window.dash_clientside.set_props("feeder-pick", { data: key }); }

  window.twinFeederRoom = { OUT, NOBODY, OPEN_CHUNKS, RAMPS, WORST_FIRST, CARS, DAYS, MONTHS, byId, two, clamp, number, kw, floats, make, voltageClass, loadingClass, carState, carShape, apart, cell, save, inAddress, choose };
})();

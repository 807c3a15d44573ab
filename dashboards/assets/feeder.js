/* The feeder's map: reads frames, draws them on a canvas, moves through time. */
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
  let open = null;

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

  /* ---- time: rows, instants, the feeder's clocks ---- */
  class Clock {
    constructor(time) { Object.assign(this, time); }
    minutes(row) { return this.uneven ? this.uneven[row] : this.first + row * this.step; }
    turn(row) {
      let found = this.clocks[0];
      for (const one of this.clocks) if (one[0] <= row) found = one;
      return found;
    }
    localMs(row) { return 60000 * (this.minutes(row) + this.turn(row)[1]); }
    rowOfUtc(minutes) {
      if (!this.uneven) return clamp(Math.floor((minutes - this.first) / this.step + 1e-9), 0, this.rows - 1);
      let low = 0, high = this.rows - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (this.uneven[middle] <= minutes) low = middle; else high = middle - 1;
      }
      return low;
    }
    rowsAt(localMs) {
      const found = this.clocks.map((one) => this.rowOfUtc(localMs / 60000 - one[1]))
        .filter((row, i) => this.turn(row) === this.clocks[i]);
      return found.length ? found : [this.rowOfUtc(localMs / 60000 - this.clocks[0][1])];
    }
    words(row, days) {
      const date = new Date(this.localMs(row));
      const day = DAYS[date.getUTCDay()] + " " + date.getUTCDate() + " " + MONTHS[date.getUTCMonth()] + " " + date.getUTCFullYear();
      return days ? day : day + ", " + two(date.getUTCHours()) + ":" + two(date.getUTCMinutes());
    }
    address(row) {
      const iso = new Date(this.localMs(row)).toISOString().slice(0, 16);
      if (new Set(this.rowsAt(this.localMs(row))).size < 2) return iso;
      const shift = this.turn(row)[1], size = Math.abs(shift);
      return iso + (shift < 0 ? "-" : "+") + two(Math.floor(size / 60)) + ":" + two(size % 60);
    }
  }

  /* ---- frames: fetched by the chunk, a few kept ---- */
  class Frames {
    constructor(net, told) {
      this.net = net; this.told = told;
      this.chunks = new Map(); this.wanted = null; this.busy = false; this.closed = false;
    }
    has(row) { return this.chunks.has(Math.floor(row / this.net.chunk)); }
    at(row) {
      const index = Math.floor(row / this.net.chunk), chunk = this.chunks.get(index);
      if (!chunk) return null;
      this.chunks.delete(index); this.chunks.set(index, chunk);
      const place = row - chunk.first, frame = {};
      for (const [name, one] of Object.entries(chunk.arrays)) {
        frame[name] = one.values.subarray(place * one.width, (place + 1) * one.width);
      }
      return frame;
    }
    want(index) { this.wanted = index; if (!this.busy) this.next(); }
    async next() {
      if (this.wanted === null || this.closed) return;
      const index = this.wanted; this.wanted = null;
      if (this.chunks.has(index) || index < 0 || index * this.net.chunk >= this.net.time.rows) return;
      this.busy = true;
      try {
        const answer = await fetch("/feeder-frames/" + this.net.key + "/" + index);
        if (!answer.ok) throw new Error(await answer.text());
        this.chunks.set(index, unpack(await answer.arrayBuffer()));
        while (this.chunks.size > OPEN_CHUNKS) this.chunks.delete(this.chunks.keys().next().value);
        this.busy = false;
        if (!this.closed) this.told("", index);
      } catch (error) {
        this.busy = false;
        if (!this.closed) this.told("This instant cannot be read: " + error.message, index);
      }
      this.next();
    }
  }

  function unpack(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    const kinds = { f4: Float32Array, i2: Int16Array, u1: Uint8Array };
    const arrays = {};
    let at = 4 + length;
    for (const one of head.arrays) {
      const width = one.shape[1], count = one.shape[0] * width, Kind = kinds[one.type];
      arrays[one.name] = { width, values: new Kind(buffer, at, count) };
      at += Math.ceil((count * Kind.BYTES_PER_ELEMENT) / 4) * 4;
    }
    return { first: head.first, arrays };
  }

  /* ---- the network as the map needs it ---- */
  function prepared(net) {
    const x = floats(net.sites.x), y = floats(net.sites.y);
    const from = Int32Array.from(net.spans.from), to = Int32Array.from(net.spans.to);
    const lane = new Float32Array(from.length);
    for (const [span, side] of net.spans.lanes) lane[span] = side;
    const homes = new Map();
    net.customers.site.forEach((site, row) => {
      if (!homes.has(site)) homes.set(site, []);
      homes.get(site).push(row);
    });
    const cars = new Map();
    net.evs.customer.forEach((customer, row) => {
      const site = customer >= 0 && customer < net.customers.site.length ? net.customers.site[customer] : -1;
      if (site < 0) return;
      if (!cars.has(site)) cars.set(site, []);
      cars.get(site).push(row);
    });
    const top = Math.max(...net.sites.kv.filter((kv) => Number.isFinite(kv)), 0);
    const heavy = Uint8Array.from(to, (site, span) => (
      Math.min(net.sites.kv[site], net.sites.kv[from[span]]) >= Math.max(1, top / 10) ? 1 : 0));
    if (heavy.every((one) => one)) heavy.fill(0);
    const ofSpan = new Map();
    net.transformers.span.forEach((span, row) => { if (span >= 0) ofSpan.set(span, row); });
    const levels = new Float32Array(65536);
    for (let i = -32767; i < 32768; i += 1) {
      levels[i & 65535] = Math.sign(i) * net.units.least_kw * Math.expm1(Math.abs(i) / net.units.levels);
    }
    levels[32768] = NaN;
    return { x, y, from, to, lane, homes, cars, heavy, ofSpan, levels, homeSites: [...homes.keys()] };
  }

  function bordersOf(limits) {
    const low = limits[0], high = limits[1];
    const middle = low < 1 && high > 1 ? 1 : (low + high) / 2;
    return [low, low + 0.4 * (middle - low), low + 0.8 * (middle - low),
      middle + 0.2 * (high - middle), middle + 0.6 * (high - middle), high];
  }

  /* ---- the map and what moves it ---- */
  class Feeder {
    constructor(net, row) {
      this.net = net; this.of = prepared(net); this.clock = new Clock(net.time);
      this.row = clamp(row || 0, 0, net.time.rows - 1); this.drawnRow = -1;
      this.scheme = "light"; this.by = "voltage"; this.show = new Set(); this.pick = null;
      this.borders = bordersOf(net.limits);
      this.edges = Int16Array.from(this.borders, (v) => Math.round(v / net.units.v));
      this.speed = 1; this.playing = false; this.hit = null; this.pending = false;
      this.frames = new Frames(net, (problem, index) => this.read(problem, index));
      this.stop = new AbortController();
      this.lastDrawMs = null; this.lastWaitMs = null; this.drawMs = null; this.draws = 0;
      this.build(); this.wire(); this.fit(); this.seek(this.row);
    }

    /* -- pieces of the page -- */
    build() {
      const map = byId("feeder-map");
      map.replaceChildren();
      this.canvas = make("canvas"); this.canvas.id = "feeder-canvas"; this.canvas.tabIndex = 0;
      this.canvas.setAttribute("role", "img");
      this.over = make("canvas", "feeder-over"); this.tip = make("div", "feeder-tip"); this.tip.hidden = true;
      map.append(this.canvas, this.over, this.tip);
      this.map = map;
      this.slider = make("input"); this.slider.type = "range"; this.slider.id = "feeder-slider";
      Object.assign(this.slider, { min: 0, max: this.net.time.rows - 1, step: 1, value: this.row });
      this.slider.setAttribute("aria-label", this.net.pace === "days" ? "Day" : "Instant, local time");
      byId("feeder-time").replaceChildren(this.slider);
      this.sx = new Float32Array(this.of.x.length); this.sy = new Float32Array(this.of.x.length);
      this.spanClass = new Int8Array(this.of.from.length); this.siteClass = new Int8Array(this.of.x.length);
      this.carMarks = [];
      this.legend = new Legend(this); this.search = new Search(this);
      this.resize();
    }

    wire() {
      const on = (target, name, act, more) => target.addEventListener(name, act, Object.assign({ signal: this.stop.signal }, more));
      const press = (id, act) => { const button = byId(id); if (button) on(button, "click", act); };
      on(this.slider, "input", (event) => this.seek(Number(this.slider.value), event));
      press("feeder-play", () => this.play(!this.playing));
      press("feeder-back", (event) => this.seek(this.row - 1, event));
      press("feeder-next", (event) => this.seek(this.row + 1, event));
      press("feeder-day-back", (event) => this.seek(this.row - this.net.time.per_day, event));
      press("feeder-day-next", (event) => this.seek(this.row + this.net.time.per_day, event));
      press("feeder-load", (event) => this.jump(this.net.time.load, event));
      press("feeder-low", (event) => this.jump(this.net.time.low, event));
      press("feeder-closer", () => this.zoom(1.5, this.width / 2, this.height / 2));
      press("feeder-farther", () => this.zoom(1 / 1.5, this.width / 2, this.height / 2));
      press("feeder-fit", () => { this.fit(); this.later(); });
      press("feeder-full", () => this.fill());
      press("feeder-png", () => this.savePicture());
      press("feeder-csv", () => this.saveNumbers());
      press("feeder-close", () => choose(null));
      on(byId("feeder-speed"), "change", (event) => { this.speed = Number(event.target.value) || 1; });
      on(byId("feeder-card"), "click", (event) => {
        const button = event.target.closest("[data-pick]");
        if (button) choose(button.dataset.pick);
      });
      on(document, "keydown", (event) => this.key(event));
      on(this.canvas, "wheel", (event) => this.wheel(event), { passive: false });
      on(this.canvas, "pointerdown", (event) => this.grab(event));
      on(this.canvas, "pointermove", (event) => this.move(event));
      on(this.canvas, "pointerup", (event) => this.release(event));
      on(this.canvas, "pointercancel", (event) => this.release(event));
      on(this.canvas, "pointerleave", () => this.point(null));
      for (const id of ["feeder-strip", "feeder-history"]) this.wireGraph(byId(id), on);
      this.watcher = new ResizeObserver(() => { this.resize(); this.later(); });
      this.watcher.observe(this.map);
    }

    wireGraph(holder, on) {
      if (!holder) return;
      const scrub = (event) => {
        const graph = holder.querySelector(".js-plotly-plot"), full = graph && graph._fullLayout;
        if (!full || !full.xaxis || !full.xaxis.r2l || (full.xaxis.visible === false)) return;
        const size = full._size, at = event.clientX - graph.getBoundingClientRect().left - size.l;
        if (at < -4 || at > size.w + 4) return;
        const ends = full.xaxis.range.map((end) => full.xaxis.r2l(end));
        const local = ends[0] + (clamp(at, 0, size.w) / size.w) * (ends[1] - ends[0]);
        this.seek(this.clock.rowsAt(local)[0], event);
      };
      if (holder.id === "feeder-history") { on(holder, "click", scrub); return; }
      on(holder, "pointerdown", (event) => { holder.setPointerCapture(event.pointerId); this.scrubbing = true; scrub(event); });
      on(holder, "pointermove", (event) => { if (this.scrubbing) scrub(event); });
      on(holder, "pointerup", () => { this.scrubbing = false; });
      on(holder, "pointercancel", () => { this.scrubbing = false; });
    }

    close() {
      this.stop.abort(); this.watcher.disconnect(); this.frames.closed = true; this.playing = false;
      clearTimeout(this.telling);
    }

    /* -- where things are on the screen -- */
    resize() {
      const width = Math.max(this.map.clientWidth, 50), height = Math.max(this.map.clientHeight, 50);
      const ratio = Math.min(window.devicePixelRatio || 1, 2);
      if (this.width === width && this.height === height && this.ratio === ratio) return;
      const before = this.width;
      Object.assign(this, { width, height, ratio });
      for (const one of [this.canvas, this.over]) {
        one.width = Math.round(width * ratio); one.height = Math.round(height * ratio);
        one.style.width = width + "px"; one.style.height = height + "px";
      }
      if (before && !this.moved) this.fit(); else this.project();
    }

    fit() {
      const bounds = [Infinity, -Infinity, Infinity, -Infinity];
      for (let i = 0; i < this.of.x.length; i += 1) {
        bounds[0] = Math.min(bounds[0], this.of.x[i]); bounds[1] = Math.max(bounds[1], this.of.x[i]);
        bounds[2] = Math.min(bounds[2], this.of.y[i]); bounds[3] = Math.max(bounds[3], this.of.y[i]);
      }
      const across = bounds[1] - bounds[0], up = bounds[3] - bounds[2];
      let kx = (this.width - 56) / (across || 1), ky = (this.height - 84) / (up || 1);
      if (this.net.kind !== "schematic" || !across || !up) kx = ky = Math.min(across ? kx : Infinity, up ? ky : Infinity, 1e6);
      this.view = { kx, ky, cx: (bounds[0] + bounds[1]) / 2, cy: (bounds[2] + bounds[3]) / 2 + 14 / ky };
      this.kFit = kx; this.moved = false;
      this.project();
    }

    project() {
      if (!this.view) return;
      const { kx, ky, cx, cy } = this.view, { x, y } = this.of;
      for (let i = 0; i < x.length; i += 1) {
        this.sx[i] = this.width / 2 + (x[i] - cx) * kx;
        this.sy[i] = this.height / 2 - (y[i] - cy) * ky;
      }
      const lengths = [];
      const every = Math.max(1, Math.floor(this.of.from.length / 400));
      for (let s = 0; s < this.of.from.length; s += every) {
        const length = Math.hypot(this.sx[this.of.from[s]] - this.sx[this.of.to[s]], this.sy[this.of.from[s]] - this.sy[this.of.to[s]]);
        if (length > 0) lengths.push(length);
      }
      lengths.sort((a, b) => a - b);
      const usual = lengths.length ? lengths[lengths.length >> 1] : 10;
      this.size = clamp(2 + 0.1 * usual, 2.6, 6.5);
      this.thick = clamp(1.1 + 0.035 * usual, 1.3, 3);
    }

    zoom(factor, px, py) {
      const k = clamp(this.view.kx * factor, this.kFit / 2, this.kFit * 400) / this.view.kx;
      const mx = px - this.width / 2, my = py - this.height / 2;
      this.view.cx += (mx / this.view.kx) * (1 - 1 / k); this.view.cy -= (my / this.view.ky) * (1 - 1 / k);
      this.view.kx *= k; this.view.ky *= k; this.moved = true;
      this.project(); this.later();
    }

    pan(dx, dy) {
      this.view.cx -= dx / this.view.kx; this.view.cy += dy / this.view.ky; this.moved = true;
      this.project(); this.later();
    }

    fill() {
      if (document.fullscreenElement) document.exitFullscreen();
      else byId("feeder-card").requestFullscreen().catch(() => this.say("this browser allows no full screen"));
    }

    /* -- time -- */
    seek(row, event) {
      const next = clamp(Math.round(row), 0, this.net.time.rows - 1);
      this.asked = event && event.timeStamp ? event.timeStamp : performance.now();
      this.heading = next >= this.row ? 1 : -1;
      this.row = next;
      this.later();
    }

    jump(row, event) {
      if (row === null || row === undefined) { this.say("this run has none"); return; }
      this.play(false); this.seek(row, event);
    }

    play(on) {
      if (on && this.row >= this.net.time.rows - 1) this.row = 0;
      this.playing = on;
      const button = byId("feeder-play");
      if (button) { button.textContent = on ? "❚❚ Pause" : "▶ Play"; button.setAttribute("aria-pressed", String(on)); }
      if (!on) return;
      let before = performance.now(), owed = 0;
      const tick = (now) => {
        if (!this.playing) return;
        const ready = this.frames.has(this.row);
        if (ready) owed += (Math.min(now - before, 250) / 1000) * this.net.time.per_hour * this.speed;
        before = now;
        const whole = Math.floor(owed);
        if (whole > 0) { owed -= whole; this.seek(this.row + whole); }
        if (this.row >= this.net.time.rows - 1) { this.play(false); return; }
        requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    }

    read(problem, index) {
      if (problem) {
        this.say(problem);
        this.failed = index; this.play(false);
        return;
      }
      if (Math.floor(this.row / this.net.chunk) === index) this.later(); else if (!this.frames.has(this.row)) this.later();
    }

    say(words) { const status = byId("feeder-status"); if (status) status.textContent = words; }

    later() {
      if (this.pending) return;
      this.pending = true;
      requestAnimationFrame(() => {
        this.pending = false;
        if (this.stop.signal.aborted) return;
        if (!byId("feeder-canvas")) { this.close(); return; }
        this.draw();
      });
    }

    draw() {
      const began = performance.now(), frame = this.frames.at(this.row), index = Math.floor(this.row / this.net.chunk);
      this.tellTime(frame);
      this.cursors();
      if (!frame) {
        if (this.failed !== index) { this.say("reading…"); this.frames.want(index); }
        if (this.drawnRow < 0) this.paint(null);
        return;
      }
      const isNew = this.drawnRow !== this.row;
      this.frame = frame; this.drawnRow = this.row; this.failed = null;
      this.say("");
      this.paint(frame);
      this.legend.update(frame);
      this.drawMs = performance.now() - began; this.draws += 1;
      if (isNew && this.asked) {
        const asked = this.asked;
        this.asked = null;
        const channel = new MessageChannel();
        channel.port1.onmessage = () => { this.lastDrawMs = performance.now() - asked; publish(this); };
        channel.port2.postMessage(0);
      }
      for (const beside of [index + this.heading, index - this.heading]) {
        const exists = beside >= 0 && beside * this.net.chunk < this.net.time.rows;
        if (exists && !this.frames.chunks.has(beside)) { this.frames.want(beside); break; }
      }
      this.tell();
    }

    tell() {
      clearTimeout(this.telling);
      this.telling = setTimeout(() => {
        if (byId("feeder-canvas")) inAddress("t", this.clock.address(this.row));
        this.canvas.setAttribute("aria-label", "Map of the feeder, " + this.clock.words(this.row, false) + ". " + this.legend.summary());
      }, 250);
    }

    tellTime(frame) {
      const days = this.net.pace === "days", turn = this.clock.turn(this.row);
      const words = this.clock.words(this.row, days) + (days ? "" : " " + turn[2]);
      this.slider.value = this.row;
      this.slider.setAttribute("aria-valuetext", words);
      const clock = byId("feeder-clock"), figures = byId("feeder-figures");
      if (!clock || !figures) return;
      clock.textContent = words;
      if (!frame) return;
      const total = {};
      this.net.totals.forEach((name, i) => { total[name] = frame.totals[i]; });
      const lost = Number.isNaN(total.v_min_pu);
      const said = lost ? ["No solution at this instant: shown grey"] : [
        (days ? "highest load " : "grid ") + kw(total.grid_kw),
        (days ? "highest EV charging " : "EV charging ") + kw(total.ev_charge_kw),
        (days ? "highest EV discharging " : "EV discharging ") + kw(total.ev_discharge_kw),
        ...(total.pv_kw > 0 ? ["PV " + kw(total.pv_kw)] : []),
        "lowest voltage " + number(total.v_min_pu, 4) + " pu",
        ...(days ? [] : [number(total.ev_plugged, 0) + " cars plugged, " + number(total.ev_driving, 0) + " driving"]),
      ];
      figures.textContent = said.join("  ·  ");
      figures.classList.toggle("bad", lost || total.v_min_pu < this.net.limits[0]);
    }

    /* -- cursors on the strip and on the history -- */
    cursors() {
      for (const id of ["feeder-strip", "feeder-history"]) {
        const holder = byId(id), graph = holder && holder.querySelector(".js-plotly-plot");
        const full = graph && graph._fullLayout;
        if (!full || !full.xaxis || !full.xaxis.r2l || full.xaxis.type !== "date") continue;
        if (graph.twinFeeder !== this) {
          graph.twinFeeder = this;
          graph.on("plotly_afterplot", () => { if (open === graph.twinFeeder) open.cursors(); });
        }
        let line = holder.querySelector(".feeder-cursor");
        if (!line) { line = make("div", "feeder-cursor"); holder.append(line); }
        const ends = full.xaxis.range.map((end) => full.xaxis.r2l(end)), size = full._size;
        const share = (this.clock.localMs(this.row) - ends[0]) / (ends[1] - ends[0] || 1);
        line.hidden = share < 0 || share > 1;
        line.style.transform = "translateX(" + (size.l + share * size.w) + "px)";
        line.style.top = size.t + "px"; line.style.height = size.h + "px";
      }
    }

    /* -- colours -- */
    colour(values, name) { return RAMPS[this.scheme][name][values]; }

    classify(frame) {
      const { from, to } = this.of, v = frame && frame.v, loading = frame && frame.loading;
      const edges = this.edges, site = this.siteClass, span = this.spanClass;
      for (let i = 0; i < site.length; i += 1) site[i] = v ? voltageClass(v[i], edges) : -1;
      if (this.by === "voltage") {
        for (let s = 0; s < span.length; s += 1) {
          const own = site[to[s]];
          span[s] = own;
          if (own >= 0 && site[from[s]] < 0) span[s] = own;
        }
      } else {
        for (let s = 0; s < span.length; s += 1) span[s] = loading ? loadingClass(loading[s], this.net.units.loading) : -1;
      }
    }

    /* -- painting -- */
    paint(frame) {
      const pen = this.canvas.getContext("2d"), look = this.net.colours[this.scheme];
      pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      pen.clearRect(0, 0, this.width, this.height);
      this.classify(frame);
      this.paintLines(pen, frame);
      if (frame && this.show.has("flows")) this.paintReverse(pen, frame, look);
      if (this.show.has("homes")) this.paintHomes(pen, look);
      if (frame && this.show.has("flows")) this.paintArrows(pen, frame, look);
      this.paintStations(pen, frame, look);
      if (frame && this.by === "ev") this.paintEv(pen, frame, look);
      else if (frame && this.show.has("cars")) this.paintCars(pen, frame, look); else this.carMarks = [];
      this.paintNames(pen, frame, look);
      this.paintOver();
    }

    aside(s) { return this.of.lane[s] * (3.2 * this.thick + 2); }

    trace(pen, s) {
      const { from, to, lane } = this.of, a = from[s], b = to[s];
      let x0 = this.sx[a], y0 = this.sy[a], x1 = this.sx[b], y1 = this.sy[b];
      if (lane[s]) {
        const length = Math.hypot(x1 - x0, y1 - y0) || 1, side = this.aside(s);
        const nx = (-(y1 - y0) / length) * side, ny = ((x1 - x0) / length) * side;
        x0 += nx; x1 += nx; y0 += ny; y1 += ny;
      }
      pen.moveTo(x0, y0); pen.lineTo(x1, y1);
    }

    paintLines(pen) {
      const ramp = RAMPS[this.scheme], plain = this.by === "ev", name = plain ? "loading" : this.by;
      const order = [-1, ...(WORST_FIRST[name])];
      pen.lineCap = "round";
      for (const level of order) {
        const bad = level >= 0 && !plain && (name === "voltage" ? level === 0 || level === 6 : level === 5);
        for (const heavy of [0, 1]) {
          pen.beginPath();
          let some = false;
          for (let s = 0; s < this.spanClass.length; s += 1) {
            if (this.spanClass[s] === level && this.of.heavy[s] === heavy) { this.trace(pen, s); some = true; }
          }
          if (!some) continue;
          pen.strokeStyle = plain || level < 0 ? ramp.none : ramp[name][level];
          pen.lineWidth = this.thick * (heavy ? 1.9 : 1) * (bad ? 1.9 : 1);
          pen.setLineDash(level < 0 && !plain ? [2, 3] : []);
          pen.stroke();
        }
      }
      pen.setLineDash([]);
    }

    reverse(frame, s) { return this.of.levels[frame.p[s] & 65535] < -0.05; }

    paintReverse(pen, frame, look) {
      if (!frame.p) return;
      pen.beginPath();
      for (let s = 0; s < this.of.from.length; s += 1) if (this.reverse(frame, s)) this.trace(pen, s);
      pen.strokeStyle = look.surface; pen.lineWidth = this.thick + 4.6; pen.lineCap = "butt"; pen.stroke();
      pen.strokeStyle = look.give; pen.lineWidth = this.thick + 2.6; pen.setLineDash([6, 3]); pen.stroke();
      pen.setLineDash([]);
    }

    paintHomes(pen, look) {
      const ramp = RAMPS[this.scheme], radius = clamp(0.55 * this.size, 1.5, 3.4) * (this.by === "voltage" ? 1 : 0.8);
      const groups = new Map();
      for (const site of this.of.homeSites) {
        const level = this.by === "voltage" ? this.siteClass[site] : -2;
        if (!groups.has(level)) groups.set(level, []);
        groups.get(level).push(site);
      }
      for (const [level, sites] of groups) {
        const bad = level === 0 || level === 6;
        pen.fillStyle = level === -2 ? look.parked : level < 0 ? ramp.none : ramp.voltage[level];
        pen.beginPath();
        for (const site of sites) {
          const r = bad ? radius * 1.5 : radius;
          pen.moveTo(this.sx[site] + r, this.sy[site]);
          pen.arc(this.sx[site], this.sy[site], r, 0, 6.2832);
        }
        pen.fill();
      }
    }

    paintArrows(pen, frame, look) {
      if (!frame.p) return;
      const { from, to, levels, lane } = this.of, cell = 34, best = new Map();
      let most = 0;
      for (let s = 0; s < from.length; s += 1) most = Math.max(most, Math.abs(levels[frame.p[s] & 65535]) || 0);
      const least = Math.max(0.1, most * 0.004);
      for (let s = 0; s < from.length; s += 1) {
        const p = levels[frame.p[s] & 65535], back = p < -0.05;
        if (!(Math.abs(p) > (back ? 0.05 : least)) || this.net.spans.kind[s] === 1) continue;
        const x = (this.sx[from[s]] + this.sx[to[s]]) / 2, y = (this.sy[from[s]] + this.sy[to[s]]) / 2;
        if (x < -9 || y < -9 || x > this.width + 9 || y > this.height + 9) continue;
        const long = Math.hypot(this.sx[from[s]] - this.sx[to[s]], this.sy[from[s]] - this.sy[to[s]]);
        if (long < 4) continue;
        const place = (back ? 1e7 : 0) + Math.floor(x / cell) * 4096 + Math.floor(y / cell), held = best.get(place);
        if (held === undefined || Math.abs(p) > held[1]) best.set(place, [s, Math.abs(p), p < 0, x, y]);
      }
      for (const back of [false, true]) {
        pen.beginPath();
        for (const [s, size, reversed, x, y] of best.values()) {
          if ((size > 0.05 && reversed) !== back) continue;
          const sign = reversed ? -1 : 1;
          const angle = Math.atan2(sign * (this.sy[to[s]] - this.sy[from[s]]), sign * (this.sx[to[s]] - this.sx[from[s]]));
          const r = back ? 6.5 : 3.2 + 2.6 * Math.sqrt(size / (most || 1));
          let ox = x, oy = y;
          if (lane[s]) { ox -= this.aside(s) * Math.sin(angle) * sign; oy += this.aside(s) * Math.cos(angle) * sign; }
          const c = Math.cos(angle), d = Math.sin(angle);
          pen.moveTo(ox + r * c, oy + r * d);
          pen.lineTo(ox - r * (0.75 * c - 0.8 * d), oy - r * (0.75 * d + 0.8 * c));
          pen.lineTo(ox - r * 0.3 * c, oy - r * 0.3 * d);
          pen.lineTo(ox - r * (0.75 * c + 0.8 * d), oy - r * (0.75 * d - 0.8 * c));
          pen.closePath();
        }
        pen.fillStyle = back ? look.give : look.ink;
        pen.globalAlpha = back ? 1 : 0.72;
        pen.strokeStyle = look.surface; pen.lineWidth = back ? 1.6 : 1;
        pen.stroke(); pen.fill();
        pen.globalAlpha = 1;
      }
    }

    paintStations(pen, frame, look) {
      const ramp = RAMPS[this.scheme], many = this.net.roots.length > 30;
      pen.lineJoin = "round";
      for (const root of many ? this.net.roots.slice(0, 30) : this.net.roots) {
        const x = this.sx[root], y = this.sy[root], r = 12;
        pen.beginPath(); pen.moveTo(x, y - r); pen.lineTo(x + r, y); pen.lineTo(x, y + r); pen.lineTo(x - r, y); pen.closePath();
        pen.fillStyle = look.surface; pen.fill(); pen.strokeStyle = look.ink; pen.lineWidth = 1.8; pen.stroke();
      }
      for (const span of this.of.ofSpan.keys()) {
        const a = this.of.from[span], b = this.of.to[span];
        const x = (this.sx[a] + this.sx[b]) / 2, y = (this.sy[a] + this.sy[b]) / 2, h = 6;
        const load = frame && frame.loading && frame.loading[span] !== OUT ? frame.loading[span] * this.net.units.loading : NaN;
        const level = this.by === "voltage" ? this.siteClass[b] : this.spanClass[span];
        const fill = level < 0 || this.by === "ev" ? ramp.none : ramp[this.by][level];
        pen.fillStyle = fill; pen.strokeStyle = look.ink; pen.lineWidth = 1.6;
        pen.fillRect(x - h, y - h, 2 * h, 2 * h); pen.strokeRect(x - h, y - h, 2 * h, 2 * h);
        if (load > 1) {
          pen.strokeStyle = ramp.loading[5]; pen.lineWidth = 3.5;
          pen.strokeRect(x - h - 3.5, y - h - 3.5, 2 * h + 7, 2 * h + 7);
        }
      }
    }

    paintNames(pen, frame, look) {
      if (!this.show.has("names") || this.of.ofSpan.size > 60) return;
      const ramp = RAMPS[this.scheme], taken = [], boxes = [];
      pen.font = "600 11.5px system-ui, sans-serif"; pen.textBaseline = "middle"; pen.textAlign = "left"; pen.lineJoin = "round";
      for (const [span, row] of this.of.ofSpan) {
        const a = this.of.from[span], b = this.of.to[span];
        const load = frame && frame.loading && frame.loading[span] !== OUT ? frame.loading[span] * this.net.units.loading : NaN;
        const x = (this.sx[a] + this.sx[b]) / 2, y = (this.sy[a] + this.sy[b]) / 2;
        boxes.push([x, y, row, load]); taken.push([x - 9, y - 9, x + 9, y + 9]);
      }
      boxes.sort((one, other) => (other[3] || 0) - (one[3] || 0));
      for (const [x, y, row, load] of boxes) {
        const words = this.net.transformers.name[row] + (Number.isNaN(load) ? "" : "  " + number(100 * load, 0) + " %");
        const wide = pen.measureText(words).width;
        for (const [ox, oy] of [[15, 0], [-15 - wide, 0], [-wide / 2, -21], [-wide / 2, 21]]) {
          const box = [x + ox, y + oy - 8, x + ox + wide, y + oy + 8];
          if (taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])) continue;
          if (box[0] < 2 || box[2] > this.width - 2) continue;
          taken.push(box);
          pen.globalAlpha = 0.8; pen.fillStyle = look.surface; pen.fillRect(box[0] - 2, box[1], wide + 4, 16); pen.globalAlpha = 1;
          pen.fillStyle = load > 1 ? ramp.loading[5] : look.ink; pen.fillText(words, box[0], y + oy);
          break;
        }
      }
    }

    countCars(frame, cars) {
      const count = [0, 0, 0, 0], first = [-1, -1, -1, -1];
      let power = 0;
      for (const car of cars) {
        const state = frame.ev_state[car];
        if (state === NOBODY || (state >> 2) !== 0) continue;
        const is = carState(state & 3, frame.ev_kw[car] * this.net.units.ev_kw);
        if (is < 0) continue;
        if (!count[is]) first[is] = car;
        count[is] += 1;
        if ((state & 3) === 2) power += frame.ev_kw[car] * this.net.units.ev_kw;
      }
      return { count, first, power };
    }

    paintCars(pen, frame, look) {
      this.carMarks = [];
      if (!frame.ev_state) return;
      const marks = [[], [], [], []];
      for (const [site, cars] of this.of.cars) {
        const { count, first } = this.countCars(frame, cars);
        let x = this.sx[site] + 0.75 * this.size, y = this.sy[site] - 0.9 * this.size;
        for (let is = 0; is < 4; is += 1) {
          if (!count[is]) continue;
          const r = this.size * (is < 2 ? 1.05 : 0.6) * Math.min(1 + 0.35 * Math.log(count[is]), 3.4);
          x += r * 0.3;
          marks[is].push([x, y, r, count[is]]);
          this.carMarks.push([x, y, r, first[is], site]);
          x += r * 1.9;
        }
      }
      const looks = [look.give, look.charge, look.base, look.grey];
      for (const is of [3, 2, 1, 0]) {
        pen.beginPath();
        for (const [x, y, r] of marks[is]) carShape(pen, is, x, y, r);
        pen.lineWidth = is === 3 ? 1.1 : 1;
        if (is === 3) { pen.strokeStyle = looks[3]; pen.stroke(); continue; }
        pen.strokeStyle = look.surface; pen.stroke();
        pen.fillStyle = looks[is]; pen.fill(); pen.globalAlpha = 1;
      }
      pen.font = "10px system-ui, sans-serif"; pen.textAlign = "center"; pen.textBaseline = "middle";
      for (let is = 0; is < 4; is += 1) {
        for (const [x, y, r, many] of marks[is]) {
          if (many < 2 || r < 5) continue;
          pen.fillStyle = is === 3 ? look.ink : look.surface; pen.fillText(String(many), x, y + 0.5);
        }
      }
    }

    paintEv(pen, frame, look) {
      this.carMarks = [];
      if (!frame.ev_state) return;
      for (const [site, cars] of this.of.cars) {
        const { first, power } = this.countCars(frame, cars);
        const any = first.find((car) => car >= 0);
        if (any === undefined) continue;
        const r = Math.abs(power) < 0.05 ? 1.6 : 1.6 + 1.5 * Math.sqrt(Math.abs(power)) * clamp(this.size / 4, 0.7, 1.5);
        pen.beginPath(); pen.arc(this.sx[site], this.sy[site], Math.min(r, 26), 0, 6.2832);
        pen.globalAlpha = Math.abs(power) < 0.05 ? 0.6 : 0.82;
        pen.fillStyle = Math.abs(power) < 0.05 ? look.grey : power > 0 ? look.charge : look.give; pen.fill();
        pen.globalAlpha = 1; pen.strokeStyle = look.surface; pen.lineWidth = 0.8; pen.stroke();
        this.carMarks.push([this.sx[site], this.sy[site], r, any, site]);
      }
    }

    paintOver() {
      const pen = this.over.getContext("2d"), look = this.net.colours[this.scheme];
      pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0); pen.clearRect(0, 0, this.width, this.height);
      this.ring(pen, this.placeOf(this.pick), look.ink, 3);
      if (this.hit && this.hit.key !== this.pick) this.ring(pen, this.placeOf(this.hit.key), look.accent, 2);
    }

    ring(pen, place, colour, width) {
      if (!place) return;
      pen.strokeStyle = colour; pen.lineWidth = width;
      pen.beginPath();
      if (place.span !== undefined) {
        pen.lineCap = "round"; pen.globalAlpha = 0.35; pen.lineWidth = width + 9; this.trace(pen, place.span); pen.stroke();
        pen.globalAlpha = 1;
        return;
      }
      pen.arc(this.sx[place.site], this.sy[place.site], 11, 0, 6.2832); pen.stroke();
    }

    placeOf(key) {
      if (!key) return null;
      const [kind, text] = key.split(":"), row = Number(text), net = this.net;
      if (kind === "branch") {
        let span = net.spans.branch.indexOf(row);
        for (let s = 0; span < 0 && s < net.spans.branch.length; s += 1) if (net.spans.branch[s] > row) span = s - 1;
        return span < 0 ? null : { span };
      }
      if (kind === "transformer") {
        const span = net.transformers.span[row];
        return span >= 0 ? { site: this.of.to[span] } : null;
      }
      let site = -1;
      if (kind === "customer") site = net.customers.site[row];
      if (kind === "ev") site = net.customers.site[net.evs.customer[row]];
      if (kind === "node") {
        site = net.sites.node.indexOf(row);
        for (let i = 0; site < 0 && i < net.sites.node.length; i += 1) if (net.sites.node[i] > row) site = i - 1;
      }
      return site >= 0 && site < this.sx.length ? { site } : null;
    }

    /* -- pointer and keys -- */
    under(px, py) {
      const near = (x, y, r) => Math.hypot(x - px, y - py) <= r;
      for (const [span, row] of this.of.ofSpan) {
        const x = (this.sx[this.of.from[span]] + this.sx[this.of.to[span]]) / 2;
        const y = (this.sy[this.of.from[span]] + this.sy[this.of.to[span]]) / 2;
        if (near(x, y, 11)) return { key: "transformer:" + row, span };
      }
      if (this.show.has("cars") || this.by === "ev") {
        for (const [x, y, r, car, site] of this.carMarks) if (near(x, y, r + 1)) return { key: "ev:" + car, car, site };
      }
      let best = null, least = 8;
      for (let i = 0; i < this.sx.length; i += 1) {
        const far = Math.hypot(this.sx[i] - px, this.sy[i] - py) - (this.of.homes.has(i) ? 2 : 0);
        if (far < least) { least = far; best = i; }
      }
      if (best !== null) {
        const homes = this.of.homes.get(best);
        const key = homes && homes.length === 1 ? "customer:" + homes[0] : "node:" + this.net.sites.node[best];
        return { key, site: best };
      }
      least = 6;
      for (let s = 0; s < this.of.from.length; s += 1) {
        const far = apart(px, py, this.sx[this.of.from[s]], this.sy[this.of.from[s]], this.sx[this.of.to[s]], this.sy[this.of.to[s]]);
        if (far < least) { least = far; best = s; }
      }
      return best === null ? null : { key: "branch:" + this.net.spans.branch[best], span: best };
    }

    point(event) {
      this.hit = event ? this.under(event.offsetX, event.offsetY) : null;
      this.canvas.style.cursor = this.hit ? "pointer" : "grab";
      this.tip.hidden = !this.hit;
      if (this.hit) {
        this.tip.replaceChildren(...this.words(this.hit).map((line, i) => make("div", i ? "" : "strong", line)));
        const left = event.offsetX > this.width - 280 ? event.offsetX - 14 - this.tip.offsetWidth : event.offsetX + 14;
        this.tip.style.transform = "translate(" + left + "px," + Math.min(event.offsetY + 12, this.height - this.tip.offsetHeight - 6) + "px)";
      }
      this.paintOver();
    }

    words(hit) {
      const net = this.net, frame = this.frame, lines = [], u = net.units;
      const volts = (site) => (frame && frame.v && frame.v[site] !== OUT ? number(frame.v[site] * u.v, 4) + " pu" : "voltage not known");
      if (hit.span !== undefined) {
        const row = this.of.ofSpan.get(hit.span);
        lines.push(row !== undefined ? "Transformer " + net.transformers.name[row] : ["Line ", "Transformer ", "Switch ", "Branch "][net.spans.kind[hit.span]] + net.spans.name[hit.span]);
        const load = frame && frame.loading ? frame.loading[hit.span] : OUT, p = frame && frame.p ? this.of.levels[frame.p[hit.span] & 65535] : NaN;
        const rating = row !== undefined ? number(net.transformers.kva[row], 0) + " kVA" : number(net.spans.rating_a[hit.span], 0) + " A";
        lines.push(load === OUT ? "loading not known" : number(100 * load * u.loading, 1) + " % of " + rating);
        if (!Number.isNaN(p)) lines.push(kw(Math.abs(p)) + (p < -0.05 ? " towards the source (reverse)" : " away from the source"));
        lines.push(volts(this.of.to[hit.span]) + " at the far end");
      } else {
        const homes = this.of.homes.get(hit.site) || [], cars = this.of.cars.get(hit.site) || [];
        if (hit.car !== undefined) lines.push("Car " + hit.car + ": " + net.evs.model[hit.car]);
        else lines.push(homes.length === 1 ? net.customers.name[homes[0]] : "Bus " + net.sites.name[hit.site]);
        if (homes.length > 1) lines.push(homes.length + " customers");
        lines.push(volts(hit.site) + " at bus " + net.sites.name[hit.site]);
        if (cars.length && frame && frame.ev_state) {
          const told = this.countCars(frame, cars);
          const at = told.count.map((many, is) => (many ? many + " " + CARS[is] : "")).filter(Boolean);
          const away = cars.length - told.count.reduce((a, b) => a + b, 0);
          lines.push("cars: " + [...at, ...(away ? [away + " away"] : [])].join(", "));
          if (Math.abs(told.power) >= 0.05) lines.push(kw(Math.abs(told.power)) + (told.power > 0 ? " EV charging" : " EV discharging"));
          if (hit.car !== undefined && frame.ev_soc[hit.car] !== NOBODY) lines.push(frame.ev_soc[hit.car] + " % charged");
        } else if (cars.length) lines.push(cars.length + " cars at home here");
      }
      return lines;
    }

    wheel(event) {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), event.offsetX, event.offsetY);
    }

    grab(event) {
      this.canvas.setPointerCapture(event.pointerId);
      this.held = this.held || new Map();
      this.held.set(event.pointerId, [event.offsetX, event.offsetY]);
      if (this.held.size === 1) this.travelled = 0;
      this.canvas.focus({ preventScroll: true });
    }

    move(event) {
      if (!this.held || !this.held.has(event.pointerId)) { this.point(event); return; }
      const before = this.held.get(event.pointerId), now = [event.offsetX, event.offsetY];
      this.travelled += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
      if (this.held.size === 2) {
        const other = [...this.held].find(([id]) => id !== event.pointerId)[1];
        const was = Math.hypot(before[0] - other[0], before[1] - other[1]) || 1;
        this.zoom(Math.hypot(now[0] - other[0], now[1] - other[1]) / was, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
      } else if (this.travelled > 4) { this.tip.hidden = true; this.pan(now[0] - before[0], now[1] - before[1]); }
      this.held.set(event.pointerId, now);
    }

    release(event) {
      if (!this.held || !this.held.delete(event.pointerId)) return;
      if (event.type !== "pointerup" || this.travelled > 4 || this.held.size) return;
      const hit = this.under(event.offsetX, event.offsetY);
      this.tip.hidden = true;
      if (hit) choose(hit.key);
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target, tag = target.tagName;
      const typing = (tag === "INPUT" && target !== this.slider && !["radio", "checkbox"].includes(target.type)) || tag === "TEXTAREA" || target.isContentEditable;
      if (typing) return;
      if (event.key === "Escape" && this.pick) { choose(null); return; }
      const ours = target === document.body || target === this.canvas || target === this.slider || target === this.map;
      if (!ours) return;
      const onMap = target === this.canvas, day = this.net.time.per_day;
      const acts = {
        " ": () => this.play(!this.playing), f: () => this.fill(),
        ArrowLeft: () => (onMap && event.shiftKey ? this.pan(60, 0) : this.seek(this.row - 1, event)),
        ArrowRight: () => (onMap && event.shiftKey ? this.pan(-60, 0) : this.seek(this.row + 1, event)),
        PageDown: () => this.seek(this.row - day, event), PageUp: () => this.seek(this.row + day, event),
      };
      if (onMap) Object.assign(acts, {
        ArrowUp: () => this.pan(0, 60), ArrowDown: () => this.pan(0, -60),
        "+": () => this.zoom(1.4, this.width / 2, this.height / 2), "=": () => this.zoom(1.4, this.width / 2, this.height / 2),
        "-": () => this.zoom(1 / 1.4, this.width / 2, this.height / 2), 0: () => { this.fit(); this.later(); },
      });
      if (target === document.body) { delete acts.PageDown; delete acts.PageUp; }
      if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
    }

    choose(key) {
      if (this.pick === key) return;
      this.pick = key;
      const panel = byId("feeder-panel");
      if (panel) panel.hidden = !key;
      const place = this.placeOf(key);
      this.resize();
      if (place) this.bring(place);
      this.paintOver();
    }

    bring(place) {
      const site = place.site === undefined ? this.of.to[place.span] : place.site, rim = 40;
      const x = this.sx[site], y = this.sy[site];
      if (x > rim && x < this.width - rim && y > rim && y < this.height - rim) return;
      this.view.cx = this.of.x[site]; this.view.cy = this.of.y[site]; this.moved = true;
      this.project(); this.later();
    }

    find(key) {
      const place = this.placeOf(key);
      choose(key);
      if (!place) return;
      const site = place.site === undefined ? this.of.to[place.span] : place.site;
      const factor = Math.max(1, (6 * this.kFit) / this.view.kx);
      if (this.of.x.length > 200 && factor > 1) { this.view.kx *= factor; this.view.ky *= factor; }
      this.view.cx = this.of.x[site]; this.view.cy = this.of.y[site]; this.moved = true;
      this.project(); this.later();
    }

    /* -- what can be saved -- */
    savePicture() {
      const look = this.net.colours[this.scheme], side = 230, top = 46, r = 2;
      const sheet = make("canvas");
      sheet.width = (this.width + side) * r; sheet.height = (this.height + top) * r;
      const pen = sheet.getContext("2d");
      pen.scale(r, r);
      pen.fillStyle = look.surface; pen.fillRect(0, 0, this.width + side, this.height + top);
      pen.fillStyle = look.ink; pen.font = "600 16px system-ui, sans-serif";
      pen.fillText(byId("feeder-clock").textContent, 12, 20);
      pen.font = "12.5px system-ui, sans-serif"; pen.fillText(byId("feeder-figures").textContent, 12, 38);
      pen.drawImage(this.sharp(r), side, top, this.width, this.height);
      let y = top + 16;
      for (const row of this.legend.rows) {
        if (row.heading) { y += 8; pen.font = "600 12px system-ui, sans-serif"; pen.fillStyle = look.ink; pen.fillText(row.heading, 12, y); y += 18; continue; }
        pen.drawImage(row.swatch, 12, y - 12, 22, 16);
        pen.font = "12px system-ui, sans-serif"; pen.fillStyle = look.ink;
        pen.fillText(row.name + "  " + row.count.textContent, 40, y); y += 18;
      }
      sheet.toBlob((blob) => save("feeder-" + this.clock.address(this.row).replace(/:/g, "") + ".png", blob));
    }

    sharp(ratio) {
      const kept = [this.canvas, this.ratio], fine = make("canvas");
      fine.width = this.width * ratio; fine.height = this.height * ratio;
      Object.assign(this, { canvas: fine, ratio });
      this.paint(this.frame);
      [this.canvas, this.ratio] = kept;
      this.paintOver();
      return fine;
    }

    saveNumbers() {
      const frame = this.frame, net = this.net, u = net.units;
      if (!frame) return;
      const time = new Date(this.clock.localMs(this.row)).toISOString().slice(0, 16).replace("T", " ");
      const rows = [["local time", "element", "name", "quantity", "value", "unit"]];
      const add = (...cells) => rows.push([time, ...cells]);
      net.totals.forEach((name, i) => add("run", "", name.replace(/_(kw|pu)$/, ""), Number.isNaN(frame.totals[i]) ? "" : frame.totals[i].toFixed(4), name.endsWith("_kw") ? "kW" : name.endsWith("_pu") ? "pu" : ""));
      if (frame.v) net.sites.name.forEach((name, i) => add("bus", name, "voltage", frame.v[i] === OUT ? "" : (frame.v[i] * u.v).toFixed(4), "pu"));
      net.spans.name.forEach((name, s) => {
        const kind = ["line", "transformer", "switch", "branch"][net.spans.kind[s]];
        if (frame.p) { const p = this.of.levels[frame.p[s] & 65535]; add(kind, name, "power, > 0 away from the source", Number.isNaN(p) ? "" : p.toPrecision(4), "kW"); }
        if (frame.loading) add(kind, name, "loading", frame.loading[s] === OUT ? "" : (100 * frame.loading[s] * u.loading).toFixed(1), "%");
      });
      if (frame.ev_state) net.evs.model.forEach((model, i) => {
        if (frame.ev_state[i] === NOBODY) return;
        add("car", "car " + i, "state", ["parked", "driving", "plugged"][frame.ev_state[i] & 3] + " at " + ["home", "work", "other"][frame.ev_state[i] >> 2], "");
        add("car", "car " + i, "power", (frame.ev_kw[i] * u.ev_kw).toFixed(2), "kW");
        if (frame.ev_soc[i] !== NOBODY) add("car", "car " + i, "charge", frame.ev_soc[i], "%");
      });
      const text = rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
      save("feeder-" + this.clock.address(this.row).replace(/:/g, "") + ".csv", new Blob([text], { type: "text/csv" }));
    }
  }

  /* ---- legend with counts ---- */
  class Legend {
    constructor(feeder) { this.feeder = feeder; this.rows = []; }
    rebuild() {
      const f = this.feeder, look = f.net.colours[f.scheme], ramp = RAMPS[f.scheme], holder = byId("feeder-legend");
      this.rows = [];
      const head = (words) => this.rows.push({ heading: words });
      const add = (key, name, paint) => this.rows.push({ key, name, paint });
      const line = (colour, width, dash) => (pen) => { pen.strokeStyle = colour; pen.lineWidth = width; pen.setLineDash(dash || []); pen.beginPath(); pen.moveTo(1, 8); pen.lineTo(21, 8); pen.stroke(); };
      if (f.by === "voltage") {
        const b = f.borders.map((v) => v.toFixed(f.net.limits[1] - f.net.limits[0] < 0.15 ? 3 : 2));
        head(f.net.pace === "days" ? "Buses: lowest voltage of the day [pu]" : "Buses by voltage [pu]");
        const names = ["below " + b[0] + " (limit)", b[0] + " – " + b[1], b[1] + " – " + b[2], b[2] + " – " + b[3], b[3] + " – " + b[4], b[4] + " – " + b[5], "above " + b[5] + " (limit)"];
        for (let i = 6; i >= 0; i -= 1) add("v" + i, names[i], line(ramp.voltage[i], i === 0 || i === 6 ? 5 : 3.5));
        add("v-1", "not known, or dead", line(ramp.none, 3, [2, 3]));
      } else {
        head(f.net.pace === "days" ? "Lines: highest loading of the day" : "Lines by loading");
        const names = ["0 – 20 %", "20 – 40 %", "40 – 60 %", "60 – 80 %", "80 – 100 %", "above 100 %"];
        for (let i = 5; i >= 0; i -= 1) add("l" + i, names[i], line(f.by === "ev" ? (i === 5 ? ramp.loading[5] : ramp.none) : ramp.loading[i], i === 5 ? 5 : 3.5));
        add("l-1", "not known", line(ramp.none, 3, [2, 3]));
        if (f.by === "ev") this.rows = [];
      }
      head("Flow");
      add("back", "reverse, to the source", (pen) => { line(look.give, 5, [6, 3])(pen); });
      add("away", "from the source", (pen) => { pen.fillStyle = look.ink; pen.beginPath(); pen.moveTo(16, 8); pen.lineTo(7, 3); pen.lineTo(9.5, 8); pen.lineTo(7, 13); pen.closePath(); pen.fill(); });
      head("Stations");
      add("over", "transformer > 100 %", (pen) => { pen.strokeStyle = ramp.loading[5]; pen.lineWidth = 3; pen.strokeRect(4, 1.5, 13, 13); });
      add("tr", "transformer", (pen) => { pen.fillStyle = ramp.none; pen.strokeStyle = look.ink; pen.lineWidth = 1.5; pen.fillRect(6, 3, 10, 10); pen.strokeRect(6, 3, 10, 10); });
      add("src", "source", (pen) => { pen.strokeStyle = look.ink; pen.lineWidth = 1.5; pen.beginPath(); pen.moveTo(11, 1); pen.lineTo(18, 8); pen.lineTo(11, 15); pen.lineTo(4, 8); pen.closePath(); pen.stroke(); });
      add("home", f.net.customers.site.length ? "homes and others" : "customers: not written", (pen) => { pen.fillStyle = f.by === "voltage" ? look.grey : look.parked; pen.beginPath(); pen.arc(11, 8, 3, 0, 6.3); pen.fill(); });
      if (f.net.pace === "steps" && f.net.evs.model.length) {
        head("Cars at home");
        const looks = [look.give, look.charge, look.base, look.grey];
        CARS.forEach((name, is) => add("c" + is, f.by === "ev" ? ["gives", "charges", "plugged, idle", "parked, not plugged"][is] : name, (pen) => {
          pen.beginPath();
          if (f.by === "ev") pen.arc(11, 8, is < 2 ? 6 : 2.5, 0, 6.3); else carShape(pen, is, 11, 8, 5);
          if (is === 3 && f.by !== "ev") { pen.strokeStyle = looks[3]; pen.stroke(); } else { pen.fillStyle = f.by === "ev" && is > 1 ? look.grey : looks[is]; pen.fill(); }
        }));
        head("Cars away (not on the map)");
        add("driving", "driving", (pen) => { pen.fillStyle = look.driving; pen.fillRect(5, 4, 12, 8); });
        add("still", "work + elsewhere", (pen) => { pen.strokeStyle = look.driving; pen.lineWidth = 1.5; pen.strokeRect(5, 4, 12, 8); });
      }
      holder.replaceChildren();
      for (const row of this.rows) {
        if (row.heading) { holder.append(make("h3", "", row.heading)); continue; }
        const item = make("div", "feeder-row");
        row.swatch = make("canvas"); row.swatch.width = 44; row.swatch.height = 32;
        const pen = row.swatch.getContext("2d");
        pen.scale(2, 2); row.paint(pen);
        row.count = make("b");
        item.append(row.swatch, make("span", "", row.name), row.count); row.item = item;
        holder.append(item);
      }
    }

    update(frame) {
      const f = this.feeder, count = {}, add = (key, many) => { count[key] = (count[key] || 0) + (many === undefined ? 1 : many); };
      if (f.by === "voltage") { const hidden = f.aux; for (let i = 0; i < f.siteClass.length; i += 1) if (!hidden.has(i)) add("v" + f.siteClass[i]); }
      else for (let s = 0; s < f.spanClass.length; s += 1) if (f.net.spans.kind[s] !== 1) add("l" + f.spanClass[s]);
      if (frame.p) for (let s = 0; s < f.of.from.length; s += 1) {
        const p = f.of.levels[frame.p[s] & 65535];
        if (p < -0.05) add("back"); else if (p > 0.05) add("away");
      }
      add("tr", f.of.ofSpan.size); add("src", f.net.roots.length); add("home", f.of.homes.size); add("over", 0);
      if (frame.loading) for (const span of f.of.ofSpan.keys()) if (frame.loading[span] * f.net.units.loading > 1) add("over");
      const power = [0, 0];
      if (frame.ev_state) for (let car = 0; car < frame.ev_state.length; car += 1) {
        const state = frame.ev_state[car];
        if (state === NOBODY) continue;
        const place = state >> 2, on = state & 3, at = frame.ev_kw[car] * f.net.units.ev_kw;
        if (on === 1) add("driving");
        else if (place) { add(place === 1 ? "work" : "other"); add("still"); }
        else {
          const is = carState(on, at);
          add("c" + is);
          if (is < 2) power[is] += Math.abs(at);
        }
      }
      this.count = count;
      for (const row of this.rows) {
        if (row.heading) continue;
        let words = number(count[row.key] || 0, 0);
        if (row.key === "c0" || row.key === "c1") words += power[Number(row.key[1])] ? " (" + number(power[Number(row.key[1])], 0) + " kW)" : "";
        if (row.key === "still") words = number(count.work || 0, 0) + " + " + number(count.other || 0, 0);
        if (row.count.textContent !== words) row.count.textContent = words;
        row.item.classList.toggle("none", !count[row.key]);
        row.item.classList.toggle("bad", Boolean(count[row.key]) && ["v0", "v6", "l5", "over"].includes(row.key));
      }
    }

    summary() {
      const count = this.count || {};
      return this.rows.filter((row) => !row.heading && count[row.key]).map((row) => row.name + ": " + row.count.textContent).join(", ");
    }
  }

  /* ---- find an element by its name ---- */
  class Search {
    constructor(feeder) {
      const holder = byId("feeder-search");
      if (!holder) return;
      const field = make("input"), list = make("div", "feeder-found");
      Object.assign(field, { type: "search", id: "feeder-find", placeholder: "transformer, line, bus, home, car", autocomplete: "off" });
      list.hidden = true;
      holder.replaceChildren(field, list);
      const net = feeder.net;
      this.all = [
        ...net.transformers.name.map((name, i) => ["transformer:" + i, "Transformer " + name]),
        ...net.customers.name.map((name, i) => ["customer:" + i, "Home " + name]),
        ...net.sites.name.map((name, i) => ["node:" + net.sites.node[i], "Bus " + name]),
        ...net.spans.name.map((name, i) => ["branch:" + net.spans.branch[i], "Line " + name]).filter((_, i) => net.spans.kind[i] !== 1),
        ...net.evs.model.map((name, i) => ["ev:" + i, "Car " + i + " " + name]),
      ];
      const take = (key) => { list.hidden = true; feeder.find(key); };
      field.addEventListener("input", () => {
        const words = field.value.trim().toLowerCase();
        const found = [];
        for (const one of this.all) {
          if (found.length > 7) break;
          if (words && one[1].toLowerCase().includes(words)) found.push(one);
        }
        list.replaceChildren(...found.map(([key, name]) => {
          const button = make("button", "", name); button.type = "button";
          button.addEventListener("click", () => take(key));
          return button;
        }));
        if (words && !found.length) list.append(make("span", "", "nothing is called so"));
        list.hidden = !words;
        this.found = found;
      });
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && this.found && this.found.length) take(this.found[0][0]);
        if (event.key === "Escape") list.hidden = true;
      });
    }
  }

  /* ---- small things ---- */
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
    const words = query.toString().replace(/%3A/g, ":").replace(/%2C/g, ",");
    window.history.replaceState(window.history.state, "", window.location.pathname + "?" + words);
  }

  function choose(key) { window.dash_clientside.set_props("feeder-pick", { data: key }); }

  function publish(feeder) {
    window.twinFeeder.lastDrawMs = feeder.lastDrawMs;
    window.twinFeeder.drawMs = feeder.drawMs;
    window.twinFeeder.row = feeder.drawnRow;
    window.twinFeeder.draws = feeder.draws;
  }

  window.twinFeeder = {
    lastDrawMs: null,
    seek: (row) => open && open.seek(row),
    current: () => open,
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    twin: Object.assign({}, (window.dash_clientside || {}).twin, {
      feeder: function (net, scheme, by, show, pick, jump, start) {
        if (!net || !scheme || !byId("feeder-map")) return window.dash_clientside.no_update;
        if (!open || open.net !== net || !byId("feeder-canvas")) {
          if (open) open.close();
          open = new Feeder(net, start);
          open.aux = new Set(net.sites.aux);
          open.jumped = jump;
          window.twinFeeder.rows = net.time.rows;
        }
        const shown = new Set(show || []);
        const words = [...shown].sort().join(","), dressed = [scheme, by, words].join("|");
        if (open.dressed !== dressed) {
          const first = open.dressed === undefined;
          Object.assign(open, { scheme, by: by || "voltage", show: shown, dressed });
          open.legend.rebuild();
          if (!first) inAddress("show", words || "none");
        }
        open.choose(pick || null);
        if (jump && jump !== open.jumped) {
          open.jumped = jump;
          if (jump.row === null) open.say("no branch ever carries power towards the source");
          else open.jump(jump.row);
        }
        open.later();
        return net.key;
      },
      feederDrawn: function () {
        for (const wait of [60, 400, 1500]) setTimeout(() => { if (open && byId("feeder-canvas")) open.cursors(); }, wait);
        return window.dash_clientside.no_update;
      },
    }),
  });
})();

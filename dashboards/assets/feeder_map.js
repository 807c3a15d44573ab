/* The map: its network, its view, its instant, and what moves them. */
"use strict";
(function () {
  const room = window.twinFeederRoom;
  const { OUT, NOBODY, CARS, byId, clamp, number, kw, floats, make, apart, inAddress, choose } = room;

  let open = null;

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

  class Feeder extends room.Brush {
    constructor(net, row) {
      super();
      this.net = net; this.of = prepared(net); this.clock = new room.Clock(net.time);
      this.row = clamp(row || 0, 0, net.time.rows - 1); this.drawnRow = -1;
      this.scheme = "light"; this.by = "voltage"; this.show = new Set(); this.pick = null;
      this.borders = bordersOf(net.limits);
      this.edges = Int16Array.from(this.borders, (v) => Math.round(v / net.units.v));
      this.speed = 1; this.playing = false; this.hit = null; this.pending = false;
      this.frames = new room.Frames(net, (problem, index) => this.read(problem, index));
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
      this.legend = new room.Legend(this); this.search = new room.Search(this);
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
      this.wireGraphs(on);
      this.watcher = new ResizeObserver(() => { this.resize(); this.later(); });
      this.watcher.observe(this.map);
    }

    /* the graphs come after the page, so the card listens for them */
    wireGraphs(on) {
      const card = byId("feeder-card");
      const within = (event, id) => event.target.closest && event.target.closest(id);
      on(card, "click", (event) => {
        const holder = within(event, "#feeder-history");
        if (holder) this.scrub(holder, event);
      });
      on(card, "pointerdown", (event) => {
        const holder = within(event, "#feeder-strip");
        if (!holder) return;
        holder.setPointerCapture(event.pointerId);
        this.scrubbed = holder; this.scrub(holder, event);
      });
      on(card, "pointermove", (event) => { if (this.scrubbed) this.scrub(this.scrubbed, event); });
      on(card, "pointerup", () => { this.scrubbed = null; });
      on(card, "pointercancel", () => { this.scrubbed = null; });
    }

    scrub(holder, event) {
      const graph = holder.querySelector(".js-plotly-plot"), full = graph && graph._fullLayout;
      if (!full || !full.xaxis || full.xaxis.type !== "date") return;
      const size = full._size, at = event.clientX - graph.getBoundingClientRect().left - size.l;
      if (at < -4 || at > size.w + 4) return;
      const ends = full.xaxis.range.map((end) => full.xaxis.r2l(end));
      const local = ends[0] + (clamp(at, 0, size.w) / size.w) * (ends[1] - ends[0]);
      this.seek(this.clock.rowsAt(local)[0], event);
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
  }

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

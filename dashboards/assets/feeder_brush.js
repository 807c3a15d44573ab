/* Paints the map at an instant, and saves it as a picture or as numbers. */
"use strict";
(function () {
  const room = window.twinFeederRoom;
  const { OUT, NOBODY, RAMPS, WORST_FIRST, byId, clamp, number, kw, make, voltageClass, loadingClass, carState, carShape, cell, save } = room;

  class Brush {
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

  Object.assign(room, { Brush });
})();
